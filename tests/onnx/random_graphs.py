"""random_graphs.py - random graphs of the operators that work row by row, as ONNX models."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

UNARY = ("Abs Neg Floor Ceil Sign Erf Relu Sigmoid Tanh Softplus Softsign Identity Round Mish HardSwish LeakyRelu Elu "
         "ThresholdedRelu Celu Selu HardSigmoid Gelu Sqrt Exp Log Reciprocal").split()
BINARY = "Add Sub Mul Div Max Min Add Mul".split()
COMPARE = "Greater Less GreaterOrEqual LessOrEqual Equal".split()
REDUCE = "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp".split()


class Graph:
    """Tensors by name with the shape of one row; every node adds some."""

    def __init__(self, rng, opset):
        self.rng, self.opset = rng, opset
        self.nodes, self.constants, self.shapes = [], [], {}

    def pick(self):
        """A tensor; later ones are likelier."""
        names = list(self.shapes)
        return names[max(self.rng.integers(len(names)), self.rng.integers(len(names)))]

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def numbers(self, shape):
        return self.constant(np.round(self.rng.normal(0, 1.5, shape), 2).astype(np.float32))

    def add(self, op, inputs, shape, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"n{len(self.nodes)}", **attributes))
        if shape is not None:
            self.shapes[name] = tuple(shape)
        return name

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))


def unary(g):
    x, op = g.pick(), g.rng.choice(UNARY)
    if op in ("Sqrt", "Log", "Reciprocal"):
        x = g.add("Add", [g.add("Abs", [x], g.shapes[x]), g.constant(np.array(0.5, np.float32))], g.shapes[x])
    if op == "Exp":
        x = g.add("Clip", [x, g.constant(np.array(-20, np.float32)), g.constant(np.array(4, np.float32))], g.shapes[x])
    alpha = {"alpha": float(np.round(g.rng.uniform(0.1, 1.5), 2))} if op in (
        "LeakyRelu", "Elu", "ThresholdedRelu", "Celu", "HardSigmoid") and g.rng.random() < 0.5 else {}
    approximate = {"approximate": "tanh"} if op == "Gelu" and g.rng.random() < 0.5 else {}
    g.add(op, [x], g.shapes[x], **alpha, **approximate)


def mate(g, x):
    """An operand that goes with x: a constant of a shape that NumPy broadcasts, or a tensor."""
    shape = g.shapes[x]
    same = [n for n, s in g.shapes.items() if len(s) == len(shape) and all(a == b or 1 in (a, b) for a, b in zip(s, shape))]
    if g.rng.random() < 0.4 and same:
        return (y := same[g.rng.integers(len(same))]), tuple(max(a, b) for a, b in zip(g.shapes[y], shape))
    full = [d if g.rng.random() < 0.7 else 1 for d in shape]
    full = full[g.rng.integers(len(full) + 1):]
    if len(full) == len(shape) and g.rng.random() < 0.3:
        full = [1, *full]
    return g.numbers(full), shape


def binary(g):
    x = g.pick()
    y, shape = mate(g, x)
    op = g.rng.choice(BINARY)
    if op == "Div":
        y = g.add("Add", [g.add("Abs", [y], None), g.constant(np.array(0.5, np.float32))], None)
    pair = [x, y] if g.rng.random() < 0.6 or op == "Div" else [y, x]
    g.add(op, pair, shape)


def where(g):
    x = g.pick()
    y, shape = mate(g, x)
    test = g.add(g.rng.choice(COMPARE), [x, y], None)
    if g.rng.random() < 0.3:
        test = g.add("Not", [test], None)
    if g.rng.random() < 0.3:
        g.add("Cast", [test], shape, to=TensorProto.FLOAT)
        return
    z = g.numbers([] if g.rng.random() < 0.5 else shape[-1:])
    g.add("Where", [test, x, z] if g.rng.random() < 0.5 else [test, z, y], shape)


def reduce(g):
    x = g.pick()
    shape, op = g.shapes[x], g.rng.choice(REDUCE)
    axes = sorted(g.rng.choice(len(shape), g.rng.integers(1, len(shape) + 1), replace=False))
    keep = bool(g.rng.random() < 0.6) or len(axes) == len(shape)
    if op == "ReduceProd":
        x = g.add("Tanh", [x], shape)
    out = [1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes]
    axes = [int(a) + 1 if g.rng.random() < 0.5 else int(a) - len(shape) for a in axes]
    in_input = op == "ReduceSum" or g.opset >= 18
    g.add(op, [x, g.ints(*axes)] if in_input else [x], out, keepdims=int(keep), **({} if in_input else {"axes": axes}))


def shape_change(g):
    x = g.pick()
    shape, rank = g.shapes[x], len(g.shapes[x])
    what = g.rng.integers(6)
    n = int(np.prod(shape))
    if what == 0:
        parts = [d for d in range(1, n + 1) if n % d == 0]
        d = int(g.rng.choice(parts))
        g.add("Reshape", [x, g.ints(*[(-1, d, n // d), (0, d, -1), (0, -1)][k := g.rng.integers(3)])], (n,) if k == 2 else (d, n // d))
    elif what == 1 and rank > 1:
        perm = list(g.rng.permutation(rank))
        g.add("Transpose", [x], [shape[p] for p in perm], perm=[0, *[int(p) + 1 for p in perm]])
    elif what == 2 and rank < 4:
        at = int(g.rng.integers(rank + 1))
        g.add("Unsqueeze", [x, g.ints(at + 1)], [*shape[:at], 1, *shape[at:]])
    elif what == 3 and rank > 1 and 1 in shape:
        at = shape.index(1)
        g.add("Squeeze", [x, g.ints(at + 1)], [d for i, d in enumerate(shape) if i != at])
    elif what == 4:
        g.add("Flatten", [x], (n,))
    else:
        wide = [int(g.rng.integers(2, 4)) if d == 1 else d for d in shape]
        if g.rng.random() < 0.5:
            g.add("Expand", [x, g.ints(1, *wide)], wide)
        else:
            times = [int(g.rng.integers(1, 3)) for _ in shape]
            g.add("Tile", [x, g.ints(1, *times)], [a * b for a, b in zip(shape, times)])


def move(g):
    x = g.pick()
    shape = g.shapes[x]
    at = int(g.rng.integers(len(shape)))
    with_dim = lambda d: [*shape[:at], *([] if d is None else [d]), *shape[at + 1:]]
    what = g.rng.integers(4)
    if what == 0:
        index = g.rng.integers(-shape[at], shape[at], g.rng.integers(1, 4))
        g.add("Gather", [x, g.ints(*index)], with_dim(len(index)), axis=at + 1)
    elif what == 1 and len(shape) > 1:
        g.add("Gather", [x, g.constant(np.array(g.rng.integers(shape[at]), np.int64))], with_dim(None), axis=at + 1)
    elif what == 2:
        start, step = int(g.rng.integers(shape[at])), int(g.rng.choice([1, 1, 2, -1]))
        end = int(g.rng.integers(start + 1, shape[at] + 3)) if step > 0 else -100
        n = len(range(shape[at])[slice(start, end if step > 0 else None, step)])
        g.add("Slice", [x, g.ints(start), g.ints(end), g.ints(at + 1 - (len(shape) + 1 if g.rng.random() < 0.5 else 0)), g.ints(step)], with_dim(n))
    else:
        others = [n for n, s in g.shapes.items() if len(s) == len(shape) and s[:at] == shape[:at] and s[at + 1:] == shape[at + 1:]]
        y = others[g.rng.integers(len(others))]
        g.add("Concat", [x, y], with_dim(shape[at] + g.shapes[y][at]), axis=at + 1)


def layer(g):
    x = g.pick()
    shape, what = g.shapes[x], g.rng.integers(8)
    n, out = shape[-1], int(g.rng.integers(1, 6))
    if what <= 2:
        if len(shape) == 1 and g.rng.random() < 0.5:
            t = int(g.rng.random() < 0.5)
            bias = [[out], [1, out], [1], []][g.rng.integers(4)]
            g.add("Gemm", [x, g.numbers([out, n] if t else [n, out]), g.numbers(bias)], [out], transB=t, alpha=float(g.rng.choice([1, 0.5])),
                  beta=float(g.rng.choice([1, 2])))
        else:
            g.add("MatMul", [x, g.numbers([n, out])], [*shape[:-1], out])
    elif what == 3:
        g.add(g.rng.choice(["Softmax", "LogSoftmax"]), [x], shape, axis=int(g.rng.integers(1, len(shape) + 1)))
    elif what == 4 and g.opset >= 17:
        at = int(g.rng.integers(len(shape)))
        scale, bias = g.numbers(shape[at:]), [g.numbers(shape[at:])] if g.rng.random() < 0.6 else []
        g.add("LayerNormalization", [x, scale, *bias], shape, axis=at + 1 if g.rng.random() < 0.5 else at - len(shape), epsilon=0.1)
    elif what == 5:
        c = shape[0]
        variance = g.constant(np.abs(g.rng.normal(1, 0.5, c)).astype(np.float32) + np.float32(0.1))
        g.add("BatchNormalization", [x, g.numbers(c), g.numbers(c), g.numbers(c), variance], shape)
    elif what == 6:
        slope = [shape, [1] * len(shape), shape[-1:], [shape[0]] + [1] * (len(shape) - 1)][g.rng.integers(4)]
        g.add("PRelu", [x, g.numbers(slope)], shape)
    else:
        lo = g.constant(np.array(-1.25, np.float32)) if g.rng.random() < 0.7 else ""
        g.add("Clip", [x, lo, g.constant(np.array(2.5, np.float32))], shape)


def finish(g, rows):
    """One output, or several; some models end in a class."""
    ends = [g.pick() for _ in range(1 if g.rng.random() < 0.7 else 2)]
    flat = []
    for end in dict.fromkeys(ends):
        x = g.add("Flatten", [end], (int(np.prod(g.shapes[end])),))
        flat.append(g.add("Clip", [x, g.constant(np.array(-1e6, np.float32)), g.constant(np.array(1e6, np.float32))], g.shapes[x]))
    return flat


def make(rng, rows):
    """A model (bytes), what it is fed, and a note."""
    opset = int(rng.integers(20, 22))
    g = Graph(rng, opset)
    feed, inputs = {}, []
    for i in range(rng.integers(1, 4)):
        shape = [int(d) for d in rng.integers(1, 5, rng.integers(1, 4 if i == 0 else 2))]
        g.shapes[f"x{i}"] = tuple(shape)
        feed[f"x{i}"] = np.round(rng.normal(0, 2, (rows, *shape)), 3).astype(np.float32)
        inputs.append(helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, ["n", *shape]))
    makers = [unary, binary, binary, where, reduce, shape_change, move, layer, layer]
    for _ in range(rng.integers(2, 12)):
        name = list(g.shapes)[-1]
        if int(np.prod(g.shapes[name])) > 200:
            break
        makers[rng.integers(len(makers))](g)
    outputs = [helper.make_empty_tensor_value_info(n) for n in finish(g, rows)]
    graph = helper.make_graph(g.nodes, "g", inputs, outputs, g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 9
    return model.SerializeToString(), feed, " ".join(n.op_type for n in g.nodes)
