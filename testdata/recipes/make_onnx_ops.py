#!/usr/bin/env python3
"""make_onnx_ops.py - testdata/onnx/ops.json: each ONNX operator at each opset at which it changed.

A model of one operator (or of the few that go with it), rows for it, and what onnxruntime says of
them, or, where that does not run an operator or opset, the reference evaluator of onnx.

Made with onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6:

    python make_onnx_ops.py ../onnx/ops.json"""

import base64
import json
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

ML = "ai.onnx.ml"
MORE_ML = ("ZipMap", "Normalizer", "OneHotEncoder")  # behind the operator that a case is of, or before it
OLDEST = 6
X = np.array([[0.5, -1.25, 3, 0], [2, 0.75, -0.125, 1], [-3, 1.5, 2.5, -2], [0.1, 0.2, 0.3, 0.4],
              [1e3, -1e3, 1e-3, 7], [5, 5, 5, 5]], np.float32)
P = np.abs(X) + np.float32(0.25)  # where only positive numbers make sense
B = (X > 0.3).astype(np.float32)
I = np.array([[0, 1], [2, 3], [1, 0], [3, 3], [2, 0], [0, 2]], np.float32)
N = np.where(np.abs(X) > 900, np.float32(np.nan), X)
W = np.array([[1, -2, 0.5], [0.25, 1, -1], [2, 0, 0.75], [-0.5, 3, 1]], np.float32)
C4 = np.array([0.5, -1, 2, 0.25], np.float32)


def schemas():
    """Versions of an operator: {(domain, name): [opsets at which it changed, from OLDEST on]}."""
    found = {}
    for s in onnx.defs.get_all_schemas_with_history():
        if not s.deprecated:
            found.setdefault((s.domain, s.name), set()).add(s.since_version)
    result = {}
    for key, versions in found.items():
        if key[0] == "":
            below = [v for v in versions if v <= OLDEST]
            versions = {v for v in versions if v > OLDEST} | ({OLDEST} if below else set())
        result[key] = sorted(versions)
    return result


class Case:
    """One model. x: the rows, one array an input; nodes: (op, inputs, attributes, n outputs);
    constants by name; the last node's outputs are the graph's, or those that are named."""

    def __init__(self, op, nodes, x, constants=None, domain="", note="", outputs=None, types=None):
        self.op, self.nodes, self.x, self.domain, self.note = op, nodes, x, domain, note
        self.constants, self.outputs, self.types = constants or {}, outputs, types or {}

    def model(self, opset):
        main = opset if self.domain == "" else 15
        ml = opset if self.domain == ML else 3
        graph_inputs = []
        for i, x in enumerate(self.x):
            kind = self.types.get(f"x{i}", TensorProto.FLOAT)
            graph_inputs.append(helper.make_tensor_value_info(f"x{i}", kind, [None, *x.shape[1:]]))
        nodes, last = [], None
        for k, (op, inputs, attributes, n_out) in enumerate(self.nodes):
            last = [f"y{k}_{j}" if n_out > 1 else f"y{k}" for j in range(n_out)]
            domain = ML if (self.domain == ML and op == self.op) or op in MORE_ML else ""
            nodes.append(helper.make_node(op, inputs, last, name=f"n{k}", domain=domain, **attributes))
        outs = [helper.make_empty_tensor_value_info(name) for name in self.outputs or last]
        initializers = [numpy_helper.from_array(v, k) for k, v in self.constants.items()]
        if main < 9:  # IR 3: initializers are inputs, too
            graph_inputs += [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype),
                                                           v.shape) for k, v in self.constants.items()]
        graph = helper.make_graph(nodes, "g", graph_inputs, outs, initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", main)] + (
            [helper.make_opsetid(ML, ml)] if self.domain == ML else []))
        model.ir_version = 3 if main < 9 else 8 if main < 20 else 10
        return model


def feed_of(case):
    kinds = {TensorProto.INT64: np.int64, TensorProto.DOUBLE: np.float64, TensorProto.STRING: object}
    return {f"x{i}": x.astype(kinds.get(case.types.get(f"x{i}"), np.float32))
            for i, x in enumerate(case.x)}


def run(model, case):
    """What the model says, and who said it."""
    feed = feed_of(case)
    if case.op == "LinearClassifier" and "of one score" in case.note:  # the two differ: the reference is what ONNX means
        return ReferenceEvaluator(model).run(None, feed), f"onnx {onnx.__version__} reference"
    try:
        onnx_types = onnx.shape_inference.infer_shapes(model)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        # each operator as it stands: optimised, some are computed in fewer bits
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(onnx_types.SerializeToString(), options)
        return session.run(None, feed), f"onnxruntime {onnxruntime.__version__}"
    except Exception:  # an opset or a type that it does not have
        return ReferenceEvaluator(model).run(None, feed), f"onnx {onnx.__version__} reference"


def unary(op, x=X, note="", **attributes):
    return Case(op, [(op, ["x0"], attributes, 1)], [x], note=note)


def binary(op, a=X, c=C4, note=""):
    return [Case(op, [(op, ["x0", "c"], {}, 1)], [a], {"c": c}, note="constant second" + note),
            Case(op, [(op, ["c", "x0"], {}, 1)], [a], {"c": c}, note="constant first" + note),
            Case(op, [(op, ["x0", "x1"], {}, 1)], [a, a[::-1].copy()], note="two variables" + note)]


def main_cases(opset):
    """All cases of the main domain that this opset can have."""
    axes = (lambda v: ({"axes": v}, [], {})) if opset < 13 else \
        (lambda v: ({}, ["axes"], {"axes": np.array(v, np.int64)}))
    reduce_axes = (lambda v: ({"axes": v}, [], {})) if opset < 18 else \
        (lambda v: ({}, ["axes"], {"axes": np.array(v, np.int64)}))
    X3 = np.concatenate([X, X[:, ::-1], X * 2], 1).reshape(6, 3, 4)
    for op in ("Abs Neg Exp Floor Ceil Sign Sin Cos Erf Relu Sigmoid Tanh Softplus Softsign Identity Round "
               "IsNaN Mish HardSwish Not Swish").split():
        x = N if op == "IsNaN" else X
        if op == "Not":
            yield Case(op, [("Greater", ["x0", "c"], {}, 1), (op, ["y0"], {}, 1)], [X], {"c": C4})
        elif op == "Exp":
            yield unary(op, np.clip(X, -20, 20))
        else:
            yield unary(op, x)
    for op in ("Sqrt", "Log", "Reciprocal"):
        yield unary(op, P)
    for op in ("LeakyRelu", "Elu", "ThresholdedRelu", "Celu"):
        yield unary(op)
        yield unary(op, alpha=0.3, note="alpha 0.3")
    yield unary("Selu")
    yield unary("Selu", alpha=1.5, gamma=1.1, note="alpha 1.5 gamma 1.1")
    yield unary("HardSigmoid")
    yield unary("HardSigmoid", alpha=1 / 6, note="alpha 1/6")
    yield unary("Gelu")
    yield unary("Gelu", approximate="tanh", note="tanh")
    for op in ("Add", "Sub", "Mul", "Div", "Max", "Min"):
        if opset >= 7 or op in ("Max", "Min"):
            c = C4 if opset >= 8 or op not in ("Max", "Min") else np.tile(C4, (6, 1))
            if op in ("Max", "Min") and opset < 8:
                yield binary(op)[2]
            else:
                yield from binary(op, c=c)
        else:
            yield Case(op, [(op, ["x0", "c"], {"broadcast": 1}, 1)], [X], {"c": C4}, note="broadcast")
            yield Case(op, [(op, ["x0", "c"], {"broadcast": 1, "axis": 1}, 1)], [X3],
                       {"c": np.array([1, 2, 3], np.float32)}, note="broadcast along axis 1")
    if opset >= 7:
        yield from binary("Pow", P, np.array([2, 0.5, -1, 3], np.float32))
        yield Case("Pow", [("Pow", ["x0", "c"], {}, 1)], [X], {"c": np.array(2, np.float32)}, note="square")
        for op in ("Greater", "Less", "Equal", "GreaterOrEqual", "LessOrEqual"):
            if op != "Equal" or opset >= 11:
                yield from binary(op, np.where(X > 2, C4, X))
        for op in ("And", "Or", "Xor"):
            yield Case(op, [("Greater", ["x0", "c"], {}, 1), ("Less", ["x0", "d"], {}, 1),
                            (op, ["y0", "y1"], {}, 1)], [X], {"c": C4, "d": C4 + 2})
    yield Case("PRelu", [("PRelu", ["x0", "c"], {}, 1)], [X], {"c": C4})
    for op in ("Sum", "Mean"):
        yield Case(op, [(op, ["x0", "x1", "x2"], {}, 1)], [X, P, B])
    if opset < 11:
        yield unary("Clip", min=-1.0, max=2.5)
        yield unary("Clip", max=0.5, note="max alone")
    else:
        bounds = {"lo": np.array(-1, np.float32), "hi": np.array(2.5, np.float32)}
        yield Case("Clip", [("Clip", ["x0", "lo", "hi"], {}, 1)], [X], bounds)
        yield Case("Clip", [("Clip", ["x0", "", "hi"], {}, 1)], [X], {"hi": bounds["hi"]}, note="max alone")
    for mode in (0, 1):
        yield Case("Mod", [("Mod", ["x0", "c"], {"fmod": mode}, 1)], [X if mode else np.floor(X)],
                   {"c": np.array([2, -3, 1.5, 4], np.float32) if mode else np.array([2, -3, 5, 4], np.float32)},
                   note=f"fmod {mode}")
    yield Case("Gemm", [("Gemm", ["x0", "w", "b"], {"transB": 1} if opset >= 7 else {"transB": 1, "broadcast": 1}, 1)],
               [X], {"w": W.T.copy(), "b": np.array([1, 2, 3], np.float32)}, note="transB")
    yield Case("Gemm", [("Gemm", ["x0", "w", "b"], {"alpha": 0.5, "beta": 2.0, **({} if opset >= 7 else {"broadcast": 1})}, 1)],
               [X], {"w": W, "b": np.array([[1, 2, 3]], np.float32)}, note="alpha beta")
    if opset >= 11:
        yield Case("Gemm", [("Gemm", ["x0", "w"], {}, 1)], [X], {"w": W}, note="without C")
    yield Case("MatMul", [("MatMul", ["x0", "w"], {}, 1)], [X], {"w": W})
    yield Case("MatMul", [("MatMul", ["x0", "w"], {}, 1)], [X3], {"w": W}, note="three dimensions")
    if opset >= 7:
        yield Case("MatMul", [("MatMul", ["x0", "w"], {}, 1), ("Add", ["b", "y0"], {}, 1)], [X],
                   {"w": W, "b": np.array([1, 2, 3], np.float32)}, note="then a bias")
    bn = {"s": np.array([1, 2, 0.5, -1], np.float32), "b": C4, "m": np.array([0.1, 0, 3, -2], np.float32),
          "v": np.array([1, 0.5, 4, 0.01], np.float32)}
    test = {"is_test": 1} if opset < 7 else {}
    yield Case("BatchNormalization", [("BatchNormalization", ["x0", "s", "b", "m", "v"], test, 1)], [X], bn)
    yield Case("BatchNormalization", [("BatchNormalization", ["x0", "s", "b", "m", "v"], {"epsilon": 0.01, **test}, 1)],
               [np.stack([X, X + 1], 2)], bn, note="channels")
    yield Case("LayerNormalization", [("LayerNormalization", ["x0", "s", "b"], {}, 1)], [X], {"s": bn["s"], "b": C4})
    yield Case("LayerNormalization", [("LayerNormalization", ["x0", "s"], {"axis": -1, "epsilon": 0.1}, 1)],
               [X3], {"s": bn["s"]}, note="three dimensions")
    yield Case("RMSNormalization", [("RMSNormalization", ["x0", "s"], {}, 1)], [X], {"s": bn["s"]})
    for p in (1, 2):
        yield unary("LpNormalization", P, p=p, axis=1, note=f"p {p}")
    for op in ("Softmax", "LogSoftmax"):
        yield unary(op, np.clip(X, -30, 30))
        yield unary(op, np.clip(X3, -30, 30), note="three dimensions")
        yield unary(op, np.clip(X3, -30, 30), axis=2, note="axis 2")
        if opset >= 13:
            yield unary(op, np.clip(X3, -30, 30), axis=1, note="axis 1")
    yield unary("Hardmax", axis=1)
    for keep in (0, 1):
        yield Case("ArgMax", [("ArgMax", ["x0"], {"axis": 2, "keepdims": keep}, 1)], [X3], note=f"keepdims {keep}")
        yield Case("ArgMin", [("ArgMin", ["x0"], {"axis": 2, "keepdims": keep}, 1)], [X3], note=f"keepdims {keep}")
    yield Case("ArgMax", [("ArgMax", ["x0"], {"axis": 1, "keepdims": 1}, 1)], [X3], note="axis 1 of three")
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"):
        name = "Reduce" + op
        x = np.clip(P, 0, 30)
        make = axes if op == "Sum" else reduce_axes
        for v, xx, note in (([1], x, ""), ([1], np.stack([x, x + 1], 1), "axis 1 of three"),
                            ([1, 2], np.stack([x, x + 1], 1), "two axes"), ([-1], x, "axis -1")):
            if v == [-1] and opset < 11:
                continue
            attributes, more, constants = make(v)
            yield Case(name, [(name, ["x0", *more], attributes, 1)], [xx], constants, note=note)
            yield Case(name, [(name, ["x0", *more], {**attributes, "keepdims": 0}, 1)], [xx], constants,
                       note=note + " keepdims 0")
    shape = lambda *v: {"s": np.array(v, np.int64)}
    yield Case("Reshape", [("Reshape", ["x0", "s"], {}, 1)], [X3], shape(-1, 12))
    yield Case("Reshape", [("Reshape", ["x0", "s"], {}, 1)], [X3], shape(0, -1), note="0 and -1")
    yield Case("Reshape", [("Reshape", ["x0", "s"], {}, 1)], [X3], shape(0, 2, 6), note="other dimensions")
    yield Case("Flatten", [("Flatten", ["x0"], {}, 1)], [X3])
    yield Case("Transpose", [("Transpose", ["x0"], {"perm": [0, 2, 1]}, 1)], [X3])
    attributes, more, constants = axes([1])
    yield Case("Squeeze", [("Squeeze", ["x0", *more], attributes, 1)], [X.reshape(6, 1, 4)], constants)
    yield Case("Unsqueeze", [("Unsqueeze", ["x0", *more], attributes, 1)], [X], constants)
    yield Case("Concat", [("Concat", ["x0", "x1"], {"axis": 1}, 1)], [X, P])
    yield Case("Concat", [("Concat", ["x0", "x1"], {"axis": 2}, 1)], [X3, X3[:, :, :2].copy()], note="axis 2 of three")
    if opset < 10:
        yield Case("Slice", [("Slice", ["x0"], {"starts": [1], "ends": [3], "axes": [1]}, 1)], [X])
    else:
        s = {"a": np.array([1], np.int64), "b": np.array([-1], np.int64), "c": np.array([1], np.int64)}
        yield Case("Slice", [("Slice", ["x0", "a", "b", "c"], {}, 1)], [X], s)
        s = {"a": np.array([3], np.int64), "b": np.array([-(1 << 60)], np.int64), "c": np.array([1], np.int64),
             "d": np.array([-2], np.int64)}
        yield Case("Slice", [("Slice", ["x0", "a", "b", "c", "d"], {}, 1)], [X], s, note="steps back")
    yield Case("Gather", [("Gather", ["x0", "i"], {"axis": 1}, 1)], [X], {"i": np.array([3, 0, 3], np.int64)})
    yield Case("Gather", [("Gather", ["x0", "i"], {"axis": 1}, 1)], [X], {"i": np.array(2, np.int64)}, note="one column")
    yield Case("Gather", [("Gather", ["t", "x0"], {}, 1)], [I], {"t": np.arange(12, dtype=np.float32).reshape(4, 3) / 7},
               note="an embedding", types={"x0": TensorProto.INT64})
    if opset < 13:
        yield Case("Split", [("Split", ["x0"], {"axis": 1, "split": [1, 3]}, 2)], [X], outputs=["y0_1", "y0_0"])
    else:
        yield Case("Split", [("Split", ["x0", "s"], {"axis": 1}, 2)], [X], shape(1, 3), outputs=["y0_1", "y0_0"])
    yield Case("Split", [("Split", ["x0"], {"axis": 1, **({"num_outputs": 2} if opset >= 18 else {})}, 2)], [X], note="equal parts",
               outputs=["y0_1", "y0_0"])
    yield Case("Expand", [("Expand", ["x0", "s"], {}, 1)], [X[:, :1].copy()], shape(1, 3))
    yield Case("Tile", [("Tile", ["x0", "s"], {}, 1)], [X], shape(1, 2))
    yield Case("Shape", [("Shape", ["x0"], {}, 1), ("Gather", ["y0", "z"], {}, 1), ("Unsqueeze", ["y1", *more], {"axes": [0]} if opset < 13 else {}, 1),
                         ("Concat", ["y2", "m"], {"axis": 0}, 1), ("Reshape", ["x0", "y3"], {}, 1)], [X3],
               {"z": np.array(0, np.int64), "m": np.array([12], np.int64), **({} if opset < 13 else {"axes": np.array([0], np.int64)})},
               note="as torch flattens")
    if opset >= 9:
        yield Case("ConstantOfShape", [("ConstantOfShape", ["s"], {"value": helper.make_tensor("v", 1, [1], [2.5])}, 1),
                                       ("Mul", ["x0", "y0"], {}, 1)], [X], shape(4))
        yield Case("Where", [("Greater", ["x0", "c"], {}, 1), ("Where", ["y0", "x0", "d"], {}, 1)], [X],
                   {"c": C4, "d": np.array(-7, np.float32)})
        yield Case("Where", [("Greater", ["x0", "c"], {}, 1), ("Where", ["y0", "c", "x0"], {}, 1)], [X],
                   {"c": C4}, note="constants of columns")
    if opset >= 11:
        yield Case("Range", [("Range", ["a", "b", "c"], {}, 1), ("Mul", ["x0", "y0"], {}, 1)], [X],
                   {"a": np.array(1, np.float32), "b": np.array(5, np.float32), "c": np.array(1, np.float32)})
    for to, note in ((TensorProto.INT64, "to integers"), (TensorProto.BOOL, "to bool"), (TensorProto.DOUBLE, "to double")):
        yield Case("Cast", [("Cast", ["x0"], {"to": to}, 1), ("Cast", ["y0"], {"to": TensorProto.FLOAT}, 1)], [X], note=note)
    yield Case("CastLike", [("CastLike", ["x0", "i"], {}, 1), ("Cast", ["y0"], {"to": TensorProto.FLOAT}, 1)], [X],
               {"i": np.array(1, np.int64)})
    yield Case("Constant", [("Constant", [], {"value": numpy_helper.from_array(C4, "v")}, 1),
                            ("Sub", ["x0", "y0"], {} if opset >= 7 else {"broadcast": 1}, 1)], [X])
    if opset >= 12:
        yield Case("Constant", [("Constant", [], {"value_floats": C4.tolist()}, 1), ("Sub", ["x0", "y0"], {}, 1)], [X],
                   note="value_floats")
        yield Case("Dropout", [("Dropout", ["x0"], {}, 1)], [X])
    else:
        yield Case("Dropout", [("Dropout", ["x0"], {"ratio": 0.5, **({"is_test": 1} if opset < 7 else {})}, 1)], [X])
    q = {"s": np.array(0.05, np.float32), "z": np.array(100, np.uint8)}
    yield Case("QuantizeLinear", [("QuantizeLinear", ["x0", "s", "z"], {}, 1), ("Cast", ["y0"], {"to": 1}, 1)], [X], q)
    yield Case("DequantizeLinear", [("QuantizeLinear", ["x0", "s", "z"], {}, 1), ("DequantizeLinear", ["y0", "s", "z"], {}, 1)],
               [X], q, note="there and back")
    qw = {"w": np.array([[1, -2, 5], [100, 7, -128], [3, 4, 5], [0, 1, 127]], np.int8),
          "ws": np.array([0.1, 0.02, 0.3], np.float32), "wz": np.array([0, 0, 0], np.int8)}
    if opset >= 13:
        yield Case("DequantizeLinear", [("DequantizeLinear", ["w", "ws", "wz"], {"axis": 1}, 1), ("MatMul", ["x0", "y0"], {}, 1)],
                   [X], qw, note="weights, a scale a column")
    yield Case("MatMulInteger", [("QuantizeLinear", ["x0", "s", "z"], {}, 1), ("MatMulInteger", ["y0", "w", "z"], {}, 1),
                                 ("Cast", ["y1"], {"to": 1}, 1)], [X], {**q, "w": qw["w"]})
    for largest in (1, 0) if opset >= 11 else (1,):
        for k in (1, 3):
            yield Case("TopK", [("TopK", ["x0", "k"], {"axis": 1, **({"largest": 0} if not largest else {})}, 2)] if opset >= 10 else
                       [("TopK", ["x0"], {"axis": 1, "k": k}, 2)], [X], {"k": np.array([k], np.int64)} if opset >= 10 else {},
                       note=f"k {k}" + ("" if largest else " of the smallest"), outputs=["y0_0", "y0_1"])
    yield from joined_cases(opset, X3, shape)
    yield from held_cases(opset)
    if opset >= 10:
        yield Case("QLinearMatMul", [("QuantizeLinear", ["x0", "s", "z"], {}, 1),
                                     ("QLinearMatMul", ["y0", "s", "z", "w", "v", "u", "r", "z"], {}, 1), ("Cast", ["y1"], {"to": 1}, 1)],
                   [np.clip(X, -5, 5)], {**q, "w": qw["w"], "v": np.array(0.01, np.float32), "u": np.array(0, np.int8),
                                         "r": np.array(0.2, np.float32)})


def joined_cases(opset, X3, shape):
    """Operators that look at several columns at once, or make some."""
    cast, integers = ("Cast", ["y0"], {"to": 1}, 1), {"x0": TensorProto.INT64}
    inf = np.where(X == 5, np.float32("inf"), np.where(X < -900, -np.float32("inf"), X))
    if opset >= 10:
        yield Case("IsInf", [("IsInf", ["x0"], {}, 1), cast], [inf])
        yield Case("IsInf", [("IsInf", ["x0"], {"detect_negative": 0}, 1), cast], [inf], note="above alone")
    for mode in ("constant", "reflect", "edge"):
        if opset < 11:
            yield Case("Pad", [("Pad", ["x0"], {"pads": [0, 1, 0, 2], "mode": mode, "value": 0.5}, 1)], [X], note=mode)
        else:
            yield Case("Pad", [("Pad", ["x0", "s", "v"], {"mode": mode}, 1)], [X],
                       {**shape(0, 1, 0, 2), "v": np.array(0.5, np.float32)}, note=mode)
    if opset >= 11:
        axis = {"a": np.array(1, np.int64)}
        yield Case("CumSum", [("CumSum", ["x0", "a"], {}, 1)], [X], axis)
        yield Case("CumSum", [("CumSum", ["x0", "a"], {"exclusive": 1, "reverse": 1}, 1)], [X3], axis, note="axis 1 of three")
        table = {"t": np.arange(12, dtype=np.float32).reshape(4, 3) / 7}
        yield Case("GatherND", [("GatherND", ["t", "x0"], {}, 1)], [I.reshape(6, 2, 1)], table, types=integers)
        yield Case("Gather", [("Gather", ["t", "x0"], {}, 1)], [I - 4], table, note="from the end", types=integers)
        negative = I - 4 * (I == 3)
    else:
        negative = I
    if opset >= 9:
        for on_axis, values in ((-1, [0, 1]), (1, [-2, 3])):
            yield Case("OneHot", [("OneHot", ["x0", "d", "v"], {"axis": on_axis}, 1)], [negative],
                       {"d": np.array(4, np.int64), "v": np.array(values, np.float32)}, note=f"axis {on_axis}", types=integers)
    for op, more in (("InstanceNormalization", {}), ("GroupNormalization", {"num_groups": 3})):
        if op == "InstanceNormalization" or opset >= 18:
            yield Case(op, [(op, ["x0", "s", "b"], {**more, "epsilon": 0.01}, 1)], [X3],
                       {"s": np.array([1, 2, -0.5], np.float32), "b": np.array([0.1, 0, -3], np.float32)})
    if opset >= 7:
        yield Case("MatMul", [("MatMul", ["x0", "x1"], {}, 1)], [X3[:, :2, :3].copy(), X3[:, :, :2].copy()], note="two variables")


TEXTS = np.array([["a", "q"], ["b", "a"], ["", "c"], ["c", ""], ["zz", "b"], ["a", "d e"]], object)


def text_cases(ml):
    """Texts in the place of texts, as sklearn-onnx imputes them, then held against others."""
    texts = {"x0": TensorProto.STRING}
    first = {"keys_strings": ["a", "b", ""], "values_strings": ["A", "B", "A"], "default_string": "other"}
    flat = ("Flatten", ["y1"], {}, 1)
    yield ml("LabelEncoder", first, TEXTS, types=texts, note="texts to texts",
             after=[("OneHotEncoder", ["y0"], {"cats_strings": ["A", "other", "B"]}, 1), flat])
    yield ml("LabelEncoder", first, TEXTS, types=texts, note="texts to texts that are not told",
             after=[("OneHotEncoder", ["y0"], {"cats_strings": ["B", "A"]}, 1), flat])
    second = {"keys_strings": ["A", "other"], "values_strings": ["x", "y"], "default_string": "z"}
    yield ml("LabelEncoder", first, TEXTS, types=texts, note="texts to texts twice",
             after=[("LabelEncoder", ["y0"], second, 1), ("OneHotEncoder", ["y1"], {"cats_strings": ["x", "y", "z"]}, 1), ("Flatten", ["y2"], {}, 1)])
    yield ml("LabelEncoder", first, TEXTS, types=texts, note="texts to texts to integers",
             after=[("LabelEncoder", ["y0"], {"keys_strings": ["B", "other"], "values_int64s": [5, 7], "default_int64": -1}, 1), ("Cast", ["y1"], {"to": 1}, 1)])
    is_empty = {"keys_strings": [""], "values_int64s": [1], "default_int64": 0}
    for note, branches in (("a text for an empty one", ["k", "x0"]), ("one for all but an empty one", ["x0", "k"])):
        case = ml("LabelEncoder", is_empty, TEXTS[:, :1], types=texts, note=note,
                  after=[("Cast", ["y0"], {"to": 9}, 1), ("Where", ["y1", *branches], {}, 1),
                         ("OneHotEncoder", ["y2"], {"cats_strings": ["b", "a", "new", "", "c"]}, 1), ("Flatten", ["y3"], {}, 1)])
        case.constants["k"] = np.array(["new"], object)
        yield case


def held_cases(opset):
    """Integers that float32 does not hold, that wrap, and float64 amid float32."""
    integers, doubles = {"x0": TensorProto.INT64}, {"x0": TensorProto.DOUBLE}
    to_float, whole = ("Cast", ["y1"], {"to": 1}, 1), lambda v: np.array(v, np.int64)
    large = np.array([[16777217, 16777216], [20000001, 20000000], [33554433, 33554433], [3, 5], [2147483647, -2147483648]], np.float64)
    split = ("Split", ["x0"], {"axis": 1, **({"num_outputs": 2} if opset >= 18 else {})}, 2)
    if opset >= 13:
        yield Case("Sub", [split, ("Sub", ["y0_0", "y0_1"], {}, 1), to_float], [large], note="large integers", types=integers)
        yield Case("Sub", [("Sub", ["x0", "c"], {}, 1), ("Sub", ["y0", "x0"], {}, 1), to_float], [large], {"c": whole(5)},
                   note="large integers and back", types=integers)
        for op in ("Equal", "Greater"):
            yield Case(op, [split, (op, ["y0_0", "y0_1"], {}, 1), to_float], [large], note="large integers", types=integers)
        yield Case("Gather", [("Gather", ["t", "x0"], {}, 1), ("Sub", ["y0", "c"], {}, 1), to_float], [I[:, :1] - I[:, :1] % 2],
                   {"t": whole([16777217, 3, 33554435, 4]), "c": whole(16777000)}, note="large integers", types=integers)
        yield Case("Where", [("Greater", ["x0", "c"], {}, 1), ("Where", ["y0", "a", "b"], {}, 1), ("Sub", ["y1", "d"], {}, 1), ("Cast", ["y2"], {"to": 1}, 1)],
                   [large], {"c": whole(100), "a": whole(16777217), "b": whole(20000001), "d": whole(16777000)}, note="large integers", types=integers)
        small = np.array([[100, 50], [-100, 27], [255, 256], [-129, 300]], np.float64)
        for to in (TensorProto.UINT8, TensorProto.INT8, TensorProto.INT16):
            back = ("Cast", ["y0"], {"to": 1}, 1)
            yield Case("Cast", [("Cast", ["x0"], {"to": to}, 1), back], [small * (200 if to == TensorProto.INT16 else 1)],
                       note=f"integers that wrap, to type {to}", types=integers)
        yield Case("Add", [("Cast", ["x0"], {"to": TensorProto.INT8}, 1), ("Add", ["y0", "y0"], {}, 1), to_float], [small], note="sums that wrap", types=integers)
        times = np.array([[1.6e9 + 1, 0.1], [1.6e9 + 7, 0.3], [1.6e9 - 3, 0.7], [1.6e9 + 0.25, 0.1]])
        yield Case("Sub", [("Sub", ["x0", "c"], {}, 1), ("Cast", ["y0"], {"to": 1}, 1), ("MatMul", ["y1", "w"], {}, 1)], [times],
                   {"c": np.array([1.6e9, 0.5]), "w": np.array([[1], [2]], np.float32)}, note="float64 before float32", types=doubles)
        yield Case("Cast", [("Cast", ["x0"], {"to": 1}, 1), ("GreaterOrEqual", ["y0", "c"], {}, 1), ("Mul", ["x0", "k"], {}, 1), ("Cast", ["y1"], {"to": 11}, 1),
                            ("Add", ["y2", "y3"], {}, 1)], [times], {"c": np.array([1.6e9, 0.1], np.float32), "k": np.array([1e-9, 1])},
                   note="float64 to float32, compared", types=doubles)
        yield Case("GreaterOrEqual", [("GreaterOrEqual", ["x0", "c"], {}, 1), ("Cast", ["y0"], {"to": 11}, 1), ("Mul", ["y1", "k"], {}, 1)], [X],
                   {"c": np.array([0.1, 0.2, 0.3, 0.4], np.float32), "k": np.array([0.1, 0.7, 1, 3])}, note="float32 before float64")


def ml_cases(opset):
    def ml(op, attributes, x=X, note="", n=1, types=None, after=(), outputs=None):
        return Case(op, [(op, [f"x{i}" for i in range(len(x) if isinstance(x, list) else 1)], attributes, n), *after],
                    x if isinstance(x, list) else [x], domain=ML, note=note, types=types, outputs=outputs)
    yield ml("Scaler", {"offset": C4.tolist(), "scale": [1.0, 2.0, 0.5, -1.0]})
    yield ml("Scaler", {"offset": [1.0], "scale": [2.0]}, note="one for all")
    for norm in ("MAX", "L1", "L2"):
        yield ml("Normalizer", {"norm": norm}, P, note=norm)
    yield ml("Imputer", {"imputed_value_floats": C4.tolist(), "replaced_value_float": float("nan")}, N)
    yield ml("Imputer", {"imputed_value_floats": [9.0], "replaced_value_float": 5.0}, note="a number, one for all")
    yield ml("Binarizer", {"threshold": 0.3})
    cast = ("Cast", ["y0"], {"to": 1}, 1)
    yield ml("OneHotEncoder", {"cats_int64s": [0, 1, 3], "zeros": 1}, I, types={"x0": TensorProto.INT64})
    yield ml("LinearRegressor", {"coefficients": W.T.ravel().tolist(), "intercepts": [1.0, 2.0, 3.0], "targets": 3})
    yield ml("LinearRegressor", {"coefficients": C4.tolist()}, note="no intercept")
    yield from linear_cases(ml)
    yield ml("FeatureVectorizer", {"inputdimensions": [4, 2]}, [X, I])
    yield ml("ArrayFeatureExtractor", {}, note="columns")
    yield ml("LabelEncoder", {"keys_floats": [0.0, 1.0, 2.0], "values_floats": [10.0, 11.0, 12.0], "default_float": -1.0}, I,
             note="floats")
    large = np.array([[16777217], [16777216], [16777218], [3], [16777217], [0]], np.float64)
    yield ml("LabelEncoder", {"keys_int64s": [16777216, 16777217, 3], "values_int64s": [1, 2, 4], "default_int64": -1}, large,
             types={"x0": TensorProto.INT64}, after=[cast], note="large integers")
    yield ml("LabelEncoder", {"keys_int64s": [0, 1, 2], "values_int64s": [10, 11, 12], "default_int64": -1}, I,
             types={"x0": TensorProto.INT64}, after=[cast], note="integers")
    yield ml("LabelEncoder", {"keys_int64s": [0, 1, 2], "values_int64s": [16777217, 5, 20000001], "default_int64": 1}, I, types={"x0": TensorProto.INT64},
             after=[("Mul", ["y0", "y0"], {}, 1), ("Add", ["y1", "y0"], {}, 1), ("Div", ["y2", "y0"], {}, 1), ("Cast", ["y3"], {"to": 1}, 1)],
             note="computed with as integers")
    if opset >= 2:
        yield from text_cases(ml)


def linear_cases(ml):
    """Each post_transform of several scores, of two, and of one."""
    for post in ("LOGISTIC", "SOFTMAX", "NONE", "SOFTMAX_ZERO", "PROBIT"):
        x = np.clip(X, -6, 6)
        three = {"coefficients": W.T.ravel().tolist(), "intercepts": [0.1, 0.2, -0.3], "post_transform": post}
        pair = {"coefficients": np.concatenate([-C4, C4]).tolist(), "intercepts": [-0.1, 0.1], "post_transform": post}
        two = {"coefficients": [0.5, 0.25, 0, 0.125, 1.0, -0.5, 0.25, 0.5], "intercepts": [0.25, 0.125], "post_transform": post}
        if post == "PROBIT":  # of probabilities, a tie among them
            x = np.array([[0.5, 0.25, 0.125, 0], [0.1, 0.2, 0.3, 0.4], [0, 0.3, 0.9, 0.2], [0.25, 0, 0, 0], [0.01, 0, 0, 0.02], [0.3, 0.1, 0.2, 0]],
                         np.float32)
            three["coefficients"] = [1.0, 0, 0.5, 0, 0, 1.0, 0, 0.5, 0.5, 0, 0, 1.0]
            three["intercepts"] = [0.05, 0.1, 0.175]
        yield ml("LinearClassifier", {**three, "classlabels_ints": [2, 5, 7]}, x, note=post, n=2)
        if post != "PROBIT":
            yield ml("LinearClassifier", {**pair, "classlabels_strings": ["no", "yes"]}, x, note=post + " two", n=2)
            one = {"coefficients": C4.tolist(), "intercepts": [-0.25], "post_transform": post, "classlabels_ints": [3, 4]}  # PROBIT of -s has no number
            tie = np.concatenate([x, [[0.5, 0, 0, 0]]], dtype=np.float32)
            if post == "SOFTMAX_ZERO":  # of two zeros it makes 0 / 0
                tie = tie[(np.abs(tie @ C4 - 0.25) > 1e-6)]
            yield ml("LinearClassifier", one, tie, note=post + " of one score", n=2)
        yield ml("LinearClassifier", {**two, "classlabels_strings": ["no", "yes"]}, x, note=post + " two scores", n=2)
        yield ml("LinearRegressor", {**three, "targets": 3}, x, note=post)
        yield ml("LinearRegressor", {**{k: v[:len(v) // 2] if isinstance(v, list) else v for k, v in two.items()}, "targets": 1}, x, note=post + " of one")
    for post in ("NONE", "SOFTMAX", "LOGISTIC"):
        yield ml("LinearClassifier", {**pair, "post_transform": post, "classlabels_ints": [0, 1]}, np.clip(X, -6, 6), note=post + " two, then made a sum of 1",
                 n=2, after=[("Normalizer", ["y0_1"], {"norm": "L1"}, 1)], outputs=["y0_0", "y1"])


def plain(value):
    value = np.asarray(value)
    if value.dtype.kind in "USO":
        return [[str(v) for v in row] for row in value.reshape(len(value), -1)]
    return [[None if np.isnan(v) else float(v) for v in row] for row in value.reshape(len(value), -1).astype(np.float64)]


def rows_of(case):
    if case.x[0].dtype.kind == "O":
        return [[str(v) for v in row] for row in np.concatenate(case.x, 1)]
    cells = [x.reshape(len(x), -1) for x in case.x]
    return [[None if isinstance(v, float) and np.isnan(v) else float(v) for v in row]
            for row in np.concatenate(cells, 1).astype(np.float64)]


def main():
    versions, found, skipped = schemas(), [], []
    for domain, cases in (("", main_cases), (ML, ml_cases)):
        opsets = sorted({v for (d, _), vs in versions.items() if d == domain for v in vs})
        for opset in opsets:
            for case in cases(opset):
                if opset not in versions.get((domain, case.op), []):
                    continue
                if case.op == "ArrayFeatureExtractor":
                    case.nodes[0][1].append("i")
                    case.constants["i"] = np.array([[2, 0]], np.int64)
                model = case.model(opset)
                try:
                    outputs, who = run(model, case)
                except Exception as e:
                    skipped.append(f"{case.op} {opset} {case.note}: {str(e)[:100]}")
                    continue
                found.append({"op": case.op, "domain": domain, "opset": opset, "note": case.note, "by": who,
                              "model": base64.b64encode(model.SerializeToString()).decode(),
                              "rows": rows_of(case), "expected": [plain(o) for o in outputs],
                              "names": [f"x{i}" for i in range(len(case.x))],
                              "widths": [int(np.prod(x.shape[1:])) for x in case.x]})
    with open(sys.argv[1], "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in found) + "\n]\n")
    print(len(found), "cases", len({c["op"] for c in found}), "operators")
    for line in skipped:
        print("skipped:", line)


main()
