"""h5_tables.py - the tables that make_h5.py writes in every way, their models, and what is expected.

Every number is exact in all types that it is written in, so that the CSV file holds the same ones:
a, b have 11 bits, c 16, n and m are integers of 8. Predictions are by numpy, metrics by
scikit-learn; the weights are those of a fit of scikit-learn.
"""
import csv
import json

import numpy as np
from sklearn.linear_model import LogisticRegression

import native as nat

FOLDER = nat.TESTDATA / "h5"
N, N_INTS = 96, 240
FEATURES = ["a", "b", "c", "n", "m"]
KINDS = ["red", "green", "blue", "grün"]  # the model knows the first three and not the last


def main_table():
    """Columns by name; missing: NaN in a, empty text in kind."""
    r = np.random.default_rng(4)
    t = {"id": np.array([f"r{k:02d}" for k in range(N)], dtype=object),
         "a": r.integers(-512, 512, N) / 64, "b": r.integers(-1024, 1024, N) / 256,
         "c": r.integers(-32000, 32000, N) / 4096, "n": r.integers(-100, 100, N), "m": r.integers(0, 100, N),
         "flag": r.random(N) < 0.4, "kind": np.array(KINDS, dtype=object)[r.integers(0, 4, N)]}
    t["a"][r.random(N) < 0.15] = np.nan
    t["kind"][r.random(N) < 0.1] = ""
    z = np.nan_to_num(t["a"], nan=0.5) * 0.4 - t["b"] * 0.6 + t["n"] / 60 + (t["kind"] == "red") * 1.5 - t["flag"]
    t["y"] = (r.random(N) < 1 / (1 + np.exp(-z))).astype(int)
    t["label"] = np.array(["no", "yes"], dtype=object)[t["y"]]
    t["w"] = r.integers(0, 16, N) / 8
    return t


def matrix(table, names=FEATURES):
    return np.column_stack([table[n].astype(float) for n in names])


def ints():
    """Whole numbers that every type can hold."""
    return np.random.default_rng(5).integers(0, 101, (N_INTS, 5))


# What each type holds at most; the middle ones round differently once and twice.
LIMITS = {f"{u}{8 * b}": np.dtype(f"{u[0]}{b}") for b in (1, 2, 4, 8) for u in ("int", "uint")}
FLOATS = {"float16": [0, 2.0 ** -24, 2.0 ** -14, 1 - 2.0 ** -11, 1, -1, 1.0009765625, -65504, 65504, 0.33325195],
          "float32": [0, 2.0 ** -149, 2.0 ** -126, 1 - 2.0 ** -24, 1, -1, 16777215, -2.0 ** 127, 3.0e38, 1 / 3],
          "float64": [0, 5e-324, 2.0 ** -1022, 1 - 2.0 ** -53, 1, -1, 2.0 ** 53 - 1, -1e308, 1.7e308, 1 / 3]}


def limits():
    """Columns of 10 rows in their types."""
    t = {}
    for name, dtype in LIMITS.items():
        i = np.iinfo(dtype)
        odd = [2 ** 24 + 1, 2 ** 53 + 1, 2 ** 54 + 2 ** 30 + 1, 2 ** 63 + 2 ** 39 + 1, 100, 7]
        values = [i.min, i.max, 0, 1, *(v if v <= i.max else v % 101 for v in odd)]
        t[name] = np.array([int(v) for v in values], dtype=dtype)
    for name, values in FLOATS.items():
        t[name] = np.array(values, dtype=name)
    t["bool"] = np.array([k % 3 == 1 for k in range(10)])
    return t


def cell(value):
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    value = float(value)
    return "" if np.isnan(value) else repr(value).removesuffix(".0").replace("e+", "e")


def write_csv(name, columns):
    with open(FOLDER / name, "w", encoding="utf-8", newline="") as out:
        w = csv.writer(out, lineterminator="\n")
        w.writerow(columns)
        w.writerows([cell(v) for v in row] for row in zip(*columns.values()))


def write_expected(name, header, rows):
    with open(FOLDER / name, "w", encoding="utf-8", newline="") as out:
        w = csv.writer(out, lineterminator="\n")
        w.writerow(header)
        w.writerows([repr(v) if isinstance(v, float) else v for v in row] for row in rows)


# Models

def fit(x, y):
    lr = LogisticRegression(C=2.0, max_iter=1000).fit(x, y)
    return lr.coef_.T, lr.intercept_


def save(name, model):
    (FOLDER / name).write_text(json.dumps(model, default=nat.nested) + "\n", encoding="utf-8")


def numbers_input(name, **rest):
    return {"name": name, "type": "number", **rest}


def binary(classes):
    return {"task": "binary", "from": "z", "link": "sigmoid", "classes": classes}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def labelled(z, classes):
    return [[classes[int(v > 0)], float(p)] for v, p in zip(z, sigmoid(z))]


def filled(x):
    """What the missing rule of `a` makes of its column."""
    x = x.copy()
    x[:, 0] = np.where(np.isnan(x[:, 0]), 0.5, x[:, 0])
    return x


SCALE = np.array([2.0, 1.0, 2.0, 40.0, 30.0])


def make_numbers(table, sparse):
    """The logistic model over five numbers: by name, by position, in float32."""
    x = filled(matrix(table))
    w, b = fit(x / SCALE, table["y"])
    steps = [nat.affine(divide=SCALE), nat.dense(w, b, out="z")]
    inputs = [numbers_input(n) for n in FEATURES]
    inputs[0]["missing"] = 0.5
    unnamed = [{k: v for k, v in i.items() if k != "name"} for i in inputs]
    m = nat.model(inputs, steps, binary([0, 1]))
    save("model.json", m)
    save("model.positional.json", nat.model(unnamed, steps, binary([0, 1])))
    save("model.f32.json", {**nat.as_dtype(m, "float32"), "dtype": "float32"})
    for csv_name, values in (("table", x), ("sparse", filled(sparse))):
        z = (values / SCALE) @ w[:, 0] + b[0]
        write_expected(f"expected.{csv_name}.csv", ["label", "probability"], labelled(z, [0, 1]))


def make_category(table):
    """With a category, a bool, and rules for missing cells."""
    names = ["a", "b", "n", "flag"]
    x = filled(matrix(table, names))
    hot = np.column_stack([table["kind"] == k for k in KINDS[:3]]).astype(float)
    w, b = fit(np.column_stack([x, hot]), table["y"])
    inputs = [numbers_input("a", missing=0.5), numbers_input("b"), numbers_input("n"),
              numbers_input("flag", missing=0),
              {"name": "kind", "type": "category", "values": KINDS[:3], "missing": "unknown", "unknown": "zeros"}]
    steps = [{"op": "onehot", "in": "kind", "out": "hot"},
             nat.dense(w, b, **{"in": [*names, "hot"], "out": "z"})]
    save("model.category.json", nat.model(inputs, steps, binary(["no", "yes"])))
    z = np.column_stack([x, hot]) @ w[:, 0] + b[0]
    write_expected("expected.category.csv", ["label", "probability"], labelled(z, ["no", "yes"]))


def make_one():
    output = {"task": "regression", "from": "z", "link": "identity"}
    save("model.one.json", nat.model([numbers_input("b")], [nat.dense([[2.0]], [1.0], out="z")], output))


def make_ints(values):
    w = np.array([[0.25], [-0.125], [0.0625], [0.3], [-0.7]])
    names = [f"p{k}" for k in range(5)]
    output = {"task": "regression", "from": "z", "link": "identity"}
    steps = [nat.dense(w, [1.5], out="z")]
    save("model.ints.json", nat.model([numbers_input(n) for n in names], steps, output))
    save("model.ints.positional.json", nat.model([{"type": "number"}] * 5, steps, output))
    write_csv("ints.csv", dict(zip(names, values.T)))
    write_expected("expected.ints.csv", ["prediction"], [[float(v)] for v in (values @ w)[:, 0] + 1.5])


def make_limits(table):
    """Each column by itself, times a power of two: the result is the number that was read."""
    for variant, dtype in (("limits", "float64"), ("limits.f32", "float32")):
        names = [n for n in table if dtype == "float64" or n != "float64"]
        scale = [0.5 if n in ("float64", "float32") else 1.0 for n in names]
        output = {"task": "regression", "from": "z", "link": "identity", "targets": names}
        save(f"model.{variant}.json", nat.model([numbers_input(n) for n in names],
                                                [nat.affine(scale=scale, out="z")], output, dtype))
        columns = [(table[n].astype(dtype) * np.dtype(dtype).type(s)).tolist() for n, s in zip(names, scale)]
        write_expected(f"expected.{variant}.csv", [f"prediction_{n}" for n in names], zip(*columns))
    write_csv("limits.csv", table)
