#!/usr/bin/env python3
"""make_keras_213.py - testdata/keras/tf213-*: what Keras 2.13 saves, whose .keras files call the layers
otherwise than later ones: containers '_layer_checkpoint_dependencies', layers with weights counted twice.

Made with tensorflow 2.13.1, h5py 3.16.0; adds its models to cases.json of testdata/keras:

    python make_keras_213.py ../keras"""

import csv
import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

OUT = pathlib.Path(sys.argv[1])
RNG = np.random.default_rng(213)
k, L = tf.keras, tf.keras.layers
cases = []


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows(rows)


def save(name, model, header, rows, y, names, options=()):
    write_csv(OUT / f"{name}.csv", header, rows)
    write_csv(OUT / f"{name}.expected.csv", names, [[str(v) for v in r] for r in y])
    cases.append({"name": name, "model": model, "table": f"{name}.csv", "dtype": "float32", "options": list(options),
                  "producer": "tensorflow 2.13.1", "by": "tensorflow 2.13.1", "note": "layers with weights count twice"})


def shake(model):
    """Numbers, whole ones aside, that are not those of the start; variances stay positive."""
    model.set_weights([w if w.dtype.kind != "f" else (np.abs(RNG.normal(0, 0.6, w.shape)) + 0.1).astype(w.dtype) * RNG.choice(
        [1, 1, -1] if w.ndim == 2 else [1], w.shape).astype(w.dtype) for w in model.get_weights()])


def numbers(rows):
    return [[str(v) for v in r] for r in rows]


def main():
    x = RNG.normal(0, 1, (20, 4)).astype(np.float32)
    header = ["a", "b", "c", "d"]
    model = k.Sequential([k.Input((4,)), L.Dense(5, activation="tanh"), L.BatchNormalization(), L.Dropout(0.1),
                          L.Dense(5, activation="hard_sigmoid"), L.BatchNormalization(), L.Dense(5)])
    shake(model)
    model.save(OUT / "tf213-plain.keras")
    model.save_weights(str(OUT / "tf213-plain.weights.h5"))
    (OUT / "tf213-plain.json").write_text(model.to_json())
    names, y = [f"prediction_{i}" for i in range(5)], model.predict(x, verbose=0)
    save("tf213-plain", "tf213-plain.keras", header, numbers(x), y, names)
    save("tf213-weights", "tf213-plain.weights.h5", header, numbers(x), y, names, ["--architecture", "@tf213-plain.json"])
    dense = k.Sequential([k.Input((4,))] + [L.Dense(4, activation="tanh") for _ in range(6)])  # 0, 2, 4 ... 10 in the file
    shake(dense)
    dense.save_weights(str(OUT / "tf213-dense.weights.h5"))
    save("tf213-dense", "tf213-dense.weights.h5", header, numbers(x), dense.predict(x, verbose=0), names[:4],
         ["--architecture", ",".join(["tanh"] * 6)])

    left, inner_in = k.Input((4,), name="left"), k.Input((3,))
    inner = k.Model(inner_in, L.Dense(3, activation="softplus")(L.Add()([inner_in, L.Dense(3)(inner_in)])), name="inner")
    middle = k.Sequential([k.Input((4,)), L.Dense(3), inner, L.BatchNormalization()], name="middle")
    shared = L.Dense(4, name="shared")
    nested = k.Model(left, L.Dense(1)(L.Concatenate()([middle(shared(shared(left))), middle(left)])))
    shake(nested)
    nested.save(OUT / "tf213-nested.keras")
    save("tf213-nested", "tf213-nested.keras", header, numbers(x), nested.predict(x, verbose=0), ["prediction"])

    kind, town = k.Input((1,), name="kind", dtype="string"), k.Input((1,), name="town", dtype="string")
    lookups = [L.StringLookup(output_mode="one_hot") for _ in range(2)]
    lookups[0].adapt(np.array(["b", "a", "b", "c", "b", "a"]))
    lookups[1].adapt(np.array(["x", "y", "x"]))
    adapted = k.Model([kind, town], L.Dense(2)(L.Concatenate()([lookups[0](kind), lookups[1](town)])))
    shake(adapted)
    adapted.save(OUT / "tf213-adapted.keras")
    words = [["a", "x"], ["b", "y"], ["c", "z"], ["new", "x"], ["b", "x"]]
    y = adapted.predict([tf.constant([[r[i]] for r in words]) for i in range(2)], verbose=0)
    save("tf213-adapted", "tf213-adapted.keras", ["kind", "town"], words, y, names[:2])

    path = OUT / "cases.json"
    old = [c for c in json.loads(path.read_text(encoding="utf-8")) if not c["name"].startswith("tf213-")]
    path.write_text("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in old + cases) + "\n]\n", encoding="utf-8")


main()
