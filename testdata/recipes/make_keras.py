#!/usr/bin/env python3
"""make_keras.py - testdata/keras: models that Keras saves, a table for each, and what Keras says.

Models of Keras 3 (.keras, .h5, weights with JSON) and of tf_keras, which writes what Keras 2 wrote
(.h5, .keras, weights with JSON); old layouts of HDF5 in their exact shape. Each layer and activation
alone, in each of the formats, in layers.json with the files in layers.tar.xz.

Made with keras 3.15.1 and tf_keras 2.21.0 on tensorflow 2.21.0, h5py 3.14.0, numpy 2.4.6:

    python make_keras.py ../keras
    python make_keras.py ../keras layers     the layers alone"""

import csv
import json
import os
import pathlib
import sys
import tarfile
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py
import keras
import numpy as np
import tensorflow as tf
import tf_keras

OUT = pathlib.Path(sys.argv[1])
RNG = np.random.default_rng(11)
ROWS = 40
BY = {"keras3": "keras 3.15.1", "keras2": "tf_keras 2.21.0"}
cases = []


def text(v):
    if isinstance(v, str):
        return v
    if isinstance(v, (np.integer, int)) or (float(v).is_integer() and abs(v) < 1e15):
        return str(int(v))
    return str(v) if isinstance(v, np.float32) else repr(float(v))


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows([[text(v) for v in row] for row in rows])


def header_of(kind, width):
    return {"binary": ["label", "probability"], "multi": ["label"] + [f"probability_{i}" for i in range(width)]}.get(
        kind, ["prediction"] if width == 1 else [f"prediction_{i}" for i in range(width)])


def records(kind, y):
    y = np.asarray(y).reshape(len(y), -1)
    labels = (y[:, 0] > 0.5).astype(int) if kind == "binary" else y.argmax(1) if kind == "multi" else None
    return [([labels[i]] if labels is not None else []) + list(y[i]) for i in range(len(y))]


def save(name, model_file, header, rows, kind, y, by, options=(), dtype="float32", names=None, note=""):
    write_csv(OUT / f"{name}.csv", header, rows)
    y = np.asarray(y).reshape(len(rows), -1)
    write_csv(OUT / f"{name}.expected.csv", names or header_of(kind, y.shape[1]), records(kind, y))
    cases.append({"name": name, "model": model_file, "table": f"{name}.csv", "dtype": dtype, "options": list(options),
                  "producer": BY.get(by, by), "by": BY.get(by, by), "note": note})


def quiet(call, *args, **kwargs):
    return call(*args, **kwargs, verbose=0)


# -- whole models -----------------------------------------------------------------------------------

def perceptron(k, softmax=True):
    """A normalisation that is adapted, dense layers, a batch normalisation with numbers of its own."""
    layers = k.layers
    norm = layers.Normalization()
    norm.adapt(RNG.normal(2, 3, (200, 4)).astype(np.float32))
    model = k.Sequential([k.Input((4,)), norm, layers.Dense(8, activation="relu"), layers.BatchNormalization(),
                          layers.Dropout(0.3), layers.Dense(6, activation="tanh"), layers.Dense(3)] +
                         ([layers.Softmax()] if softmax else []))
    shake(model)
    model.compile(loss="sparse_categorical_crossentropy")
    return model


def shake(model):
    """Weights that are not those of the start: biases, means and variances, too."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            shake(layer)
        elif type(layer).__name__ not in ("Normalization", "StringLookup", "IntegerLookup", "Discretization"):
            new = []
            for w in layer.get_weights():
                r = RNG.normal(0, 0.6, w.shape).astype(w.dtype)
                new.append(r)
            if type(layer).__name__ == "BatchNormalization":
                new[-1] = np.abs(new[-1]) + np.float32(0.2)
            layer.set_weights(new)


def whole(prefix, k):
    x = RNG.normal(2, 3, (ROWS, 4)).astype(np.float32)
    header = ["a", "b", "c", "d"]
    model = perceptron(k)
    y = quiet(model.predict, x)
    for ending in ("keras", "h5"):
        model.save(OUT / f"{prefix}-multi.{ending}")
        save(f"{prefix}-multi-{ending}", f"{prefix}-multi.{ending}", header, x, "multi", y, prefix)
    model.save_weights(str(OUT / f"{prefix}-multi.weights.h5"))
    (OUT / f"{prefix}-multi.json").write_text(model.to_json())
    save(f"{prefix}-multi-weights", f"{prefix}-multi.weights.h5", header, x, "multi", y, prefix,
         ["--architecture", f"@{prefix}-multi.json"])
    logits = k.Sequential([k.Input((4,)), k.layers.Dense(5, activation="elu"), k.layers.Dense(1)])
    shake(logits)
    logits.compile(loss=k.losses.BinaryCrossentropy(from_logits=True))
    logits.save(OUT / f"{prefix}-logits.h5")
    save(f"{prefix}-logits", f"{prefix}-logits.h5", header, x, "binary", tf.sigmoid(quiet(logits.predict, x)).numpy(), prefix)
    many = k.Sequential([k.Input((4,)), k.layers.Dense(3)])
    shake(many)
    many.compile(loss=k.losses.CategoricalCrossentropy(from_logits=True))
    many.save(OUT / f"{prefix}-categorical.keras")
    save(f"{prefix}-categorical", f"{prefix}-categorical.keras", header, x, "multi", tf.nn.softmax(quiet(many.predict, x)).numpy(), prefix)
    labels = k.Sequential([k.Input((4,)), k.layers.Dense(3, activation="sigmoid")])
    shake(labels)
    labels.save(OUT / f"{prefix}-multilabel.keras")
    save(f"{prefix}-multilabel", f"{prefix}-multilabel.keras", header, x, None, quiet(labels.predict, x), prefix)
    nested(prefix, k, x, header)
    columns(prefix, k)


def nested(prefix, k, x, header):
    """Models in models, two deep; a layer and a model that are used twice; several outputs."""
    layers = k.layers
    a = k.Input((4,), name="left")
    inner_in = k.Input((3,))
    inner = k.Model(inner_in, layers.Dense(3, activation="softplus")(layers.Add()([inner_in, layers.Dense(3)(inner_in)])), name="inner")
    middle = k.Sequential([k.Input((4,)), layers.Dense(3, activation="selu"), inner, layers.BatchNormalization()], name="middle")
    shared = layers.Dense(4, activation="gelu", name="shared")
    h = shared(shared(a))
    one, two = middle(h), middle(a)
    joined = layers.Concatenate()([one, two, layers.Multiply()([one, two]), layers.Average()([one, two]),
                                   layers.Maximum()([one, two]), layers.Minimum()([one, two]), layers.Subtract()([one, two])])
    first = layers.Dense(1, name="price")(joined)
    second = layers.Dense(1, name="size", activation="exponential")(layers.LayerNormalization()(joined))
    model = k.Model(a, [first, second])
    shake(model)
    x = np.clip(x, -2, 2)
    y = np.concatenate(quiet(model.predict, x), 1)
    for ending in ("keras", "h5"):
        model.save(OUT / f"{prefix}-nested.{ending}")
        save(f"{prefix}-nested-{ending}", f"{prefix}-nested.{ending}", header, x, None, y, prefix,
             names=["prediction_price", "prediction_size"])


def columns(prefix, k):
    """The census kind: a column an input, texts and whole numbers among them."""
    layers = k.layers
    n = 300
    age = RNG.integers(17, 80, n).astype(np.float32).reshape(-1, 1)
    hours = RNG.normal(40, 10, n).astype(np.float32).reshape(-1, 1)
    job = RNG.choice(["clerk", "farmer", "driver, bus", "Ärztin"], n).reshape(-1, 1)
    town = RNG.choice(["x", "y", "z"], n).reshape(-1, 1)
    code = RNG.choice([3, 7, 11, 400], n).reshape(-1, 1)
    kids = RNG.integers(0, 5, n).reshape(-1, 1)
    inputs = [k.Input((1,), name="age"), k.Input((1,), name="hours"), k.Input((1,), name="job", dtype="string"),
              k.Input((1,), name="town", dtype="string"), k.Input((1,), name="code", dtype="int64"), k.Input((1,), name="kids", dtype="int64")]
    norm_a, norm_h = layers.Normalization(axis=None), layers.Normalization()
    norm_a.adapt(age)
    norm_h.adapt(hours)
    jobs = layers.StringLookup(output_mode="one_hot", vocabulary=["clerk", "farmer", "driver, bus", "Ärztin"])
    towns = layers.StringLookup(mask_token="", vocabulary=["x", "y", "z"])
    codes = layers.IntegerLookup(vocabulary=[3, 7, 11])
    parts = [norm_a(inputs[0]), norm_h(inputs[1]), jobs(inputs[2]),
             layers.Flatten()(layers.Embedding(5, 2)(towns(inputs[3]))),
             layers.Flatten()(layers.Embedding(4, 3)(codes(inputs[4]))),
             layers.CategoryEncoding(num_tokens=5, output_mode="one_hot")(inputs[5]),
             layers.Discretization(bin_boundaries=[25.0, 40.0, 60.0], output_mode="one_hot")(inputs[0])]
    h = layers.Dense(8, activation="relu")(layers.Concatenate()(parts))
    model = k.Model(inputs, layers.Dense(1, activation="sigmoid")(h))
    model.compile(loss="binary_crossentropy")
    shake(model)
    pick = slice(0, ROWS)
    job[0, 0], town[1, 0], code[2, 0] = "never seen", "w", 5
    feeds = [age[pick], hours[pick], tf.constant(job[pick].astype(str)), tf.constant(town[pick].astype(str)), code[pick], kids[pick]]
    y = quiet(model.predict, feeds)
    header = ["kids", "town", "job", "age", "extra", "hours", "code"]
    rows = [[kids[i, 0], str(town[i, 0]), str(job[i, 0]), age[i, 0], "-", hours[i, 0], code[i, 0]] for i in range(ROWS)]
    for ending in ("keras", "h5"):
        model.save(OUT / f"{prefix}-columns.{ending}")
        save(f"{prefix}-columns-{ending}", f"{prefix}-columns.{ending}", header, rows, "binary", y, prefix)


def keras3_only():
    k, x = keras, RNG.normal(0, 1, (ROWS, 4)).astype(np.float32)
    header = ["a", "b", "c", "d"]
    model = perceptron(k)
    lookup = k.layers.StringLookup(output_mode="one_hot")
    lookup.adapt(np.array(["b", "a", "b", "c", "b", "a"]))
    text_in = k.Input((1,), name="kind", dtype="string")
    adapted = k.Model(text_in, k.layers.Dense(2)(lookup(text_in)))
    shake(adapted)
    adapted.save(OUT / "keras3-adapted.keras")
    words = [["a"], ["b"], ["c"], ["new"], [""]]
    y = quiet(adapted.predict, tf.constant(words))
    save("keras3-adapted", "keras3-adapted.keras", ["kind", "n"], [[w[0], 1] for w in words], None, y, "keras3",
         note="the vocabulary stands among the assets")
    keyed_in = {"left": k.Input((1,), name="l"), "right": k.Input((1,), name="r")}
    keyed = k.Model(keyed_in, k.layers.Dense(1)(k.layers.Concatenate()([keyed_in["left"], keyed_in["right"]])))
    shake(keyed)
    keyed.save(OUT / "keras3-keyed.keras")
    save("keras3-keyed", "keras3-keyed.keras", ["right", "left"], x[:, :2], None,
         quiet(keyed.predict, {"left": x[:, 1:2], "right": x[:, :1]}), "keras3", note="inputs under keys")
    operators = k.Input((4,))
    model = k.Model(operators, k.layers.Dense(2)(operators * 2.0 + 1.0 - operators / 4.0))
    shake(model)
    model.save(OUT / "keras3-operators.keras")
    save("keras3-operators", "keras3-operators.keras", header, x, None, quiet(model.predict, x), "keras3")
    for dtype, policy in (("float64", "float64"), ("float32", "float16"), ("float32", "bfloat16")):
        k.config.set_floatx(dtype)
        model = k.Sequential([k.Input((4,), dtype=policy), k.layers.Dense(5, activation="tanh", dtype=policy), k.layers.Dense(2, dtype=policy)])
        shake(model)
        model.save(OUT / f"keras3-{policy}.keras")
        full = k.Sequential([k.Input((4,), dtype=dtype), k.layers.Dense(5, activation="tanh", dtype=dtype), k.layers.Dense(2, dtype=dtype)])
        full.set_weights([np.asarray(tf.cast(w, dtype)) for w in model.weights])
        rows = np.round(x.astype(np.float64), 3).astype(dtype)  # as many digits as the table has
        save(f"keras3-{policy}", f"keras3-{policy}.keras", header, rows, None, quiet(full.predict, rows), "keras3", dtype=dtype,
             note="weights as stored, computed in " + dtype)
        k.config.set_floatx("float32")
    model = k.Sequential([k.Input((4,)), k.layers.Dense(16, activation="relu"), k.layers.Dense(3)])
    shake(model)
    model.quantize("int8")
    model.save(OUT / "keras3-int8.keras")
    save("keras3-int8", "keras3-int8.keras", header, x, None, quiet(model.predict, x), "keras3")


# -- old layouts, in their exact shape ---------------------------------------------------------------

def old_files():
    """Keras 2.0: layers as a list, texts of fixed width, names such as dense_1/kernel:0."""
    x = RNG.normal(0, 1, (ROWS, 4)).astype(np.float32)
    w = [RNG.normal(0, 1, s).astype(np.float32) for s in ((4, 5), (5,), (5, 1), (1,))]
    layers = [{"class_name": "Dense", "config": {"name": "dense_1", "trainable": True, "batch_input_shape": [None, 4], "dtype": "float32",
                                                 "units": 5, "activation": "hard_sigmoid", "use_bias": True}},
              {"class_name": "Dropout", "config": {"name": "dropout_1", "trainable": True, "rate": 0.2}},
              {"class_name": "Dense", "config": {"name": "dense_2", "trainable": True, "units": 1, "activation": "sigmoid", "use_bias": True}}]
    h = np.clip(0.2 * (x.astype(np.float64) @ w[0] + w[1]) + 0.5, 0, 1)
    y = 1 / (1 + np.exp(-(h @ w[2] + w[3])))

    def write(path, with_config, config, version):
        with h5py.File(path, "w") as f:
            top = f
            if with_config:
                f.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config}).encode()
                f.attrs["keras_version"] = version.encode()
                f.attrs["backend"] = b"tensorflow"
                top = f.create_group("model_weights")
            top.attrs["layer_names"] = np.array([b"dense_1", b"dropout_1", b"dense_2"], "S9")
            top.attrs["keras_version"] = version.encode()
            for name, arrays in (("dense_1", w[:2]), ("dropout_1", []), ("dense_2", w[2:])):
                g = top.create_group(name)
                if not arrays:
                    g.attrs["weight_names"] = np.zeros((0,))  # float64, as Keras left it
                    continue
                g.attrs["weight_names"] = np.array([f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()])
                for leaf, a in zip(("kernel:0", "bias:0"), arrays):
                    g.create_dataset(f"{name}/{leaf}", data=a)

    header = ["a", "b", "c", "d"]
    numpy = "arithmetic in numpy 2.4.6"
    write(OUT / "old-2.0.6.h5", True, layers, "2.0.6")
    save("old-2.0.6", "old-2.0.6.h5", header, x, "binary", y, numpy, note="layers as a list")
    write(OUT / "old-2.2.4.h5", True, {"name": "sequential_1", "layers": layers}, "2.2.4-tf")
    save("old-2.2.4", "old-2.2.4.h5", header, x, "binary", y, numpy)
    write(OUT / "old-weights.h5", False, layers, "2.0.5")
    save("old-weights-list", "old-weights.h5", header, x, "binary", y, numpy, ["--architecture", "hard_sigmoid,sigmoid"])
    (OUT / "old-weights.json").write_text(json.dumps({"class_name": "Sequential", "config": layers, "keras_version": "2.0.5"}))
    save("old-weights-json", "old-weights.h5", header, x, "binary", y, numpy, ["--architecture", "@old-weights.json"])


# -- each layer, in each format ----------------------------------------------------------------------

ACTIVATIONS = ("linear relu sigmoid tanh softmax elu selu gelu softplus softsign swish exponential hard_sigmoid leaky_relu mish "
               "log_softmax relu6 celu glu hard_tanh hard_shrink soft_shrink tanh_shrink log_sigmoid sparse_plus squareplus silu "
               "hard_silu sparse_sigmoid").split()


def absmax(**how):
    return keras.quantizers.AbsMaxQuantizer(**how)


INT8 = {"of the weights alone": keras.quantizers.Int8QuantizationConfig(activation_quantizer=None),
        "within 60": keras.quantizers.Int8QuantizationConfig(activation_quantizer=absmax(axis=-1, value_range=(-60, 60), epsilon=0.3))}


def layer_models(k):
    """(name, model, rows): one layer each, with parameters that are not the defaults. A fourth: it is refused."""
    L = k.layers
    x = RNG.normal(0, 2, (12, 6)).astype(np.float32)
    small = RNG.integers(0, 4, (12, 2)).astype(np.float32)

    def of(*layers, width=6):
        return k.Sequential([k.Input((width,)), *layers])

    yield "Dense", of(L.Dense(3, use_bias=False)), x
    for name in ACTIVATIONS:
        if hasattr(k.activations, name):
            yield f"activation {name}", of(L.Dense(4, activation=name)), x / 2
            yield f"Activation {name}", of(L.Activation(name)), x
    yield "ReLU", of(L.ReLU(max_value=3, negative_slope=0.1, threshold=0.5)), x
    yield "LeakyReLU", of(L.LeakyReLU()), x
    yield "LeakyReLU 0.05", of(L.LeakyReLU(0.05)), x
    yield "ELU", of(L.ELU(0.7)), x
    yield "PReLU", of(L.PReLU()), x
    yield "Softmax", of(L.Softmax(), L.Dense(2)), x
    if hasattr(L, "ThresholdedReLU"):
        yield "ThresholdedReLU", of(L.ThresholdedReLU(0.5)), x
    yield "BatchNormalization", of(L.BatchNormalization(epsilon=0.01)), x
    yield "BatchNormalization plain", of(L.BatchNormalization(center=False, scale=False)), x
    yield "LayerNormalization", of(L.LayerNormalization(epsilon=0.01)), x
    yield "LayerNormalization plain", of(L.LayerNormalization(center=False, scale=False)), x
    yield "UnitNormalization", of(L.UnitNormalization()), x
    if hasattr(L, "RMSNormalization"):
        yield "RMSNormalization", of(L.RMSNormalization()), x
    yield "Normalization", of(L.Normalization(mean=[1, 2, 3, 0, 0, 1], variance=[1, 4, 9, 1, 0, 2])), x
    yield "Normalization invert", of(L.Normalization(mean=2.0, variance=4.0, axis=None, invert=True)), x
    yield "Rescaling", of(L.Rescaling(0.5, offset=-1.0)), x
    yield "Discretization int", of(L.Discretization([-1.0, 0.0, 2.5])), x
    for mode in ("one_hot", "multi_hot", "count"):
        width = 1 if mode == "one_hot" else 6
        yield f"Discretization {mode}", of(L.Discretization([-1.0, 0.0, 2.5], output_mode=mode), width=width), x[:, :width]
        width = 1 if mode == "one_hot" else 2
        yield f"CategoryEncoding {mode}", of(L.CategoryEncoding(num_tokens=4, output_mode=mode), width=width), small[:, :width]
    yield "Embedding + Flatten", of(L.Embedding(4, 3), L.Flatten(), width=2), small
    yield "Embedding + Dense", of(L.Embedding(4, 3), L.Dense(2), L.Flatten(), width=2), small
    for name in ("Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout"):
        if hasattr(L, name):
            yield name, of(getattr(L, name)(0.3), L.Dense(2)), x
    yield "ActivityRegularization", of(L.ActivityRegularization(0.1), L.Dense(2)), x
    yield "Reshape", of(L.Reshape((2, 3)), L.Dense(2), L.Flatten()), x
    yield "Permute", of(L.Reshape((2, 3)), L.Permute((2, 1)), L.Flatten()), x
    yield "RepeatVector", of(L.RepeatVector(2), L.Flatten()), x
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
        a = k.Input((6,))
        yield name, k.Model(a, getattr(L, name)()([L.Dense(3)(a), L.Dense(3)(a)])), x
    a = k.Input((6,))
    yield "Concatenate axis 1", k.Model(a, L.Flatten()(L.Concatenate(axis=1)([L.Reshape((2, 3))(a), L.Reshape((2, 3))(a)]))), x
    a = k.Input((6,))
    yield "Concatenate axis 2", k.Model(a, L.Flatten()(L.Concatenate(axis=2)([L.Reshape((2, 3))(a), L.Reshape((2, 3))(a)]))), x
    a = k.Input((1,), name="n", dtype="int64")
    ints = np.array([[5], [7], [9], [1]], np.int64)
    for mode in ("int", "one_hot", "multi_hot", "count"):
        yield f"IntegerLookup {mode}", k.Model(a, k.layers.IntegerLookup(vocabulary=[5, 7, 9], output_mode=mode)(a)), ints
    s = k.Input((1,), name="s", dtype="string")
    words = np.array([["p"], ["q"], ["r"], ["other"]])
    for mode in ("int", "one_hot", "multi_hot", "count"):
        yield f"StringLookup {mode}", k.Model(s, k.layers.StringLookup(vocabulary=["p", "q", "r"], output_mode=mode)(s)), words
    yield "StringLookup mask", k.Model(s, k.layers.StringLookup(vocabulary=["p", "q"], mask_token="r")(s)), words
    yield from parameter_models(k)
    yield from lookup_models(k)
    yield from refused_models(k)
    yield from operation_models(k)


def parameter_models(k):
    """Parameters that had no model above, or gave other numbers once."""
    L = k.layers
    x = RNG.normal(0, 2, (12, 6)).astype(np.float32)
    y = np.concatenate([x[:5], np.array([[0] * 6, [1e-8] * 6, [3e-13] * 6, [1e-20] * 6, [-1e-7, 1e-7, 0, 0, 0, 0]], np.float32)])

    def of(*layers, shape=(6,), dtype=None):
        return k.Sequential([k.Input(shape, dtype=dtype), *layers])

    if k is keras:
        for scale in (True, False):
            yield f"LayerNormalization rms_scaling scale={scale}", of(L.LayerNormalization(epsilon=0.01, scale=scale, rms_scaling=True)), x
        for name, config in INT8.items():
            model = of(L.Dense(5, activation="relu"), L.Dense(2))
            shake(model)
            model.quantize(config=config)
            yield f"Dense int8 {name}", model, x
    yield "UnitNormalization near zero", of(L.UnitNormalization()), y
    a = k.Input((6,))
    parts = [L.Dense(3, use_bias=False)(a), L.Dense(3, use_bias=False)(a)]
    for normalize in (True, False):
        yield f"Dot normalize={normalize}", k.Model(a, L.Dot(axes=1, normalize=normalize)(parts)), y
    yield "GroupNormalization", of(L.GroupNormalization(groups=2, epsilon=0.1)), x
    yield "GroupNormalization plain", of(L.GroupNormalization(groups=-1, epsilon=0.1, center=False, scale=False)), x
    for shape in ((3, 1), (1, 2), (2,)):
        layer = L.Rescaling(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), np.arange(np.prod(shape)).reshape(shape))
        yield f"Rescaling {shape}", of(L.Reshape((3, 2)), layer, L.Flatten()), x
    square = L.Rescaling([[1.0], [2.0]], [[3.0], [4.0]])
    yield "Rescaling rows of a square", of(L.Reshape((2, 2)), square, L.Flatten(), shape=(4,)), x[:, :4]
    for dtype in ("int32", "bool"):
        yield f"Input {dtype}", of(L.Dense(3), dtype=dtype), x
    for name, layer in (("BatchNormalization", L.BatchNormalization(dtype="float64")), ("LeakyReLU", L.LeakyReLU(0.1, dtype="float64")),
                        ("LayerNormalization", L.LayerNormalization(dtype="float64")), ("Rescaling", L.Rescaling(0.3, 0.1, dtype="float64")),
                        ("Activation", L.Activation("softplus", dtype="float64")), ("Softmax", L.Softmax(dtype="float64"))):
        yield f"float64 {name}", of(layer, dtype="float64"), np.round(x * 64) / 64.0
    yield "activation tf.nn.softmax", of(L.Dense(3, activation=tf.nn.softmax)), x
    yield "PReLU shared_axes", of(L.Reshape((2, 3)), L.PReLU(shared_axes=[1]), L.Flatten()), x
    yield "Softmax axis", of(L.Reshape((2, 3)), L.Softmax(axis=1), L.Flatten()), x
    yield "LeakyReLU in Dense", of(L.Dense(3, activation=L.LeakyReLU(0.4))), x
    for loss in ("CategoricalCrossentropy", "SparseCategoricalCrossentropy"):
        model = of(L.Reshape((2, 3)), L.Dense(3))
        model.compile(loss=getattr(k.losses, loss)(from_logits=True))
        yield f"{loss} of places", model, x
    if hasattr(L, "ThresholdedReLU"):
        yield "ThresholdedReLU in Dense", of(L.Dense(3, activation=L.ThresholdedReLU(0.7))), x


def lookup_models(k):
    L = k.layers
    words = np.array([["p"], ["q"], ["r"], ["m"], ["other"], ["[UNK]"]])
    numbers = np.array([[5], [7], [9], [0], [-1], [3]], np.int64)
    for mode in ("one_hot", "multi_hot", "count"):
        pad = dict(output_mode=mode, max_tokens=7, pad_to_max_tokens=True)
        s, n = k.Input((1,), name="s", dtype="string"), k.Input((1,), name="n", dtype="int64")
        yield f"StringLookup padded {mode}", k.Model(s, L.StringLookup(vocabulary=["p", "q", "r"], mask_token="m", **pad)(s)), words
        yield f"IntegerLookup padded {mode}", k.Model(n, L.IntegerLookup(vocabulary=[5, 7, 9], mask_token=0, **pad)(n)), numbers
    for vocabulary in (["m", "[UNK]", "q", "p"], ["[UNK]", "q", "p"]):
        s = k.Input((1,), name="s", dtype="string")
        yield f"StringLookup {vocabulary[0]} first", k.Model(s, L.StringLookup(vocabulary=vocabulary, mask_token="m")(s)), words
    if k is tf_keras:  # Keras 3 does not load what it saves here
        lookup, s = L.StringLookup(), k.Input((1,), name="s", dtype="string")
        lookup.adapt(np.array([["q"], ["q"], ["p"], [""]]))
        yield "StringLookup with an empty text", k.Model(s, lookup(s)), np.array([["p"], ["q"], [""], ["other"]])
    s, n = k.Input((1,), name="s", dtype="string"), k.Input((1,), name="n", dtype="int64")
    yield "StringLookup without unknown", k.Model(s, L.StringLookup(vocabulary=["p", "q", "r"], num_oov_indices=0)(s)), words[:3]
    yield "IntegerLookup without unknown", k.Model(n, L.IntegerLookup(vocabulary=[9, 5, 7], num_oov_indices=0)(n)), numbers[:3]


class ReLU(keras.layers.Layer):
    """Not what the name says."""

    def call(self, x):
        return 7 * x


def refused_models(k):
    """Those that Keras runs, and rowcast must not: "refused" is a part of the message."""
    L = k.layers
    x = RNG.integers(0, 4, (12, 6)).astype(np.float32)
    a = k.Input((6,))
    called = "it is called with '{}', which is not supported".format
    if k is keras:
        yield "own ReLU", k.Sequential([k.Input((6,)), ReLU(), L.Dense(2)]), x, "class 'ReLU' is of the program that made the model"
        masked = L.Multiply()([L.Embedding(4, 2, mask_zero=True)(a), L.Embedding(4, 2)(a)])
        yield "Softmax of masked", k.Model(a, L.Flatten()(L.Softmax()(masked))), x, "it leaves out what an Embedding with 'mask_zero' masks"
        yield "Dropout training", k.Model(a, L.Dense(2)(L.Dropout(0.5)(a, training=True))), x  # predict() takes it back
    else:
        for layer in (L.Dropout(0.5), L.BatchNormalization()):
            yield f"{type(layer).__name__} training", k.Model(a, L.Dense(2)(layer(a, training=True))), x, called("training")
    model = k.Sequential([k.Input((6,)), L.Embedding(4, 2, mask_zero=True), L.GlobalMaxPooling1D()])
    yield "pooling of masked", model, x, "it leaves out what an Embedding with 'mask_zero' masks"
    mask = tf.constant([[True, False, True, True, True, True]])
    yield "Softmax of a constant mask", k.Model(a, L.Softmax()(a, mask=mask)), x, called("mask")
    weights = np.ones((12, 6), np.float32) * 2
    yield "CategoryEncoding weighted", k.Model(a, L.CategoryEncoding(4, output_mode="count")(a, count_weights=weights)), x, called("count_weights")
    b = k.Input(())
    yield "count of a batch", k.Model(b, L.CategoryEncoding(4, output_mode="count")(b)), x[:, :1], "an output_mode that counts wants a row of rank 1"


def operation_models(k):
    """Operations as functional models call them: constants of several axes, options."""
    x = RNG.normal(0, 2, (12, 6)).astype(np.float32)
    a, called = k.Input((6,)), "it is called with '{}', which is not supported".format
    rows, matrix = k.layers.Reshape((3, 2))(a), np.arange(1, 13, dtype=np.float32).reshape(2, 6) / 7
    column, one = np.array([[1.0], [2.0], [3.0]], np.float32), np.arange(6, dtype=np.float32).reshape(1, 6)
    flat = k.layers.Flatten()
    if k is keras:
        ops = keras.ops
        yield "ops constant of rows", k.Model(a, flat(ops.multiply(rows, column))), x
        yield "ops constant with a batch", k.Model(a, ops.maximum(ops.subtract(a, one), 0.5 * one)), x
        yield "ops decimals", k.Model(a, ops.round(a, decimals=1)), x, called("decimals")
        yield "ops initial", k.Model(a, ops.max(a, axis=1, initial=0.5, keepdims=True)), x, called("initial")
        yield "ops softmax of all", k.Model(a, flat(ops.softmax(rows, axis=None))), x, "'axis' is null: it is over all rows of the batch"
        yield "ops half", k.Model(a, ops.cast(ops.cast(a, "float16"), "float32")), x, "numbers of type 'float16' are not supported"
    else:
        yield "tf constant of rows", k.Model(a, flat(rows * tf.constant(column))), x
        yield "tf constant with a batch", k.Model(a, tf.maximum(a - tf.constant(one), 0.5 * one)), x
        yield "tf silu beta", k.Model(a, tf.nn.silu(a, beta=2.5)), x
        yield "tf transposed", k.Model(a, tf.matmul(a, tf.constant(matrix), transpose_b=True)), x, called("transpose_b")
        yield "tf half", k.Model(a, tf.cast(tf.cast(a, "float16"), "float32")), x, "numbers of type 'float16' are not supported"


def layer_files():
    """Every model in each format: what it says is checked against one file of expectations."""
    entries = []
    with tempfile.TemporaryDirectory() as top:
        for prefix, k in (("keras3", keras), ("keras2", tf_keras)):
            for i, (name, model, x, *refused) in enumerate(layer_models(k)):
                if "int8" not in name:
                    shake(model)
                feed = tf.constant(x) if x.dtype.kind == "U" else x
                y = None if refused else np.asarray(quiet(model.predict, feed), np.float64).reshape(len(x), -1)
                stem = f"{prefix}-{i}"
                rows = [[text(v) if x.dtype.kind == "U" else float(v) for v in r] for r in x.reshape(len(x), -1)]
                entry = {"name": name, "by": BY[prefix], "version": prefix, "files": {}, "rows": rows}
                entry.update({"refused": refused[0]} if refused else {"expected": y.tolist()})
                if name.startswith("float64"):
                    entry["tolerance"] = 1e-12
                for ending in ("keras", "h5", "weights.h5"):
                    if name == "own ReLU" and ending == "h5":
                        continue  # that format does not say whose a class is: Keras takes it for its own, too
                    if name == "StringLookup with an empty text" and ending == "weights.h5":
                        continue  # it has no vocabularies
                    path = f"{top}/{stem}.{ending}"
                    try:
                        if ending == "weights.h5":
                            model.save_weights(path)
                            pathlib.Path(f"{top}/{stem}.json").write_text(model.to_json())
                        else:
                            model.save(path)
                    except Exception as e:  # a format that cannot hold it
                        print(f"{prefix} {name} {ending}: {str(e)[:80]}")
                        continue
                    entry["files"][ending] = f"{stem}.{ending}"
                entries.append(entry)
        with tarfile.open(OUT / "layers.tar.xz", "w:xz", preset=9) as tar:
            for path in sorted(pathlib.Path(top).iterdir()):
                info = tar.gettarinfo(path, path.name)
                info.mtime = info.uid = info.gid = 0
                info.uname = info.gname = ""
                with open(path, "rb") as f:
                    tar.addfile(info, f)
    (OUT / "layers.json").write_text("[\n" + ",\n".join(json.dumps(e, separators=(",", ":")) for e in entries) + "\n]\n")
    print(len(entries), "layers")


def main():
    OUT.mkdir(exist_ok=True)
    keras.utils.set_random_seed(1)
    if "layers" in sys.argv[2:]:
        layer_files()
        return
    whole("keras3", keras)
    whole("keras2", tf_keras)
    keras3_only()
    old_files()
    layer_files()
    (OUT / "cases.json").write_text("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")
    print(len(cases), "models")


main()
