#!/usr/bin/env python3
"""onnx_outputs.py - what the outputs of an ONNX graph are taken for, and values that are read twice.

Graphs of a few nodes over the columns a to d, put together byte by byte. What is expected is worked
out here, from the definition of each operator."""

import csv
import math
import pathlib
import subprocess
import sys

import tap
from onnx_wire import FLOAT, INT64, STRING, ml, model, node, tensor, value

ROWS = [[1, 2, 3, 4], [-2, 0.5, 1, -1], [0.25, -4, 2, 0], [3, 1, -1, 2]]
WEIGHT = tensor("w", [4, 1], [0.5, -1.0, 0.25, 1.0])
THREE = tensor("v", [4, 3], [1.0, 0.0, -1.0, 0.5, 0.25, 0.0, 0.0, 1.0, 0.5, -0.5, 0.0, 1.0])
BIAS = tensor("b", [1], [10.0])
HALF = tensor("h", [], [0.5])
ONE = tensor("one", [1], [1.0])


def z_of(r):
    return 0.5 * r[0] - r[1] + 0.25 * r[2] + r[3]


def three_of(r):
    a, b, c, d = r
    return [a + 0.5 * b - 0.5 * d, 0.25 * b + c, -a + 0.5 * c + d]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softmax(x):
    e = [math.exp(v - max(x)) for v in x]
    return [v / sum(e) for v in e]


def best(x):
    return x.index(max(x))


def last(x):
    return len(x) - 1 - x[::-1].index(max(x))


def tied(r):
    """Of three scores two are always equal."""
    return [r[0], r[1], r[0]]


Z = node("MatMul", ["x", "w"], ["z"])
P = node("Sigmoid", ["z"], ["p"])
V = node("MatMul", ["x", "v"], ["s"])
Q = node("Softmax", ["s"], ["q"], axis=1)
L = node("ArgMax", ["s"], ["l"], axis=1, keepdims=0)
TIED = tensor("v", [4, 3], [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, *[0.0] * 6])
PAIR = tensor("v", [4, 2], [1.0, 1.0, *[0.0] * 6])
LAST = node("ArgMax", ["s"], ["l"], axis=1, keepdims=0, select_last_index=1)


def picked(k):
    return [node("Gather", ["q", f"k{k}"], [f"q{k}"], axis=1)], tensor(f"k{k}", [1], [k], INT64)


COLUMNS = [picked(k) for k in range(3)]

# name, nodes, outputs, initializers, header, what a row gives
CASES = [
    ("one sigmoid is binary", [Z, P], ["p"], [WEIGHT], ["label", "probability"],
     lambda r: [int(z_of(r) > 0), sigmoid(z_of(r))]),
    ("two heads are a regression", [Z, P, V, node("ReduceSum", ["s"], ["t"], axes=[1])], ["p", "t"], [WEIGHT, THREE],
     ["prediction_p", "prediction_t"], lambda r: [sigmoid(z_of(r)), sum(three_of(r))]),
    ("a score and what a link makes of it", [V, Q], ["s", "q"], [THREE], ["label", "probability_0", "probability_1", "probability_2"],
     lambda r: [best(three_of(r)), *softmax(three_of(r))]),
    ("a label and its scores", [V, Q, L], ["l", "q"], [THREE], ["label", "probability_0", "probability_1", "probability_2"],
     lambda r: [best(three_of(r)), *softmax(three_of(r))]),
    ("the last of equal scores", [V, LAST], ["l"], [TIED], ["label", "margin_0", "margin_1", "margin_2"], lambda r: [last(tied(r)), *tied(r)]),
    ("the last of equal probabilities", [V, Q, LAST], ["l", "q"], [TIED], ["label", "probability_0", "probability_1", "probability_2"],
     lambda r: [last(tied(r)), *softmax(tied(r))]),
    ("the last of two", [V, LAST], ["l"], [PAIR], ["label", "margin"], lambda r: [1, 0]),
    ("the last of two probabilities", [V, Q, LAST], ["l", "q"], [PAIR], ["label", "probability"], lambda r: [1, 0.5]),
    ("several labels beside named probabilities", [V, node("Sigmoid", ["s"], ["p"]), node("Greater", ["p", "h"], ["g"]), node("Cast", ["g"], ["i"], to=INT64),
                                                   ml("ZipMap", ["p"], ["m"], classlabels_int64s=[0, 1, 2])], ["i", "m"], [THREE, HALF],
     [f"prediction_{i}" for i in range(6)], lambda r: [*(int(x > 0) for x in three_of(r)), *map(sigmoid, three_of(r))]),
    ("constant names of the classes", [V, Q, L, ml("LabelEncoder", ["k"], ["n"], keys_int64s=[0, 1, 2], values_strings=["low", "mid", "high"])],
     ["l", "q", "n"], [THREE, tensor("k", [3], [0, 1, 2], INT64)], ["label", "probability_0", "probability_1", "probability_2"],
     lambda r: [best(three_of(r)), *softmax(three_of(r))]),
    ("a table of texts by a constant", [ml("LabelEncoder", ["k"], ["n"], keys_int64s=[0, 1], values_strings=["low", "high"], default_string="other"),
                                        V, L, ml("ArrayFeatureExtractor", ["n", "l"], ["t"])], ["t"], [THREE, tensor("k", [3], [1, 0, 5], INT64)],
     ["label", "margin_high", "margin_low", "margin_other"], lambda r: [["high", "low", "other"][best(three_of(r))], *three_of(r)]),
    ("scores in columns", [V, Q, L, *(n for nodes, _ in COLUMNS for n in nodes)], ["l", "q0", "q1", "q2"],
     [THREE, *(k for _, k in COLUMNS)], ["label", "probability_0", "probability_1", "probability_2"],
     lambda r: [best(three_of(r)), *softmax(three_of(r))]),
    ("a label and how sure it is", [V, Q, L, node("ReduceMax", ["q"], ["m"], axes=[1])], ["l", "m"], [THREE],
     ["label", "margin_0", "margin_1", "margin_2"], lambda r: [best(three_of(r)), *three_of(r)]),
    ("a threshold is a label", [Z, P, node("Greater", ["p", "h"], ["g"]), node("Cast", ["g"], ["i"], to=INT64)], ["i", "p"],
     [WEIGHT, HALF], ["label", "probability"], lambda r: [int(sigmoid(z_of(r)) > 0.5), sigmoid(z_of(r))]),
    ("texts behind a threshold", [Z, P, node("Greater", ["p", "h"], ["g"]), node("Where", ["g", "yes", "no"], ["t"])], ["t", "p"],
     [WEIGHT, HALF, tensor("yes", [1], ["good"], STRING), tensor("no", [1], ["bad"], STRING)], ["label", "probability"],
     lambda r: ["good" if sigmoid(z_of(r)) > 0.5 else "bad", sigmoid(z_of(r))]),
    ("1 - p and p", [Z, P, node("Sub", ["one", "p"], ["n"]), node("Concat", ["n", "p"], ["y"], axis=1)], ["y"], [WEIGHT, ONE],
     ["label", "probability"], lambda r: [int(sigmoid(z_of(r)) > 0.5), sigmoid(z_of(r))]),
    ("a product that is read twice", [Z, node("Add", ["z", "b"], ["y"])], ["z", "y"], [WEIGHT, BIAS], ["prediction_z", "prediction_y"],
     lambda r: [z_of(r), z_of(r) + 10]),
    ("a product that is read again later", [Z, node("Add", ["z", "b"], ["y"]), node("Mul", ["y", "z"], ["o"])], ["o"], [WEIGHT, BIAS],
     ["prediction"], lambda r: [(z_of(r) + 10) * z_of(r)]),
    ("a product under another name", [Z, node("Identity", ["z"], ["i"]), node("Add", ["i", "b"], ["y"]), node("Sub", ["y", "z"], ["o"])],
     ["o"], [WEIGHT, BIAS], ["prediction"], lambda r: [10]),
    ("classes by their number", [V, L, node("Gather", ["names", "l"], ["t"])], ["t"],
     [THREE, tensor("names", [3], ["low", "mid", "high"], STRING)], ["label", "margin_low", "margin_mid", "margin_high"],
     lambda r: [["low", "mid", "high"][best(three_of(r))], *three_of(r)]),
    ("weights that are a product", [node("MatMul", ["v", "u"], ["w"]), Z], ["z"], [THREE, tensor("u", [3, 1], [1.0, 2.0, -1.0])],
     ["prediction"], lambda r: [three_of(r)[0] + 2 * three_of(r)[1] - three_of(r)[2]]),
    ("a matrix from the left", [node("Transpose", ["x"], ["t"], perm=[1, 0]), node("MatMul", ["u", "t"], ["m"]),
                                node("Transpose", ["m"], ["y"], perm=[1, 0])], ["y"], [tensor("u", [1, 4], [1.0, 2.0, 3.0, 4.0])],
     ["prediction"], lambda r: [r[0] + 2 * r[1] + 3 * r[2] + 4 * r[3]]),
    ("a width that a later node tells", [node("Cast", ["x"], ["c"], to=FLOAT), node("Relu", ["c"], ["y0"]), node("MatMul", ["y0", "w"], ["z"])],
     ["z"], [WEIGHT], ["prediction"], lambda r: [z_of([max(v, 0) for v in r])]),
    ("rows of a constant that are the same", [node("Concat", ["x", "same"], ["c"], axis=1), node("ReduceSum", ["c"], ["y"], axes=[1])],
     ["y"], [tensor("same", [7, 2], [1.5, -0.5] * 7)], ["prediction"], lambda r: [sum(r) + 1]),
]
INPUTS = {"a width that a later node tells": [value("x", dims=["n", "m"])],
          "rows of a constant that are the same": [value("x", dims=[7, 4])]}


def table():
    return ("a,b,c,d\n" + "".join(",".join(map(str, r)) + "\n" for r in ROWS)).encode()


def is_equal(cell, wanted):
    if isinstance(wanted, (str, int)) and not isinstance(wanted, float) and cell == str(wanted):
        return True
    return not isinstance(wanted, str) and abs(float(cell) - wanted) <= 2e-6 * max(1, abs(wanted))


def check(t, options, folder, case):
    name, nodes, outputs, initializers, header, of_row = case
    path = pathlib.Path(folder, "m.onnx")
    path.write_bytes(model(nodes, outputs, INPUTS.get(name), initializers, opset=12))
    done = tap.run(options, "-m", path, "--quiet", *(["--emit", "label,margin"] if "margin" in header[-1] else []), input=table())
    if done.returncode != 0:
        t.result(False, name, f"status {done.returncode}: {done.stderr.decode()}")
        return
    got = list(csv.reader(done.stdout.decode().splitlines()))
    problems = [] if got[0] == header and len(got) == len(ROWS) + 1 else [f"header {got[0]}, {len(got)} records"]
    for row, r in zip(got[1:], ROWS):
        wanted = of_row(r)
        if len(row) != len(wanted) or not all(map(is_equal, row, wanted)):
            problems.append(f"{r}: {row}, not {wanted}")
    t.result(not problems, name, *problems)


def classifier(post):
    return model([ml("LinearClassifier", ["x"], ["l", "y"], coefficients=[0.5, -1.0, 0.25, 1.0], intercepts=[0.0], classlabels_ints=[0, 1],
                     post_transform=post)], ["l", "y"], opset=12)


def check_warning(t, options, folder, post):
    """One score for two classes: a word where onnxruntime has another, and only there; --quiet is quiet."""
    path = pathlib.Path(folder, "m.onnx")
    path.write_bytes(classifier(post))
    loud, quiet = (tap.run(options, "-m", path, *more, input=table()) for more in ([], ["--quiet"]))
    line = (f"rowcast: score: warning: {path}: node 0 (LinearClassifier) has one score s for two classes: -s and s are scored, as the "
            "reference of ONNX does; onnxruntime makes 1 - s and s\n") if post != "LOGISTIC" else ""
    problems = [] if (loud.returncode, loud.stderr.decode()) == (0, line) else [f"{loud.returncode}: {loud.stderr.decode()!r}"]
    problems += [] if (quiet.returncode, quiet.stderr) == (0, b"") else [f"--quiet: {quiet.stderr.decode()!r}"]
    shown = subprocess.run([options.rowcast, "inspect", path], capture_output=True, check=False).stdout.decode()
    problems += [] if ("onnxruntime makes 1 - s" in shown) == (line != "") else [f"inspect: {shown}"]
    t.result(not problems, f"one score for two classes, {post}: {'warns' if line else 'is silent'}", *problems)


def main():
    options, t = tap.arguments(__doc__), tap.Tap()
    with tap.folder("onnx") as folder:
        for case in CASES:
            if tap.is_chosen(options, case[0]):
                check(t, options, folder, case)
        for post in ("NONE", "SOFTMAX", "LOGISTIC"):
            if tap.is_chosen(options, "warning"):
                check_warning(t, options, folder, post)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
