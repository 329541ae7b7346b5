#!/usr/bin/env python3
"""onnx_ops.py - each ONNX operator at each opset at which it changed, against onnxruntime.

testdata/onnx/ops.json holds models of one operator, rows for them, and what onnxruntime (or the
reference evaluator of onnx) says. Numbers are within 2e-6, or 1e-5 of their size where that is more
than 1; labels are equal; a row whose numbers are not all finite is refused. Prints the table
operator x opset as diagnostics: the number of cases that are right of those that there are."""

import base64
import collections
import csv
import io
import json
import math
import pathlib
import sys

import tap


def cell(x):
    return "" if x is None else x if isinstance(x, str) else repr(x)


def table_of(case):
    names = case["names"] if all(w == 1 for w in case["widths"]) else \
        [f"c{i}" for i in range(sum(case["widths"]))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([cell(x) for x in row] for row in case["rows"])
    return out.getvalue().encode()


def is_near(text, x):
    return text != "" and abs(float(text) - x) <= max(2e-6, 1e-5 * abs(x))


def is_refused(expected):
    return any(x is None or (isinstance(x, float) and not math.isfinite(x)) for x in expected)


def compare(header, rows, case):
    """What is wrong, or None."""
    outputs = case["expected"]
    if len(rows) != len(case["rows"]):
        return f"{len(rows)} rows"
    with_label = header[0] == "label"
    is_label = len(outputs[0][0]) == 1 and with_label and \
        (len(outputs) > 1 or not header[-1].startswith("probability"))
    for r, row in enumerate(rows):
        numbers = [x for o in outputs[1 if is_label else 0:] for x in o[r]]
        if is_refused(numbers):
            if any(row):
                return f"row {r}: {row}, but it is refused"
            continue
        if is_label and str(outputs[0][r][0]).removesuffix(".0") != row[0]:
            return f"row {r}: label {row[0]}, not {outputs[0][r][0]}"
        cells = row[1:] if with_label else row
        if is_label and not numbers:
            continue
        if len(cells) == 1 and len(numbers) == 2:
            numbers = numbers[1:]  # of the second of two classes
        if len(cells) != len(numbers) or not all(map(is_near, cells, numbers)):
            return f"row {r}: {row}, not {numbers}"
    return None


def check(options, case, folder):
    path = pathlib.Path(folder, "m.onnx")
    path.write_bytes(base64.b64decode(case["model"]))
    done = tap.run(options, "-m", path, "--on-error", "null", "--quiet",
                   input=table_of(case))
    if done.returncode != 0:
        return f"status {done.returncode}: {done.stderr.decode().strip()[:300]}"
    header, *rows = csv.reader(done.stdout.decode().splitlines())
    return compare(header, [r if r else [""] for r in rows], case)


def print_table(t, right, all_cases):
    for (domain, op), opsets in sorted(all_cases.items()):
        cells = " ".join(f"{v}:{right[domain, op, v]}/{n}" for v, n in sorted(opsets.items()))
        t.note(f"{(domain + '.' if domain else '') + op:36} {cells}")


def main():
    options, t = tap.arguments(__doc__), tap.Tap()
    cases = json.loads((options.testdata / "onnx" / "ops.json").read_text(encoding="utf-8"))
    right, all_cases = collections.Counter(), collections.defaultdict(collections.Counter)
    problems = collections.defaultdict(list)
    with tap.folder("onnx") as folder:
        for case in cases:
            key = case["domain"], case["op"]
            if not tap.is_chosen(options, case["op"]):
                continue
            all_cases[key][case["opset"]] += 1
            problem = check(options, case, folder)
            right[(*key, case["opset"])] += problem is None
            if problem:
                problems[key].append(f"opset {case['opset']} {case['note']} ({case['by']}): {problem}")
    for key, opsets in sorted(all_cases.items()):
        t.result(not problems[key], " ".join(key).strip(),
                 f"{sum(opsets.values())} models over {len(opsets)} opsets", *problems[key])
    print_table(t, right, all_cases)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
