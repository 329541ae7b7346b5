#!/usr/bin/env python3
"""keras_layers.py - each layer and activation of Keras, in each format that Keras writes.

testdata/keras/layers.json says what Keras 3 and tf_keras (Keras 2) make of rows with models of one
layer; layers.tar.xz holds the models: .keras, .h5, and weights with the JSON of the model. Numbers
are within 2e-6, or 1e-5 of their size, of float64 within 1e-12. Those that have "refused" end with
it before a row is read. Prints the table layer x format as diagnostics."""

import collections
import csv
import io
import json
import math
import pathlib
import sys
import tarfile

import tap

FORMATS = ("keras", "h5", "weights.h5")


def table_of(entry):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    name = "s" if isinstance(entry["rows"][0][0], str) else "n"
    writer.writerow([name] if len(entry["rows"][0]) == 1 else [f"c{i}" for i in range(len(entry["rows"][0]))])
    writer.writerows(entry["rows"])
    return out.getvalue().encode()


def is_near(text, x, least, share):
    if text == "" or not math.isfinite(x):
        return text != "" and (float(text) == x or (math.isnan(x) and math.isnan(float(text))))
    return abs(float(text) - x) <= max(least, share * abs(x))


def compare(done, entry):
    """What is wrong, or None."""
    if "refused" in entry:
        good = done.returncode == 4 and entry["refused"] in done.stderr.decode() and not done.stdout
        return None if good else f"status {done.returncode}, not refused: {done.stderr.decode().strip()[:300]}"
    tolerance = entry.get("tolerance")
    allowed = (tolerance, tolerance) if tolerance else (2e-6, 1e-5)
    if done.returncode != 0:
        return f"status {done.returncode}: {done.stderr.decode().strip()[:300]}"
    header, *rows = csv.reader(done.stdout.decode().splitlines())
    if len(rows) != len(entry["expected"]):
        return f"{len(rows)} rows"
    for r, (row, numbers) in enumerate(zip(rows, entry["expected"])):
        cells = row[1:] if header[0] == "label" else row
        if len(cells) != len(numbers) or not all(is_near(c, x, *allowed) for c, x in zip(cells, numbers)):
            return f"row {r}: {row}, not {numbers}"
    return None


def check(options, entry, ending, folder):
    name = entry["files"][ending]
    more = ["--architecture", folder / (name.removesuffix("weights.h5") + "json")] if ending == "weights.h5" else []
    return compare(tap.run(options, "-m", folder / name, *more, "--on-error", "null", "--quiet", input=table_of(entry)), entry)


def main():
    options, t = tap.arguments(__doc__), tap.Tap()
    source = options.testdata / "keras"
    entries = json.loads((source / "layers.json").read_text(encoding="utf-8"))
    table, problems = collections.defaultdict(dict), collections.defaultdict(list)
    with tap.folder("keras") as folder:
        with tarfile.open(source / "layers.tar.xz") as tar:
            tar.extractall(folder)
        for entry in entries:
            if not tap.is_chosen(options, entry["name"]):
                continue
            for ending in entry["files"]:
                problem = check(options, entry, ending, pathlib.Path(folder))
                table[entry["name"]][entry["version"], ending] = "right" if problem is None else "wrong"
                if problem:
                    problems[entry["name"]].append(f"{entry['by']} .{ending}: {problem}")
    for name, cells in table.items():
        t.result(not problems[name], name, f"{len(cells)} files", *problems[name])
    heads = [(v, e) for v in ("keras2", "keras3") for e in FORMATS]
    t.note(f"{'':28}" + " ".join(f"{v + ' .' + e:19}" for v, e in heads))
    for name, cells in table.items():
        t.note(f"{name:28}" + " ".join(f"{cells.get(h, '-'):19}" for h in heads))
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
