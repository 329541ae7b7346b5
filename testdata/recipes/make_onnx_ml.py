#!/usr/bin/env python3
"""make_onnx_ml.py - testdata/onnx/ml-*: models of Spark ML and LibSVM as onnxmltools writes them, a
table for each, and what Spark (float64, of float32 data) or onnxruntime says. Adds to cases.json.

Made with pyspark 3.5.3 under OpenJDK 17, libsvm-official 3.37.0, onnxmltools 1.16.0, skl2onnx 1.20.0,
onnx 1.23.2, numpy 2.4.6:

    python make_onnx_ml.py ../onnx"""

import pathlib
import sys

import numpy as np
import onnx
import onnxmltools
import onnxruntime
from libsvm import svmutil
from onnxmltools.convert.sparkml.utils import FloatTensorType, StringTensorType
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.regression import LinearRegression
from onnx_cases import add_cases, write_csv
from pyspark.sql import SparkSession

OUT = pathlib.Path(sys.argv[1])
RNG = np.random.default_rng(17)
ROWS = 40
TOOL = f"onnxmltools {onnxmltools.__version__}"
cases = []


def save(name, model, header, rows, out_header, out, producer, by):
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())
    write_csv(OUT / f"{name}.csv", header, rows)
    write_csv(OUT / f"{name}.expected.csv", out_header, out)
    cases.append({"name": name, "dtype": "float32", "options": [], "producer": producer, "by": by})


def spark_models():
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", False).getOrCreate()
    label = f"pyspark {spark.version}"
    x = RNG.normal(size=(ROWS, 3)).astype(np.float32)
    kind = RNG.choice(["red", "green", "blue"], ROWS)
    binary = (x @ [1, -2, 0.5] + RNG.normal(size=ROWS) > 0).astype(float)
    many = np.digitize(x[:, 0] + 0.5 * x[:, 1] + RNG.normal(size=ROWS) * 0.4, [-0.5, 0.5]).astype(float)
    size = x @ [1, 2, 3] + 0.5 + RNG.normal(size=ROWS) * 0.2
    names = ["a", "b", "c"]
    rows = [(*map(float, x[i]), str(kind[i]), float(binary[i]), float(many[i]), float(size[i])) for i in range(ROWS)]
    frame = spark.createDataFrame(rows, [*names, "kind", "binary", "many", "size"])
    gather = VectorAssembler(inputCols=names, outputCol="gathered")
    scale = StandardScaler(inputCol="gathered", outputCol="features", withMean=True)
    numbers = [(n, FloatTensorType([None, 1])) for n in names]

    def fit(name, stages, inputs, header, columns, out_header, row_of):
        model = Pipeline(stages=stages).fit(frame)
        made = onnxmltools.convert_sparkml(model, name, inputs, spark_session=spark)
        said = model.transform(frame).collect()
        save(name, made, header, columns, out_header, [row_of(r) for r in said], f"{TOOL}, {label}", label)

    fit("ml-spark-logistic", [gather, scale, LogisticRegression(labelCol="binary", regParam=0.01)], numbers, names, x,
        ["label", "probability"], lambda r: [int(r.prediction), np.float32(r.probability[1])])
    # with several classes the converter writes sigmoids whose sum is made 1, where Spark has a softmax
    model = Pipeline(stages=[gather, scale, LogisticRegression(labelCol="many", regParam=0.01)]).fit(frame)
    made = onnxmltools.convert_sparkml(model, "multinomial", numbers, spark_session=spark)
    says = onnxruntime.InferenceSession(made.SerializeToString()).run(None, {n: x[:, i:i + 1] for i, n in enumerate(names)})
    save("ml-spark-multinomial", made, names, x, ["label", *[f"probability_{i}" for i in range(3)]],
         [[k, *p] for k, p in zip(*says)], f"{TOOL}, {label}", f"onnxruntime {onnxruntime.__version__}")
    fit("ml-spark-regression", [gather, scale, LinearRegression(labelCol="size")], numbers, names, x, ["prediction"],
        lambda r: [np.float32(r.prediction)])
    fit("ml-spark-categories",
        [StringIndexer(inputCol="kind", outputCol="number"), OneHotEncoder(inputCols=["number"], outputCols=["hot"], dropLast=False),
         VectorAssembler(inputCols=[*names, "hot"], outputCol="features"), LogisticRegression(labelCol="binary", regParam=0.01)],
        [*numbers, ("kind", StringTensorType([None, 1]))], [*names, "kind"], [[*x[i], kind[i]] for i in range(ROWS)],
        ["label", "probability"], lambda r: [int(r.prediction), np.float32(r.probability[1])])
    spark.stop()


def svm_graph(model, name, n):
    """What onnxmltools.convert.libsvm writes; 1.16.0 itself does not load beside today's libsvm."""
    vectors = np.zeros((model.l, n), dtype=np.float32)
    for row, vector in zip(vectors, model.get_SV()):
        for at, number in vector.items():
            if at >= 1:
                row[at - 1] = number
    attributes = {"kernel_type": "LINEAR", "kernel_params": [model.param.gamma, model.param.coef0, float(model.param.degree)],
                  "coefficients": np.array(model.get_sv_coef(), dtype=np.float32).ravel(), "post_transform": "NONE",
                  "rho": [-model.rho[0]], "support_vectors": vectors.ravel()}
    value = onnx.helper.make_tensor_value_info
    outputs = [value("variable", onnx.TensorProto.FLOAT, [None, 1])]
    if model.param.svm_type < 2:
        outputs = [value("label", onnx.TensorProto.INT64, [None]), value("probabilities", onnx.TensorProto.FLOAT, [None, 2])]
        attributes |= {"classlabels_ints": sorted(model.get_labels()), "vectors_per_class": [model.nSV[i] for i in range(2)]}
        if model.is_probability_model():
            attributes |= {"prob_a": [model.probA[0]], "prob_b": [model.probB[0]]}
    else:
        attributes["n_supports"] = model.l
    if model.param.svm_type == 2:
        attributes["one_class"] = 1
    node = onnx.helper.make_node("SVMClassifier" if len(outputs) > 1 else "SVMRegressor", ["input"], [o.name for o in outputs],
                                 domain="ai.onnx.ml", **attributes)
    graph = onnx.helper.make_graph([node], name, [value("input", onnx.TensorProto.FLOAT, [None, n])], outputs)
    return onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("ai.onnx.ml", 1)])


def onnxruntime_says(name, feed):
    return onnxruntime.InferenceSession(OUT / f"{name}.onnx").run(None, feed)


def libsvm_models():
    """Of linear kernels, which are written as support vectors; what onnxruntime makes of them."""
    x = RNG.normal(size=(ROWS, 4)).astype(np.float32)
    rows, header = x.astype(float).tolist(), [f"x{i}" for i in range(4)]
    size = (x @ [1, -1, 0.5, 2]).tolist()
    kind = (x @ [1, -1, 0.5, 2] + RNG.normal(size=ROWS) > 0).astype(int).tolist()
    label = f"onnxruntime {onnxruntime.__version__}"
    for name, y, how in (("ml-libsvm-regression", size, "-s 3"), ("ml-libsvm-one-class", kind, "-s 2 -n 0.3"),
                         ("ml-libsvm-margin", kind, "-s 0"), ("ml-libsvm-probability", kind, "-s 0 -b 1")):
        model = svmutil.svm_train(y, rows, f"{how} -t 0 -q")
        made = svm_graph(model, name, 4)
        (OUT / f"{name}.onnx").write_bytes(made.SerializeToString())
        said = onnxruntime_says(name, {"input": x})
        if len(said) == 1:
            out_header, out = ["prediction"], [[v] for v in said[0].ravel()]
        else:
            # without probabilities the scores are those of the other class
            is_margin = name == "ml-libsvm-margin"
            out_header = ["label", "margin" if is_margin else "probability"]
            out = [[k, p[0 if is_margin else 1]] for k, p in zip(said[0], said[1])]
        by = label
        if name == "ml-libsvm-probability":
            # onnxruntime stops its iteration some 1e-3 before the probability that LibSVM computes
            second = model.get_labels().index(1)
            out = [[int(k), np.float32(p[second])] for k, p in zip(said[0], svmutil.svm_predict(kind, rows, model, "-b 1 -q")[2])]
            by = "onnxruntime (labels), libsvm 3.37.0"
        save(name, made, header, x, out_header, out, "libsvm 3.37.0, as onnxmltools writes it", by)


def main():
    spark_models()
    libsvm_models()
    add_cases(OUT / "cases.json", cases)
    print(len(cases), "models")


main()
