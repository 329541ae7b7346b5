#!/usr/bin/env python3
"""onnx_refused.py - ONNX files that cannot be scored, or are made to harm: one message each.

Each is refused with status 4 before a row is read, in one line that names the node (its number, name
and type) or the place in the file. Then external data that leads elsewhere, and mutations of the
models of testdata: RC_MUTATIONS of them (default 300) end with status 0, 3 or 4."""

import os
import pathlib
import random
import sys

import tap
from onnx_wire import (BOOL, DOUBLE, FLOAT, INT64, INT8, STRING, UINT8, attribute, data, graph, ml, model, node, single, tensor,
                       value, varint, whole)

TABLE = b"a,b,c,d\n1,2,3,4\n"
W = tensor("w", [4, 2], [1.0] * 8)
C2 = tensor("c", [2], [1.0, 2.0])
TEXTS = value("x", STRING, ["n", 1])
GRAPH = "graph: "


def n0(op, text):
    return f"graph: node 0 'n' ({op}): {text}"


def n1(op, text):
    return f"graph: node 1 'n' ({op}): {text}"


def one(op, inputs=("x",), initializers=(), opset=13, outputs=("y",), **attributes):
    return model([node(op, list(inputs), list(outputs), **attributes)], outputs=outputs[:1], initializers=initializers, opset=opset)


def of_ml(op, inputs=("x",), initializers=(), ins=None, outputs=("y",), **attributes):
    return model([ml(op, list(inputs), list(outputs), **attributes)], outputs=outputs[:1], inputs=ins, initializers=initializers)


def ints(name, *numbers, dims=None):
    return tensor(name, [len(numbers)] if dims is None else dims, numbers, INT64)


X3 = [value("x", dims=["n", 2, 2])]

OPERATORS = [
    ("convolution", one("Conv", ("x", "w"), [W]), n0("Conv", "convolutions are not scored")),
    ("recurrent", one("LSTM", ("x", "w", "w"), [W]), n0("LSTM", "recurrent layers are not scored")),
    ("branches", one("If"), n0("If", "branches of a graph are not scored")),
    ("domain", model([node("FusedThing", ["x"], ["y"], domain="com.example")]),
     "node 0 'n' (FusedThing): operators of the domain 'com.example' are not known"),
    ("unknown", one("Frobnicate"), "node 0 'n' (Frobnicate): an operator that is not known"),
    ("hint", one("Frobnicate"), "linear and logistic models, MLPs and the preprocessing before them are scored; export that part alone"),
    ("several", model([node("Det", ["x"], ["a"]), node("NonZero", ["a"], ["b"]), node("Conv", ["b"], ["y"])]), "nor are: NonZero Conv"),
    ("input nowhere", one("Relu", ("z",)), n0("Relu", "its input 'z' is made nowhere before it")),
    ("made twice", model([node("Relu", ["x"], ["y"]), node("Abs", ["x"], ["y"])]), n1("Abs", "'y' is made twice")),
    ("input missing", one("Add"), n0("Add", "input 1 is missing")),
    ("two variables", model([node("MatMul", ["x", "x"], ["y"])]), n0("MatMul", "only rows times a constant matrix")),
    ("width", one("MatMul", ("x", "w"), [tensor("w", [3, 2], [1.0] * 6)]), n0("MatMul", "a matrix of 3 rows for another number of columns")),
    ("shapes", one("Add", ("x", "c"), [C2]), n0("Add", "operands whose shapes do not go together row by row")),
    ("across rows", one("ReduceSum", ("x", "c"), [ints("c", 0)]), n0("ReduceSum", "it works across rows")),
    ("axis", one("Softmax", axis=5), n0("Softmax", "axis 5 of a tensor with 2 dimensions")),
    ("axes of numbers", one("ReduceSum", axes=[-1e31], opset=11), n0("ReduceSum", "axis -1e+31 of a tensor with 2 dimensions")),
    ("flatten axis", one("Flatten", axis=3), n0("Flatten", "axis 3 of a tensor with 2 dimensions")),
    ("reshape", one("Reshape", ("x", "c"), [ints("c", -1)]), n0("Reshape", "a shape that does not keep rows apart")),
    ("reshape by halves", one("Reshape", ("x", "c"), [tensor("c", [2], [0.5, 2.0])]), n0("Reshape", "a shape or an index that is no whole number")),
    ("transpose", one("Transpose", perm=[0, 0]), n0("Transpose", "an order of dimensions that is none")),
    ("squeeze", one("Squeeze", ("x", "c"), [ints("c", 1)]), n0("Squeeze", "dimension 1 is not 1")),
    ("unsqueeze", one("Unsqueeze", ("x", "c"), [ints("c", *range(7))]), n0("Unsqueeze", "more than 8 dimensions")),
    ("slice of rows", one("Slice", ("x", "c", "d"), [ints("c", 1), ints("d", 2)]), n0("Slice", "it takes some of the rows")),
    ("slice lists", one("Slice", ("x", "c", "d"), [ints("c", 1), ints("d", 2, 3)]),
     n0("Slice", "starts, ends, axes and steps of different numbers")),
    ("gather index", one("Gather", ("x", "c"), [ints("c", 4)], axis=1), n0("Gather", "index 4 of 4")),
    ("cast to float8", one("Cast", to=17), n0("Cast", "elements of float8e4m3fn are not scored")),
    ("cast to int4", one("Cast", to=22), n0("Cast", "elements of int4 are not scored")),
    ("gather two axes", one("GatherND", ("x", "c"), [ints("c", 0, 0, dims=[1, 2])]), n0("GatherND", "only along one axis")),
    ("groups", one("GroupNormalization", ("x", "w", "w"), [W], opset=21, num_groups=3),
     n0("GroupNormalization", "3 groups of 4 channels")),
    ("rows computed", model([node("Shape", ["x"], ["s"]), node("Gather", ["s", "c"], ["r"]), node("Cast", ["r"], ["f"], to=1),
                             node("Add", ["x", "f"], ["y"])], initializers=[ints("c", 0)]), "the number of rows is computed with"),
    ("gather by rows", model([node("Gather", ["x", "x"], ["y"], axis=1)]),
     n0("Gather", "indices that come from the rows, into something else than a table")),
    ("concat ranks", one("Concat", ("x", "c"), [C2], axis=1), n0("Concat", "tensors of 2 and 1 dimensions")),
    ("concat shapes", model([node("Concat", ["x", "z"], ["y"], axis=2)], inputs=[value("x", dims=["n", 2, 1]), value("z", dims=["n", 3, 1])]),
     n0("Concat", "tensors whose other dimensions differ")),
    ("concat rows", model([node("Concat", ["x", "x"], ["y"], axis=0)]), n0("Concat", "it works across rows")),
    ("split sizes", one("Split", ("x", "c"), [ints("c", 1, 4)], outputs=("y", "z"), axis=1), n0("Split", "sizes that do not add up")),
    ("split outputs", one("Split", ("x", "c"), [ints("c", 1, 1, 2)], outputs=("y", "z"), axis=1), n0("Split", "3 sizes, but 2 outputs")),
    ("split rows", one("Split", outputs=("y", "z"), axis=0), n0("Split", "it works across rows")),
    ("constant", model([node("Constant", [], ["c"]), node("Add", ["x", "c"], ["y"])]), n0("Constant", "a constant without a value")),
    ("constant of shape", model([node("ConstantOfShape", ["c"], ["d"]), node("Add", ["x", "d"], ["y"])], initializers=[ints("c", 1 << 40, 1 << 40)]),
     n0("ConstantOfShape", "a shape that cannot be scored")),
    ("tile", one("Tile", ("x", "c"), [ints("c", 1, 1 << 40)]), n0("Tile", "more copies than can be scored")),
    ("range", model([node("Range", ["x", "x", "x"], ["y"])]), n0("Range", "an operand must be a constant of numbers")),
    ("layer norm", one("LayerNormalization", ("x", "c"), [C2], opset=17), n0("LayerNormalization", "input 1 has 2 numbers, but 4 are needed")),
    ("training", one("BatchNormalization", ("x", "c", "c", "c", "c"), [tensor("c", [4], [1.0] * 4)], opset=14, training_mode=1),
     n0("BatchNormalization", "exported for training: call model.eval() before the export")),
    ("training dropout", one("Dropout", ("x", "c", "d"), [tensor("c", [], [0.5]), tensor("d", [], [1], BOOL)]),
     n0("Dropout", "exported for training: call model.eval() before the export")),
    ("shape as output", one("Shape"), "graph: the number of rows is computed with"),
    ("rows cast", model([node("Shape", ["x"], ["a"]), node("Cast", ["a"], ["b"], to=FLOAT), node("Mul", ["x", "b"], ["y"])]),
     n1("Cast", "the number of rows is computed with")),
    ("rows less one", model([node("Shape", ["x"], ["a"]), node("Sub", ["a", "c"], ["b"]), node("Reshape", ["x", "b"], ["y"])],
                            initializers=[ints("c", 1)]), n1("Sub", "the number of rows is computed with")),
    ("bounds", one("Clip", ("x", "c"), [C2]), n0("Clip", "input 1 has 2 numbers, but 1 are needed")),
    ("where without", one("Where", ("", "x", "x")), n0("Where", "input 0 is missing")),
    ("depth", one("OneHot", ("x", "c", "d"), [ints("c", 0), tensor("d", [2], [0.0, 1.0])]), n0("OneHot", "a shape that cannot be scored")),
    ("pads", one("Pad", ("x", "c"), [ints("c", 0, 1)]), n0("Pad", "starts, ends, axes and steps of different numbers")),
    ("pads beyond", one("Pad", ("x", "c"), [ints("c", 0, 1 << 40, 0, 0)]), n0("Pad", "a shape that cannot be scored")),
    ("pads of rows", one("Pad", ("x", "c"), [ints("c", 1, 0, 0, 0)]), n0("Pad", "it works across rows")),
    ("running sum of rows", one("CumSum", ("x", "c"), [ints("c", 0, dims=[])]), n0("CumSum", "it works across rows")),
    ("slices of two axes", one("GatherND", ("c", "d"), [tensor("c", [2, 2], [1.0] * 4), ints("d", 0, 0, dims=[1, 2])]),
     n0("GatherND", "only along one axis")),
    ("groups", model([node("GroupNormalization", ["x", "c", "c"], ["y"], num_groups=3)], inputs=X3, initializers=[C2], opset=18),
     n0("GroupNormalization", "3 groups of 2 channels")),
    ("constant of another kind", model([node("Constant", [], ["c"], sparse=1), node("Add", ["x", "c"], ["y"])]),
     n0("Constant", "a constant without a value")),
    ("kernel", of_ml("SVMRegressor", kernel_type="RBF"), n0("SVMRegressor", "support vectors with the kernel 'RBF'")),
    ("vectors", of_ml("SVMRegressor", n_supports=2, coefficients=[1.0], rho=[0.0]), n0("SVMRegressor", "1 coefficients and 0 numbers for 2 vectors of 4 columns")),
    ("rho", of_ml("SVMRegressor", n_supports=1, coefficients=[1.0], support_vectors=[1.0, 2.0, 3.0, 4.0]), n0("SVMRegressor", "0 numbers of rho")),
    ("pairs", of_ml("SVMClassifier", classlabels_ints=[0, 1, 2], outputs=("y", "s")), n0("SVMClassifier", "support vectors for 3 classes")),
    ("more than there are", one("TopK", ("x", "c"), [ints("c", 5)], outputs=("y", "z"), axis=1),
     n0("TopK", "only the first 64 or fewer along all columns of a row")),
    ("trees", of_ml("TreeEnsembleRegressor"), n0("TreeEnsembleRegressor", "trees are not scored")),
    ("lp norm", one("LpNormalization", p=3, axis=1), n0("LpNormalization", "only p 1 or 2 along all columns of a row")),
    ("hardmax", model([node("Hardmax", ["x"], ["y"], axis=2)], inputs=X3), n0("Hardmax", "only along all columns of a row")),
    ("prelu", model([node("PRelu", ["x", "x"], ["y"])]), n0("PRelu", "an operand must be a constant of numbers")),
    ("scales", one("DequantizeLinear", ("x", "c"), [C2]), n0("DequantizeLinear", "scales in blocks are not read")),
    ("quantised type", one("QuantizeLinear", ("x", "c", "d"), [tensor("c", [], [1.0]), tensor("d", [], [0], INT64)]),
     n0("QuantizeLinear", "only to integers of 8 and 16 bits")),
    ("label moved", model([node("ArgMax", ["x"], ["a"], axis=1, keepdims=1), node("Tile", ["a", "c"], ["y"])], initializers=[ints("c", 1, 2)]),
     n1("Tile", "labels are moved about")),
    ("texts added", model([node("Add", ["x", "x"], ["y"])], inputs=[TEXTS]), n0("Add", "texts are computed with")),
    ("texts cast", model([node("Cast", ["x"], ["y"], to=FLOAT)], inputs=[TEXTS]), n0("Cast", "texts are made numbers")),
    ("texts equal", model([node("Equal", ["x", "c"], ["y"])], inputs=[TEXTS], initializers=[tensor("c", [2], ["a", "b"], STRING)]),
     n0("Equal", "texts are compared with one constant text only")),
    ("no output of numbers", model([node("Identity", ["x"], ["y"])], inputs=[TEXTS]), "graph: no output of numbers"),
    ("scaler", of_ml("Scaler", offset=[1.0, 2.0]), n0("Scaler", "'offset' has 2 numbers for 4 columns")),
    ("imputer", of_ml("Imputer"), n0("Imputer", "no values to impute")),
    ("one-hot", of_ml("OneHotEncoder"), n0("OneHotEncoder", "no categories of the type of its input")),
    ("one-hot texts", of_ml("OneHotEncoder", cats_strings=["a", "b"]), n0("OneHotEncoder", "numbers are held against the text 'a'")),
    ("extractor", model([ml("ArrayFeatureExtractor", ["x", "x"], ["y"])]), n0("ArrayFeatureExtractor", "an operand must be a constant of numbers")),
    ("extractor index", of_ml("ArrayFeatureExtractor", ("x", "c"), [ints("c", 9)]), n0("ArrayFeatureExtractor", "index 9 of 4")),
    ("extractor rows", of_ml("ArrayFeatureExtractor", ("x", "c"), [ints("c", 0)], ins=[value("x", dims=["n"])]),
     n0("ArrayFeatureExtractor", "only columns by constant numbers")),
    ("class picked", model([node("ArgMax", ["x"], ["a"], axis=1), ml("ArrayFeatureExtractor", ["c", "a"], ["y"])], initializers=[ints("c", 1, 2)]),
     n1("ArrayFeatureExtractor", "a class that is not there is picked")),
    ("zipmap", of_ml("ZipMap", classlabels_int64s=[1, 2]), n0("ZipMap", "2 classes for 4 probabilities")),
    ("label encoder", of_ml("LabelEncoder", keys_int64s=[1, 2], values_int64s=[1]), n0("LabelEncoder", "as many values as keys are needed")),
    ("label encoder texts", of_ml("LabelEncoder", keys_int64s=[1], values_int64s=[2], ins=[TEXTS]),
     n0("LabelEncoder", "only from the type of its input to numbers, or of labels")),
    ("label texts", model([ml("LinearClassifier", ["x"], ["a", "b"], coefficients=[1.0] * 8, intercepts=[0.0, 1.0], classlabels_strings=["p", "q"]),
                           node("Mul", ["a", "a"], ["y"])]), n1("Mul", "labels that are texts are computed with")),
    ("coefficients", of_ml("LinearRegressor", coefficients=[1.0, 2.0]), n0("LinearRegressor", "2 coefficients for 4 columns and 1 results")),
    ("targets", of_ml("LinearRegressor", coefficients=[1.0, 2.0], targets=0), n0("LinearRegressor", "0 targets")),
    ("classifier", of_ml("LinearClassifier", coefficients=[1.0] * 8, intercepts=[1.0, 1.0], classlabels_ints=[1, 2, 3]),
     n0("LinearClassifier", "2 rows of coefficients for 3 classes")),
    ("post transform", of_ml("LinearClassifier", outputs=("z", "y"), coefficients=[1.0] * 8, intercepts=[1.0, 1.0], classlabels_ints=[1, 2],
                             post_transform="CAUCHIT"), n0("LinearClassifier", "post_transform 'CAUCHIT' is not known")),
]

INPUTS = [
    ("width unknown", model([node("Relu", ["x"], ["y"])], inputs=[value("x", dims=["n", "m"])]),
     "graph: input 'x': nothing tells how many columns it has"),
    ("scalar", model([node("Relu", ["x"], ["y"])], inputs=[value("x", dims=[])]), "graph: input 'x': one number is no column"),
    ("dimension", model([node("Relu", ["x"], ["y"])], inputs=[value("x", dims=["n", 2, "m"])]),
     "graph: input 'x': dimension 2 tells no number of columns"),
    ("rows", model([node("Add", ["x", "z"], ["y"])], inputs=[value("x", dims=[3, 1]), value("z", dims=[5, 1])]), "graph: inputs of 3 and of 5 rows"),
    ("map", model([node("Relu", ["x"], ["y"])], inputs=[data(1, "x") + data(2, data(5, whole(1, 8)))]), "graph: input 'x' is no tensor"),
    ("no output", whole(1, 8) + data(7, graph([node("Relu", ["x"], ["y"])], [value("x")], [])) + data(8, whole(2, 13)), "graph: the graph has no output"),
    ("output nowhere", model([node("Relu", ["x"], ["y"])], outputs=("z",)), "graph: output 'z' is made nowhere"),
    ("old opset", one("Relu", opset=3), "graph: opset 3; those from 6 on are read"),
    ("sparse", whole(1, 8) + data(7, graph([node("Relu", ["x"], ["y"])], [value("x")], [value("y")]) + data(15, b"")) + data(8, whole(2, 13)),
     "graph: sparse initializers are not read"),
    ("old IR", model([node("Relu", ["x"], ["y"])], ir=2), "IR version 2; those from 3 on are read"),
]


def with_tensor(t, op="Add"):
    return one(op, ("x", "c"), [t])


DAMAGED = [
    ("cut", one("Relu")[:-3], "no ONNX model, or one that is cut short"),
    ("no graph", whole(1, 8) + data(2, "nobody"), "no ONNX model: it has 0 graphs"),
    ("two graphs", one("Relu") + data(7, b""), "no ONNX model: it has 2 graphs"),
    ("groups", whole(1, 8) + varint(7 << 3 | 3), "no ONNX model, or one that is cut short"),
    ("node", whole(1, 8) + data(7, data(1, b"\x0a\x7f")), "graph: node 0 '': damaged"),
    ("initializer", with_tensor(data(8, "c") + whole(2, 1) + b"\x4a\x7f"), "graph: initializer 'c': damaged"),
    ("text", model([node("Relu", ["x"], ["y"], name=b"\xff")]), "a text that is no UTF-8, has a NUL or is longer than 4096 bytes"),
    ("nul", model([node("Relu", ["x"], ["y"], name="a\0b")]), "a text that is no UTF-8, has a NUL or is longer than 4096 bytes"),
    ("raw bytes", with_tensor(tensor("c", [4], [], raw=b"1234")), "graph: initializer 'c': 4 bytes of data, but its shape needs 16"),
    ("elements", with_tensor(tensor("c", [4], [1.0])), "graph: initializer 'c': 1 elements, but its shape needs 4"),
    ("elements of another field", with_tensor(whole(1, 1) + whole(2, INT64) + data(8, "c") + data(4, b"1234")),
     "graph: initializer 'c': 0 elements, but its shape needs 1"),
    ("dimensions", with_tensor(tensor("c", [1 << 40, 1 << 40], [])), "graph: initializer 'c': dimensions that no tensor has"),
    ("negative", with_tensor(tensor("c", [-1], [])), "graph: initializer 'c': dimensions that no tensor has"),
    ("rank", with_tensor(tensor("c", [1] * 9, [1.0])), "graph: initializer 'c': more than 8 dimensions"),
    ("float8", with_tensor(tensor("c", [1], [], 17, raw=b"1")), "graph: initializer 'c': elements of float8e4m3fn are not scored"),
    ("complex", with_tensor(tensor("c", [1], [], 14, raw=b"12345678")), "graph: initializer 'c': elements of complex64 are not scored"),
    ("segment", with_tensor(tensor("c", [1], [1.0], segment=True)), "graph: initializer 'c': a tensor in segments is not read"),
    ("attribute", model([node("Relu", ["x"], ["y"]) + data(5, data(1, "alpha") + b"\x12\x7f")]), "attribute 'alpha': damaged"),
    ("value", model([node("Relu", ["x"], ["y"])], inputs=[data(1, "x") + b"\x12\x7f"]), "graph: input or output 'x': damaged"),
    ("nodes", whole(1, 8) + data(7, data(1, b"") * 100001), "graph: more than 100000 nodes, initializers or inputs"),
    ("external without", with_tensor(tensor("c", [1], [], external=[("offset", "0")])),
     "graph: initializer 'c': external data without a location"),
    ("external number", with_tensor(tensor("c", [1], [], external=[("location", "f"), ("offset", "-1")])),
     "graph: initializer 'c': external data: 'offset' is no whole number"),
    ("external length", with_tensor(tensor("c", [4], [], external=[("location", "f"), ("length", "3")])),
     "graph: initializer 'c': 16 bytes of external data are needed, not 3"),
    ("many parts", whole(1, 8) + data(7, data(1, data(5, b"") * 2000000)), "more parts than a file of this size should have"),
    ("empty messages", whole(1, 8) + data(7, data(5, b"") * 5000000), "more than 100000 nodes, initializers or inputs"),
]


def score(options, folder, content, *more):
    path = pathlib.Path(folder, "m.onnx")
    path.write_bytes(content)
    return tap.run(options, "-m", path, *more, input=TABLE)


def check_refused(t, options, folder, name, content, message):
    done = score(options, folder, content)
    text = done.stderr.decode()
    path = str(pathlib.Path(folder, "m.onnx"))
    good = done.returncode == 4 and message in text and not done.stdout and text.startswith(f"rowcast: score: {path}: ")
    t.result(good, name, *([] if good else [f"status {done.returncode}: {text}; expected {message}"]))


# -- external data --------------------------------------------------------------------------------------

SECRET = b"0123456789secret"


def external_cases(folder):
    """(name, location, offset, length, file or None, what is said)"""
    inside, outside = pathlib.Path(folder, "models"), pathlib.Path(folder, "secret")
    inside.mkdir()
    outside.write_bytes(SECRET)
    (inside / "data").write_bytes(SECRET)
    (inside / "soft").symlink_to(outside)
    (inside / "up").symlink_to("..")
    os.link(outside, inside / "hard")
    os.mkfifo(inside / "pipe")
    out = "leads out of the model's folder or through a symbolic link"
    yield "above", "../secret", 0, 16, out
    yield "above, by a folder", "a/../../secret", 0, 16, out
    yield "absolute", str(outside), 0, 16, out
    yield "symbolic link", "soft", 0, 16, out
    yield "folder that is a link", "up/secret", 0, 16, out
    yield "hard link", "hard", 0, 16, "has several names (hard links), and is not read"
    yield "pipe", "pipe", 0, 16, "is no regular file"
    yield "folder", ".", 0, 16, "is no regular file"
    yield "absent", "absent", 0, 16, "cannot be opened"
    yield "empty", "", 0, 16, out
    yield "offset", "data", 8, 16, "has 16 bytes, but the model wants 16 from byte 8 on"
    yield "far offset", "data", (1 << 63), 16, "has 16 bytes, but the model wants 16 from byte 9223372036854775808 on"
    yield "length", "data", 0, 400, "16 bytes of external data are needed, not 400"


def check_external(t, options, folder):
    for name, location, offset, length, message in external_cases(folder):
        more = [("location", location), ("offset", str(offset)), ("length", str(length))]
        content = with_tensor(tensor("c", [4], [], external=more))
        path = pathlib.Path(folder, "models", "m.onnx")
        path.write_bytes(content)
        for sandbox in ("auto", "off"):
            done = tap.run(options, "-m", path, "--sandbox", sandbox, input=TABLE)
            text = done.stderr + done.stdout
            good = done.returncode == 4 and message in done.stderr.decode() and SECRET not in text
            t.result(good, f"external data: {name}, sandbox {sandbox}", *([] if good else [done.returncode, text, message]))
    content = with_tensor(tensor("c", [4], [], external=[("location", "data")]))
    path = pathlib.Path(folder, "models", "m.onnx")
    path.write_bytes(content)
    done = tap.run(options, "-m", "/dev/stdin", input=content)
    t.result(done.returncode in (2, 4), "a model that comes through a pipe", done.stderr.decode())


def check_many_pieces(t, options, folder):
    pieces = [tensor(f"c{i}", [1], [], external=[("location", "f"), ("offset", str(i))]) for i in range(4100)]
    done = score(options, folder, model([node("Relu", ["x"], ["y"])], initializers=pieces))
    t.result(done.returncode == 4 and "more than 4096 pieces of external data" in done.stderr.decode(), "pieces of external data",
             done.stderr.decode())


# -- mutations ------------------------------------------------------------------------------------------

def mutate(rng, content):
    content = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        at = rng.randrange(len(content))
        what = rng.randrange(4)
        if what == 0:
            content[at] = rng.randrange(256)
        elif what == 1:
            del content[at:at + rng.randrange(1, 9)]
        elif what == 2:
            content[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
        else:
            content[at] ^= 1 << rng.randrange(8)
        if not content:
            content = bytearray(b"\0")
    return bytes(content)


def check_mutations(t, options, folder):
    rng = random.Random(int(os.environ.get("RC_SEED", "1")))
    sources = sorted((options.testdata / "onnx").glob("*.onnx"))
    n, bad = int(os.environ.get("RC_MUTATIONS", "300")), []
    counts = {}
    for i in range(n):
        source = rng.choice(sources)
        content = mutate(rng, source.read_bytes())
        table = source.with_suffix(".csv")
        path = pathlib.Path(folder, "m.onnx")
        path.write_bytes(content)
        done = tap.run(options, "-m", path, "--model-format", "onnx", table, "--on-error", "null", "--quiet")
        counts[done.returncode] = counts.get(done.returncode, 0) + 1
        if done.returncode not in (0, 3, 4) or b"Sanitizer" in done.stderr:
            bad.append(f"{source.name}, {i}: {done.returncode} {done.stderr[:200]}")
            kept = os.environ.get("RC_KEEP")
            if kept:
                pathlib.Path(kept, f"onnx-{i}.onnx").write_bytes(content)
    t.result(not bad, f"{n} mutations", f"statuses {counts}", *bad[:10])


def main():
    options, t = tap.arguments(__doc__), tap.Tap()
    with tap.folder("onnx") as folder:
        for name, content, message in OPERATORS + INPUTS + DAMAGED:
            if tap.is_chosen(options, name):
                check_refused(t, options, folder, name, content, message)
        if not options.words:
            check_external(t, options, folder)
            check_many_pieces(t, options, folder)
            check_mutations(t, options, folder)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
