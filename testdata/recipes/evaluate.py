"""evaluate.py - run a native model over a table: the specification of the format, read literally.

An outside opinion for tests, made for reading and not for speed. Only numpy. As a program it writes
what the model's output is made from, before the link, and nothing for a row that is refused:
    python testdata/recipes/evaluate.py MODEL TABLE.csv
"""
import csv
import json
import math
import re
import struct
import sys
from pathlib import Path

import numpy as np

MISSING = {"", "NA", "N/A", "n/a", "NaN", "nan", "-nan", "NULL", "null", "None", "<NA>", "#N/A"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
WORDS = {"inf": math.inf, "infinity": math.inf, "true": 1.0, "false": 0.0}


# Files

def read_model(path):
    """The JSON of a model, arrays of an .rcm in their places."""
    data = Path(path).read_bytes()
    if Path(path).suffix == ".json":
        return json.loads(data)
    (n,) = struct.unpack("<Q", data[:8])
    arrays = data[8 + n:]

    def load(member):
        if set(member) != {"at", "shape", "dtype"}:
            return member
        assert member["at"] % 64 == 0 and (8 + n) % 64 == 0
        kind = {"float32": "<f4", "float64": "<f8"}[member["dtype"]]
        count = int(np.prod(member["shape"]))
        flat = np.frombuffer(arrays, kind, count, member["at"])
        return flat.reshape(member["shape"]).astype(float).tolist()

    return json.loads(data[8:8 + n], object_hook=load)


def number_of(text):
    """The number that a cell is, or None."""
    text = text.strip(" \t")
    sign, word = (-1.0, text[1:]) if text[:1] == "-" else (1.0, text[1:] if text[:1] == "+" else text)
    if word.lower() in WORDS and (text == word or word.lower()[0] == "i"):
        return sign * WORDS[word.lower()]
    return float(text) if NUMBER.fullmatch(text) else None


def as_number(x):
    """A number of the JSON, where text stands for what JSON lacks."""
    return float(x)


def array(value):
    return np.array([as_number(v) for v in value]) if isinstance(value, list) else np.array([as_number(value)])


# Values

def text_of(value):
    return value if isinstance(value, str) else repr(value)


class Values:
    """A list of strings or numbers, and where a text or a number stands in it."""

    def __init__(self, values):
        self.texts, self.numbers = {}, {}
        for k, v in enumerate(values):
            number = number_of(v) if isinstance(v, str) else float(v)
            if isinstance(v, str):
                self.texts.setdefault(v, k)
            if number is not None:
                self.numbers.setdefault(number, k)

    def find(self, value):
        """Texts equal, else both numbers and equal; None if there is no such value."""
        if isinstance(value, str) and value in self.texts:
            return self.texts[value]
        number = number_of(value) if isinstance(value, str) else float(value)
        return None if number is None else self.numbers.get(number)


class Refused(Exception):
    pass


def category_cell(text, entry, values):
    code = values.find(text)
    if code is not None:
        return float(code)
    unknown = entry.get("unknown", "error")
    if text.strip(" \t") in MISSING:
        missing = entry.get("missing", "error")
        if missing == "error":
            raise Refused
        if missing != "unknown":
            return float(values.find(missing))
    if unknown == "error":
        raise Refused
    return -1.0 if unknown == "zeros" else float(values.find(unknown))


def number_cell(text, entry):
    if text.strip(" \t") in MISSING:
        missing = entry.get("missing", "error")
        if missing == "error":
            raise Refused
        return as_number(missing)
    number = number_of(text)
    if number is None:
        raise Refused
    return number


def read_inputs(m, header, rows):
    """(n, n_inputs), and which rows are refused."""
    x, refused = np.zeros((len(rows), len(m["inputs"]))), np.zeros(len(rows), bool)
    for k, entry in enumerate(m["inputs"]):
        at = header.index(entry["name"]) if "name" in entry else k
        values = Values(entry["values"]) if entry["type"] == "category" else None
        for r, row in enumerate(rows):
            try:
                x[r, k] = number_cell(row[at], entry) if values is None else category_cell(row[at], entry, values)
            except Refused:
                refused[r] = True
    return x, refused


# Steps: each takes what it reads, joined, and makes a value

def affine(t, s, x):
    for key, f in (("center", np.subtract), ("divide", np.divide), ("scale", np.multiply), ("shift", np.add)):
        if key in s:
            x = f(x, t.cast(array(s[key])))
    return x


def impute(t, s, x):
    missing = as_number(s.get("missing", "nan"))
    at = np.isnan(x) if math.isnan(missing) else x == t.cast(missing)
    x = np.where(at, t.cast(array(s["values"])), x)
    return np.hstack([x, at[:, [int(k) for k in s.get("indicators", [])]].astype(x.dtype)])


def keys_of(t, values):
    """Keys of a step as the one column that it reads has them: codes of its category, or numbers."""
    if t.category is not None:
        own = Values(t.category["values"])
        return [-2 if own.find(v) is None else own.find(v) for v in values]
    return [t.cast(as_number(v)) for v in values]


def row_of_key(t, values, x):
    """For each row the index of the key that its value equals, or -1."""
    found = np.full(len(x), -1)
    for k, key in enumerate(keys_of(t, values)):
        found[(x[:, 0] == key) | (np.isnan(x[:, 0]) & np.isnan(key))] = k
    return found


def onehot(t, s, x):
    values = s["values"] if "values" in s else t.category["values"]
    found, unknown = row_of_key(t, values, x), s.get("unknown", "zeros")
    unseen = (found < 0) & ~((x[:, 0] == -1) if t.category else np.zeros(len(x), bool))
    if unknown == "error":
        t.refused |= unseen
    elif unknown != "zeros":
        found[unseen] = Values(values).find(unknown)
    hot = np.eye(len(values) + 1, dtype=x.dtype)[found][:, :-1]
    return np.delete(hot, Values(values).find(s["drop"]), axis=1) if "drop" in s else hot


def table_step(t, x, keys, table, default):
    found = row_of_key(t, keys, x)
    if isinstance(default, str) and default == "error":
        t.refused |= found < 0
        default = np.zeros(table.shape[1])
    return t.cast(np.vstack([table, default]))[found]


def ordinal(t, s, x):
    values = s["values"] if "values" in s else t.category["values"]
    codes = array(s["codes"]) if "codes" in s else np.arange(float(len(values)))
    unknown = s.get("unknown", "error")
    return table_step(t, x, values, codes[:, None], unknown if unknown == "error" else [as_number(unknown)])


def lookup(t, s, x):
    default = s.get("default", "error")
    table = np.array([array(row) for row in s["values"]])
    return table_step(t, x, s["keys"], table, default if default == "error" else array(default))


def clip(t, s, x):
    if "min" in s:
        x = np.where(x < t.cast(array(s["min"])), t.cast(array(s["min"])), x)
    return np.where(x > t.cast(array(s["max"])), t.cast(array(s["max"])), x) if "max" in s else x


def normalise(t, s, x):
    size = np.abs(x)
    norm = {"l1": lambda: size.sum(axis=1), "l2": lambda: np.sqrt((x * x).sum(axis=1)),
            "max": lambda: size.max(axis=1)}[s["norm"]]()
    return np.where(norm[:, None] == 0, x, x / norm[:, None])


def product(t, s, x):
    """As scikit-learn's PolynomialFeatures multiplies: one factor at a time, the last column first."""
    made = []
    for powers in s["powers"]:
        y = np.ones(len(x), x.dtype)
        for j in reversed(range(x.shape[1])):
            p = as_number(powers[j])
            if p < 0 or p != int(p):
                y = y * np.power(x[:, j], t.cast(np.full(len(x), p)))
            for _ in range(int(p) if p >= 0 and p == int(p) else 0):
                y = y * x[:, j]
        made.append(y)
    return np.stack(made, axis=1)


def bin_step(t, s, x):
    parts = []
    for j, edges in enumerate(s["edges"]):
        edges = t.cast(array(edges)) if edges else np.zeros(0)
        below = edges < x[:, [j]] if s.get("right", False) else edges <= x[:, [j]]
        n = below.sum(axis=1)
        parts.append(np.eye(len(edges) + 1)[n] if s.get("encode", "ordinal") == "onehot" else n[:, None])
    return t.cast(np.hstack(parts))


def dense(t, s, x):
    bias = array(s.get("bias", 0))
    w = np.array([array(row) for row in s["weights"]]).reshape(x.shape[1], -1 if x.shape[1] else len(bias))
    z = np.zeros((len(x), w.shape[1]), x.dtype) + t.cast(bias)
    for k in range(x.shape[1]):  # no @: with a NaN or an infinity it need not be the sum
        z = z + x[:, [k]] * t.cast(w[k])
    return activate(s.get("activation", "identity"), z)


def activate(spec, z):
    fn = spec if isinstance(spec, str) else spec["fn"]
    return {"identity": lambda v: v, "relu": lambda v: np.maximum(v, 0), "tanh": np.tanh}[fn](z)


def softmax(t, s, x):
    e = x - x.max(axis=1, keepdims=True)
    total = np.exp(e).sum(axis=1, keepdims=True)
    return e - np.log(total) if s.get("log", False) else np.exp(e) / total


FUNCTIONS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "pow": lambda x, y: np.power(x, y + np.zeros_like(x)),  # with one exponent for all numpy takes other ways
    "min": np.minimum, "max": np.maximum, "mod": np.mod, "eq": np.equal, "ne": np.not_equal, "lt": np.less,
    "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "and": np.logical_and, "or": np.logical_or,
    "neg": np.negative, "abs": np.abs, "sqrt": np.sqrt, "square": np.square, "exp": np.exp,
    "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log10": np.log10, "reciprocal": lambda x: 1 / x,
    "sign": np.sign, "floor": np.floor, "ceil": np.ceil, "round": np.rint, "not": np.logical_not,
    "isnan": np.isnan, "if": lambda c, a, b: np.where(c != 0, a, b)}


def elementwise(t, s, operands):
    return t.cast(FUNCTIONS[s["fn"]](*operands))


STEPS = {"affine": affine, "impute": impute, "onehot": onehot, "ordinal": ordinal, "clip": clip,
         "normalise": normalise, "product": product, "bin": bin_step, "lookup": lookup, "dense": dense,
         "softmax": softmax, "concat": lambda t, s, x: x,
         "select": lambda t, s, x: x[:, [int(k) for k in s["columns"]]],
         "activation": lambda t, s, x: activate(s, x)}


class Tape:
    """What is known while a model runs over all rows at once."""

    def __init__(self, m, x, refused):
        self.dtype = np.dtype(m["dtype"])
        self.refused = refused
        self.inputs = [entry.get("name") for entry in m["inputs"]]
        self.categories = {e["name"]: e for e in m["inputs"] if e["type"] == "category"}
        x = self.cast(x)
        self.values = {e.get("name", k): x[:, [k]] for k, e in enumerate(m["inputs"])}
        self.last, self.category = x, None

    def cast(self, x):
        with np.errstate(over="ignore"):
            return np.asarray(x, dtype=np.float64).astype(self.dtype)

    def names_read(self, step):
        names = step.get("in")
        return [names] if isinstance(names, (str, int, float)) else names

    def run(self, step):
        names = self.names_read(step)
        if names is None and not hasattr(self, "is_begun"):
            names = [n for n in self.inputs if n is not None] or None
        self.is_begun = True
        self.category = self.categories.get(names[0]) if names is not None and len(names) == 1 else None
        if step["op"] == "elementwise":
            read = [self.last] if names is None else [
                self.values[n] if isinstance(n, str) else self.cast([[n]]) for n in names]
            made = elementwise(self, step, read)
        else:
            made = STEPS[step["op"]](self, step, self.last if names is None else
                                     np.hstack([self.values[n] for n in names]))
        assert made.dtype == self.dtype, step
        self.last = np.broadcast_to(made, (len(self.refused), made.shape[1]))
        if "out" in step:
            self.values[step["out"]] = self.last


def evaluate(m, header, rows):
    """(n, width) of the values that `from` names, and (n) whether a row is refused before the score
    is looked at. A category that is read as a number is its code."""
    x, refused = read_inputs(m, header, rows)
    tape = Tape(m, x, refused)
    with np.errstate(all="ignore"):
        for step in m["steps"]:
            tape.run(step)
    names = m["output"]["from"]
    return np.hstack([tape.values[n] for n in ([names] if isinstance(names, str) else names)]), tape.refused


def main():
    with open(sys.argv[2], newline="", encoding="utf-8") as f:
        lines = list(csv.reader(f))
    values, refused = evaluate(read_model(sys.argv[1]), lines[0], lines[1:])
    for row, is_refused in zip(values, refused):
        print(",".join("" if is_refused else repr(float(v)) for v in row))


if __name__ == "__main__":
    main()
