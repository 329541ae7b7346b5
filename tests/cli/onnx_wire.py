"""onnx_wire.py - ONNX files put together byte by byte, for tests of what is refused.

Numbers of fields are those of onnx.proto (github.com/onnx/onnx)."""

import struct

FLOAT, UINT8, INT8, INT32, INT64, STRING, BOOL, DOUBLE = 1, 2, 3, 6, 7, 8, 9, 11


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def whole(number, n):
    return varint(number << 3) + varint(n)


def data(number, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def single(number, x):
    return varint(number << 3 | 5) + struct.pack("<f", x)


def tensor(name, dims, values, kind=FLOAT, **more):
    """raw=BYTES instead of values; external=[(key, value)]; segment=True; strings are texts."""
    out = b"".join(whole(1, d) for d in dims) + whole(2, kind) + data(8, name)
    if "raw" in more:
        out += data(9, more["raw"])
    elif "external" in more:
        out += b"".join(data(13, data(1, k) + data(2, v)) for k, v in more["external"]) + whole(14, 1)
    elif kind == STRING:
        out += b"".join(data(6, v) for v in values)
    elif kind == FLOAT:
        out += data(4, b"".join(struct.pack("<f", v) for v in values))
    elif kind == DOUBLE:
        out += data(10, b"".join(struct.pack("<d", v) for v in values))
    elif kind == INT64:
        out += data(7, b"".join(varint(v) for v in values))
    else:
        out += data(5, b"".join(varint(v) for v in values))
    return out + (data(3, b"") if more.get("segment") else b"")


def attribute(name, value):
    out = data(1, name)
    if isinstance(value, float):
        return out + single(2, value) + whole(20, 1)
    if isinstance(value, int):
        return out + whole(3, value) + whole(20, 2)
    if isinstance(value, str):
        return out + data(4, value) + whole(20, 3)
    if isinstance(value, bytes):
        return out + data(5, value) + whole(20, 4)
    if value and isinstance(value[0], str):
        return out + b"".join(data(9, v) for v in value) + whole(20, 8)
    if value and isinstance(value[0], float):
        return out + b"".join(single(7, v) for v in value) + whole(20, 6)
    return out + b"".join(whole(8, v) for v in value) + whole(20, 7)


def node(op, inputs, outputs, name="n", domain="", **attributes):
    return b"".join(data(1, i) for i in inputs) + b"".join(data(2, o) for o in outputs) + data(3, name) + \
        data(4, op) + b"".join(data(5, attribute(k, v)) for k, v in attributes.items()) + data(7, domain)


def ml(op, inputs, outputs, **attributes):
    return node(op, inputs, outputs, domain="ai.onnx.ml", **attributes)


def value(name, kind=FLOAT, dims=("batch", 4)):
    """dims: numbers, or names; None: no shape is said."""
    shape = b"" if dims is None else data(2, b"".join(
        data(1, data(2, d) if isinstance(d, str) else whole(1, d)) for d in dims))
    return data(1, name) + data(2, data(1, whole(1, kind) + shape))


def graph(nodes, inputs, outputs, initializers=()):
    return b"".join(data(1, n) for n in nodes) + data(2, "g") + b"".join(data(5, t) for t in initializers) + \
        b"".join(data(11, v) for v in inputs) + b"".join(data(12, v) for v in outputs)


def model(nodes, outputs=("y",), inputs=None, initializers=(), opset=13, ml_opset=3, ir=8):
    """A file; a single row input x of four floats unless others are given."""
    inputs = [value("x")] if inputs is None else inputs
    body = graph(nodes, inputs, [value(o, dims=None) for o in outputs], initializers)
    return whole(1, ir) + data(7, body) + data(8, data(1, "") + whole(2, opset)) + \
        data(8, data(1, "ai.onnx.ml") + whole(2, ml_opset))
