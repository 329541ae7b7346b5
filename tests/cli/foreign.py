#!/usr/bin/env python3
"""foreign.py - models of other frameworks against what these say of the same rows.

testdata/onnx and testdata/keras hold models, a table for each and the framework's own numbers as the
CSV that rowcast writes. Labels are equal. float32 models are within 2e-6 (1e-5 of the size of numbers
beyond 1), float64 ones within 1e-12. Names and order of the columns are equal. Each --cpu level that
this machine has gives the same bytes."""

import csv
import json
import sys

import tap

TOLERANCE = {"float32": (2e-6, 1e-5), "float64": (1e-12, 1e-12)}


def read(text):
    return list(csv.reader(text.splitlines()))


def distance(text, wanted, dtype):
    """How far off, in tolerances."""
    if text == "" or wanted == "":
        return 0 if text == wanted else float("inf")
    absolute, relative = TOLERANCE[dtype]
    off = abs(float(text) - float(wanted))
    return off / max(absolute, relative * abs(float(wanted)))


def compare(got, wanted, dtype):
    """What is wrong (a list), and how far the worst number is off, in tolerances."""
    if got[0] != wanted[0] or len(got) != len(wanted):
        return [f"header {got[0]}, {len(got)} records; expected {wanted[0]}, {len(wanted)}"], 0
    problems, worst = [], 0
    for line, (row, good) in enumerate(zip(got[1:], wanted[1:]), 2):
        for name, cell, cell_good in zip(wanted[0], row, good):
            off = 0 if cell == cell_good else 2 if name == "label" else distance(cell, cell_good, dtype)
            worst = max(worst, off if name != "label" else 0)
            if off > 1:
                problems.append(f"line {line}, {name}: {cell}, expected {cell_good}")
    return problems, worst


def score(options, folder, case, *more):
    name = case["name"]
    paths = [a.replace("@", str(folder) + "/") for a in case["options"]]
    return tap.run(options, "-m", folder / case.get("model", f"{name}.onnx"), folder / case.get("table", f"{name}.csv"),
                   *paths, "--on-error", "null", "--quiet", *more)


def other_levels(options, folder, case, levels, wanted):
    """Levels that give other bytes."""
    return [f"--cpu {level} gives other bytes" for level in levels
            if score(options, folder, case, "--cpu", level).stdout != wanted]


def check(t, options, folder, case, levels):
    name = case["name"]
    done = score(options, folder, case)
    if done.returncode != 0:
        t.result(False, name, f"status {done.returncode}", done.stderr.decode())
        return
    wanted = read((folder / f"{name}.expected.csv").read_text(encoding="utf-8"))
    problems, worst = compare(read(done.stdout.decode()), wanted, case["dtype"])
    problems += other_levels(options, folder, case, levels, done.stdout)
    t.result(not problems, name, f"{case['producer']}; by {case['by']}; worst {worst:.2g} of the tolerance",
             *problems[:8])


def main():
    options, t = tap.arguments(__doc__), tap.Tap()
    levels = tap.cpu_levels(options)
    t.note(f"--cpu levels: {' '.join(levels)}")
    for kind in ("onnx", "keras"):
        folder = options.testdata / kind
        for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
            if tap.is_chosen(options, case["name"]):
                check(t, options, folder, case, levels)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
