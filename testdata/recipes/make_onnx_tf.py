#!/usr/bin/env python3
"""make_onnx_tf.py - testdata/onnx/tf-*: models that tf2onnx and Keras's own export write, a table for
each, and what Keras says. Adds to cases.json; make_onnx.py does the rest of that folder.

Made with tensorflow 2.21.0, keras 3.15.1, tf_keras 2.21.0, tf2onnx 1.17.0, onnx 1.23.2, numpy 2.4.6:

    python make_onnx_tf.py ../onnx"""

import os
import pathlib
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
import tf2onnx
import tf_keras
from onnx_cases import add_cases, write_csv

OUT = pathlib.Path(sys.argv[1])
RNG = np.random.default_rng(11)
ROWS = 40
VERSION = f"tensorflow {tf.__version__}"
cases = []


def save(name, model, header, rows, scores, kind, producer, by):
    (OUT / f"{name}.onnx").write_bytes(model)
    write_csv(OUT / f"{name}.csv", header, rows)
    scores = np.asarray(scores, dtype=np.float32).reshape(len(rows), -1)
    width = scores.shape[1]
    if kind == "regression":
        names = ["prediction"] if width == 1 else [f"prediction_{i}" for i in range(width)]
        out = scores
    elif kind == "binary":
        names, out = ["label", "probability"], [[int(p[0] > 0.5), p[0]] for p in scores]
    else:
        names, out = ["label", *[f"probability_{i}" for i in range(width)]], [[int(np.argmax(p)), *p] for p in scores]
    write_csv(OUT / f"{name}.expected.csv", names, out)
    cases.append({"name": name, "dtype": "float32", "options": [], "producer": producer, "by": by})


def randomise(model):
    """Weights that matter, statistics that are not 0 and 1."""
    for w in model.weights:
        value = RNG.normal(size=w.shape) * 0.6
        w.assign(np.abs(value) + 0.3 if "variance" in getattr(w, "path", w.name) else value)


def by_tf2onnx(model, specs, opset):
    call = tf.function(lambda *x: model(list(x) if len(x) > 1 else x[0], training=False))
    made, _ = tf2onnx.convert.from_function(call, input_signature=specs, opset=opset)
    return made.SerializeToString()


def mlp(lib, last, width):
    layers = lib.layers
    model = lib.Sequential([layers.Input((5,)), layers.Dense(8), layers.BatchNormalization(), layers.LeakyReLU(),
                            layers.Dropout(0.2), layers.Dense(6, activation="elu"), layers.LayerNormalization(),
                            layers.Dense(width, activation=last)])
    randomise(model)
    return model


def columns(lib):
    layers = lib.layers
    ins = [layers.Input((1,), name=n) for n in ("age", "height", "weight")]
    hidden = layers.Dense(4, activation="selu")(layers.Concatenate()(ins))
    model = lib.Model(ins, layers.Dense(1, activation="sigmoid")(layers.Concatenate()([hidden, ins[0]])))
    randomise(model)
    return model


def by_export(model):
    """Keras's model.export(format="onnx")."""
    with tempfile.TemporaryDirectory() as top:
        model.export(f"{top}/m.onnx", format="onnx", verbose=False)
        return pathlib.Path(top, "m.onnx").read_bytes()


def main():
    x = RNG.normal(size=(ROWS, 5)).astype(np.float32)
    header = [f"x{i}" for i in range(5)]
    wide = [tf.TensorSpec((None, 5), tf.float32, name="x")]
    tool = f"tf2onnx {tf2onnx.__version__}, "
    for lib, label in ((tf_keras, f"tf_keras {tf_keras.__version__}"), (keras, f"keras {keras.__version__}")):
        short = "keras2" if lib is tf_keras else "keras3"
        for opset in (9, 13, 18):
            model = mlp(lib, "softmax", 3)
            save(f"tf-{short}-mlp-opset{opset}", by_tf2onnx(model, wide, opset), header, x, model.predict(x, verbose=0), "multi",
                 f"{tool}{label}, opset {opset}", label)
        model = mlp(lib, None, 2)
        save(f"tf-{short}-regression", by_tf2onnx(model, wide, 15), header, x, model.predict(x, verbose=0), "regression",
             f"{tool}{label}", label)
        model = columns(lib)
        names = [i.name for i in model.inputs]
        specs = [tf.TensorSpec((None, 1), tf.float32, name=n) for n in names]
        three = x[:, :3]
        save(f"tf-{short}-columns", by_tf2onnx(model, specs, 17), names, three,
             model.predict([three[:, i:i + 1] for i in range(3)], verbose=0), "binary", f"{tool}{label}", label)
    model = mlp(keras, "sigmoid", 1)
    said = model.predict(x, verbose=0)  # which also builds what is exported
    save("tf-keras3-export", by_export(model), header, x, said, "binary",
         f"keras {keras.__version__} model.export(format='onnx')", f"keras {keras.__version__}")
    add_cases(OUT / "cases.json", cases)
    print(len(cases), "models")


main()
