"""make_steps.py - each step of the native model over odd numbers and odd texts: ../steps/.

Run with Python 3.11, numpy 2.4.6, scikit-learn 1.9.1:
    python testdata/recipes/make_steps.py

The expected numbers are those of numpy and scikit-learn, in the dtype of the model; what a text cell
means stands beside it in TEXTS, by hand. A score must be finite: where a result may be no number,
the last steps of the model make NOT_A_NUMBER of a NaN and ENDLESS of an infinity (and beyond).
"""
import warnings

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (KBinsDiscretizer, Normalizer, OneHotEncoder, OrdinalEncoder, PolynomialFeatures,
                                   StandardScaler)

import from_sklearn
import native as nat

warnings.filterwarnings("ignore", message="Found unknown categories")
NUMBERS, TEXT = nat.TESTDATA / "steps" / "numbers", nat.TESTDATA / "steps" / "text"
NOT_A_NUMBER, ENDLESS = -7777.0, {"float64": 1.7e308, "float32": 3e38}
INF, NAN = np.inf, np.nan
BOTH = ("float64", "float32")


# Tables

def number_table():
    """a, b, c: every pair of what is odd, then one by one; d, e: plain; f: plain with gaps; k: a few values."""
    odd = [0.0, -0.0, 2.5, -1.5, INF, -INF, NAN, 1e308]
    more = [1.0, -1.0, 0.5, -0.5, 1.5, -2.5, 3.5, 0.3, -0.3, 7.25, -7.25, 100.0, -100.0, 1e-5, -1e-5, 0.1,
            0.49999999999999994, 4503599627370497.5, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-300, 1e-45,
            -1e-40, 1e300, -1e308, 3.4e38, 1e19, -7.0, 64.0, 709.5, -745.0]
    pairs = [(x, y) for x in odd for y in odd]
    pairs += [(x, more[k * 7 % len(more)]) for k, x in enumerate(more)]
    rng = np.random.default_rng(1)
    n = len(pairs)
    a, b = np.array(pairs).T
    c = np.array([(odd + more[:4])[k * 5 % 12] for k in range(n)])
    d, e, f = np.round(rng.normal(0, 3, (3, n)), 2)
    d[::9], e[::9], f[rng.random(n) < 0.25] = 0.0, 0.0, NAN
    k = rng.choice([0.0, 1.0, 2.0, 2.5, 0.1, -3.0, 9.0, NAN], n)
    return dict(zip("abcdefk", (a, b, c, d, e, f, k)))


def cell(x):
    return "" if np.isnan(x) else ("inf" if x > 0 else "-inf") if np.isinf(x) else nat.cell(x)


# city: what the cell is among ["Berlin", "Köln", "a,b", 'say "hi"', "NA", "zeros"]; code: among
# [1, "2.50", "x", 0]; size: among ["S", "M", "L"]. "?" is unknown, "" missing.
TEXTS = [
    ("Berlin", 0, "1", 0, "S", 0), ("Köln", 1, "1.0", 0, "M", 1), ("a,b", 2, "true", 0, "L", 2),
    ('say "hi"', 3, "+1e0", 0, "M", 1), ("NA", 4, "2.5", 1, "S", 0), ("zeros", 5, "2.50", 1, "L", 2),
    ("berlin", "?", "25e-1", 1, "s", "?"), (" Berlin", "?", "x", 2, "S ", "?"), ("", "", "X", "?", "", ""),
    ("N/A", "", "", "", "null", ""), ("Berlin", 0, "0", 0 + 3, "NaN", ""), ("Köln", 1, "-0", 3, "M", 1),
    ("Bern", "?", "false", 3, "XL", "?"), ("a,b", 2, "1e400", "?", "L", 2), ("K", "?", "none", "?", "S", 0),
    ("None", "", "NULL", "", "L", 2), ("zeros", 5, " 1 ", 0, "#N/A", ""), ("error", "?", "7", "?", "M", 1),
    ("Köln\nRhein", "?", "0.0", 3, "M", 1), ('"', "?", "x", 2, "S", 0), ("<NA>", "", "2.5 ", 1, "L", 2),
    ("Berlin", 0, "1", 0, "S", 0), (" ", "", "0x1", "?", "M", 1), ("na", "?", "TRUE", 0, "L", 2)]
CITIES, CODES, SIZES = ["Berlin", "Köln", "a,b", 'say "hi"', "NA", "zeros"], [1, "2.50", "x", 0], ["S", "M", "L"]
VALUES = {"city": (CITIES, 1), "code": (CODES, 3), "size": (SIZES, 5)}


# Models

def expected_cell(x):
    """The shortest text of a float32 or float64."""
    text = np.format_float_scientific(x, unique=True, trim="-", exp_digits=1)
    return text if abs(np.log10(abs(float(x)) or 1)) > 7 else np.format_float_positional(x, unique=True, trim="-")


class Case:
    """One model and, for each dtype, its expected values."""

    def __init__(self, folder, name, steps, expected, targets=None, dtypes=("float64",), inputs=None, bare=False):
        self.folder, self.name, self.dtypes = folder, name, dtypes
        self.steps, self.expected, self.targets, self.inputs, self.bare = steps, expected, targets, inputs, bare

    def finite_steps(self, dtype):
        """What follows: NaN and infinities become finite."""
        top = ENDLESS[dtype]
        last = self.steps[-1]["out"]
        return [{"op": "elementwise", "fn": "isnan", "in": last, "out": "is_nan"},
                {"op": "elementwise", "fn": "if", "in": ["is_nan", NOT_A_NUMBER, last]},
                {"op": "clip", "min": -top, "max": top, "out": "finite"}]

    def write(self, table, dtype):
        with np.errstate(all="ignore"):
            columns = {n: v.astype(dtype) for n, v in table.items()} if self.folder is NUMBERS else table
            want = self.expected(columns)
        want, refused = want if isinstance(want, tuple) else (want, np.zeros(len(next(iter(table.values()))), bool))
        want = np.asarray(want).astype(dtype)
        want = want[:, None] if want.ndim == 1 else want
        steps, output = self.steps, {"task": "regression", "from": self.steps[-1]["out"], "link": "identity"}
        if not self.bare:
            steps, output["from"] = steps + self.finite_steps(dtype), "finite"
            top = np.asarray(ENDLESS[dtype], dtype)
            want = np.clip(np.where(np.isnan(want), np.asarray(NOT_A_NUMBER, dtype), want), -top, top)
        names = ["prediction"]
        if want.shape[1] > 1:
            output["targets"] = self.targets or [str(k) for k in range(want.shape[1])]
            names = [f"prediction_{t}" for t in output["targets"]]
        dot = ".f32" if dtype == "float32" else ""
        m = nat.model(self.inputs or [{"name": n, "type": "number", "missing": "nan"} for n in self.read()],
                      steps, output, dtype)
        nat.write_json(self.folder / f"model.{self.name}{dot}.json", m)
        nat.write_csv(self.folder / f"expected.{self.name}{dot}.csv", ["id", *names],
                      ([k, *("" if r else expected_cell(v) for v in row)]
                       for k, (row, r) in enumerate(zip(want, refused), 1)))

    def read(self):
        """The columns of the table that the steps read."""
        names = [n for s in self.steps for n in ([s["in"]] if isinstance(s.get("in"), str) else s.get("in", []))]
        return [n for n in "abcdefk" if n in names]


def join(*names):
    return {"op": "concat", "in": list(names), "out": "all"}


def fn(name, *operands, out=None):
    return {"op": "elementwise", "fn": name, "in": list(operands), "out": out or name}


def column(t, x):
    """A column, or a number in each row: numpy's power takes other ways where the exponent is one number."""
    return t[x] if isinstance(x, str) else np.full_like(t["a"], x)


def cat(*columns):
    return np.hstack([c[:, None] if c.ndim == 1 else c for c in columns])


# Elementwise

BINARY = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
          "min": np.minimum, "max": np.maximum, "mod": np.mod}
COMPARED = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
            "ge": np.greater_equal, "and": np.logical_and, "or": np.logical_or}
UNARY = {"neg": np.negative, "abs": np.abs, "sqrt": np.sqrt, "square": np.square, "exp": np.exp, "expm1": np.expm1,
         "log": np.log, "log1p": np.log1p, "log10": np.log10, "reciprocal": np.reciprocal, "sign": np.sign,
         "floor": np.floor, "ceil": np.ceil, "round": np.rint, "not": np.logical_not, "isnan": np.isnan}


def elementwise_cases():
    for name, group in (("arithmetic", BINARY), ("compare", COMPARED)):
        yield Case(NUMBERS, name, [*(fn(f, "a", "b") for f in group), join(*group)],
                   lambda t, group=group: cat(*(f(t["a"], t["b"]) for f in group.values())), list(group), BOTH)
    yield Case(NUMBERS, "unary", [*(fn(f, "a") for f in UNARY), join(*UNARY)],
               lambda t: cat(*(f(t["a"]) for f in UNARY.values())), list(UNARY), BOTH)
    constants = {"from_two": ("sub", 2, "a"), "over_three": ("div", "a", 3), "cubed": ("pow", "a", 3),
                 "root": ("pow", "a", 0.5), "power_of_two": ("pow", 2, "c"), "inverse": ("pow", "a", -1),
                 "at_least_one": ("max", "a", 1), "at_most_one": ("min", 1, "a"), "mod_four": ("mod", "a", 4),
                 "mod_minus_three": ("mod", "a", -3), "is_zero": ("eq", "a", 0), "not_two": ("ne", 2.5, "a"),
                 "below": ("gt", 0.5, "a"), "true": ("or", "a", 1), "zero": ("and", 0, "a")}
    both = {**BINARY, **COMPARED}
    yield Case(NUMBERS, "constants", [*(fn(f, x, y, out=n) for n, (f, x, y) in constants.items()), join(*constants)],
               lambda t: cat(*(both[f](column(t, x), column(t, y)) for f, x, y in constants.values())), list(constants), BOTH)
    yield Case(NUMBERS, "if", [fn("lt", "a", "b", out="less"), fn("if", "less", "a", "b", out="smaller"),
                               fn("if", "c", 1, -1, out="of_c"), fn("if", "k", "c", 0.5, out="of_k"),
                               fn("if", 0, "a", "c", out="else"), join("smaller", "of_c", "of_k", "else")],
               lambda t: cat(np.where(t["a"] < t["b"], t["a"], t["b"]), np.where(t["c"] != 0, 1, -1),
                             np.where(t["k"] != 0, t["c"], 0.5), t["c"]), ["smaller", "of_c", "of_k", "else"], BOTH)
    wide = [{"op": "concat", "in": ["a", "b", "d"], "out": "abd"}, {"op": "concat", "in": ["c", "e", "f"], "out": "cef"}]
    yield Case(NUMBERS, "broadcast", [
        *wide, fn("mul", "abd", "cef", out="equal"), fn("add", "abd", "c", out="right"),
        fn("sub", "e", "abd", out="left"), fn("if", "d", "abd", "c", out="one"), fn("max", "abd", 1, out="number"),
        join("equal", "right", "left", "one", "number")],
        lambda t: cat((w := cat(t["a"], t["b"], t["d"])) * (v := cat(t["c"], t["e"], t["f"])), w + t["c"][:, None],
                      t["e"][:, None] - w, np.where(t["d"][:, None] != 0, w, t["c"][:, None]),
                      np.maximum(w, w.dtype.type(1))))
    # 1 / x tells the sign of a zero
    signs = {"neg": lambda x: -x, "round": np.rint, "floor": np.floor, "ceil": np.ceil, "sqrt": np.sqrt, "abs": np.abs,
             "square": np.square, "reciprocal": lambda x: 1 / x, "expm1": np.expm1, "log1p": np.log1p}
    yield Case(NUMBERS, "zero-signs", [
        *(fn(f, "a") for f in signs), fn("mul", "a", "b"), fn("div", "a", "b"), fn("mod", "a", "b"),
        {"op": "concat", "in": [*signs, "mul", "div", "mod"], "out": "x"}, fn("reciprocal", "x", out="all")],
        lambda t: 1 / cat(*(f(t["a"]) for f in signs.values()), t["a"] * t["b"], t["a"] / t["b"],
                          np.mod(t["a"], t["b"])), [*signs, "mul", "div", "mod"], BOTH)


# Columns of numbers

def affine_of(t, names, center=0.0, divide=1.0, scale=1.0, shift=0.0):
    x = cat(*(t[n] for n in names))
    as_x = lambda v: np.asarray(v, x.dtype)
    return ((x - as_x(center)) / as_x(divide)) * as_x(scale) + as_x(shift)


def affine_cases():
    p = {"center": [0.5, -2.0, 1e300], "divide": [3.0, 0.125, -1e-5], "scale": [-1.5, 1e10, 0.1],
         "shift": [0.0, 1e-3, -7.0]}
    small = {**p, "center": [0.5, -2.0, 1e30]}
    for name, keys in (("all", list(p)), ("center", ["center"]), ("divide", ["divide"]), ("scale", ["scale"]),
                       ("shift", ["shift"])):
        q = {k: small[k] if name == "all" else p[k] for k in keys}
        yield Case(NUMBERS, f"affine-{name}", [{"op": "affine", "in": ["a", "c", "d"], **q, "out": "y"}],
                   lambda t, q=q: affine_of(t, "acd", **q), dtypes=BOTH if name == "all" else ("float64",))
    one = {"center": 1.5, "divide": 7.0, "scale": -0.25, "shift": 1e-3}
    yield Case(NUMBERS, "affine-one-for-all", [{"op": "affine", "in": ["a", "b"], **one, "out": "y"}],
               lambda t: affine_of(t, "ab", **one), dtypes=BOTH)
    yield Case(NUMBERS, "affine-odd", [{"op": "affine", "in": ["d", "e", "a"], "divide": [0, "inf", 1],
                                        "scale": [1, 0, 0], "shift": ["-inf", "nan", 0], "out": "y"}],
               lambda t: affine_of(t, "dea", divide=[0, INF, 1], scale=[1, 0, 0], shift=[-INF, NAN, 0]))
    yield Case(NUMBERS, "affine-none", [{"op": "affine", "in": "a", "out": "y"}], lambda t: t["a"])
    # a mean far from 0 must stay a subtraction where a dense layer follows
    yield Case(NUMBERS, "affine-far", [{"op": "affine", "in": ["d"], "shift": 1e9},
                                       {"op": "affine", "center": 1e9, "divide": 1e-3},
                                       {"op": "dense", "weights": [[1e-3]], "bias": [0.0], "out": "y"}],
               lambda t: ((t["d"] + 1e9) - 1e9) / 1e-3 * 1e-3, bare=True)


def impute_cases():
    yield Case(NUMBERS, "impute", [{"op": "impute", "in": ["a", "f", "c"], "values": [0.25, -7, 1e308], "out": "y"}],
               lambda t: np.where(np.isnan(x := cat(t["a"], t["f"], t["c"])), [0.25, -7, 1e308], x))
    yield Case(NUMBERS, "impute-indicators", [{"op": "impute", "in": ["a", "f", "c"], "values": 0.5,
                                               "indicators": [2, 0], "out": "y"}],
               lambda t: cat(np.where(np.isnan(x := cat(t["a"], t["f"], t["c"])), np.float32(0.5), x),
                             np.isnan(t["c"]), np.isnan(t["a"])), dtypes=BOTH)
    yield Case(NUMBERS, "impute-number", [{"op": "impute", "in": ["a", "k"], "values": [64, "nan"], "missing": 2.5,
                                           "indicators": [0, 1], "out": "y"}],
               lambda t: cat(np.where(t["a"] == 2.5, 64, t["a"]), np.where(t["k"] == 2.5, NAN, t["k"]),
                             t["a"] == 2.5, t["k"] == 2.5), dtypes=BOTH)
    yield Case(NUMBERS, "impute-zero", [{"op": "impute", "in": ["a"], "values": [1], "missing": 0, "out": "y"}],
               lambda t: np.where(t["a"] == 0, 1, t["a"]))
    yield Case(NUMBERS, "impute-infinity", [{"op": "impute", "in": ["a"], "values": [3], "missing": "inf",
                                             "indicators": [0], "out": "y"}],
               lambda t: cat(np.where(t["a"] == INF, 3, t["a"]), t["a"] == INF))


def clip_cases():
    for name, lo, hi in (("both", [-1.0, 0.0, -2.5], [1.5, 1e300, 2.5]), ("min", [-1.0, 0.5, -2.5], None),
                         ("max", None, [1.5, 1e300, 2.5]), ("one-for-all", -0.75, 2.0),
                         ("infinities", ["-inf", -1.0, "-inf"], [2.0, "inf", "inf"])):
        p = {k: v for k, v in (("min", lo), ("max", hi)) if v is not None}
        low, high = (-INF if lo is None else np.asarray(lo, float)), (INF if hi is None else np.asarray(hi, float))
        yield Case(NUMBERS, f"clip-{name}", [{"op": "clip", "in": ["a", "b", "f"], **p, "out": "y"}],
                   lambda t, low=low, high=high: np.clip(x := cat(t["a"], t["b"], t["f"]),
                                                         np.asarray(low, x.dtype), np.asarray(high, x.dtype)),
                   dtypes=BOTH if name == "one-for-all" else ("float64",))


def normalise_cases():
    norms = {"l1": lambda x: np.abs(x).sum(axis=1), "l2": lambda x: np.sqrt((x * x).sum(axis=1)),
             "max": lambda x: np.abs(x).max(axis=1)}
    for norm, f in norms.items():
        yield Case(NUMBERS, f"normalise-{norm}", [{"op": "normalise", "in": ["d", "e"], "norm": norm, "out": "y"}],
                   lambda t, norm=norm: Normalizer(norm).fit_transform(cat(t["d"], t["e"])), dtypes=BOTH, bare=True)

        def odd(t, f=f):
            x = cat(t["b"], t["d"], t["k"])
            n = f(x)[:, None]
            return np.where(n == 0, x, x / n)
        yield Case(NUMBERS, f"normalise-{norm}-odd", [{"op": "normalise", "in": ["b", "d", "k"], "norm": norm,
                                                       "out": "y"}], odd)


def product_cases():
    powers = PolynomialFeatures(3).fit(np.zeros((1, 2))).powers_
    yield Case(NUMBERS, "product-polynomial", [{"op": "product", "in": ["d", "e"], "powers": powers.tolist(),
                                                "out": "y"}],
               lambda t: PolynomialFeatures(3).fit_transform(cat(t["d"], t["e"])), bare=True)
    squares = PolynomialFeatures(2, include_bias=False).fit(np.zeros((1, 2))).powers_
    yield Case(NUMBERS, "product-float32", [{"op": "product", "in": ["d", "k"], "powers": squares.tolist(), "out": "y"}],
               lambda t: cat(t["d"], t["k"], t["d"] * t["d"], t["d"] * t["k"], t["k"] * t["k"]), dtypes=("float32",))
    odd = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [2, 0, 1], [0, 3, 0], [1, 1, 1]]
    # scikit-learn multiplies from the last column on, which tells where a product on the way is infinite
    yield Case(NUMBERS, "product-odd", [{"op": "product", "in": ["a", "c", "d"], "powers": odd, "out": "y"}],
               lambda t: cat(np.ones_like(t["a"]), t["a"], t["a"] * t["c"], t["a"] * (t["a"] * t["d"]),
                             t["c"] * t["c"] * t["c"], t["a"] * (t["c"] * t["d"])))


def bin_cases():
    edges = [[-1.5, 0.0, 2.5], [0.5], [-100.0, -7.25, 0.5, 1.5, 1e300]]
    for right in (False, True):
        for encode in ("ordinal", "onehot"):
            def count(t, right=right, encode=encode):
                parts = []
                for n, e in zip("abc", edges):
                    x = t[n]  # a NaN is behind no edge
                    k = np.where(np.isnan(x), 0, np.searchsorted(e, x.astype(float), "left" if right else "right"))
                    parts.append(np.eye(len(e) + 1)[k] if encode == "onehot" else k)
                return cat(*parts)
            p = {**({"right": True} if right else {}), **({"encode": "onehot"} if encode == "onehot" else {})}
            yield Case(NUMBERS, "bin" + ("-right" if right else "") + ("-onehot" if encode == "onehot" else ""),
                       [{"op": "bin", "in": ["a", "b", "c"], "edges": edges, **p, "out": "y"}], count, bare=True)
    small = [[-1.5, 0.0, 2.5], [0.25]]
    yield Case(NUMBERS, "bin-float32", [{"op": "bin", "in": ["a", "k"], "edges": small, "right": False,
                                         "encode": "ordinal", "out": "y"}],
               lambda t: cat(*(np.where(np.isnan(t[n]), 0, np.searchsorted(e, t[n].astype(float), "right"))
                               for n, e in zip("ak", small))), dtypes=("float32",), bare=True)


def select_cases():
    yield Case(NUMBERS, "select", [{"op": "concat", "in": ["a", "b", "c", "d"], "out": "abcd"},
                                   {"op": "select", "columns": [3, 0, 0, 1], "out": "y"}],
               lambda t: cat(t["d"], t["a"], t["a"], t["b"]), dtypes=BOTH)
    yield Case(NUMBERS, "concat", [{"op": "concat", "in": ["d", "c"], "out": "dc"},
                                   {"op": "concat", "in": ["dc", "a", "dc"], "out": "y"}],
               lambda t: cat(t["d"], t["c"], t["a"], t["d"], t["c"]))
    # `in` left out: all inputs in their order, then the step before
    yield Case(NUMBERS, "in-left-out", [{"op": "impute", "values": 1}, {"op": "affine", "center": 0.5, "out": "y"}],
               lambda t: cat(np.nan_to_num(t["k"], nan=1), np.nan_to_num(t["f"], nan=1), t["d"]) - 0.5, bare=True,
               inputs=[{"name": n, "type": "number", "missing": "nan"} for n in "kfd"])
    yield Case(NUMBERS, "missing-number", [{"op": "concat", "in": ["f", "k"], "out": "y"}],
               lambda t: cat(np.nan_to_num(t["f"], nan=-7.5), np.nan_to_num(t["k"], nan=0)), bare=True,
               inputs=[{"name": "f", "type": "number", "missing": -7.5}, {"name": "k", "type": "number", "missing": 0}])
    yield Case(NUMBERS, "missing-error", [{"op": "concat", "in": ["f", "k"], "out": "y"}],
               lambda t: (cat(np.nan_to_num(t["f"]), np.nan_to_num(t["k"], nan=4)), np.isnan(t["f"])), bare=True,
               inputs=[{"name": "f", "type": "number", "missing": "error"},
                       {"name": "k", "type": "number", "missing": 4}])


# Columns that are held against values

def rows_of(x, keys):
    """The index of the key that x equals (a NaN equals a NaN), or -1."""
    found = np.full(len(x), -1)
    for k, key in enumerate(keys):
        found[(x == x.dtype.type(key)) | (np.isnan(x) & np.isnan(key))] = k
    return found


def picked(x, keys, table, default):
    return np.vstack([np.asarray(table, float), default])[rows_of(x, keys)]


def number_key_cases():
    values, eye = [0, 1, 2.5, 0.1], np.eye(4)
    yield Case(NUMBERS, "onehot-number", [{"op": "onehot", "in": "k", "values": values, "out": "y"}],
               lambda t: picked(t["k"], values, eye, np.zeros(4)), dtypes=BOTH, bare=True)
    yield Case(NUMBERS, "onehot-number-drop", [{"op": "onehot", "in": "k", "values": values, "drop": 2.5,
                                                "unknown": "zeros", "out": "y"}],
               lambda t: np.delete(picked(t["k"], values, eye, np.zeros(4)), 2, 1), bare=True)
    yield Case(NUMBERS, "onehot-number-other", [{"op": "onehot", "in": "k", "values": values, "drop": 0,
                                                 "unknown": 1, "out": "y"}],
               lambda t: np.delete(picked(t["k"], values, eye, eye[1]), 0, 1), bare=True)
    yield Case(NUMBERS, "onehot-number-error", [{"op": "onehot", "in": "k", "values": values, "unknown": "error",
                                                 "out": "y"}],
               lambda t: (picked(t["k"], values, eye, np.zeros(4)), rows_of(t["k"], values) < 0), bare=True)
    yield Case(NUMBERS, "onehot-odd", [{"op": "onehot", "in": "a", "values": [0, "inf", "nan", 5e-324, -1.5],
                                        "out": "y"}],
               lambda t: picked(t["a"], [0, INF, NAN, 5e-324, -1.5], np.eye(5), np.zeros(5)), bare=True)
    yield Case(NUMBERS, "ordinal-number", [{"op": "ordinal", "in": "k", "values": values, "unknown": -1, "out": "y"}],
               lambda t: rows_of(t["k"], values), dtypes=BOTH, bare=True)
    yield Case(NUMBERS, "ordinal-codes", [{"op": "ordinal", "in": "k", "values": [*values, "nan"],
                                           "codes": [10, -2.5, "inf", 0.1, 7], "unknown": "nan", "out": "y"}],
               lambda t: picked(t["k"], [*values, NAN], [[10], [-2.5], [INF], [0.1], [7]], [NAN]), dtypes=BOTH)
    yield Case(NUMBERS, "ordinal-error", [{"op": "ordinal", "in": "k", "values": values, "out": "y"}],
               lambda t: (rows_of(t["k"], values), rows_of(t["k"], values) < 0), bare=True)
    table = [[1, 0.5, -3], [2, 1e300, 0], [3, 0.1, 5e-324], [4, -1e-5, 6]]
    yield Case(NUMBERS, "lookup-number", [{"op": "lookup", "in": "k", "keys": values, "values": table,
                                           "default": [-1, -2, 0.25], "out": "y"}],
               lambda t: picked(t["k"], values, table, [-1, -2, 0.25]))
    yield Case(NUMBERS, "lookup-float32", [{"op": "lookup", "in": "k", "keys": [*values, "nan"],
                                            "values": [[0.1], [0.2], [0.3], [0.4], [0.5]], "default": 9, "out": "y"}],
               lambda t: picked(t["k"], [*values, NAN], [[0.1], [0.2], [0.3], [0.4], [0.5]], [9]),
               dtypes=("float32",), bare=True)
    yield Case(NUMBERS, "lookup-error", [{"op": "lookup", "in": "k", "keys": values, "values": table,
                                          "default": "error", "out": "y"}],
               lambda t: (picked(t["k"], values, table, [0, 0, 0]), rows_of(t["k"], values) < 0))
    yield Case(NUMBERS, "onehot-of-step", [{"op": "bin", "in": ["d"], "edges": [[-2.0, 0.0, 2.0]]},
                                           {"op": "onehot", "values": [0, 1, 3], "unknown": 3, "out": "y"}],
               lambda t: np.eye(3)[[(0, 1, 2, 2)[n] for n in np.searchsorted([-2, 0, 2], t["d"], "right")]], bare=True)


# Folds: what a compiler may join with the dense layer behind it

def fold_cases():
    names = ["d", "e", "f"]
    w = np.array([[0.5, -1.25], [2.0, 0.1], [-0.3, 1e-3], [0.7, -0.7]])

    def chain(t):
        x = SimpleImputer(strategy="mean", add_indicator=True).fit(X := cat(*(t[n] for n in names))).transform(X)
        s = StandardScaler().fit(x)
        return s.transform(x) @ w + [0.125, -3.0]
    plain = number_table()
    imputer = SimpleImputer(strategy="mean", add_indicator=True).fit(X := cat(*(plain[n] for n in names)))
    scaler = StandardScaler().fit(imputer.transform(X))
    yield Case(NUMBERS, "fold-scaler", [
        {"op": "impute", "in": names, "values": imputer.statistics_, "indicators": [2]},
        nat.affine(scaler.mean_, scaler.scale_), nat.dense(w, [0.125, -3.0], out="y")], chain, bare=True)
    bins = KBinsDiscretizer(5, encode="onehot-dense", quantile_method="linear").fit(X[:, :2])
    heavy = np.random.default_rng(5).normal(size=(sum(bins.n_bins_), 3)).round(2)
    yield Case(NUMBERS, "fold-bins", [{"op": "bin", "in": ["d", "e"], "encode": "onehot",
                                       "edges": [e[1:-1].tolist() for e in bins.bin_edges_]},
                                      nat.dense(heavy, [0, 1, -1], out="y")],
               lambda t: bins.transform(cat(t["d"], t["e"])) @ heavy + [0, 1, -1], bare=True)
    hot, both = np.array([[1.5], [-2.0], [0.25], [4.0]]), np.array([[1.5], [-2.0], [0.25], [4.0], [-0.5], [3.0]])
    yield Case(NUMBERS, "fold-onehot", [{"op": "onehot", "in": "k", "values": [0, 1, 2.5, 0.1]},
                                        nat.dense(hot, [0.125], out="y")],
               lambda t: picked(t["k"], [0, 1, 2.5, 0.1], hot + 0.125, [0.125]), bare=True, dtypes=BOTH)
    yield Case(NUMBERS, "fold-onehot-beside", [
        {"op": "onehot", "in": "k", "values": [0, 1, 2.5, 0.1], "unknown": 2.5, "out": "hot"},
        nat.dense(both, [0.125], out="z", **{"in": ["d", "hot", "e"]}),
        {"op": "concat", "in": ["z", "hot"], "out": "y"}],
        lambda t: cat((t["d"] * 1.5 + picked(t["k"], [0, 1, 2.5, 0.1], both[1:5], both[3])[:, 0] + t["e"] * 3.0
                       + 0.125), picked(t["k"], [0, 1, 2.5, 0.1], np.eye(4), np.eye(4)[2])), bare=True)
    # 0 * NaN and 0 * inf are NaN: a fold must not lose them
    yield Case(NUMBERS, "dense-odd", [{"op": "dense", "in": ["a", "c"], "weights": [[0, 1, -2], [1, 0, 0.5]],
                                       "bias": [0, 0, 1], "out": "y"}],
               lambda t: cat(t["a"] * 0 + t["c"], t["a"] + t["c"] * 0, t["a"] * -2 + t["c"] * 0.5 + 1))
    yield Case(NUMBERS, "dense-of-scaled-odd", [{"op": "affine", "in": ["a", "c"], "center": [1, "inf"],
                                                 "divide": [0, 2]},
                                                {"op": "dense", "weights": [[1, 0], [0.5, 1]], "out": "y"}],
               lambda t: cat(((p := (t["a"] - 1) / 0.0)) + (q := (t["c"] - INF) / 2) * 0.5, p * 0 + q))
    yield Case(NUMBERS, "unread", [{"op": "onehot", "in": "k", "values": [0], "unknown": "zeros", "out": "nobody"},
                                   {"op": "affine", "in": "d", "scale": 2, "out": "y"}],
               lambda t: t["d"] * 2, bare=True)


# Text

def meant(name, missing, unknown):
    """Code of each row, and whether it is refused, by what TEXTS says a cell is. missing, unknown:
    a code, or None: an error; missing may be "unknown"."""
    column = VALUES[name][1]
    out = []
    for row in TEXTS:
        code = row[column]
        if code == "":
            code = missing if missing != "unknown" else "?"
        out.append(unknown if code == "?" else code)
    return np.array([-9 if c is None else c for c in out]), np.array([c is None for c in out])


def text_input(name, **rules):
    return {"name": name, "type": "category", "values": VALUES[name][0], **rules}


def hot_of(codes, n):
    """-1 is zeros; as scikit-learn's encoder with handle_unknown="ignore" has it."""
    encoder = OneHotEncoder(categories=[list(range(n))], handle_unknown="ignore", sparse_output=False)
    return encoder.fit(np.arange(n)[:, None]).transform(codes[:, None])


def text_case(name, inputs, steps, columns, **rest):
    """columns: makes what is expected of the codes of the inputs, each (n)."""
    parsed = [i[:3] for i in inputs]

    def expected(_):
        pairs = [meant(n, m, u) for n, m, u in parsed]
        return columns(*(p[0] for p in pairs)), np.any([p[1] for p in pairs], axis=0)
    return Case(TEXT, name, steps, expected, inputs=[text_input(i[0], **i[3]) for i in inputs], bare=True, **rest)


def input_cases():
    """Every rule for missing and unknown cells, seen as the code itself."""
    code = [{"op": "affine", "in": "city", "scale": 1, "out": "y"}]
    for name, missing, unknown, rules in (
            ("error", None, None, {}), ("missing-error", None, -1, {"missing": "error", "unknown": "zeros"}),
            ("missing-value", 1, None, {"missing": "Köln", "unknown": "error"}),
            ("missing-unknown", "unknown", -1, {"missing": "unknown", "unknown": "zeros"}),
            ("missing-unknown-value", "unknown", 3, {"missing": "unknown", "unknown": 'say "hi"'}),
            ("missing-unknown-error", "unknown", None, {"missing": "unknown"}),
            ("missing-NA", 4, 0, {"missing": "NA", "unknown": "Berlin"}),
            ("unknown-zeros-is-a-keyword", 2, -1, {"missing": "a,b", "unknown": "zeros"})):
        yield text_case(f"city-{name}", [("city", missing, unknown, rules)], code, lambda c: c)
    yield text_case("code", [("code", 2, -1, {"missing": "x", "unknown": "zeros"})],
                    [{"op": "affine", "in": "code", "scale": 1, "out": "y"}], lambda c: c)
    yield text_case("code-missing-number", [("code", 1, 3, {"missing": 2.5, "unknown": "-0.0"})],
                    [{"op": "elementwise", "fn": "mul", "in": ["code", 2], "out": "y"}], lambda c: 2 * c)
    yield text_case("code-float32", [("code", 0, -1, {"missing": "1.0", "unknown": "zeros"})],
                    [{"op": "affine", "in": "code", "shift": 0.5, "out": "y"}], lambda c: c + 0.5, dtypes=("float32",))


ZEROS, SKIP = {"missing": "unknown", "unknown": "zeros"}, ("unknown", -1)


def category_key_cases():
    city, code, size = [("city", *SKIP, ZEROS)], [("code", *SKIP, ZEROS)], [("size", *SKIP, ZEROS)]
    yield text_case("onehot", city, [{"op": "onehot", "in": "city", "out": "y"}], lambda c: hot_of(c, 6))
    yield text_case("onehot-drop", city, [{"op": "onehot", "in": "city", "drop": "a,b", "out": "y"}],
                    lambda c: np.delete(hot_of(c, 6), 2, 1))
    # a code -1 is zeros whatever `unknown` says; the listed values leave four cities out
    listed = ["zeros", "Berlin", "Atlantis"]
    seen = np.array([1, -9, -9, -9, -9, 0, -1])  # by code; -1 stands last
    yield text_case("onehot-listed", city, [{"op": "onehot", "in": "city", "values": listed, "out": "y"}],
                    lambda c: hot_of(seen[c], 3))
    yield text_case("onehot-listed-other", city, [{"op": "onehot", "in": "city", "values": listed,
                                                   "unknown": "Atlantis", "out": "y"}],
                    lambda c: hot_of(np.where(seen[c] == -9, 2, seen[c]), 3))
    error = text_case("onehot-listed-error", city, [{"op": "onehot", "in": "city", "values": listed,
                                                     "unknown": "error", "out": "y"}], None)
    error.expected = lambda _: (hot_of(seen[(c := meant("city", *SKIP)[0])], 3), seen[c] == -9)
    yield error
    yield text_case("onehot-code", code, [{"op": "onehot", "in": "code", "drop": "1.0", "unknown": "error",
                                           "out": "y"}], lambda c: np.delete(hot_of(c, 4), 0, 1))
    encoder = OrdinalEncoder(categories=[SIZES], handle_unknown="use_encoded_value", unknown_value=-5)
    encoder.fit(np.array(SIZES)[:, None])
    yield text_case("ordinal", size, [{"op": "ordinal", "in": "size", "values": SIZES, "unknown": -5, "out": "y"}],
                    lambda c: encoder.transform(np.array([*SIZES, "?"], object)[c][:, None])[:, 0])
    yield text_case("ordinal-codes", size, [{"op": "ordinal", "in": "size", "values": ["L", "S", "XXL"],
                                             "codes": [30.5, 10, 0], "unknown": 7, "out": "y"}],
                    lambda c: np.array([10, 7, 30.5, 7])[c])
    broken = text_case("ordinal-error", size, [{"op": "ordinal", "in": "size", "values": SIZES, "unknown": "error",
                                                "out": "y"}], None)
    broken.expected = lambda _: ((c := meant("size", *SKIP)[0]), c == -1)
    yield broken
    yield text_case("lookup", city, [{"op": "lookup", "in": "city", "keys": ["zeros", "NA", "Köln", "Bonn"],
                                      "values": [[1, -1], [2, -2], [0.5, 1e300], [9, 9]], "default": [0, 5e-324],
                                      "out": "y"}],
                    lambda c: np.array([[0, 5e-324], [0.5, 1e300], [0, 5e-324], [0, 5e-324], [2, -2], [1, -1],
                                        [0, 5e-324]])[c])
    lost = text_case("lookup-error", code, [{"op": "lookup", "in": "code", "keys": [0, "x", 1],
                                             "values": [[10], [20], [30]], "out": "y"}], None)
    lost.expected = lambda _: (np.array([30, 0, 20, 10, 0])[(c := meant("code", *SKIP)[0])], (c == 1) | (c == -1))
    yield lost
    w = np.array([[0.5, -1], [1.5, 2], [2.5, -3], [3.5, 4], [4.5, -5], [5.5, 6], [0.25, 0.125], [1, 1], [-7, 9]])
    yield text_case("fold-two", [("city", *SKIP, ZEROS), ("size", 2, 0, {"missing": "L", "unknown": "S"})], [
        {"op": "onehot", "in": "city", "out": "c"}, {"op": "onehot", "in": "size", "out": "s"},
        nat.dense(w, [0.1, -0.2], out="y", **{"in": ["c", "s"]})],
        lambda c, s: np.hstack([hot_of(c, 6), hot_of(s, 3)]) @ w + [0.1, -0.2], dtypes=BOTH)


def pipeline_case():
    """A whole pipeline by the converter, over the column of sizes with its missing cells."""
    x = np.array([[{"": None}.get(row[4] if row[5] != "" else "", row[4])] for row in TEXTS], object)
    known = np.array([row[5] != "?" for row in TEXTS])
    prepare = ColumnTransformer([("size", make_pipeline(
        SimpleImputer(missing_values=None, strategy="constant", fill_value="M"),
        OneHotEncoder(handle_unknown="ignore", drop="first", sparse_output=False)), [0])])
    pipe = Pipeline([("prepare", prepare), ("model", Ridge())])
    y = np.arange(len(x)) % 7 / 2
    pipe.fit(x[known], y[known])
    pipe[0].transformers_ = [(n, t, ["size"]) for n, t, _ in pipe[0].transformers_ if n == "size"]
    m = from_sklearn.convert(pipe)
    encoded = pipe[0].named_transformers_["size"].transform(x)
    return Case(TEXT, "pipeline", m["steps"], lambda _: pipe[-1].predict(encoded), inputs=m["inputs"], bare=True)


def main():
    numbers = number_table()
    n = len(numbers["a"])
    nat.write_csv(NUMBERS / "numbers.csv", ["id", *numbers], ([k + 1, *(cell(v[k]) for v in numbers.values())]
                                                              for k in range(n)), text=str)
    nat.write_csv(TEXT / "text.csv", ["id", *VALUES], ([k, row[0], row[2], row[4]] for k, row in enumerate(TEXTS, 1)),
                  text=str)
    texts = {name: np.array([row[0] for row in TEXTS]) for name in VALUES}
    groups = (elementwise_cases, affine_cases, impute_cases, clip_cases, normalise_cases, product_cases, bin_cases,
              select_cases, number_key_cases, fold_cases, input_cases, category_key_cases)
    cases = [case for group in groups for case in group()] + [pipeline_case()]
    for case in cases:
        for dtype in case.dtypes:
            case.write(numbers if case.folder is NUMBERS else texts, dtype)
    print(len(cases), "models;", sum(p.stat().st_size for f in (NUMBERS, TEXT) for p in f.iterdir()), "bytes")


if __name__ == "__main__":
    main()
