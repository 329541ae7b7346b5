#!/usr/bin/env python3
"""make_models.py - the models of the benchmark, with seeded random weights.

    make_models.py FOLDER    writes logistic.json (28 inputs), mlp.json (28-64-64-1) and wide.json
                             (784-512-256-10), each also as .rcm; float32

Needs numpy (written with 2.4).
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np

N_FEATURES = 28
NAMES = [f"f{k:02d}" for k in range(N_FEATURES)]
BINARY = {"task": "binary", "from": "z", "link": "sigmoid", "classes": [0, 1]}


def logistic_weights():
    """float32 (28, 1) and (1,); make_data.py draws the labels from them."""
    rng = np.random.default_rng(28)
    return rng.normal(0, 0.4, (N_FEATURES, 1)).astype(np.float32), np.float32([0.125])


def scaler():
    rng = np.random.default_rng(29)
    return {"op": "affine", "center": rng.normal(0, 0.1, N_FEATURES).astype(np.float32),
            "divide": rng.uniform(0.8, 1.25, N_FEATURES).astype(np.float32)}


def layers(widths, seed, last):
    rng = np.random.default_rng(seed)
    steps = []
    for k, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
        final = k == len(widths) - 2
        steps.append({"op": "dense",
                      "weights": rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)).astype(np.float32),
                      "bias": rng.normal(0, 0.05, n_out).astype(np.float32),
                      **({"out": last} if final else {"activation": "relu"})})
    return steps


def model(names, steps, output):
    return {"format": "rowcast-model", "version": 1, "dtype": "float32",
            "inputs": [{"name": n, "type": "number"} for n in names], "steps": steps, "output": output}


def models():
    w, b = logistic_weights()
    yield "logistic", model(NAMES, [scaler(), {"op": "dense", "weights": w, "bias": b, "out": "z"}], BINARY)
    yield "mlp", model(NAMES, [scaler(), *layers([28, 64, 64, 1], 30, "z")], BINARY)
    yield "wide", model([f"f{k:03d}" for k in range(784)], layers([784, 512, 256, 10], 31, "z"),
                        {"task": "multiclass", "from": "z", "link": "softmax", "classes": list(range(10))})


def write(path, m):
    """The same model as JSON and as .rcm; `at` counts from the end of the header."""
    blob = bytearray()

    def stored(a):
        blob.extend(b"\0" * (-len(blob) % 64))
        at = len(blob)
        blob.extend(a.astype("<f4").tobytes())
        return {"at": at, "shape": list(a.shape), "dtype": "float32"}

    path.with_suffix(".json").write_text(json.dumps(m, default=lambda a: a.astype(np.float64).tolist()) + "\n")
    head = json.dumps(m, default=stored).encode()
    head += b" " * (-(len(head) + 8) % 64)
    path.with_suffix(".rcm").write_bytes(struct.pack("<Q", len(head)) + head + bytes(blob))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, m in models():
        write(Path(sys.argv[1]) / name, m)
