#!/usr/bin/env python3
"""predictions.py - every model of testdata's tables against the numbers of scikit-learn, numpy and mpmath.

Labels are equal. A float64 number is within 1e-12, relative: each framework sums some 60 products in
an order of its own, which moves a margin by some 1e-14 of its terms; a probability in a tail moves,
relatively, as much as the margin does absolutely. Below 1e-15 the difference counts and not the
ratio: it is an ulp of the 1 that probabilities add up to, and of the margins that cancel. A float32
number is within 1e-6, relative or of 1: testdata's numbers come from sums in float64. Single steps
have no such sums: there the same shares are of the number itself, down to the denormals. Where
nothing is expected the row is refused.

Metrics are within 1e-12, relative or of 1. Prints TAP."""

import csv
import json
import math
import pathlib
import sys

import tap

TRUTHS = {"two": "progression,bmi", "linear": "air_time", "logistic": "late", "mlp": "outcome"}
TOLERANCE = {"float64": 1e-12, "float32": 1e-6}
FLOOR = {"float64": 1e-15 / 1e-12, "float32": 1}  # of the size that the tolerance is a share of
STEP_FLOOR = {"float64": 1e-310, "float32": 1e-38}


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_csv(text):
    return list(csv.reader(text.splitlines()))


def dtype_of(path):
    data = path.read_bytes()
    if path.suffix == ".rcm":
        data = data[8:8 + int.from_bytes(data[:8], "little")]
    return json.loads(data)["dtype"]


def distance(a, b, floor):
    """How far apart, as a share of the expected size."""
    a, b = float(a), float(b)
    return 0 if a == b else abs(a - b) / max(abs(b), floor)


def compare_tables(got, expected, dtype, floors):
    """What is wrong (a list of lines), and the largest distance."""
    if got[0] != expected[0] or len(got) != len(expected):
        return [f"header {got[0]}, {len(got)} records; expected {expected[0]}, {len(expected)}"], 0
    problems, worst = [], 0
    for line, (row, wanted) in enumerate(zip(got[1:], expected[1:]), 2):
        for name, cell, good in zip(expected[0], row, wanted):
            if good == "":
                same = cell == ""
            elif name in ("id", "label"):
                same = cell == good or (name == "label" and is_number(cell) and is_number(good)
                                        and float(cell) == float(good))
            else:
                off = distance(cell, good, floors[dtype]) if is_number(cell) else math.inf
                worst = max(worst, off)
                same = off <= TOLERANCE[dtype]
            if not same:
                problems.append(f"line {line}, {name}: {cell}, expected {good}")
    return problems, worst


def compare_metrics(report, expected, part):
    """What is wrong; names that the report does not have; the largest distance."""
    problems, absent, worst = [], [], 0
    for name, good in expected[part].items():
        value = report["metrics"].get(name, "absent")
        if value == "absent":
            absent.append(name)
        elif value is None or good is None:
            problems += [f"{name}: {value}, expected {good}"] if value != good else []
        else:
            off = distance(value, good, 1)
            worst = max(worst, off)
            problems += [f"{name}: {value!r}, expected {good!r}"] if off > 1e-12 else []
    return problems, absent, worst


def check_metrics(t, name, report, expected):
    problems, absent, worst = compare_metrics(report, expected, "metrics")
    problems += [f"{n} is absent" for n in absent]
    for key, good in expected.get("confusion", {}).items():
        value = report.get("confusion", {}).get(key)
        same = [str(v) for v in value] == [str(g) for g in good] if key == "labels" else \
            all(distance(v, g, 1) <= 1e-12 for a, b in zip(value, good) for v, g in zip(a, b))
        if not same or len(value) != len(good):
            problems.append(f"confusion, {key}: {value}, expected {good}")
    if report["rows"]["scored"] != expected["rows"]:
        problems.append(f"rows: {report['rows']}, expected {expected['rows']}")
    if report["rows"]["unlabelled"] != expected.get("unlabelled", 0):
        problems.append(f"rows: {report['rows']}, expected {expected.get('unlabelled', 0)} unlabelled")
    t.result(not problems, name, f"largest difference {worst:.2g}", *problems[:20])
    problems, absent, worst = compare_metrics(report, expected, "ranking")
    if absent:
        t.skip(f"{name}: ranking", f"not in the report: {' '.join(absent)}")
    else:
        t.result(not problems, f"{name}: ranking", f"largest difference {worst:.2g}", *problems)


class Table:
    """A folder of testdata with its table."""

    def __init__(self, folder):
        self.folder, self.name = folder, folder.name
        (self.data,) = folder.glob(f"{folder.name}.csv*")
        self.header = read_csv(tap.decompress(self.data.read_bytes()).decode())[0]

    def models(self):
        """Path and variant of each model."""
        for path in sorted([*self.folder.glob("model*.json"), *self.folder.glob("model*.rcm")]):
            yield path, path.name.removeprefix("model").removesuffix(path.suffix).lstrip(".")

    def sibling(self, stem, variant, end):
        return self.folder / (f"{stem}.{variant}.{end}" if variant else f"{stem}.{end}")

    def truth(self, variant):
        return TRUTHS.get(variant, self.header[-1])


def expected_rows(table, variant):
    return read_csv(table.sibling("expected", variant, "csv").read_text(encoding="utf-8"))


def check_predictions(t, name, done, expected, dtype, floors=FLOOR):
    """Of the rows those that are expected: of a large table that is a part."""
    if done.returncode != 0:
        return t.result(False, name, f"status {done.returncode}", done.stderr.decode())
    got = read_csv(done.stdout.decode())
    if got and got[0][:1] == ["id"]:
        ids = {row[0] for row in expected}
        got = [row for row in got if row[0] in ids]
    problems, worst = compare_tables(got, expected, dtype, floors)
    return t.result(not problems, name, f"largest difference {worst:.2g}", *problems[:20])


def check_report(t, options, table, model, variant, weight):
    """Runs again with a report and compares it with the file of metrics, if there is one."""
    stem = "metrics_weighted" if weight else "metrics"
    path = table.sibling(stem, variant, "json")
    if not path.exists():
        return
    name = f"{table.name}: {model.name}: {path.name}"
    with tap.folder("metrics") as top:
        report = pathlib.Path(top, "r.json")
        # what is no feature must be said where columns bind by position
        others = ["--weight", "weight"] if weight else []
        ids = [c for c in ("id", "weight") if c in table.header and not (weight and c == "weight")]
        done = tap.run(options, "-m", model, table.data, "--id", ",".join(ids), *others, "--truth",
                       table.truth(variant), "--report", report, "-o", f"{top}/o.csv")
        if done.returncode != 0:
            t.result(False, name, f"status {done.returncode}", done.stderr.decode())
            return
        check_metrics(t, name, json.loads(report.read_text(encoding="utf-8")),
                      json.loads(path.read_text(encoding="utf-8")))


def check_steps(t, options, table):
    """Single steps: scores of odd cells, all columns of numbers, some rows refused."""
    for model, variant in table.models():
        done = tap.run(options, "-m", model, table.data, "--id", "id", "--on-error", "null")
        check_predictions(t, f"steps: {table.name}: {model.name}", done, expected_rows(table, variant),
                          dtype_of(model), STEP_FLOOR)


def check_table(t, options, table):
    for model, variant in table.models():
        args = [table.data, "--id", "id"]
        if variant == "positional":
            args[1:] = ["--id", "id,weight", "--truth", table.truth(variant), "-q"]
        done = tap.run(options, "-m", model, *args)
        expected, dtype = expected_rows(table, variant), dtype_of(model)
        if variant == "positional":
            at = [0, 2]  # id, weight, prediction
            rows = read_csv(done.stdout.decode())
            done.stdout = "\n".join(",".join(row[i] for i in at) for row in rows).encode()
        check_predictions(t, f"{table.name}: {model.name}", done, expected, dtype)
        check_report(t, options, table, model, variant, False)
        if "weight" in table.header:
            check_report(t, options, table, model, variant, True)


def check_features_alone(t, options, table):
    """The table without header and other columns, for the model without names."""
    done = tap.run(options, "-m", table.folder / "model.positional.json", "--no-header",
                   table.folder / "features.csv")
    expected = [row[1:] for row in expected_rows(table, "positional")]
    check_predictions(t, "diabetes: features.csv", done, expected, "float64")


def check_activations(t, options, folder):
    """A row whose expected number is infinite must be refused; the others are compared."""
    rows = read_csv((folder / "x.csv").read_text(encoding="utf-8"))
    for model in sorted(folder.glob("model.*.json")):
        expected = read_csv((folder / model.name.replace("model", "expected", 1))
                            .with_suffix(".csv").read_text(encoding="utf-8"))
        finite = [k for k, row in enumerate(expected) if "inf" not in (c.lstrip("-") for c in row)]
        text = "".join(",".join(rows[k]) + "\n" for k in finite)
        done = tap.run(options, "-m", model, "--id", "id", stdin=None, input=text.encode())
        check_predictions(t, f"activations: {model.name}", done, [expected[k] for k in finite],
                          dtype_of(model))
        accepted = []
        for k in sorted(set(range(1, len(rows))) - set(finite)):
            text = ",".join(rows[0]) + "\n" + ",".join(rows[k]) + "\n"
            done = tap.run(options, "-m", model, stdin=None, input=text.encode())
            if done.returncode != 3 or b"the score is infinite" not in done.stderr:
                accepted.append(f"x = {rows[k][1]}: status {done.returncode}")
        if len(finite) < len(rows):
            t.result(not accepted, f"activations: {model.name}: infinite", *accepted[:10])


def main():
    options = tap.arguments(__doc__)
    t = tap.Tap()
    for name in ("breast-cancer", "diabetes", "digits", "wine", "flights"):
        if tap.is_chosen(options, name):
            check_table(t, options, Table(options.testdata / name))
    if tap.is_chosen(options, "diabetes"):
        check_features_alone(t, options, Table(options.testdata / "diabetes"))
    for name in ("numbers", "text"):
        if tap.is_chosen(options, f"steps: {name}"):
            check_steps(t, options, Table(options.testdata / "steps" / name))
    if tap.is_chosen(options, "activations"):
        check_activations(t, options, options.testdata / "activations")
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
