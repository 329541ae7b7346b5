"""check.py - read every model beside a table back from its file, and compare with expected.*.csv.

Run with Python 3.11, numpy 2.4.6, scipy 1.17.1, mpmath not needed:
    python testdata/recipes/check.py

A second reader of the two encodings, written from the specification alone: it finds mistakes of the
recipes (a transposed matrix, a forgotten scaler) before they are taken for mistakes of the program.
"""
import csv
import json
import struct
from pathlib import Path

import numpy as np
from scipy import special

TESTDATA = Path(__file__).resolve().parent.parent
TABLES = {"breast-cancer": "breast-cancer.csv", "diabetes": "diabetes.csv", "digits": "digits.csv",
          "wine": "wine.csv"}
ACTIVATIONS = {"relu": lambda v: np.maximum(v, 0), "tanh": np.tanh, "identity": lambda v: v}


def read_model(path):
    data = path.read_bytes()
    if path.suffix == ".json":
        return json.loads(data)
    (n,) = struct.unpack("<Q", data[:8])
    arrays = data[8 + n:]

    def load(member):
        if set(member) != {"at", "shape", "dtype"}:
            return member
        assert member["at"] % 64 == 0 and (8 + n) % 64 == 0
        kind = {"float32": "<f4", "float64": "<f8"}[member["dtype"]]
        count = int(np.prod(member["shape"]))
        return np.frombuffer(arrays, kind, count, member["at"]).reshape(member["shape"]).astype(float).tolist()

    return json.loads(data[8:8 + n], object_hook=load)


def columns_of(header, m, table):
    names = [i.get("name") for i in m["inputs"]]
    if names and names[0] is None:
        names = [h for h in header if h not in ("id", "weight", "progression")]
    return np.array([[float(row[header.index(n)]) for n in names] for row in table]).reshape(len(table), -1)


def run(m, x):
    if m["dtype"] == "float32":
        x = x.astype(np.float32).astype(float)
    v = x
    for s in m["steps"]:
        if s["op"] == "affine":
            v = (v - np.array(s.get("center", 0))) / np.array(s.get("divide", 1))
        else:
            w = np.array(s["weights"]).reshape(v.shape[1], -1) if s["weights"] else np.zeros((0, len(s["bias"])))
            v = ACTIVATIONS[s.get("activation", "identity")](v @ w + np.array(s["bias"]))
    return v


def finish(output, z):
    """Labels (None for a regression) and numbers as the table of expected values has them."""
    link, classes = output["link"], output.get("classes")
    p = {"identity": lambda v: v, "none": lambda v: v, "exp": np.exp, "sigmoid": special.expit,
         "softmax": lambda v: special.softmax(v, axis=1)}[link](z)
    if output["task"] == "regression":
        return None, p
    if output["task"] == "multiclass":
        return [str(classes[k]) for k in z.argmax(axis=1)], p
    cut = p[:, 0] >= output["threshold"] if "threshold" in output else z[:, 0] > 0
    return [str(classes[int(k)]) for k in cut], p


def check(path, header, table):
    m = read_model(path)
    variant = path.name[len("model"):-len(path.suffix)]
    with (path.parent / f"expected{variant}.csv").open(newline="") as f:
        rows = list(csv.reader(f))
    label, values = finish(m["output"], run(m, columns_of(header, m, table)))
    first = 1 if label is None else 2
    want = np.array([[float(c) for c in row[first:]] for row in rows[1:]])
    assert [r[0] for r in rows[1:]] == [r[0] for r in table], path
    assert label is None or label == [r[1] for r in rows[1:]], path
    off = np.max(np.abs(values - want) / np.maximum(1, np.abs(want)))
    assert off < (1e-7 if m["dtype"] == "float32" else 1e-13), (path, off)
    print(f"{path.parent.name}/{path.name}: {off:.1e}")


if __name__ == "__main__":
    for folder, name in TABLES.items():
        with (TESTDATA / folder / name).open(newline="") as f:
            lines = list(csv.reader(f))
        for path in sorted((TESTDATA / folder).glob("model*")):
            check(path, lines[0], lines[1:])
