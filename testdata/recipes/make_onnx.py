#!/usr/bin/env python3
"""make_onnx.py - testdata/onnx: models that frameworks export, a table for each, and what they say.

Expected numbers are onnxruntime's, but for pipelines over mixed columns: there they are scikit-learn's
predict and predict_proba. Each model is a file NAME.onnx with NAME.csv and NAME.expected.csv;
cases.json lists them.

Made with scikit-learn 1.9.1, skl2onnx 1.20.0, torch 2.15.0, onnxscript 0.7, onnx 1.23.2,
onnxruntime 1.32.0, numpy 2.4.6, pandas 3.1.1:

    python make_onnx.py ../onnx"""

import pathlib
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import torch
from onnx_cases import add_cases, text, write_csv
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (Lasso, LinearRegression, LogisticRegression, PoissonRegressor, Ridge,
                                  SGDClassifier)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (Binarizer, KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, Normalizer,
                                   OneHotEncoder, OrdinalEncoder, PolynomialFeatures, RobustScaler, StandardScaler)
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")
OUT = pathlib.Path(sys.argv[1])
RNG = np.random.default_rng(5)
ROWS = 60
cases = []


def save(name, model, header, rows, labels, numbers, names, producer, dtype="float32", options=(), by=None):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    (OUT / f"{name}.onnx").write_bytes(data)
    write_csv(OUT / f"{name}.csv", header, rows)
    numbers = np.asarray(numbers).reshape(len(rows), -1)
    out = [([text(labels[i])] if labels is not None else []) + list(numbers[i]) for i in range(len(rows))]
    write_csv(OUT / f"{name}.expected.csv", (["label"] if labels is not None else []) + names, out)
    cases.append({"name": name, "dtype": dtype, "options": list(options), "producer": producer,
                  "by": by or f"onnxruntime {onnxruntime.__version__}"})


def ort(model, feed):
    session = onnxruntime.InferenceSession(model if isinstance(model, (bytes, str)) else model.SerializeToString())
    return session.run(None, feed)


def names_of(kind, classes, width):
    if kind == "binary":
        return ["probability"]
    if kind == "margin":
        return ["margin"] if len(classes) == 2 else [f"margin_{c}" for c in classes]
    if kind == "multi":
        return [f"probability_{c}" for c in classes]
    return ["prediction"] if width == 1 else [f"prediction_{i}" for i in range(width)]


# -- scikit-learn -----------------------------------------------------------------------------------

X = (RNG.normal(size=(400, 5)) * [1, 2, 3, 1, 10] + [0, 1, 0, -2, 50]).astype(np.float32)
SCORE = X @ [1, -1, 0.5, 0, 0.02]
YB = np.where(SCORE + RNG.normal(size=400) > 0, "yes", "no")
YM = np.digitize(SCORE, [-2, 2])
COLUMNS = [f"f{i}" for i in range(5)]


def sklearn_case(name, model, y, dtype=np.float32, kind=None, opset=None, options=None):
    model.fit(X, y)
    options = {"zipmap": False} if dtype == np.float64 and kind else (options or {})
    onx = to_onnx(model, X[:1].astype(dtype), options=options, target_opset=opset)
    x = X[:ROWS].astype(dtype)
    got = ort(onx, {onx.graph.input[0].name: x})
    dtype_name = "float64" if dtype == np.float64 else "float32"
    producer = f"skl2onnx 1.20.0, scikit-learn 1.9.1, {type(model).__name__}"
    if kind is None:
        numbers = np.asarray(got[0])
        save(name, onx, COLUMNS, x, None, numbers, names_of(None, None, numbers.reshape(ROWS, -1).shape[1]), producer, dtype_name)
        return
    p = got[1]
    if isinstance(p, list):
        p = [[row[c] for c in model.classes_] for row in p]
    p = np.asarray(p)
    if kind == "binary" or (kind == "margin" and p.shape[1] == 2):
        p = p[:, 1]
    save(name, onx, COLUMNS, x, got[0], p, names_of(kind, model.classes_, 1), producer, dtype_name)


def sklearn_models():
    sklearn_case("sk-linear", LinearRegression(), SCORE)
    sklearn_case("sk-linear-f64", LinearRegression(), SCORE, np.float64)
    sklearn_case("sk-linear-two", Ridge(), np.stack([SCORE, -2 * SCORE + 1], 1))
    sklearn_case("sk-lasso-opset9", Lasso(alpha=0.1), SCORE, opset={"": 9, "ai.onnx.ml": 1})
    sklearn_case("sk-poisson", PoissonRegressor(max_iter=500), np.exp(np.clip(SCORE / 4, -3, 3)))
    sklearn_case("sk-logistic", LogisticRegression(), YB, kind="binary")
    sklearn_case("sk-logistic-opset8", LogisticRegression(), YB, kind="binary", opset={"": 8, "ai.onnx.ml": 1})
    sklearn_case("sk-logistic-no-zipmap", LogisticRegression(), (YB == "yes").astype(int), kind="binary",
                 options={"zipmap": False})
    sklearn_case("sk-logistic-f64", LogisticRegression(), YB, np.float64, "binary")
    sklearn_case("sk-multinomial", LogisticRegression(), YM, kind="multi")
    sklearn_case("sk-multinomial-f64", LogisticRegression(), YM, np.float64, "multi")
    sklearn_case("sk-ovr", OneVsRestClassifier(LogisticRegression()), YM, kind="multi")
    sklearn_case("sk-sgd", SGDClassifier(loss="log_loss", random_state=1), YB, kind="binary")
    sklearn_case("sk-sgd-multi", SGDClassifier(loss="log_loss", random_state=1), YM, kind="multi")
    sklearn_case("sk-svc", LinearSVC(), YB, kind="margin")
    sklearn_case("sk-svc-multi", LinearSVC(), YM, kind="margin")
    mlp = dict(max_iter=300, random_state=1)
    scaled = lambda m: make_pipeline(StandardScaler(), m)
    sklearn_case("sk-mlp", scaled(MLPClassifier((8,), **mlp)), YB, kind="binary")
    sklearn_case("sk-mlp-multi", scaled(MLPClassifier((8, 6), activation="tanh", **mlp)), YM, kind="multi")
    sklearn_case("sk-mlp-multi-f64", scaled(MLPClassifier((8, 6), activation="logistic", **mlp)), YM, np.float64, "multi")
    sklearn_case("sk-mlp-regressor", scaled(MLPRegressor(hidden_layer_sizes=(8, 4), **mlp)), SCORE)
    sklearn_case("sk-scalers", make_pipeline(MinMaxScaler(), MaxAbsScaler(), RobustScaler(), Normalizer(), Ridge()), SCORE)
    sklearn_case("sk-polynomial", make_pipeline(StandardScaler(), PolynomialFeatures(2), Ridge()), SCORE)
    sklearn_case("sk-bins", make_pipeline(KBinsDiscretizer(4, encode="onehot-dense"), Ridge()), SCORE)
    sklearn_case("sk-binarizer", make_pipeline(Binarizer(threshold=0.3), Ridge()), SCORE)


def census(n):
    """A table of the census kind: numbers, whole numbers, texts, and cells that are missing."""
    frame = pd.DataFrame({
        "age": RNG.integers(17, 90, n).astype(np.float32),
        "hours": np.round(RNG.normal(40, 12, n), 1).astype(np.float32),
        "gain": np.where(RNG.random(n) < 0.9, 0, RNG.integers(100, 99999, n)).astype(np.float32),
        "workclass": RNG.choice(["Private", "Self-emp", "Federal gov", "State, local", "Ünbekannt"], n),
        "education": RNG.choice(["HS-grad", "Some-college", "Bachelors", "Masters", "\"quoted\""], n),
        "relationship": RNG.choice(["Wife", "Husband", "Own-child", "None of these"], n),
        "children": RNG.integers(0, 6, n)})
    z = frame.age / 30 + frame.hours / 40 + (frame.education == "Masters") * 2 - (frame.workclass == "Private") + \
        RNG.normal(0, 1, n)
    target = np.where(z > z.median(), ">50K", "<=50K")
    levels = np.digitize(z, [2, 3])
    frame.loc[RNG.random(n) < 0.1, "age"] = np.nan
    frame.loc[RNG.random(n) < 0.1, "hours"] = np.nan
    return frame, target, levels, z


def pipelines():
    frame, target, levels, z = census(500)
    test = frame[:ROWS].copy()
    test.loc[3, "workclass"] = "never seen"
    test.loc[5, "education"] = "never seen"
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = OneHotEncoder(handle_unknown="ignore")
    columns = [("num", numbers, ["age", "hours", "gain"]), ("cat", texts, ["workclass", "education"]),
               ("rel", OneHotEncoder(), ["relationship"]), ("int", OneHotEncoder(handle_unknown="ignore"), ["children"])]
    for name, model, y, kind in (("pipe-logistic", LogisticRegression(max_iter=500), target, "binary"),
                                 ("pipe-mlp", MLPClassifier((16, 8), max_iter=200, random_state=1), levels, "multi"),
                                 ("pipe-ridge", Ridge(), np.asarray(z), None)):
        pipe = Pipeline([("prepare", ColumnTransformer(columns)), ("model", model)]).fit(frame, y)
        onx = to_onnx(pipe, frame[:1])
        by = "scikit-learn 1.9.1"
        producer = f"skl2onnx 1.20.0, scikit-learn 1.9.1, pipeline with {type(model).__name__}"
        if kind is None:
            save(name, onx, list(test), test.values, None, pipe.predict(test), ["prediction"], producer, by=by)
        else:
            p = pipe.predict_proba(test)
            save(name, onx, list(test), test.values, pipe.predict(test), p[:, 1] if kind == "binary" else p,
                 names_of(kind, pipe.classes_, 1), producer, by=by)
    ordinal = Pipeline([("prepare", ColumnTransformer([
        ("ord", OrdinalEncoder(), ["education", "relationship"]),
        ("num", SimpleImputer(strategy="mean"), ["age", "hours"])])), ("model", LogisticRegression(max_iter=500))])
    ordinal.fit(frame, target)
    onx = to_onnx(ordinal, frame[["education", "relationship", "age", "hours"]][:1])
    test = frame[:ROWS]
    save("pipe-ordinal", onx, list(test), test.values, ordinal.predict(test), ordinal.predict_proba(test)[:, 1],
         ["probability"], "skl2onnx 1.20.0, scikit-learn 1.9.1, OrdinalEncoder", by="scikit-learn 1.9.1")


# -- torch ------------------------------------------------------------------------------------------

class Flatten(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Linear(6, 5), torch.nn.Linear(5, 2)

    def forward(self, x):
        return self.b(torch.tanh(self.a(x.view(x.size(0), -1))))


class Two(torch.nn.Module):
    """Numbers, and a category that is embedded."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(7, 3)
        self.layers = torch.nn.Sequential(torch.nn.Linear(7, 6), torch.nn.GELU(), torch.nn.Linear(6, 1))

    def forward(self, x, kind):
        return torch.sigmoid(self.layers(torch.cat([x, self.table(kind)], 1)))


def without_notes(path):
    """The dynamo exporter writes the paths and source lines of the machine into the file."""
    model = onnx.load(path, load_external_data=False)
    for node in [*model.graph.node, *(n for f in model.functions for n in f.node)]:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    for kind in ("initializer", "input", "output", "value_info"):
        for item in getattr(model.graph, kind):
            item.ClearField("doc_string")
            item.ClearField("metadata_props")
    for item in (model, model.graph):
        item.ClearField("doc_string")
        item.ClearField("metadata_props")
    path.write_bytes(model.SerializeToString())


def torch_case(name, model, inputs, header, kind=None, width=1, dynamo=False, dynamic=True, external=False):
    model.eval()
    names = [f"x{i}" for i in range(len(inputs))]
    path = OUT / f"{name}.onnx"
    args = tuple(torch.as_tensor(i[:1] if not dynamic else i[:2]) for i in inputs)
    if dynamo:
        batch = torch.export.Dim("batch")
        torch.onnx.export(model, args, str(path), dynamo=True, input_names=names, external_data=external,
                          dynamic_shapes=tuple({0: batch} for _ in inputs) if dynamic else None, verbose=False)
        without_notes(path)
    else:
        torch.onnx.export(model, args, str(path), dynamo=False, input_names=names,
                          dynamic_axes={n: {0: "batch"} for n in names} if dynamic else None)
    data = path.read_bytes()
    with torch.no_grad():
        y = model(*[torch.as_tensor(i) for i in inputs]).numpy()
    rows = np.concatenate([np.asarray(i, np.float64).reshape(len(i), -1) for i in inputs], 1)
    labels = None
    if kind == "binary":
        labels = (y.ravel() > 0.5).astype(int)
    elif kind == "multi":
        labels = y.argmax(1)
    rows = np.concatenate([np.asarray(i).reshape(len(i), -1).astype(object) for i in inputs], 1)
    save(name, data, header, rows, labels, y, names_of(kind, range(width), width),
         f"torch 2.15.0, {'dynamo' if dynamo else 'TorchScript'} exporter", by="torch 2.15.0")


def torch_models():
    torch.manual_seed(3)
    nn = torch.nn
    x = RNG.normal(size=(ROWS, 6)).astype(np.float32)
    header = [f"f{i}" for i in range(6)]
    norm = nn.BatchNorm1d(8)
    norm.running_mean, norm.running_var = torch.randn(8), torch.rand(8) + 0.5
    binary = lambda: nn.Sequential(nn.Linear(6, 8), nn.ReLU(), norm, nn.Dropout(0.3), nn.Linear(8, 1), nn.Sigmoid())
    torch_case("torch-binary", binary(), [x], header, "binary")
    torch_case("torch-binary-dynamo", binary(), [x], header, "binary", dynamo=True)
    torch_case("torch-static", nn.Sequential(nn.Linear(6, 4), nn.Hardswish(), nn.Linear(4, 2)), [x], header, width=2, dynamic=False)
    acts = [nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Mish(), nn.LeakyReLU(0.2), nn.ELU(), nn.SELU(), nn.CELU(0.7), nn.PReLU(),
            nn.Softplus(), nn.Softsign(), nn.Hardsigmoid(), nn.Hardtanh(), nn.ReLU6(), nn.LogSigmoid(), nn.Tanhshrink()]
    for dynamo in (False, True):
        layers = []
        for act in acts:
            layers += [nn.Linear(6, 6), act]
        torch_case("torch-activations" + ("-dynamo" if dynamo else ""), nn.Sequential(*layers, nn.LayerNorm(6), nn.Linear(6, 3), nn.Softmax(1)),
                   [x], header, "multi", 3, dynamo=dynamo)
    torch_case("torch-view", Flatten(), [x.reshape(ROWS, 2, 3)], header, width=2)
    kind = RNG.integers(0, 7, ROWS)
    for dynamo in (False, True):
        torch_case("torch-embedding" + ("-dynamo" if dynamo else ""), Two(), [x[:, :4].copy(), kind], header[:4] + ["kind"], "binary",
                   dynamo=dynamo)
    torch_case("torch-external", nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1)), [x], header, dynamo=True, external=True)


# -- graphs of other converters, made as they make them ----------------------------------------------

def spark_like():
    """What onnxmltools writes for a Spark ML pipeline: FeatureVectorizer, Scaler, LinearClassifier, columns [N, 1]."""
    names = ["a", "b", "c"]
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, 1]) for n in names]
    nodes = [helper.make_node("FeatureVectorizer", names, ["features"], domain="ai.onnx.ml", inputdimensions=[1, 1, 1]),
             helper.make_node("Scaler", ["features"], ["scaled"], domain="ai.onnx.ml", offset=[0.5, -1.0, 2.0], scale=[2.0, 0.25, 1.0]),
             helper.make_node("LinearClassifier", ["scaled"], ["prediction", "probability"], domain="ai.onnx.ml",
                              coefficients=[-0.5, 1.0, -0.25, 0.5, -1.0, 0.25], intercepts=[-0.1, 0.1], classlabels_ints=[0, 1],
                              multi_class=0, post_transform="LOGISTIC")]
    outputs = [helper.make_tensor_value_info("prediction", TensorProto.INT64, [None]),
               helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, 2])]
    graph = helper.make_graph(nodes, "spark", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9), helper.make_opsetid("ai.onnx.ml", 1)],
                              producer_name="OnnxMLTools")
    model.ir_version = 6
    x = RNG.normal(size=(ROWS, 3)).astype(np.float32)
    got = ort(model, {n: x[:, i:i + 1] for i, n in enumerate(names)})
    save("spark-logistic", model, names, x, got[0], got[1][:, 1], ["probability"], "as onnxmltools writes Spark ML")


def libsvm_like():
    """What onnxmltools writes for liblinear by LibSVM's converter: one tensor, LinearRegressor and Sigmoid apart."""
    nodes = [helper.make_node("LinearRegressor", ["input"], ["score"], domain="ai.onnx.ml", coefficients=[0.5, -0.25, 0.125],
                              intercepts=[0.3], targets=1, post_transform="NONE")]
    graph = helper.make_graph(nodes, "svm", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, 3])],
                              [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 1)])
    model.ir_version = 4
    x = RNG.normal(size=(ROWS, 3)).astype(np.float32)
    save("libsvm-linear", model, ["a", "b", "c"], x, None, ort(model, {"input": x})[0], ["prediction"], "as onnxmltools writes LibSVM")


def quantised():
    """A static QDQ model and a dynamic one of onnxruntime's quantizer."""
    from onnxruntime.quantization import (CalibrationDataReader, QuantType, quantize_dynamic, quantize_static)
    import tempfile
    torch.manual_seed(4)
    x = RNG.normal(size=(ROWS, 6)).astype(np.float32)
    net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)).eval()
    with tempfile.TemporaryDirectory() as top:
        source, to = f"{top}/m.onnx", f"{top}/q.onnx"
        torch.onnx.export(net, (torch.as_tensor(x[:2]),), source, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "batch"}})

        class Reader(CalibrationDataReader):
            def __init__(self):
                self.rows = iter([{"x": x[i:i + 10]} for i in range(0, 50, 10)])

            def get_next(self):
                return next(self.rows, None)

        quantize_static(source, to, Reader(), weight_type=QuantType.QInt8)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        run = lambda p, rows: onnxruntime.InferenceSession(p, options).run(None, {"x": rows})[0]
        save("quantised-static", pathlib.Path(to).read_bytes(), [f"f{i}" for i in range(6)], x, None, run(to, x), ["prediction"],
             "onnxruntime 1.32.0 quantize_static")
        # 7 bits: with 8 the kernels of a CPU without VNNI saturate, and are not what ONNX defines
        quantize_dynamic(source, to, weight_type=QuantType.QInt8, reduce_range=True)
        one = np.concatenate([run(to, x[i:i + 1]) for i in range(ROWS)])
        save("quantised-dynamic", pathlib.Path(to).read_bytes(), [f"f{i}" for i in range(6)], x, None, one, ["prediction"],
             "onnxruntime 1.32.0 quantize_dynamic, a row at a time")


def main():
    OUT.mkdir(exist_ok=True)
    sklearn_models()
    pipelines()
    torch_models()
    spark_like()
    libsvm_like()
    quantised()
    add_cases(OUT / "cases.json", cases)
    print(len(cases), "models")


main()
