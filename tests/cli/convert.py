#!/usr/bin/env python3
"""convert.py - every model of testdata in the native encodings: what it scores stays, byte for byte.

Native models go json -> rcm -> json -> rcm: the first and the third text are the same, and so are
the two .rcm. Each form scores its table to the bytes that the original gives."""

import json
import pathlib
import sys

import tap

TABLES = ("breast-cancer", "diabetes", "digits", "wine")


def native_models(options):
    """(name, model, table) of models with a table."""
    for name in TABLES:
        folder = options.testdata / name
        for path in sorted([*folder.glob("model*.json"), *folder.glob("model*.rcm")]):
            more = ["--id", "id,weight", "--truth", "progression"] if "positional" in path.name else []
            yield f"{name} {path.name}", path, folder / f"{name}.csv", more
    flights = options.testdata / "flights"
    for name in ("model.linear.json", "model.logistic.json", "model.mlp.rcm"):
        yield f"flights {name}", flights / name, flights / "flights.csv.zst", ["--limit", "500"]
    for kind in ("numbers", "text"):
        folder = options.testdata / "steps" / kind
        for path in sorted(folder.glob("model.*.json")):
            yield f"steps {path.name}", path, folder / f"{kind}.csv", ["--on-error", "null"]


def foreign_models(options):
    for kind in ("onnx", "keras"):
        folder = options.testdata / kind
        for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
            more = [a.replace("@", f"{folder}/") for a in case["options"]]
            yield (case["name"], folder / case.get("model", case["name"] + ".onnx"),
                   folder / case.get("table", case["name"] + ".csv"), ["--on-error", "null"], more)


def convert(options, model, to, *more):
    return tap.run_tool(options, "convert", model, "-o", to, *more)


def scores(options, model, table, *more):
    return tap.run(options, "-m", model, table, "--quiet", *more).stdout


def check(t, options, folder, name, model, table, more, architecture=()):
    forms = [folder / n for n in ("a.json", "b.rcm", "c.json", "d.rcm")]
    problems, source, extra = [], model, list(architecture)
    for form in forms:
        done = convert(options, source, form, *extra)
        if done.returncode != 0:
            t.result(False, name, done.stderr.decode())
            return
        source, extra = form, []
    want = scores(options, model, table, *more, *architecture)
    problems += [f"{f.name}: other scores" for f in forms if scores(options, f, table, *more) != want]
    for one, other in ((forms[0], forms[2]), (forms[1], forms[3])):
        if one.read_bytes() != other.read_bytes():
            problems.append(f"{one.name} and {other.name} differ")
    if not want:
        problems.append("nothing is scored")
    t.result(not problems, name, *problems)


def check_refused(t, options, folder):
    model, path = options.testdata / "wine" / "model.json", folder / "out.json"
    here = folder / "here.json"
    here.write_bytes(model.read_bytes())
    for name, words, status, message in (
            ("two models", (model, model, "-o", path), 2, "2 models are named; one is converted"),
            ("no model", ("-o", path), 2, "0 models are named; one is converted"),
            ("another name", (model, "-o", folder / "out.onnx"), 2,
             "out.onnx: a native model is called .json or .rcm"),
            ("onto itself", (here, "-o", here), 2, "here.json: is the model itself"),
            ("a table", (options.testdata / "wine" / "wine.csv", "-o", path), 4, "not a native model"),
            ("no folder", (model, "-o", folder / "absent" / "out.json"), 5, "cannot be opened: No such file"),
            ("absent", (folder / "absent.onnx", "-o", path), 4, "absent.onnx: cannot be opened: No such file")):
        done = tap.run_tool(options, "convert", *words)
        t.result(done.returncode == status and message in done.stderr.decode() and not path.exists(),
                 f"refused: {name}", done.returncode, done.stderr.decode())
    t.result(here.read_bytes() == model.read_bytes(), "refused: the model is as it was")
    done = tap.run_tool(options, "convert", model)
    made = json.loads(done.stdout)
    t.result(done.returncode == 0 and made == json.loads(model.read_text(encoding="utf-8")),
             "to standard output", done.stderr.decode())


def main():
    options, t = tap.arguments(__doc__), tap.Tap()
    with tap.folder("convert") as top:
        for item in [*native_models(options), *foreign_models(options)]:
            if tap.is_chosen(options, item[0]):
                check(t, options, pathlib.Path(top), *item)
        if not options.words:
            check_refused(t, options, pathlib.Path(top))
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
