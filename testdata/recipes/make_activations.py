"""make_activations.py - values of every activation, link and softmax, by mpmath.

Run with Python 3.11, mpmath 1.4.1:
    python testdata/recipes/make_activations.py

Each value is computed with 700 digits (from forms without cancellation) and rounded once to the
nearest double, ties to even; denormal results too.
"""
import json
import math
from fractions import Fraction
from pathlib import Path

import mpmath as mp
from mpmath import mpf

mp.mp.dps = 700  # the logarithm of 1 + e^-708 keeps its digits
OUT = Path(__file__).resolve().parent.parent / "activations"
SELU_ALPHA, SELU_SCALE = mpf(1.6732632423543772), mpf(1.0507009873554805)  # the doubles
FAR = 20000  # e^20000 overflows every double, e^-20000 is far below all of them; the sign stays


def to_double(y):
    """Nearest double to an mpf; an integer division of Python rounds once, denormals included."""
    if mp.isinf(y) or mp.isnan(y):
        return float(y)
    sign, man, exp, bits = y._mpf_
    if man == 0:
        return 0.0
    if exp + bits < -1200:
        return -0.0 if sign else 0.0
    if exp + bits > 1100:
        return -math.inf if sign else math.inf
    man = -int(man) if sign else int(man)
    try:
        return float(Fraction(man) * Fraction(2) ** int(exp))
    except OverflowError:
        return -math.inf if man < 0 else math.inf


def near(z):
    """z cut at +-FAR: beyond, exp(z) is no double anyhow."""
    return max(min(z, mpf(FAR)), mpf(-FAR))


def exp(z):
    return mp.exp(near(z))


def expm1(z):
    return mp.expm1(near(z))


def sigmoid(z):
    return 1 / (1 + exp(-z)) if z > -FAR else exp(z)


def softplus(z):
    return max(z, mpf(0)) + mp.log1p(exp(-abs(z)))


def one_plus_tanh(u):
    return 2 * sigmoid(2 * u)


def relu(x, max=mp.inf, slope=mpf(0), threshold=mpf(0)):
    if x >= max:
        return max
    return x if x >= threshold else slope * (x - threshold)


def normal_cdf(z):
    return mp.erfc(-near(z) / mp.sqrt(2)) / 2


ACTIVATIONS = {
    "identity": (lambda x: x, [{}]),
    "relu": (relu, [{}, {"max": 6.0}, {"slope": 0.125}, {"threshold": 1.0},
                    {"max": 4.0, "slope": 0.25, "threshold": 0.5}]),
    "leaky_relu": (lambda x, alpha=mpf(0.01): x if x >= 0 else alpha * x, [{}, {"alpha": 0.3}]),
    "elu": (lambda x, alpha=1: x if x > 0 else alpha * expm1(x), [{}, {"alpha": 0.5}]),
    "celu": (lambda x, alpha=mpf(1): x if x > 0 else alpha * expm1(x / alpha),
             [{}, {"alpha": 2.0}, {"alpha": 0.5}]),
    "selu": (lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * expm1(x)), [{}]),
    "gelu": (lambda x: x * normal_cdf(x), [{}]),
    "gelu_tanh": (lambda x: x / 2 * one_plus_tanh(
        mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x ** 3)), [{}]),
    "sigmoid": (sigmoid, [{}]),
    "hard_sigmoid": (lambda x, alpha=mpf(0.2), beta=mpf(0.5): max(mpf(0), min(mpf(1), alpha * x + beta)),
                     [{}, {"alpha": 1 / 6}, {"alpha": 0.25, "beta": 0.375}]),
    "tanh": (mp.tanh, [{}]),
    "softplus": (softplus, [{}]),
    "softsign": (lambda x: x / (1 + abs(x)), [{}]),
    "silu": (lambda x: x * sigmoid(x), [{}]),
    "mish": (lambda x: x * mp.tanh(softplus(x)), [{}]),
    "exp": (exp, [{}]),
}
LINKS = {  # margin -> mean (regression) or probability of the second class (binary)
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "exp": exp,
    "probit": normal_cdf,
    "cloglog": lambda z: -expm1(-exp(z)),
    "loglog": lambda z: exp(-exp(-z)),
    "cauchit": lambda z: mpf(1) / 2 + mp.atan(z) / mp.pi if z > -1 else mp.atan(-1 / z) / mp.pi,
}


def sample_points():
    positive = [5e-324, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-100, 1e-20, 1e-10, 1e-8,
                1.1102230246251565e-16, 1e-5, 1e-3, 0.01, 0.1, 0.25, 1 / 3, 0.49999999999999994,
                0.5, 0.5000000000000001, math.log(2), 0.75, 0.9999999999999999, 1.0,
                1.0000000000000002, 1.5, 2.0, 2.5, 2.9999999999999996, 3.0, math.pi, 4.0, 5.0,
                5.999999999999999, 6.0, 8.0, 10.0, 15.0, 18.5, 20.0, 30.0, 36.7, 38.0, 50.0, 88.75,
                103.9, 300.0, 700.0, 709.5, 709.782712893384, 709.7827128933841, 710.0, 744.4,
                745.0, 745.2, 746.0, 1000.0, 1e5, 1e10, 1e100, 1e154, 1e308]
    return [0.0, -0.0] + [s * x for x in positive for s in (1, -1)]


def number(y):
    return y if math.isfinite(y) else ("inf" if y > 0 else "-inf")


def value(f, x, **parameters):
    y = to_double(f(mpf(x), **parameters))
    return math.copysign(0.0, x) if x == 0 and y == 0 and not parameters else y


def activation_cases():
    for fn, (f, variants) in ACTIVATIONS.items():
        for p in variants:
            y = [value(f, x, **{k: mpf(v) for k, v in p.items()}) for x in sample_points()]
            name = "_".join([fn, *(f"{k}{v:.3g}" for k, v in p.items())])
            yield {"name": name, "kind": "activation",
                   "step": {"op": "activation", "fn": fn, **p},
                   "activation": {"fn": fn, **p} if p else fn,
                   "x": sample_points(), "y": [number(v) for v in y]}


def link_cases():
    for link, f in LINKS.items():
        tasks = ["regression"] if link in ("identity", "exp") else ["binary"]
        yield {"name": link, "kind": "link", "task": tasks[0], "link": link, "x": sample_points(),
               "y": [number(value(f, x)) for x in sample_points()]}


def softmax_cases():
    rows = [[0.0, 0.0, 0.0], [-0.0, 0.0, -0.0], [1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [0.5, -0.5, 0.0],
            [1000.0, 1001.0, 1002.0], [-1000.0, -1001.0, -1002.0], [0.0, -745.0, -745.2],
            [0.0, -708.0, -740.0], [0.0, -20.0, -40.0], [0.0, -36.0, -37.5], [1e-300, -1e-300, 5e-324],
            [1e-10, 0.0, -1e-10], [1e308, 0.0, -1e308], [1e308, 1e308, 1e308], [-1e308, -1e308, 0.0],
            [709.0, 710.0, 711.0], [1e16, 1e16, 1.0], [88.8, -88.8, 0.1], [1 / 3, 2 / 3, 1.0],
            [7.0, 7.0, -7.0], [1e5, 99999.0, 99998.5], [-0.1, 0.1, 0.3], [12.25, -3.5, 11.0]]
    for log in (False, True):
        y = []
        for row in rows:
            top = max(mpf(v) for v in row)
            total = mp.fsum(exp(mpf(v) - top) for v in row)
            parts = [mpf(v) - top - mp.log(total) if log else exp(mpf(v) - top) / total for v in row]
            y.append([number(to_double(p)) for p in parts])
        yield {"name": "log_softmax" if log else "softmax", "kind": "softmax",
               "step": {"op": "softmax", **({"log": True} if log else {})}, "x": rows, "y": y}


def text(x):
    return x if isinstance(x, str) else repr(x)


def write_cli(cases):
    """A few of them as real models over one table; `inf` marks a row that the tool refuses."""
    points = sample_points()
    over = {x for c in cases if c["kind"] != "softmax" for x, y in zip(c["x"], c["y"]) if y == "inf"}
    lines = [f"{i},{x!r},{int(x in over)}" for i, x in enumerate(points, 1)]
    (OUT / "x.csv").write_text("\n".join(["id,x,overflows", *lines]) + "\n")

    def save(name, steps, output, header, rows):
        m = {"format": "rowcast-model", "version": 1, "dtype": "float64",
             "inputs": [{"name": "x", "type": "number"}], "steps": steps, "output": output}
        (OUT / f"model.{name}.json").write_text(json.dumps(m, indent=1) + "\n")
        body = [",".join([str(i), *map(text, row)]) for i, row in enumerate(rows, 1)]
        (OUT / f"expected.{name}.csv").write_text("\n".join([f"id,{header}", *body]) + "\n")

    regression = {"task": "regression", "from": "y", "link": "identity"}
    for c in cases:
        if c["kind"] == "activation" and c["name"] in ("relu_max4_slope0.25_threshold0.5", "gelu", "exp"):
            save(c["name"].split("_")[0], [{**c["step"], "out": "y"}], regression, "prediction",
                 [[y] for y in c["y"]])
        if c["kind"] == "activation" and c["name"] in ("selu", "hard_sigmoid_alpha0.167"):
            # The layer computes 2x + 0; the point is that an activation inside dense is the same.
            f, p = ACTIVATIONS[c["step"]["fn"]][0], {k: mpf(v) for k, v in c["step"].items() if k in ("alpha",)}
            y = [to_double(f(2 * mpf(x), **p)) for x in points]
            save("dense-" + c["step"]["fn"], [{"op": "dense", "weights": [[2.0]], "bias": [0.0],
                                               "activation": c["activation"], "out": "y"}],
                 regression, "prediction", [[number(v)] for v in y])
        if c["kind"] == "link" and c["task"] == "binary":
            # cloglog and loglog decide by p > 0.5, the others by margin > 0
            cut = [y > 0.5 if c["link"] in ("cloglog", "loglog") else x > 0 for x, y in zip(points, c["y"])]
            save("link-" + c["link"], [], {"task": "binary", "from": "x", "link": c["link"],
                                           "classes": ["no", "yes"]}, "label,probability",
                 [["yes" if k else "no", y] for k, y in zip(cut, c["y"])])
        if c["kind"] == "link" and c["link"] == "exp":
            save("link-exp", [], {"task": "regression", "from": "x", "link": "exp"}, "prediction",
                 [[y] for y in c["y"]])


def main():
    OUT.mkdir(exist_ok=True)
    cases = [*activation_cases(), *link_cases(), *softmax_cases()]
    lines = ",\n".join(json.dumps(c) for c in cases)
    (OUT / "cases.json").write_text(f"[\n{lines}\n]\n")
    write_cli(cases)
    print(len(cases), "cases", (OUT / "cases.json").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
