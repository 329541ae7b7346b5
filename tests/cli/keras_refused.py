#!/usr/bin/env python3
"""keras_refused.py - Keras files that cannot be scored, or are made to harm: one message each.

Configurations are given as --architecture beside the weights of testdata/keras/old-weights.h5 (dense_1
of 4 x 5, dense_2 of 5 x 1). Then archives, and mutations of the models of testdata: RC_MUTATIONS of
them (default 300) end with status 0, 3 or 4."""

import io
import json
import os
import pathlib
import random
import struct
import sys
import zipfile
import zlib

import tap

TABLE = b"a,b,c,d\n1,2,3,4\n"


def layer(class_name, name="n", **config):
    return {"class_name": class_name, "config": {"name": name, **config}}


def dense(name="dense_1", **config):
    return layer("Dense", name, **{"units": 5, "activation": "linear", "use_bias": True, **config})


def sequential(*layers, width=4, dtype="float32"):
    first = layer("InputLayer", "input", batch_shape=[None, width] if isinstance(width, int) else width, dtype=dtype)
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}


def functional(layers, inputs, outputs):
    return {"class_name": "Functional", "config": {"name": "f", "layers": layers, "input_layers": inputs, "output_layers": outputs}}


def call(entry, *links):
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": [[[link, 0, 0, {}] for link in links]]}


INPUT = {**layer("InputLayer", "x", batch_input_shape=[None, 4]), "name": "x", "inbound_nodes": []}


def l1(class_name, text, name="n"):
    return f"layer 1 '{name}' ({class_name}): {text}"


def deep(depth):
    model = sequential(dense())
    for i in range(depth):
        model = sequential({**model, "config": {**model["config"], "name": f"m{i}"}})
    return model


LAYERS = [
    ("Lambda", sequential(layer("Lambda", function=["code"])),
     l1("Lambda", "it holds Python code, which is never run; replace it by layers of Keras (Rescaling, Normalization, Activation ...)")),
    ("Conv2D", sequential(layer("Conv2D")), l1("Conv2D", "convolutions are not scored")),
    ("Pooling", sequential(layer("GlobalAveragePooling1D")), l1("GlobalAveragePooling1D", "pooling layers are not scored")),
    ("LSTM", sequential(layer("LSTM")), l1("LSTM", "recurrent layers are not scored")),
    ("Attention", sequential(layer("MultiHeadAttention")), l1("MultiHeadAttention", "attention layers are not scored")),
    ("Hashing", sequential(layer("Hashing")), l1("Hashing", "hashed words are not scored")),
    ("custom", sequential(layer("MyOwn>Layer")),
     l1("MyOwn>Layer", "a layer that is not known; layers of Keras for tables are scored, custom ones are not")),
    ("no kernel", sequential(dense(), width=3), l1("Dense", "no kernel for 3 columns is in the file", "dense_1")),
    ("other name", sequential(dense("other")), l1("Dense", "no kernel for 4 columns is in the file", "other")),
    ("bias flag", sequential(dense(use_bias="yes")), l1("Dense", "'use_bias' is neither true nor false", "dense_1")),
    ("int4", sequential(dense(quantization_mode="int4")), l1("Dense", "weights quantised as 'int4' are not scored; int8 is", "dense_1")),
    ("lora", sequential(dense(lora_rank=4)), l1("Dense", "weights with LoRA beside them are not merged", "dense_1")),
    ("activation", sequential(dense(activation="sparsemax")), l1("Dense", "the activation 'sparsemax' is not known", "dense_1")),
    ("activation of one's own", sequential(dense(activation={"class_name": "Mine", "config": {}})),
     l1("Dense", "the activation 'Mine' is not known", "dense_1")),
    ("glu", sequential(layer("Activation", activation="glu"), width=3), l1("Activation", "glu of an odd number of columns")),
    ("number", sequential(layer("ELU", alpha="x")), l1("ELU", "'alpha' is no number")),
    ("softmax axis", sequential(layer("Softmax", axis=0)), l1("Softmax", "only along the last axis")),
    ("norm axis", sequential(layer("LayerNormalization", axis=[0])), l1("LayerNormalization", "only along the last axis")),
    ("batch norm", sequential(layer("BatchNormalization")), l1("BatchNormalization", "its numbers are not in the file")),
    ("layer norm", sequential(layer("LayerNormalization")), l1("LayerNormalization", "its numbers are not in the file")),
    ("slopes", sequential(layer("PReLU")), l1("PReLU", "no slopes for 4 columns are in the file")),
    ("embedding", sequential(layer("Embedding")), l1("Embedding", "no embeddings are in the file")),
    ("normalization", sequential(layer("Normalization")),
     l1("Normalization", "it has not been adapted: neither the configuration nor the file has its 'mean'")),
    ("normalization numbers", sequential(layer("Normalization", mean=[1, 2, 3], variance=[1, 2, 3])),
     l1("Normalization", "'mean' has 3 numbers, but 4 are needed")),
    ("list", sequential(layer("Rescaling", scale=["a"])), l1("Rescaling", "'scale' is no list of numbers")),
    ("edges", sequential(layer("Discretization")),
     l1("Discretization", "it has not been adapted: neither the configuration nor the file has its 'bin_boundaries'")),
    ("mode", sequential(layer("Discretization", bin_boundaries=[1], output_mode="tf_idf")),
     l1("Discretization", "the output mode 'tf_idf' is not scored")),
    ("one-hot", sequential(layer("Discretization", bin_boundaries=[1], output_mode="one_hot")), l1("Discretization", "one_hot of several columns")),
    ("tokens", sequential(layer("CategoryEncoding", num_tokens=0)), l1("CategoryEncoding", "'num_tokens' is no number of columns")),
    ("lookup", sequential(layer("StringLookup", vocabulary=["a"])), l1("StringLookup", "it reads no input of texts")),
    ("lookup of texts", sequential(layer("IntegerLookup", vocabulary=[1]), width=1, dtype="string"), l1("IntegerLookup", "it reads texts")),
    ("texts", sequential(dense(), width=1, dtype="string"), l1("Dense", "it reads texts", "dense_1")),
    ("vocabulary", sequential(layer("StringLookup"), width=1, dtype="string"),
     l1("StringLookup", "it has not been adapted: neither the configuration nor the file has its 'vocabulary'")),
    ("words", sequential(layer("StringLookup", vocabulary=[["a"]]), width=1, dtype="string"), l1("StringLookup", "'vocabulary' is no list of words")),
    ("numbers", sequential(layer("IntegerLookup", vocabulary=["a"])), l1("IntegerLookup", "'vocabulary' is no list of numbers")),
    ("hashed", sequential(layer("IntegerLookup", vocabulary=[1], num_oov_indices=3)),
     l1("IntegerLookup", "unknown words that are hashed to several numbers are not scored")),
    ("inverse", sequential(layer("IntegerLookup", vocabulary=[1], invert=True)),
     l1("IntegerLookup", "a lookup from numbers to words is not scored")),
    ("reshape", sequential(layer("Reshape", target_shape=[3])), l1("Reshape", "4 columns do not have the target shape")),
    ("permute", sequential(layer("Permute", dims=[2, 1])), l1("Permute", "only two dimensions are permuted")),
    ("repeat", sequential(layer("RepeatVector", n=1e9)), l1("RepeatVector", "more columns than can be scored")),
    ("concatenate", sequential(layer("Concatenate", axis=0)), l1("Concatenate", "it joins rows")),
    ("concatenate shapes", functional([INPUT, call(layer("Reshape", "r", target_shape=[2, 2]), "x"), call(layer("Concatenate", "c"), "x", "r")],
                                      [["x", 0, 0]], [["c", 0, 0]]), "layer 2 'c' (Concatenate): shapes that cannot be joined"),
    ("function", functional([INPUT, call(layer("TFOpLambda", "t", function="math.sin"), "x")], [["x", 0, 0]], [["t", 0, 0]]),
     "layer 1 't' (TFOpLambda): the function 'math.sin' is not known"),
    ("two numbers", functional([INPUT, {**layer("Add", "a"), "inbound_nodes": [{"args": [1, 2]}]}], [["x", 0, 0]], [["a", 0, 0]]),
     "layer 1 'a' (Add): two numbers and no layer before it"),
    ("nothing read", functional([INPUT, {**layer("Add", "a"), "inbound_nodes": [{"args": []}]}], [["x", 0, 0]], [["a", 0, 0]]),
     "layer 1 'a' (Add): it reads nothing"),
    ("links", functional([INPUT, call(dense(), "nobody")], [["x", 0, 0]], [["dense_1", 0, 0]]),
     "layer 1 'dense_1' (Dense): links of a layer that lead nowhere"),
    ("circle", functional([INPUT, call(layer("Dropout", "p"), "q"), call(layer("Dropout", "q"), "p")], [["x", 0, 0]], [["q", 0, 0]]),
     "an output that no layer makes, or layers that form a circle"),
    ("twice", functional([INPUT, INPUT], [["x", 0, 0]], [["x", 0, 0]]), "layer 1 has no name of its own, or is called too often"),
    ("no layers", {"class_name": "Sequential", "config": {"name": "s"}}, "nothing tells how many columns the model reads"),
    ("functional without layers", functional([], [], []), "a model without inputs"),
    ("inputs", functional([INPUT], [["y", 0, 0]], [["x", 0, 0]]), "input 'y': nothing tells how many columns it has"),
    ("nested inputs", functional([INPUT, {**call({**functional([INPUT], [["x", 0, 0], ["x", 0, 0]], [["x", 0, 0]])}, "x")}], [["x", 0, 0]],
                                 [["f", 0, 0]]), "layer 1 'f' (Functional): 2 inputs, but 1 are given"),
    ("nested input", functional([INPUT, {**call({**functional([INPUT], [["z", 0, 0]], [["x", 0, 0]])}, "x")}], [["x", 0, 0]],
                                [["f", 0, 0]]), "layer 1 'f' (Functional): an input that is no layer"),
    ("empty model", functional([INPUT, {**call({"class_name": "Sequential", "config": {"name": "f"}}, "x")}], [["x", 0, 0]], [["f", 0, 0]]),
     "layer 1 'f' (Sequential): a model without layers"),
    ("empty functional", functional([INPUT, {**call({**functional([], [["z", 0, 0]], [["x", 0, 0]])}, "x")}], [["x", 0, 0]],
                                    [["f", 0, 0]]), "layer 1 'f' (Functional): 0 layers; from 1 to 5000 are read"),
    ("many inputs", functional([INPUT], [["x", 0, 0]] * 65, [["x", 0, 0]]), "more than 64 inputs"),
    ("deep", deep(18), "models nested more than 16 deep"),
    ("class", {"class_name": "MyModel", "config": {}}, "a model of the class 'MyModel': Sequential and Functional ones are read"),
    ("output", sequential(layer("Dropout"), width=1, dtype="string"), "an output that is no number of the rows"),
    ("wide", sequential(layer("Dropout"), width=[None, 1000, 1000, 1000]), "more columns than can be scored"),
]


def check(t, name, done, message, status=4):
    text = done.stderr.decode()
    good = done.returncode == status and message in text and not done.stdout
    t.result(good, name, *([] if good else [f"status {done.returncode}: {text}; expected {message}"]))


def check_layers(t, options, folder):
    weights, path = options.testdata / "keras" / "old-weights.h5", pathlib.Path(folder, "model.json")
    for name, config, message in LAYERS:
        if tap.is_chosen(options, name):
            path.write_text(json.dumps(config), encoding="utf-8")
            check(t, name, tap.run(options, "-m", weights, "--architecture", path, input=TABLE), message)


def check_architecture(t, options, folder):
    source, path = options.testdata / "keras", pathlib.Path(folder, "model.json")
    weights = source / "old-weights.h5"
    run = lambda model, *more: tap.run(options, "-m", model, *more, input=TABLE)
    check(t, "no architecture", run(weights), "weights alone: nothing says how the layers hang together\n  give --architecture FILE, what "
          "model.to_json() wrote; or, of dense layers alone, their activations: --architecture relu,relu,softmax")
    check(t, "too few activations", run(weights, "--architecture", "relu"), "--architecture: fewer activations than dense layers in the file")
    check(t, "too many activations", run(weights, "--architecture", "relu,relu,relu"), "--architecture: more activations than dense layers in the file")
    check(t, "unknown activation", run(weights, "--architecture", "relu,nonsense"), "layer 1 'dense_2' (Dense): the activation 'nonsense' is not known")
    check(t, "no such file", run(weights, "--architecture", "absent/model.json"), "--architecture 'absent/model.json': cannot be opened")
    check(t, "of another format", run(options.testdata / "wine" / "model.json", "--architecture", "relu"), "--architecture is for Keras weights", 2)
    check(t, "of ONNX", run(options.testdata / "onnx" / "sk-linear.onnx", "--architecture", "relu"), "--architecture is for Keras weights", 2)
    check(t, "of a whole model", run(source / "old-2.0.6.h5", "--architecture", "relu"),
          "it has a configuration of its own: --architecture is for weights alone")
    path.write_text("{", encoding="utf-8")
    check(t, "no JSON", run(weights, "--architecture", path), "--architecture: line 1, column 1: string or '}' expected near end of file")
    path.write_text("{" + '"a":{' * 70, encoding="utf-8")
    check(t, "deep JSON", run(weights, "--architecture", path), "nested more than 64 deep")
    check(t, "a table", run(options.testdata / "h5" / "alone.h5"),
          "no Keras model: it has neither 'model_config' nor layers\n  a table in HDF5 is an INPUT, not a model")
    path.write_bytes(b"\x89HDF\r\n\x1a\nnonsense")
    check(t, "no HDF5", run(path), "not an HDF5 file that can be read")


def check_arrays(t, options, folder):
    """Weights with an odd or damaged array: testdata/recipes/keras_bad.py."""
    path = pathlib.Path(folder, "model.json")
    path.write_text(json.dumps(sequential(dense("dense"))), encoding="utf-8")
    for name, message in (
            ("rank", "layer 1 'dense' (Dense): array '0': an array of 5 dimensions"),
            ("huge", "layer 1 'dense' (Dense): array '0': dataset '0': its shape says more than 1000 times the bytes of the file"),
            ("text", "layer 1 'dense' (Dense): array '0': an array of a type that is not read"),
            ("damaged", "layer 1 'dense' (Dense): array '0': a damaged array"),
            ("many", "layer 1 'dense' (Dense): more than 1000 arrays"),
            ("two-texts", "attribute 'model_config': not one text"),
            ("no-bias", "layer 1 'dense' (Dense): no bias is in the file")):
        weights = options.testdata / "keras" / "bad" / f"{name}.weights.h5"
        check(t, f"arrays: {name}", tap.run(options, "-m", weights, "--architecture", path, input=TABLE), message)
    inner = {**sequential(dense("d")), "config": {**sequential(dense("d"))["config"], "name": "inner"}}
    path.write_text(json.dumps(sequential(inner)), encoding="utf-8")
    weights = options.testdata / "keras" / "bad" / "twice.weights.h5"
    check(t, "arrays: twice", tap.run(options, "-m", weights, "--architecture", path, input=TABLE),
          "two layers of the model have such an array 'kernel'")


# -- archives -------------------------------------------------------------------------------------------

def archive(members, how=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as z:
        for name, content in members:
            z.writestr(name, content)
    return out.getvalue()


def patched(content, signature, offset, value):
    """Sets bytes behind each header of a kind."""
    content, at = bytearray(content), 0
    while (at := content.find(signature, at)) >= 0:
        content[at + offset:at + offset + len(value)] = value
        at += 4
    return bytes(content)


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def archives(good):
    members = [(name, good.read(name)) for name in good.namelist()]
    config, weights = good.read("config.json"), good.read("model.weights.h5")
    whole = archive(members)
    yield "no configuration", archive([("a", b"1")]), "no Keras model: the archive has no 'config.json'"
    yield "no weights", archive([("config.json", config), ("model.weights.npz", b"1")]), \
        "the archive has no 'model.weights.h5'\n  weights in .npz or in shards are not read: model.save() writes one file"
    yield "twice", archive([("config.json", config), ("x.json", config)]).replace(b"x.json", b"x.jso2") and \
        archive([("config.json", config), ("konfig.json", config)]).replace(b"konfig.json", b"config.json"), \
        "archive member 'config.json': stands twice in the archive"
    yield "up", archive([("../config.json", config)]), "archive member '../config.json': a name that is not taken"
    yield "absolute", archive([("/config.json", config)]), "archive member '/config.json': a name that is not taken"
    yield "checksum", whole.replace(config[:40], config[:39] + b"!", 1), "archive member 'config.json': is damaged"
    yield "encrypted", patched(patched(whole, LOCAL, 6, b"\x01\x00"), CENTRAL, 8, b"\x01\x00"), "is encrypted"
    yield "bzip2", archive(members, zipfile.ZIP_BZIP2), "is packed by a method other than deflate"
    yield "large", patched(whole, CENTRAL, 24, struct.pack("<I", 1 << 31)), "is larger than the archive can hold"
    twice = bytearray(archive([*members, ("a", b"xx"), ("b", b"xx")]))
    last = twice.rfind(CENTRAL)
    before = twice.rfind(CENTRAL, 0, last)
    twice[last + 42:last + 46] = twice[before + 42:before + 46]
    yield "overlap", bytes(twice), "members of the archive that lie upon each other"
    yield "cut", whole[:-30], "a damaged archive"
    yield "many", archive([(str(i), b"") for i in range(10001)]), "an archive of more than 10000 members"
    bomb = archive([("config.json", b" " * (70 << 20))], zipfile.ZIP_DEFLATED)
    yield "large configuration", bomb, "archive member 'config.json': is larger than is read"
    yield "no JSON", archive([("config.json", b"[1"), ("model.weights.h5", weights)]), "config.json: line 1"
    yield "no HDF5", archive([("config.json", config), ("model.weights.h5", b"nonsense" * 9)]), "not an HDF5 file that can be read"


def check_archives(t, options, folder):
    source, path = options.testdata / "keras" / "keras3-multi.keras", pathlib.Path(folder, "m.keras")
    table = options.testdata / "keras" / "keras3-multi-keras.csv"
    with zipfile.ZipFile(source) as good:
        for name, content, message in archives(good):
            path.write_bytes(content)
            check(t, f"archive: {name}", tap.run(options, "-m", path, input=TABLE), message)
        members = [(name, good.read(name)) for name in good.namelist()]
    path.write_bytes(archive(members, zipfile.ZIP_DEFLATED))
    one, other = tap.run(options, "-m", path, table), tap.run(options, "-m", source, table)
    t.result(one.returncode == 0 and one.stdout == other.stdout and one.stdout, "archive: deflated members", one.stderr.decode())
    assert zlib.crc32(b"") == 0


# -- mutations ------------------------------------------------------------------------------------------

def check_mutations(t, options, folder):
    rng = random.Random(int(os.environ.get("RC_SEED", "1")))
    cases = json.loads((options.testdata / "keras" / "cases.json").read_text(encoding="utf-8"))
    n, bad, counts = int(os.environ.get("RC_MUTATIONS", "300")), [], {}
    source = options.testdata / "keras"
    for i in range(n):
        case = rng.choice(cases)
        content = bytearray((source / case["model"]).read_bytes())
        for _ in range(rng.choice([1, 2, 8, 64])):
            content[rng.randrange(min(len(content), rng.choice([4096, 1 << 20])))] = rng.randrange(256)
        path = pathlib.Path(folder, case["model"])
        path.write_bytes(content)
        more = [a.replace("@", f"{source}/") for a in case["options"]]
        done = tap.run(options, "-m", path, "--model-format", "keras", source / case["table"], *more, "--on-error", "null", "--quiet")
        counts[done.returncode] = counts.get(done.returncode, 0) + 1
        if done.returncode not in (0, 3, 4) or b"Sanitizer" in done.stderr:
            bad.append(f"{case['name']}, {i}: {done.returncode} {done.stderr[:200]}")
    t.result(not bad, f"{n} mutations", f"statuses {counts}", *bad[:10])


def main():
    options, t = tap.arguments(__doc__), tap.Tap()
    with tap.folder("keras") as folder:
        check_layers(t, options, folder)
        if not options.words:
            check_architecture(t, options, folder)
            check_arrays(t, options, folder)
            check_archives(t, options, folder)
            check_mutations(t, options, folder)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
