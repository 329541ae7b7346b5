#!/usr/bin/env python3
"""make_models.py - the models of the benchmark, with seeded random weights, in float32.

    make_models.py FOLDER    writes each model as NAME.rcm (rowcast), NAME.npz and NAME.onnx (peers),
                             a linear one as NAME.json, too: {"factors": {column: w}, "constant": c}

    logistic   28 inputs with a scaler, one output      mlp      28-64-64-1 behind the same scaler
    twenty     20 inputs beside texts, one output       ten      10 of a thousand columns, one output
    three      3 inputs, one output                     wide     784-512-256-10, softmax

NAME.npz holds `names`, `classes`, w0, b0, w1, b1 ... and, where there is a scaler, `center` and
`divide`; between layers stands relu. Needs numpy (written with 2.4).
"""
import json
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import onnx_wire as wire  # noqa: E402


def numbered(letter, n, width, step=1):
    return [f"{letter}{k:0{width}d}" for k in range(n) if k % step == step // 2]


NAMES = {"logistic": numbered("f", 28, 2), "mlp": numbered("f", 28, 2), "twenty": numbered("f", 20, 2),
         "ten": numbered("c", 1000, 3, step=100), "three": ["a", "b", "c"], "wide": numbered("f", 784, 3)}
WIDTHS = {"mlp": (64, 64, 1), "wide": (512, 256, 10)}
SEEDS = {"logistic": 28, "mlp": 30, "wide": 31, "twenty": 32, "ten": 33, "three": 34}


def linear(name):
    """Weights (n, 1) and bias (1) of a linear model; make_data.py draws labels from them."""
    n = len(NAMES[name])
    rng = np.random.default_rng(SEEDS[name])
    return rng.normal(0, 2 / np.sqrt(n), (n, 1)).astype(np.float32), np.float32([0.125])


def scaler(n):
    rng = np.random.default_rng(29)
    return rng.normal(0, 0.1, n).astype(np.float32), rng.uniform(0.8, 1.25, n).astype(np.float32)


def layers(name):
    """(weights, bias) of each layer."""
    if name not in WIDTHS:
        return [linear(name)]
    rng, n_in, made = np.random.default_rng(SEEDS[name]), len(NAMES[name]), []
    for n_out in WIDTHS[name]:
        made.append((rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)).astype(np.float32),
                     rng.normal(0, 0.05, n_out).astype(np.float32)))
        n_in = n_out
    return made


class Model:
    def __init__(self, name):
        self.names, self.layers = NAMES[name], layers(name)
        self.scaler = scaler(len(self.names)) if name in ("logistic", "mlp") else None
        n_out = self.layers[-1][1].size
        self.is_binary, self.classes = n_out == 1, list(range(max(n_out, 2)))


def native(model):
    steps = []
    if model.scaler is not None:
        steps.append({"op": "affine", "center": model.scaler[0], "divide": model.scaler[1]})
    for w, b in model.layers:
        steps.append({"op": "dense", "weights": w, "bias": b, "activation": "relu"})
    del steps[-1]["activation"]
    steps[-1]["out"] = "z"
    task, link = ("binary", "sigmoid") if model.is_binary else ("multiclass", "softmax")
    return {"format": "rowcast-model", "version": 1, "dtype": "float32",
            "inputs": [{"name": n, "type": "number"} for n in model.names], "steps": steps,
            "output": {"task": task, "from": "z", "link": link, "classes": model.classes}}


def write_native(path, model):
    """As .rcm; `at` counts from the end of the header."""
    blob = bytearray()

    def stored(a):
        blob.extend(b"\0" * (-len(blob) % 64))
        at = len(blob)
        blob.extend(a.astype("<f4").tobytes())
        return {"at": at, "shape": list(a.shape), "dtype": "float32"}

    head = json.dumps(native(model), default=stored).encode()
    head += b" " * (-(len(head) + 8) % 64)
    path.write_bytes(struct.pack("<Q", len(head)) + head + bytes(blob))


def write_arrays(path, model):
    arrays = {f"{kind}{k}": a for k, layer in enumerate(model.layers) for kind, a in zip("wb", layer)}
    if model.scaler is not None:
        arrays["center"], arrays["divide"] = model.scaler
    np.savez(path, names=np.array(model.names), classes=np.array(model.classes), **arrays)


def write_sum(path, model):
    """A linear model as an expression has it: the scaler is part of the factors."""
    w, b = model.layers[0][0][:, 0].astype(float), float(model.layers[0][1][0])
    if model.scaler is not None:
        w = w / model.scaler[1]
        b -= float(w @ model.scaler[0])
    made = {"factors": dict(zip(model.names, w.tolist())), "constant": b}
    path.write_text(json.dumps(made) + "\n", encoding="ascii")


def write_onnx(path, model):
    """Input x, output p: the probability of the second class, or those of all."""
    nodes, arrays, at = [], [], "x"

    def node(op, *more):
        nonlocal at
        nodes.append(wire.node(op, [at, *more], [f"t{len(nodes)}"], name=f"n{len(nodes)}"))
        at = f"t{len(nodes) - 1}"

    def constant(a):
        arrays.append(wire.tensor(f"a{len(arrays)}", a.shape, None, raw=a.astype("<f4").tobytes()))
        return f"a{len(arrays) - 1}"

    if model.scaler is not None:
        node("Sub", constant(model.scaler[0]))
        node("Div", constant(model.scaler[1]))
    for k, (w, b) in enumerate(model.layers):
        node("Gemm", constant(w), constant(b))
        if k + 1 < len(model.layers):
            node("Relu")
    node("Sigmoid" if model.is_binary else "Softmax")
    x = wire.value("x", dims=("batch", len(model.names)))
    path.write_bytes(wire.model(nodes, outputs=(at,), inputs=[x], initializers=arrays))


def write_all(folder):
    for name in NAMES:
        model, path = Model(name), pathlib.Path(folder) / name
        write_native(path.with_suffix(".rcm"), model)
        write_arrays(path.with_suffix(".npz"), model)
        write_onnx(path.with_suffix(".onnx"), model)
        if len(model.layers) == 1:
            write_sum(path.with_suffix(".json"), model)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write_all(sys.argv[1])
