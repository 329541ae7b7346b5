"""make_models.py - malformed and odd native models, and what each is about.

Run with Python 3.11 (standard library only):
    python testdata/recipes/make_models.py

Writes testdata/models/{bad,good}-*, README.md, verdicts.tsv (file, verdict, place) and
good.json (rows in, values of `from` out; exact arithmetic on small binary fractions).
"""
import copy
import json
import struct
from fractions import Fraction
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "models"

BASE = {
    "format": "rowcast-model", "version": 1, "dtype": "float64",
    "inputs": [{"name": "a", "type": "number"}, {"name": "b", "type": "number"},
               {"name": "c", "type": "number"}],
    "steps": [
        {"op": "affine", "in": ["a", "b", "c"], "center": [1, 2, 3], "divide": [2, 4, 0.5], "out": "scaled"},
        {"op": "dense", "in": ["scaled"], "weights": [[0.5, -1], [0.25, 2], [-0.75, 0.125]],
         "bias": [0.5, -0.25], "activation": "relu", "out": "hidden"},
        {"op": "dense", "in": "hidden", "weights": [[1.5], [-2]], "bias": [0.125], "out": "z"}],
    "output": {"task": "binary", "from": "z", "link": "sigmoid", "classes": ["no", "yes"]},
}
MULTI = {"task": "multiclass", "from": "hidden", "link": "softmax", "classes": ["p", "q"]}
REGRESSION = {"task": "regression", "from": "z", "link": "identity"}
DROP = object()


def changed(path, value):
    """BASE with one member replaced, added (a list's length as index) or dropped."""
    m = copy.deepcopy(BASE)
    at = m
    for key in path[:-1]:
        at = at[key]
    last = path[-1]
    if value is DROP:
        del at[last]
    elif isinstance(at, list) and last == len(at):
        at.append(value)
    else:
        at[last] = value
    return m


def place_of(path):
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else ("." if text else "") + key
    return text


TEXT = json.dumps(BASE, indent=1)
bad, good = [], []  # bad: (name, bytes, why, place); good: (name, bytes, why, rows)


def wrong(name, path, value, why, place=None):
    m = changed(path, value)
    bad.append((f"bad-{name}.json", json.dumps(m, indent=1).encode() + b"\n", why, place or place_of(path)))


def raw(name, data, why, place):
    data = data.encode() if isinstance(data, str) else data
    bad.append((name if "." in name else f"bad-{name}.json", data, why, place))


def sub(old, new, count=-1):
    """TEXT with a replacement that is known to have happened."""
    assert old in TEXT, old
    return TEXT.replace(old, new, count)


def make_syntax():
    raw("empty-file", b"", "a file of no bytes", "file")
    raw("blank-file", b" \n\t\n", "blanks only", "file")
    raw("binary-garbage", bytes((i * 197 + 89) % 256 for i in range(512)), "no JSON and no .rcm: noise", "file")
    raw("truncated", TEXT[:len(TEXT) // 2], "cut in the middle", "line")
    raw("missing-comma", sub('"version": 1,', '"version": 1'), "no comma after `version`", "line 4")
    raw("trailing-comma", TEXT[:-5] + ",\n }\n}\n",
        "a comma after the last member of `output`", "line")
    raw("trailing-text", TEXT + "\nmore", "text behind the closing brace", "line")
    raw("two-documents", TEXT + "\n" + TEXT, "two objects in one file", "line")
    raw("python-dict", str(BASE), "single quotes: a Python dict that was printed", "line 1")
    raw("comment", "// a model\n" + TEXT, "JSON has no comments", "file")
    raw("bare-nan", sub("0.125", "NaN", 1), "NaN without quotes", "line")
    raw("number-overflow", sub("0.125", "1e999", 1),
        "a number beyond every double; infinity is written \"inf\"", "line")
    raw("leading-zero", sub("0.125", "00.125", 1), "a number with a leading zero", "line")
    raw("invalid-utf8", sub('"name": "a"', '"name": "\udcff"').encode("utf-8", "surrogateescape"),
        "a byte that is no UTF-8 in a name", "line 7")
    raw("nul-in-name", sub('"name": "a"', '"name": "a\\u0000b"'), "a NUL in a name", "line")
    raw("deep-nesting", "[" * 3000 + "]" * 3000, "3000 lists in each other", "file")
    raw("deep-extension", TEXT[:-2] + ',\n "x-note": ' + "[" * 3000 + "]" * 3000 + "\n}\n",
        "the same below an ignored key", "line")
    raw("top-level-list", "[" + TEXT + "]", "the document is a list", "file")
    raw("top-level-number", "42\n", "the document is a number", "file")
    raw("other-json", '{"class_name": "Sequential", "config": {"layers": []}}\n',
        "JSON of another format", "format")
    raw("duplicate-key", sub('"version": 1,', '"version": 1,\n "version": 1,'),
        "`version` twice", "line")
    raw("duplicate-key-step", sub('"op": "affine",', '"op": "affine",\n   "op": "affine",'),
        "`op` twice in a step", "line")


def make_frame():
    wrong("format", ["format"], "rowcast", "another format name")
    wrong("format-missing", ["format"], DROP, "no `format`")
    wrong("format-number", ["format"], 1, "`format` is a number")
    wrong("version", ["version"], 2, "a version to come")
    wrong("version-missing", ["version"], DROP, "no `version`")
    wrong("version-text", ["version"], "1", "`version` is text")
    wrong("dtype", ["dtype"], "float16", "an unknown dtype")
    wrong("unknown-key", ["step"], [], "`step` for `steps`")
    wrong("key-case", ["Output"], {}, "keys are case-sensitive: `Output`")
    wrong("inputs-missing", ["inputs"], DROP, "no `inputs`; steps[0] reads some", "inputs")
    wrong("inputs-object", ["inputs"], {"a": "number"}, "`inputs` is an object")
    wrong("input-text", ["inputs", 1], "b", "an input is a bare name")
    wrong("input-unknown-key", ["inputs", 1, "nmae"], "b", "`nmae` beside `name`", "inputs[1]")
    wrong("input-type", ["inputs", 2, "type"], "text", "an unknown type")
    wrong("input-name-number", ["inputs", 2, "name"], 3, "a name is text")
    wrong("input-name-empty", ["inputs", 2, "name"], "", "an empty name")
    wrong("input-names-partly", ["inputs", 2, "name"], DROP, "inputs have names, all or none", "inputs[2]")
    wrong("input-twice", ["inputs", 2, "name"], "a", "two inputs of one name")
    wrong("input-missing-text", ["inputs", 0, "missing"], "mean", "`missing` is a number, \"nan\" or \"error\"")
    wrong("input-missing-unknown", ["inputs", 0, "missing"], "unknown", "\"unknown\" is for categories")
    wrong("input-missing-list", ["inputs", 0, "missing"], [1], "`missing` is a list")
    wrong("input-values", ["inputs", 0, "values"], ["x", "y"], "`values` on a number", "inputs[0]")


def make_steps():
    wrong("steps-object", ["steps"], {}, "`steps` is an object")
    wrong("step-text", ["steps", 1], "relu", "a step is a bare name")
    wrong("op-missing", ["steps", 1, "op"], DROP, "a step without `op`", "steps[1]")
    wrong("op-unknown", ["steps", 1, "op"], "conv2d", "an unknown op")
    wrong("op-number", ["steps", 1, "op"], 7, "`op` is a number")
    wrong("step-unknown-key", ["steps", 1, "weight"], [[1]], "`weight` beside `weights`", "steps[1]")
    wrong("step-key-of-other-op", ["steps", 1, "center"], [1, 2, 3], "`center` belongs to affine", "steps[1]")
    wrong("in-dangling", ["steps", 2, "in"], "hiden", "reads a value that does not exist")
    wrong("in-forward", ["steps", 0, "in"], ["a", "b", "z"], "reads a later step", "steps[0].in[2]")
    wrong("in-itself", ["steps", 1, "in"], ["hidden"], "reads itself", "steps[1].in[0]")
    wrong("in-unnamed", ["steps", 1, "out"], DROP,
          "no `out`, yet steps[2] reads it by name", "steps[1].out")
    wrong("in-number", ["steps", 0, "in"], [0, 1, 2], "values are read by name, not by position", "steps[0].in[0]")
    wrong("out-twice", ["steps", 1, "out"], "scaled", "two steps make one name")
    wrong("out-is-input", ["steps", 1, "out"], "a", "a step's name is an input's name")
    wrong("out-number", ["steps", 1, "out"], 1, "`out` is a number")
    wrong("out-empty", ["steps", 0, "out"], "", "an empty name")
    wrong("affine-center-length", ["steps", 0, "center"], [1, 2], "2 values, 3 columns")
    wrong("affine-divide-long", ["steps", 0, "divide"], [1, 2, 3, 4], "4 values, 3 columns")
    wrong("affine-scale-text", ["steps", 0, "scale"], "two", "`scale` is text")
    wrong("affine-shift-nested", ["steps", 0, "shift"], [[1, 2, 3]], "a list in a list")
    wrong("affine-center-null", ["steps", 0, "center", 1], None, "null among numbers")
    wrong("weights-missing", ["steps", 1, "weights"], DROP, "dense without weights")
    wrong("weights-rows", ["steps", 1, "weights"], [[0.5, 1]] * 12, "12 rows, 3 columns are read")
    wrong("weights-few-rows", ["steps", 1, "weights"], [[0.5, 1]] * 2, "2 rows, 3 columns are read")
    wrong("weights-transposed", ["steps", 1, "weights"], [[0.5, 0.25, -0.75], [-1, 2, 0.125]],
          "[n_out][w] for [w][n_out]")
    wrong("weights-ragged", ["steps", 1, "weights", 1], [0.25], "rows of different lengths")
    wrong("weights-flat", ["steps", 1, "weights"], [0.5, 0.25, -0.75], "a flat list, not rows")
    wrong("weights-text", ["steps", 1, "weights", 2, 1], "0.125", "a number as text")
    wrong("weights-nan-misspelled", ["steps", 1, "weights", 2, 1], "NaN", "it is spelled \"nan\"")
    wrong("weights-inf-misspelled", ["steps", 1, "weights", 2, 1], "infinity", "it is spelled \"inf\"")
    wrong("weights-bool", ["steps", 1, "weights", 0, 0], True, "true is no number here")
    wrong("weights-empty", ["steps", 1, "weights"], [], "no rows, 3 columns are read")
    wrong("weights-empty-rows", ["steps", 1, "weights"], [[], [], []], "rows of no columns: no output")
    wrong("weights-scalar", ["steps", 2, "weights"], 1.5, "one number is for [w], not for a matrix")
    wrong("weights-three-deep", ["steps", 2, "weights"], [[[1.5], [-2]]], "lists three deep", "steps[2].weights")
    wrong("weights-at-in-json", ["steps", 2, "weights"], {"at": 0, "shape": [2, 1], "dtype": "float64"},
          "an array section exists in .rcm only")
    wrong("bias-length", ["steps", 1, "bias"], [0.5, -0.25, 1], "3 values, 2 outputs")
    wrong("bias-text", ["steps", 1, "bias", 0], "x", "text among numbers")
    wrong("activation-unknown", ["steps", 1, "activation"], "swish2", "an unknown activation")
    wrong("activation-number", ["steps", 1, "activation"], 3, "an activation is a name or an object")
    wrong("activation-no-fn", ["steps", 1, "activation"], {"alpha": 0.1}, "an activation without `fn`")
    wrong("activation-parameter", ["steps", 1, "activation"], {"fn": "gelu", "alpha": 1},
          "gelu has no `alpha`", "steps[1].activation")
    wrong("activation-alpha-text", ["steps", 1, "activation"], {"fn": "elu", "alpha": "big"},
          "`alpha` is text", "steps[1].activation.alpha")
    wrong("activation-step-no-fn", ["steps", 2], {"op": "activation", "in": "hidden", "out": "z"},
          "an activation step without `fn`", "steps[2].fn")
    wrong("activation-step-unknown", ["steps", 2], {"op": "activation", "in": "hidden", "fn": "sine", "out": "z"},
          "an unknown activation", "steps[2].fn")
    wrong("softmax-log-text", ["steps", 2], {"op": "softmax", "in": "hidden", "log": "yes", "out": "z"},
          "`log` is true or false", "steps[2].log")


def make_output():
    wrong("output-missing", ["output"], DROP, "no `output`")
    wrong("output-text", ["output"], "z", "`output` is an object")
    wrong("output-unknown-key", ["output", "class"], ["no", "yes"], "`class` beside `classes`", "output")
    wrong("task-missing", ["output", "task"], DROP, "no `task`")
    wrong("task-unknown", ["output", "task"], "classification", "an unknown task")
    wrong("link-unknown", ["output", "link"], "logit", "an unknown link")
    wrong("from-missing", ["output", "from"], DROP, "no `from`")
    wrong("from-dangling", ["output", "from"], "zz", "reads a value that does not exist")
    wrong("from-dangling-no-steps", ["steps"], [], "no steps, yet `from` reads one", "output.from")
    wrong("from-number", ["output", "from"], 2, "`from` is a number")
    wrong("binary-two-columns", ["output", "from"], "hidden", "binary reads one column, here are 2")
    wrong("binary-three-classes", ["output", "classes"], ["no", "maybe", "yes"], "binary has 2 classes, here are 3")
    wrong("binary-no-classes", ["output", "classes"], DROP, "binary without classes")
    wrong("binary-softmax", ["output", "link"], "softmax", "softmax over one column")
    wrong("classes-twice", ["output", "classes"], ["yes", "yes"], "one class twice")
    wrong("classes-equal-numbers", ["output", "classes"], [1, "1.0"], "values match: 1 is 1.0")
    wrong("classes-null", ["output", "classes", 1], None, "a class is text or a number")
    wrong("classes-bool", ["output", "classes"], [False, True], "a class is text or a number")
    wrong("classes-text", ["output", "classes"], "no,yes", "`classes` is a list")
    wrong("multiclass-count", ["output"], {**MULTI, "classes": ["p", "q", "r"]}, "3 classes, 2 columns",
          "output.classes")
    wrong("multiclass-empty", ["output"], {**MULTI, "classes": []}, "no classes", "output.classes")
    wrong("multiclass-targets", ["output"], {**MULTI, "targets": ["p", "q"]}, "targets are for a regression",
          "output.targets")
    wrong("regression-classes", ["output"], {**REGRESSION, "classes": ["no", "yes"]},
          "classes on a regression", "output.classes")
    wrong("regression-softmax", ["output"], {**REGRESSION, "link": "softmax"}, "softmax on a regression",
          "output.link")
    wrong("regression-threshold", ["output"], {**REGRESSION, "threshold": 0.5}, "a threshold on a regression",
          "output.threshold")
    wrong("multiclass-threshold", ["output"], {**MULTI, "threshold": 0.5}, "a threshold on many classes",
          "output.threshold")
    wrong("threshold-text", ["output", "threshold"], "half", "a threshold is a number")
    wrong("threshold-nan", ["output", "threshold"], "nan", "no score is at least NaN")
    wrong("targets-count", ["output"], {**REGRESSION, "targets": ["u", "v"]}, "2 targets, 1 column",
          "output.targets")
    wrong("targets-twice", ["output"], {**REGRESSION, "from": "hidden", "targets": ["u", "u"]},
          "one target twice", "output.targets")
    wrong("targets-number", ["output"], {**REGRESSION, "targets": [1]}, "a target's name is text", "output.targets")


def array(at, shape, dtype="float64", **rest):
    return {"at": at, "shape": shape, "dtype": dtype, **rest}


def rcm(m, arrays, n=None):
    head = json.dumps(m).encode()
    head += b" " * (-(len(head) + 8) % 64)
    return struct.pack("<Q", len(head) if n is None else n) + head + arrays


def make_rcm():
    doubles = struct.pack("<2d", 1.5, -2)

    def wrong_array(name, where, why, place="steps[2].weights"):
        raw(f"bad-rcm-{name}.rcm", rcm(changed(["steps", 2, "weights"], where), doubles), why, place)

    fine = changed(["steps", 2, "weights"], array(0, [2, 1]))
    whole = rcm(fine, doubles)
    raw("bad-rcm-short-length.rcm", whole[:5], "5 bytes: not even the length", "file")
    raw("bad-rcm-no-json.rcm", struct.pack("<Q", 0), "a length of 0", "file")
    raw("bad-rcm-json-cut.rcm", whole[:100], "the file ends inside the JSON", "file")
    raw("bad-rcm-arrays-cut.rcm", whole[:-1], "the file ends inside an array", "steps[2].weights")
    raw("bad-rcm-length-huge.rcm", rcm(fine, doubles, n=2**64 - 8), "8 + n overflows", "file")
    raw("bad-rcm-length-past-end.rcm", rcm(fine, doubles, n=2**20), "the length is past the end", "file")
    raw("bad-rcm-syntax.rcm", whole.replace(b'"version": 1,', b'"version": 1;'), "JSON syntax", "line 1")
    wrong_array("at-negative", array(-8, [2, 1]), "`at` is negative")
    wrong_array("at-past-end", array(4096, [2, 1]), "`at` is past the end")
    wrong_array("at-one-past", array(1, [2, 1]), "the last byte is past the end")
    wrong_array("at-overflow", array(2**63 - 1, [2, 1]), "`at` + size overflows")
    wrong_array("at-fraction", array(0.5, [2, 1]), "`at` is no whole number")
    wrong_array("at-missing", {"shape": [2, 1], "dtype": "float64"}, "no `at`")
    wrong_array("shape-negative", array(0, [2, -1]), "a negative shape")
    wrong_array("shape-overflow", array(0, [2**62, 2**62]), "rows x columns overflows")
    wrong_array("shape-bytes-overflow", array(0, [2, 2**60]), "the size in bytes overflows")
    wrong_array("shape-width", array(0, [1, 2]), "1 row, 2 columns are read")
    wrong_array("shape-flat", array(0, [2]), "one number in `shape`, weights have two")
    wrong_array("shape-three", array(0, [2, 1, 1]), "three numbers in `shape`")
    wrong_array("shape-missing", {"at": 0, "dtype": "float64"}, "no `shape`")
    wrong_array("dtype-unknown", array(0, [2, 1], "int8"), "an unknown dtype")
    wrong_array("dtype-missing", {"at": 0, "shape": [2, 1]}, "no `dtype`")
    wrong_array("unknown-key", array(0, [2, 1], order="C"), "an unknown key")


def fine(name, m, why, rows, data=None):
    """rows: list of (values of the inputs, values of `from`)."""
    data = json.dumps(m, indent=1, ensure_ascii=False).encode() + b"\n" if data is None else data
    for x, y in rows:
        got = evaluate(m, x)
        assert got == [Fraction(v) for v in y], (name, x, [float(v) for v in got], y)
    good.append((f"good-{name}" + ("" if "." in name else ".json"), data, why, rows))


def evaluate(m, x):
    """The tape in exact fractions: affine, dense with relu or none; enough for the models below."""
    inputs = m.get("inputs", [])
    values = {i.get("name", k): [Fraction(v)] for k, (i, v) in enumerate(zip(inputs, x))}
    last = [Fraction(v) for v in x]
    for s in m["steps"]:
        if "in" in s:
            last = sum((values[n] for n in ([s["in"]] if isinstance(s["in"], str) else s["in"])), [])
        one = lambda p, d: [Fraction(v) for v in (s[p] if isinstance(s.get(p), list) else [s.get(p, d)] * len(last))]
        if s["op"] == "affine":
            last = [(v - c) / d * k + h for v, c, d, k, h in zip(
                last, one("center", 0), one("divide", 1), one("scale", 1), one("shift", 0))]
        elif s["op"] == "dense":
            w = s["weights"]
            b = s["bias"] if "bias" in s else [0] * len(w[0])
            last = [Fraction(b[k]) + sum(v * Fraction(r[k]) for v, r in zip(last, w)) for k in range(len(b))]
        act = s.get("activation", {"fn": s["fn"], "max": s.get("max", "inf")} if "fn" in s else "identity")
        name, top = (act["fn"], act.get("max", "inf")) if isinstance(act, dict) else (act, "inf")
        if name == "relu":
            last = [max(v, Fraction(0)) if top == "inf" else min(max(v, Fraction(0)), Fraction(top)) for v in last]
        else:
            assert name == "identity", name
        if "out" in s:
            values[s["out"]] = last
    source = m["output"]["from"]
    return sum((values[n] for n in ([source] if isinstance(source, str) else source)), [])


def make_good():
    small = {"format": "rowcast-model", "version": 1, "dtype": "float64",
             "inputs": [{"name": "x", "type": "number"}],
             "steps": [{"op": "dense", "weights": [[2]], "out": "y"}],
             "output": {"task": "regression", "from": "y", "link": "identity"}}
    two = [{"name": "x", "type": "number"}, {"name": "y", "type": "number"}]
    fine("base", BASE, "the model that the bad ones spoil", [([3, 4, 3.5], [0.6875]), ([1, 2, 3], [0.875])])
    fine("minimal", small, "as little as there may be; no bias is 0", [([3], [6]), ([-0.5], [-1])])
    fine("x-keys", {**small, "x-made-by": "hand", "x-note": {"anything": [1, None, True]},
                    "inputs": [{"name": "x", "type": "number", "x-unit": "m"}],
                    "steps": [{**small["steps"][0], "x-layer": 0}],
                    "output": {**small["output"], "x-y": []}}, "keys that begin with x- are ignored at every level",
         [([3], [6])])
    fine("scalar-parameters", {**small, "inputs": two, "steps": [
        {"op": "affine", "center": 1, "divide": 2, "scale": 4, "shift": -1},
        {"op": "dense", "weights": [[1], [0.5]], "bias": [1], "out": "z"}],
        "output": {**small["output"], "from": "z"}}, "one number for [w]; the first step reads all inputs, the second the first",
         [([3, 5], [7.5])])
    fine("affine-lists", {**small, "inputs": two, "steps": [
        {"op": "affine", "in": ["y", "x"], "center": [1, 2], "scale": [0.5, 3], "out": "z"}],
        "output": {**small["output"], "from": "z", "targets": ["u", "v"]}},
         "inputs in another order; two targets", [([3, 5], [2, 3])])
    fine("inf-text", {**small, "steps": [{"op": "dense", "weights": [[2]],
                                          "activation": {"fn": "relu", "max": "inf"}, "out": "y"}]},
         "infinity as text", [([3], [6]), ([-3], [0]), ([1e300], [2e300])])
    fine("relu6", {**small, "steps": [{"op": "activation", "fn": "relu", "max": 6, "out": "y"}]},
         "an activation alone, with a parameter", [([3], [3]), ([-3], [0]), ([7], [6])])
    fine("unicode", {**small, "inputs": [{"name": "größe m²", "type": "number"}, {"name": "速度", "type": "number"}],
                     "steps": [{"op": "dense", "in": ["速度", "größe m²"], "weights": [[2], [1]], "out": "ŷ"}],
                     "output": {**small["output"], "from": "ŷ"}}, "names beyond ASCII", [([1, 3], [7])])
    fine("odd-names", {**small, "inputs": [{"name": "a,b", "type": "number"}, {"name": "say \"hi\"", "type": "number"},
                                           {"name": " c ", "type": "number"}],
                       "steps": [{"op": "dense", "weights": [[1, 0], [0, 1], [1, 1]], "out": "p"}],
                       "output": {"task": "multiclass", "from": "p", "link": "none",
                                  "classes": ["x,y", "\"quoted\""]}},
         "names and classes with delimiters, quotes and blanks", [([1, 2, 4], [5, 6])])
    fine("constant", {**small, "inputs": [], "steps": [{"op": "dense", "weights": [], "bias": [2.5], "out": "y"}]},
         "no inputs: weights of no rows, the bias tells the width", [([], [2.5])])
    fine("no-steps", {**small, "steps": [], "output": {**small["output"], "from": "x"}},
         "`from` reads an input", [([3], [3])])
    fine("positional", {**small, "inputs": [{"type": "number"}, {"type": "number"}],
                        "steps": [{"op": "dense", "weights": [[2], [3]], "out": "y"}]},
         "inputs without names", [([1, 10], [32])])
    fine("join", {**small, "inputs": two, "steps": [
        {"op": "dense", "in": "x", "weights": [[2, 3]], "out": "p"},
        {"op": "dense", "in": ["y", "p", "x", "x"], "weights": [[1], [10], [100], [1000], [10000]], "out": "q"}],
        "output": {**small["output"], "from": ["q", "y", "p"]}},
         "joins of inputs and values, one read twice; `from` is a list", [([1, 2], [11322, 2, 2, 3])])
    fine("unused", {**small, "inputs": [*two, {"name": "never", "type": "number"}], "steps": [
        {"op": "dense", "in": "x", "weights": [[2]], "out": "y2"},
        {"op": "dense", "in": "y", "weights": [[9]], "out": "unread"}],
        "output": {**small["output"], "from": "y2"}}, "an input and a step that nothing needs", [([1, 5, 7], [2])])
    fine("number-classes", {**small, "output": {"task": "binary", "from": "y", "link": "sigmoid",
                                                "classes": [-1, 2.5]}}, "classes are numbers", [([3], [6])])
    fine("one-class-text-of-number", {**small, "output": {"task": "binary", "from": "y", "link": "none",
                                                          "classes": ["07", 8], "threshold": -3}},
         "text that looks like a number keeps its text; a threshold on a margin", [([-1], [-2])])
    fine("missing", {**small, "inputs": [{"name": "x", "type": "number", "missing": 38.5}]},
         "a missing cell is 38.5", [([38.5], [77])])
    fine("missing-error", {**small, "inputs": [{"name": "x", "type": "number", "missing": "error"}]},
         "the default, written out", [([1], [2])])
    fine("big-integers", {**small, "steps": [{"op": "dense", "weights": [[9007199254740993]],
                                              "bias": [-9007199254740992], "out": "y"}]},
         "an integer beyond 2^53 is read as the nearest double: 9007199254740992", [])
    good[-1] = (*good[-1][:3], [([1], [0]), ([2], [9007199254740992])])
    made = changed(["steps", 2, "weights"], array(16, [2, 1]))
    made["steps"][0]["center"] = array(0, [3], "float32")
    raw_arrays = struct.pack("<3f4x2d", 1, 2, 3, 1.5, -2)
    good.append(("good-arrays.rcm", rcm(made, raw_arrays), "arrays of both dtypes beside JSON lists",
                 [([3, 4, 3.5], [0.6875])]))
    made["steps"][2]["weights"]["at"] = 15
    good.append(("good-unaligned.rcm", rcm(made, struct.pack("<3f3x2d", 1, 2, 3, 1.5, -2)),
                 "an array at an odd offset", [([3, 4, 3.5], [0.6875])]))
    shared = changed(["steps", 2, "weights"], array(0, [2, 1]))
    shared["steps"][1]["bias"] = array(0, [2])
    # Two arrays, 32 bytes in all, share 16 of the 32 that the file has: a reader may demand that
    # the arrays together are no longer than the file.
    # hidden = relu([0.5, -1; 0.25, 2; -0.75, 0.125] . [1, 0.5, 1] + [1.5, -2]) = [1.375, 0]
    good.append(("good-overlap.rcm", rcm(shared, struct.pack("<4d", 1.5, -2, 0, 0)), "two arrays share their bytes",
                 [([3, 4, 3.5], [2.1875])]))
    good.append(("good-trailing.rcm", rcm(made, struct.pack("<3f3x2d", 1, 2, 3, 1.5, -2) + b"\0" * 49),
                 "padding behind the last array", [([3, 4, 3.5], [0.6875])]))
    plan = {"name": "plan", "type": "category", "values": ["free", "pro"], "unknown": "zeros"}
    prepared = {
        "category": ([plan], [{"op": "onehot", "in": ["plan"], "out": "h"},
                              {"op": "dense", "in": "h", "weights": [[1], [2]], "out": "z"}],
                     "a category, one-hot", [(["pro"], [2]), (["free"], [1]), (["gold"], [0])]),
        "impute": ([{"name": "x", "type": "number", "missing": "nan"}],
                   [{"op": "impute", "values": [1.5], "missing": "nan", "indicators": [0], "out": "i"},
                    {"op": "dense", "weights": [[1], [2]], "out": "z"}],
                   "missing cells get a value and an indicator", [([3], [3]), (["nan"], [3.5])]),
        "elementwise": ([{"name": "x", "type": "number"}],
                        [{"op": "elementwise", "fn": "mul", "in": ["x", 2.5], "out": "z"}],
                        "a function of a column and a number", [([3], [7.5])]),
        "select": (two, [{"op": "select", "columns": [1], "out": "z"}],
                   "one column of those that are read", [([1, 2], [2])]),
    }
    for name, (inputs, steps, why, rows) in prepared.items():
        m = {**small, "inputs": inputs, "steps": steps, "output": {**small["output"], "from": "z"}}
        good.append((f"good-{name}.json", json.dumps(m, indent=1).encode() + b"\n", why, rows))


README = """# Native models: bad, good

Made by `testdata/recipes/make_models.py`; this table too. Each bad model is `good-base.json` with one
fault. "Place" is what a good message names, so that the fault is found without a search: the path of
the member (indices from 0), `line` where the text is no JSON (with a number where it is certain),
`file` where there is nothing closer; for an unknown key the object that
holds it (at the top: the key). `verdicts.tsv` holds the same for programs: file, verdict
(`bad`, `good`), place. `good.json` holds, for the good ones, rows of input values and
the values of `output.from` before the link, exact in binary.

"""


def write():
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    lines = [README + "| bad | what is wrong | place |\n| --- | --- | --- |"]
    verdicts = []
    for name, data, why, place in bad:
        (OUT / name).write_bytes(data)
        lines.append(f"| {name} | {why} | {place} |")
        verdicts.append((name, "bad", place))
    lines.append("\n| good | what is odd |\n| --- | --- |")
    for name, data, why, _ in good:
        (OUT / name).write_bytes(data)
        lines.append(f"| {name} | {why} |")
        verdicts.append((name, "good", "-"))
    assert len({v[0] for v in verdicts}) == len(verdicts)
    (OUT / "README.md").write_text("\n".join(lines) + "\n")
    (OUT / "verdicts.tsv").write_text("".join("\t".join(v) + "\n" for v in verdicts))
    rows = [{"file": n, "rows": [{"x": x, "from": y} for x, y in r]} for n, _, _, r in good if r]
    (OUT / "good.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    print(len(bad), "bad,", len(good), "good")


if __name__ == "__main__":
    make_syntax()
    make_frame()
    make_steps()
    make_output()
    make_rcm()
    make_good()
    write()
