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


CODE = "its code is not in the file; rebuild "
TABLES = "rowcast scores models of tables: Dense layers, lookups and scalers"
NORM = ["gamma", "beta", "moving_mean", "moving_variance"]


def model_of(entry, *links, inputs=("x",), more=()):
    """One layer behind the input x."""
    return functional([INPUT, *more, call(entry, *(links or ["x"]))], [[i, 0, 0] for i in inputs], [[entry["config"]["name"], 0, 0]])


def l1_hint(class_name, text, hint, name="n"):
    return f"layer 1 '{name}' ({class_name}): {text}\n  {hint}"


def tensor(*history):
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": list(history)}}


def lambda_of(function, *args, keywords=None, module=None, class_name="TFOpLambda"):
    entry = {**layer(class_name, "t", function=function), "inbound_nodes": [{"args": list(args), "kwargs": keywords or {}}]}
    return functional([INPUT, {**entry, "module": module} if module else entry], [["x", 0, 0]], [["t", 0, 0]])


LAYERS = [
    ("Lambda", sequential(layer("Lambda", function=["code"])),
     l1_hint("Lambda", "a layer of class 'Lambda' is not supported", "it holds Python code; replace it by Rescaling, Normalization or another layer")),
    ("Conv2D", sequential(layer("Conv2D")), l1_hint("Conv2D", "a layer of class 'Conv2D' is not supported", TABLES)),
    ("LSTM", sequential(layer("LSTM")), l1_hint("LSTM", "a layer of class 'LSTM' is not supported", TABLES)),
    ("Attention", sequential(layer("MultiHeadAttention")),
     l1_hint("MultiHeadAttention", "a layer of class 'MultiHeadAttention' is not supported", TABLES)),
    ("Hashing", sequential(layer("Hashing")), l1_hint("Hashing", "a layer of class 'Hashing' is not supported",
                                                      "it hashes; use StringLookup or IntegerLookup with a vocabulary")),
    ("masking", sequential(layer("Masking")), l1_hint("Masking", "a layer of class 'Masking' is not supported",
                                                      "it masks steps of time; leave it out of a model of tables")),
    ("custom", sequential(layer("MyOwn>Layer")), l1("MyOwn>Layer", "a layer of class 'MyOwn>Layer' is not supported")),
    ("registered", sequential({**dense(), "registered_name": "Custom>Dense"}),
     l1_hint("Dense", "class 'Dense' is of the program that made the model", CODE + "the model with the layers of Keras", "dense_1")),
    ("of a module", sequential({**dense(), "registered_name": "Dense", "module": "mine.layers"}),
     l1_hint("Dense", "class 'Dense' is of the program that made the model", CODE + "the model with the layers of Keras", "dense_1")),
    ("own model", {**sequential(dense()), "registered_name": "Sequential"},
     "class 'Sequential' is of the program that made the model\n  " + CODE + "the model with the layers of Keras"),
    ("no object", sequential(1), "layer 1 is no object"),
    ("no kernel", sequential(dense(), width=3),
     l1("Dense", "weights 'kernel' are of shape (4, 5), where (3, 5) is wanted", "dense_1")),
    ("no bias", sequential(dense(use_bias=False)),
     l1("Dense", "2 arrays of weights in the file, more than the 1 of such a layer", "dense_1")),
    ("other name", sequential(dense("other")), l1("Dense", "the file has no weights 'kernel' of it", "other")),
    ("bias flag", sequential(dense(use_bias="yes")), l1("Dense", "'use_bias' is a text, where true or false is wanted", "dense_1")),
    ("units", sequential(dense(units=0)), l1("Dense", "'units' is not from 1 to 1000000", "dense_1")),
    ("half units", sequential(dense(units=1.5)), l1("Dense", "'units' is a number, where a whole number is wanted", "dense_1")),
    ("name", sequential(dense(name=[1])), "'name' is a list, where a text is wanted"),
    ("int4", sequential(dense(quantization_mode="int4")), l1("Dense", "weights quantised as 'int4' are not supported", "dense_1")),
    ("lora", sequential(dense(lora_rank=4)), l1_hint("Dense", "LoRA weights beside the kernel are not supported",
                                                     "save the model as .keras, which merges it", "dense_1")),
    ("activation", sequential(dense(activation="sparsemax")), l1("Dense", "activation 'sparsemax' is not supported", "dense_1")),
    ("activation of one's own", sequential(dense(activation={"class_name": "Mine", "config": {}})),
     l1("Dense", "activation 'Mine' is not supported", "dense_1")),
    ("activation without a name", sequential(dense(activation=[1])),
     l1("Dense", "'activation' is no name and no object with one", "dense_1")),
    ("glu", sequential(layer("Activation", activation="glu"), width=3),
     l1("Activation", "glu of an odd number of columns, or of another axis than the last")),
    ("number", sequential(layer("ELU", alpha="x")), l1("ELU", "'alpha' is a text, where a number is wanted")),
    ("softmax axis", sequential(layer("Softmax", axis=0)), l1("Softmax", "'axis' is no axis of a row of shape (4)")),
    ("several axes", sequential(layer("Softmax", axis=[1, 2])), l1("Softmax", "'axis' is a list, where one axis is wanted")),
    ("norm axis", sequential(layer("LayerNormalization", axis=[1]), width=[None, 2, 2]),
     l1("LayerNormalization", "another axis than the last is not supported")),
    ("batch norm", sequential(layer("BatchNormalization")), l1("BatchNormalization", "the file has no weights 'moving_mean' of it")),
    ("renorm", sequential(layer("BatchNormalization", renorm=True)), l1("BatchNormalization", "'renorm' is not supported")),
    ("layer norm", sequential(layer("LayerNormalization")), l1("LayerNormalization", "the file has no weights 'gamma' of it")),
    ("group norm", sequential(layer("GroupNormalization", groups=3)), l1("GroupNormalization", "3 groups of 4 columns are not supported")),
    ("slopes", sequential(layer("PReLU")), l1("PReLU", "the file has no weights 'alpha' of it")),
    ("slopes of another", sequential(layer("PReLU", "dense_2"), width=3), l1("PReLU", "2 arrays of weights in the file", "dense_2")),
    ("statistics", sequential(layer("BatchNormalization", "dense_1", scale=False, center=False), width=3),
     l1("BatchNormalization", "weights 'moving_mean' are of shape (4, 5), where 3 numbers are wanted", "dense_1")),
    ("embedding", sequential(layer("Embedding")), l1("Embedding", "'input_dim' or 'output_dim' is out of range")),
    ("embeddings", sequential(layer("Embedding", input_dim=3, output_dim=2)), l1("Embedding", "the file has no weights 'embeddings' of it")),
    ("normalization", sequential(layer("Normalization")),
     l1_hint("Normalization", "its 'mean' is neither in the configuration nor among the weights", "call adapt() before the model is saved")),
    ("normalization numbers", sequential(layer("Normalization", mean=[1, 2, 3], variance=[1, 2, 3])),
     l1("Normalization", "3 numbers of 'mean' for 4 columns")),
    ("list", sequential(layer("Rescaling", scale=["a"])), l1("Rescaling", "'scale' is a list, where a list of numbers is wanted")),
    ("edges", sequential(layer("Discretization")),
     l1_hint("Discretization", "its boundaries are not in the configuration",
             "give the layer the boundaries that adapt() found as 'bin_boundaries'")),
    ("falling edges", sequential(layer("Discretization", bin_boundaries=[1, 0])), l1("Discretization", "its boundaries do not rise")),
    ("mode", sequential(layer("Discretization", bin_boundaries=[1], output_mode="tf_idf")),
     l1("Discretization", "output_mode 'tf_idf' is not supported")),
    ("counts", sequential(layer("Discretization", bin_boundaries=[1], output_mode="count"), width=[None, 2, 2]),
     l1("Discretization", "an output_mode that counts wants a row of rank 1")),
    ("tokens", sequential(layer("CategoryEncoding", num_tokens=0)), l1("CategoryEncoding", "'num_tokens' is not from 1 to 1000000")),
    ("tokens as they are", sequential(layer("CategoryEncoding", num_tokens=3, output_mode="int")),
     l1("CategoryEncoding", "output_mode 'int' is not supported")),
    ("lookup", sequential(layer("Rescaling", "r"), layer("StringLookup", vocabulary=["a"])),
     "layer 2 'n' (StringLookup): it looks up texts, but reads no input of the model"),
    ("lookup of texts", sequential(layer("IntegerLookup", vocabulary=[1]), width=1, dtype="string"),
     l1("IntegerLookup", "it looks up whole numbers in an input of texts")),
    ("texts", sequential(dense(), width=1, dtype="string"),
     "layer 0 'input' (InputLayer): it is of texts, which only StringLookup reads"),
    ("vocabulary", sequential(layer("StringLookup"), width=1, dtype="string"),
     l1_hint("StringLookup", "its vocabulary is not in the file", "save the model as .keras, or give the layer its vocabulary as a list")),
    ("no words", sequential(layer("StringLookup", vocabulary=[]), width=1, dtype="string"), l1("StringLookup", "its vocabulary is empty")),
    ("words", sequential(layer("StringLookup", vocabulary=[["a"]]), width=1, dtype="string"),
     l1("StringLookup", "word 0 of its vocabulary is no text")),
    ("numbers", sequential(layer("IntegerLookup", vocabulary=["a"])), l1("IntegerLookup", "word 0 of its vocabulary is no whole number")),
    ("most tokens", sequential(layer("StringLookup", vocabulary=["a", "b"], max_tokens=2, pad_to_max_tokens=True, output_mode="one_hot")),
     l1("StringLookup", "'max_tokens' 2 does not fit a vocabulary of 3")),
    ("vocabulary size", sequential(layer("StringLookup", vocabulary=["a", "b"], vocabulary_size=4, output_mode="count")),
     l1("StringLookup", "'vocabulary_size' 4 does not fit a vocabulary of 3")),
    ("hashed", sequential(layer("IntegerLookup", vocabulary=[1], num_oov_indices=3)),
     l1("IntegerLookup", "'num_oov_indices' above 1 is not supported: it hashes")),
    ("inverse", sequential(layer("IntegerLookup", vocabulary=[1], invert=True)),
     l1("IntegerLookup", "'invert' is not supported: a score is no text")),
    ("reshape", sequential(layer("Reshape", target_shape=[3])), l1("Reshape", "its 'target_shape' does not fit 4 columns")),
    ("flatten", sequential(layer("Flatten", data_format="channels_first"), width=[None, 2, 2]),
     l1("Flatten", "data_format 'channels_first' is not supported")),
    ("permute", sequential(layer("Permute", dims=[2, 1])), l1("Permute", "its 'dims' are not the axes from 1 to 1, each once")),
    ("repeat", sequential(layer("RepeatVector", n=1e9)), l1("RepeatVector", "'n' is not from 1 to 1000000, or the row not of rank 1")),
    ("pooling", sequential(layer("GlobalAveragePooling1D")),
     l1("GlobalAveragePooling1D", "it pools what is not of the shape (places, channels)")),
    ("masked pooling", sequential(layer("Embedding", "dense_1", input_dim=4, output_dim=5, mask_zero=True), layer("GlobalMaxPooling1D")),
     l1("Embedding", "2 arrays of weights in the file, more than the 1 of such a layer", "dense_1")),
    ("concatenate", sequential(layer("Concatenate", axis=0)), l1("Concatenate", "'axis' is no axis of a row of shape (4)")),
    ("concatenate shapes", functional([INPUT, call(layer("Reshape", "r", target_shape=[2, 2]), "x"), call(layer("Concatenate", "c"), "x", "r")],
                                      [["x", 0, 0]], [["c", 0, 0]]), "layer 2 'c' (Concatenate): rows of shapes (4) and (2, 2) do not go together"),
    ("added shapes", functional([INPUT, call(layer("Dense", "dense_1", units=5), "x"), call(layer("Add", "c"), "x", "dense_1")],
                                [["x", 0, 0]], [["c", 0, 0]]), "layer 2 'c' (Add): rows of shapes (4) and (5) do not go together"),
    ("dot", functional([INPUT, call(layer("Dense", "dense_1", units=5), "x"), call(layer("Dot", "c", axes=1), "x", "dense_1")],
                       [["x", 0, 0]], [["c", 0, 0]]), "layer 2 'c' (Dot): a product of what is not two rows of the same width"),
    ("function", lambda_of("math.sin", tensor("x", 0, 0)),
     "layer 1 't' (TFOpLambda): operation 'sin' is not supported\n  replace it by layers such as Rescaling, Dense, Add or Concatenate"),
    ("operation", lambda_of(None, tensor("x", 0, 0), module="keras.src.ops.numpy", class_name="ArcSin"),
     "layer 1 't' (ArcSin): operation 'arc_sin' is not supported"),
    ("matrix", lambda_of("linalg.matmul", tensor("x", 0, 0), tensor("x", 0, 0)),
     "layer 1 't' (TFOpLambda): a product of what is not a row and a constant matrix"),
    ("where", lambda_of("where", tensor("x", 0, 0), 1), "layer 1 't' (TFOpLambda): it reads 2 tensors, which is not supported"),
    ("index", lambda_of("getitem", tensor("x", 0, 0), [{"start": None}, 4]), "layer 1 't' (TFOpLambda): an index beyond the last column"),
    ("slice", lambda_of("getitem", tensor("x", 0, 0), [{"start": None}, {"step": -1}]),
     "layer 1 't' (TFOpLambda): an index that is no number and no slice forward"),
    ("axes", lambda_of("getitem", tensor("x", 0, 0), [{}, {}, {}]), "layer 1 't' (TFOpLambda): an index of more axes than there are"),
    ("rows", lambda_of("getitem", tensor("x", 0, 0), [{"start": 1}, {}]), "layer 1 't' (TFOpLambda): it takes some rows of the batch"),
    ("squeeze", lambda_of("squeeze", tensor("x", 0, 0), keywords={"axis": 1}),
     "layer 1 't' (TFOpLambda): it leaves out an axis that is not of length 1"),
    ("operand", lambda_of("math.add", tensor("x", 0, 0), []), "layer 1 't' (TFOpLambda): an operand is no tensor and no number"),
    ("all rows", lambda_of("math.reduce_sum", tensor("x", 0, 0)), "layer 1 't' (TFOpLambda): it reduces the rows of the batch to one"),
    ("no function", lambda_of("math.add", 1), "layer 1 't' (TFOpLambda): it reads 1 tensors, which is not supported"),
    ("two numbers", functional([INPUT, {**layer("Add", "a"), "inbound_nodes": [{"args": [1, 2]}]}], [["x", 0, 0]], [["a", 0, 0]]),
     "layer 1 'a' (Add): it is called with 'a constant', which is not supported"),
    ("no tensors", functional([INPUT, {**layer("Add", "a"), "inbound_nodes": [{"args": [None]}]}], [["x", 0, 0]], [["a", 0, 0]]),
     "layer 1 'a' (Add): it reads 0 tensors, which is not supported"),
    ("training", functional([INPUT, {**layer("Dropout", "d"), "inbound_nodes": [[["x", 0, 0, {"training": True}]]]}], [["x", 0, 0]], [["d", 0, 0]]),
     l1("Dropout", "it is called with 'training', which is not supported", "d")),
    ("constant mask", functional([INPUT, {**layer("Softmax", "s"), "inbound_nodes": [[["x", 0, 0, {"mask": [[True] * 4]}]]]}], [["x", 0, 0]],
                                 [["s", 0, 0]]), l1("Softmax", "it is called with 'mask', which is not supported", "s")),
    ("decimals", lambda_of("math.round", tensor("x", 0, 0), keywords={"decimals": 2}),
     "layer 1 't' (TFOpLambda): it is called with 'decimals', which is not supported"),
    ("transposed", lambda_of("linalg.matmul", tensor("x", 0, 0), keywords={"b": [[1, 2, 3, 4]], "transpose_b": True}),
     "layer 1 't' (TFOpLambda): it is called with 'transpose_b', which is not supported"),
    ("half", lambda_of("cast", tensor("x", 0, 0), keywords={"dtype": "float16"}),
     "layer 1 't' (TFOpLambda): numbers of type 'float16' are not supported"),
    ("lists of an operand", lambda_of("math.add", tensor("x", 0, 0), [[1, 2], [3]]),
     "layer 1 't' (TFOpLambda): 'operand' is no list of numbers, and no lists of the same length"),
    ("operand with a batch", lambda_of("math.add", tensor("x", 0, 0), [[1, 2, 3, 4], [5, 6, 7, 8]]),
     "layer 1 't' (TFOpLambda): rows of shapes (2, 4) and (4) do not go together"),
    ("softmax of all", sequential(layer("Softmax", axis=None)), l1("Softmax", "'axis' is null: it is over all rows of the batch")),
    ("quantised rows", sequential(dense(quantization_mode="int8", quantization_config={
        "class_name": "Int8QuantizationConfig", "config": {"activation_quantizer": {"class_name": "Mine", "config": {}}}})),
     l1("Dense", "rows quantised by 'Mine' are not supported", "dense_1")),
    ("quantised embedding", sequential(layer("Embedding", "dense_1", input_dim=4, output_dim=5, quantization_mode="int8")),
     l1("Embedding", "an Embedding of 8 bits is not supported", "dense_1")),
    ("count of a batch", sequential(layer("Discretization", bin_boundaries=[1], output_mode="count"), width=[None]),
     l1("Discretization", "an output_mode that counts wants a row of rank 1")),
    ("keyword", functional([INPUT, {**dense(), "inbound_nodes": [{"args": [tensor("x", 0, 0)], "kwargs": {"mask": tensor("x", 0, 0)}}]}],
                           [["x", 0, 0]], [["dense_1", 0, 0]]), l1("Dense", "it is called with 'mask', which is not supported", "dense_1")),
    ("no call", functional([INPUT, {**dense(), "inbound_nodes": [3]}], [["x", 0, 0]], [["dense_1", 0, 0]]),
     l1("Dense", "'inbound_nodes' holds what is no list and no object", "dense_1")),
    ("no link", functional([INPUT, {**dense(), "inbound_nodes": [[["x", 0]]]}], [["x", 0, 0]], [["dense_1", 0, 0]]),
     l1("Dense", "a link that is not [layer, call, tensor]", "dense_1")),
    ("links", functional([INPUT, call(dense(), "nobody")], [["x", 0, 0]], [["dense_1", 0, 0]]),
     l1("Dense", "layer 'nobody' is read, which the model does not have", "dense_1")),
    ("call", functional([INPUT, call(dense(), "x")], [["x", 0, 0]], [["dense_1", 1, 0]]), "call 1 of layer 'dense_1' is read, which has 1"),
    ("tensor", functional([INPUT, call(dense(), "x")], [["x", 0, 0]], [["dense_1", 0, 7]]),
     "result 7 of a layer is read, which it does not have"),
    ("no outputs", functional([INPUT], [["x", 0, 0]], []), "a model without outputs"),
    ("outputs", functional([INPUT], [["x", 0, 0]], 3), "the inputs or outputs of the model are no list of tensors"),
    ("input of another class", functional([INPUT, call(dense(), "x")], [["dense_1", 0, 0]], [["dense_1", 0, 0]]),
     "an input of the model is no InputLayer"),
    ("unbound input", functional([INPUT, {**INPUT, "config": {**INPUT["config"], "name": "y"}}], [["x", 0, 0]], [["y", 0, 0]]),
     "layer 1 'y' (InputLayer): it is no input of the model"),
    ("circle", functional([INPUT, call(layer("Dropout", "p"), "q"), call(layer("Dropout", "q"), "p")], [["x", 0, 0]], [["q", 0, 0]]),
     "layer 2 'q' (Dropout): it reads what is made out of its own result"),
    ("twice", functional([INPUT, INPUT], [["x", 0, 0]], [["x", 0, 0]]), "two layers are called 'x'"),
    ("no layers", {"class_name": "Sequential", "config": {"name": "s"}}, "a model without layers"),
    ("inputs", functional([INPUT], [["y", 0, 0]], [["x", 0, 0]]), "layer 'y' is read, which the model does not have"),
    ("width", {"class_name": "Sequential", "config": {"name": "s", "layers": [layer("Rescaling", scale=1)]}},
     "how many columns input 'input' has is not said"),
    ("shape", sequential(dense(), width=[None, "a"]), "a shape that is no list of whole numbers"),
    ("rank", sequential(dense(), width=[None, 1, 1, 1, 1, 1]), "more than 4 dimensions"),
    ("nested inputs", functional([INPUT, {**call({**functional([INPUT], [["x", 0, 0], ["x", 0, 0]], [["x", 0, 0]])}, "x")}], [["x", 0, 0]],
                                 [["f", 0, 0]]), "layer 1 'f' (Functional): a model of 2 inputs is called with 1"),
    ("nested key", functional([INPUT, {**functional([INPUT], {"k": ["x", 0, 0]}, [["x", 0, 0]]),
                                       "inbound_nodes": [{"args": [{"j": tensor("x", 0, 0)}], "kwargs": {}}]}], [["x", 0, 0]], [["f", 0, 0]]),
     "layer 1 'f' (Functional): it is called without its input 'k'"),
    ("deep", deep(18), "models in each other more than 16 deep"),
    ("class", {"class_name": "MyModel", "config": {}}, "a model of class 'MyModel', which is no Sequential or functional model\n  " + CODE +
     "it as a Sequential or functional model of the same layers, and save that"),
    ("output", sequential(layer("Dropout"), width=1, dtype="string"), "an output of the model is no number"),
    ("text computed", functional([{**layer("InputLayer", "x", batch_shape=[None, 1], dtype="string"), "inbound_nodes": []},
                                  call(layer("StringLookup", "l", vocabulary=["a"]), "x"), call(layer("Dropout", "d"), "x"),
                                  call(layer("Add", "a"), "l", "d")], [["x", 0, 0]], [["a", 0, 0]]),
     "it is of texts, which only StringLookup reads"),
    ("wide", sequential(layer("Dropout"), width=[None, 1000, 1000, 1000]), "a row without a number, or of more than 1000000"),
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
    usage = "\n  give --architecture the JSON of model.to_json(), or the activations: relu,relu,sigmoid"
    check(t, "no architecture", run(weights), "the file holds weights alone, and no configuration" + usage)
    check(t, "too few activations", run(weights, "--architecture", "relu"), "1 activations are given for 2 Dense layers" + usage)
    check(t, "too many activations", run(weights, "--architecture", "relu,relu,relu"), "3 activations are given for 2 Dense layers" + usage)
    check(t, "unknown activation", run(weights, "--architecture", "relu,nonsense"), "'dense_2' (Dense): activation 'nonsense' is not supported")
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
            ("no-bias", "layer 1 'dense' (Dense): the file has no weights 'bias' of it")):
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
