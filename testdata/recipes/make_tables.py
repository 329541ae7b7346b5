"""make_tables.py - the data sets, the scikit-learn models over them, their predictions and metrics.

Run with Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1:
    python testdata/recipes/make_tables.py
"""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one order of sums on every machine

import warnings

import numpy as np
from sklearn import datasets
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import FixedThresholdClassifier, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import native as nat

warnings.simplefilter("ignore", ConvergenceWarning)


def train_part(x, y, stratify):
    rows = np.arange(len(x))
    return train_test_split(rows, test_size=0.3, random_state=0, stratify=y if stratify else None)[0]


def scaler_step(scaler):
    return nat.affine(scaler.mean_, scaler.scale_, out="scaled")


def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def run_tape(m, x, act=np.float64):
    """The steps of a model in numpy: affine and dense with relu only. act: type of each operation."""
    v = x.astype(act)
    for s in m["steps"]:
        if s["op"] == "affine":
            if "center" in s:
                v = v - s["center"].astype(act)
            if "divide" in s:
                v = v / s["divide"].astype(act)
        else:
            v = v @ s["weights"].astype(act) + s["bias"].astype(act)
            if s.get("activation") == "relu":
                v = np.maximum(v, 0)
    return v


def report_f32(name, m, x, finish, p):
    """How far plain float32 arithmetic is from the reference, for those who choose a tolerance."""
    q = finish(run_tape(m, x, np.float32).astype(np.float64))
    print(f"{name}: float32 arithmetic differs by at most {np.abs(q - p).max():.2e}")


def breast_cancer():
    d = datasets.load_breast_cancer()
    folder = nat.TESTDATA / "breast-cancer"
    names, x = [str(n) for n in d.feature_names], d.data
    y = d.target_names[d.target]
    ids = list(range(1, len(x) + 1))
    w = nat.weights_of(len(x), 1)
    nat.write_csv(folder / "breast-cancer.csv", ["id", *names, "weight", "diagnosis"],
                  ([i, *row, wi, t] for i, row, wi, t in zip(ids, x, w, y)))
    train = train_part(x, y, True)
    pipe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x[train], y[train])
    scaler, lr = pipe[0], pipe[1]
    classes = [str(c) for c in lr.classes_]
    output = {"task": "binary", "from": "z", "link": "sigmoid", "classes": classes}
    m = nat.model(nat.number_inputs(names),
                  [scaler_step(scaler), nat.dense(lr.coef_.T, lr.intercept_, out="z")], output)
    nat.write_json(folder / "model.json", m)
    nat.write_rcm(folder / "model.rcm", m, "float64")
    label, proba = pipe.predict(x), pipe.predict_proba(x)
    nat.write_expected(folder / "expected.csv", ids, ["label", "probability"], [label, proba[:, 1]])
    nat.write_metrics(folder / "metrics.json", len(x), *nat.class_metrics(y, label, proba, classes))
    nat.write_metrics(folder / "metrics_weighted.json", len(x),
                      *nat.class_metrics(y, label, proba, classes, w))

    cut = FixedThresholdClassifier(pipe, threshold=0.3, pos_label="malignant",
                                   response_method="predict_proba").fit(x[train], y[train])
    cut_label = cut.predict(x)
    nat.write_json(folder / "model.threshold.json", {**m, "output": {**output, "threshold": 0.3}})
    nat.write_expected(folder / "expected.threshold.csv", ids, ["label", "probability"],
                       [cut_label, proba[:, 1]])
    nat.write_metrics(folder / "metrics.threshold.json", len(x),
                      *nat.class_metrics(y, cut_label, proba, classes))
    print("breast-cancer: labels moved by the threshold:", int((cut_label != label).sum()))

    svc = make_pipeline(StandardScaler(), LinearSVC(random_state=0)).fit(x[train], y[train])
    nat.write_json(folder / "model.svc.json", {
        **m, "steps": [scaler_step(svc[0]), nat.dense(svc[1].coef_.T, svc[1].intercept_, out="z")],
        "output": {**output, "link": "none"}})
    nat.write_expected(folder / "expected.svc.csv", ids, ["label", "margin"],
                       [svc.predict(x), svc.decision_function(x)])
    nat.write_metrics(folder / "metrics.svc.json", len(x),
                      *nat.class_metrics(y, svc.predict(x), None, classes))

    f32 = nat.as_dtype(m, "float32")
    nat.write_json(folder / "model.f32.json", f32)
    x32 = nat.rounded(x, "float32")
    z = run_tape(f32, x32)[:, 0]
    print("breast-cancer f32: margin nearest to 0:", np.abs(z).min())
    report_f32("breast-cancer f32", f32, x32, lambda v: sigmoid(v[:, 0]), sigmoid(z))
    nat.write_expected(folder / "expected.f32.csv", ids, ["label", "probability"],
                       [np.where(z > 0, classes[1], classes[0]), sigmoid(z)])


def diabetes():
    d = datasets.load_diabetes(scaled=False)
    folder = nat.TESTDATA / "diabetes"
    names, x, y = list(d.feature_names), d.data, d.target
    ids = list(range(1, len(x) + 1))
    w = nat.weights_of(len(x), 2)
    nat.write_csv(folder / "diabetes.csv", ["id", *names, "weight", "progression"],
                  ([i, *row, wi, t] for i, row, wi, t in zip(ids, x, w, y)))
    nat.write_csv(folder / "features.csv", None, x)
    train = train_part(x, y, False)
    inputs, one = nat.number_inputs(names), {"task": "regression", "from": "z", "link": "identity"}

    def save(variant, pipe, steps, output=one, inputs=inputs, x=x, weighted=False):
        dot = "." + variant if variant else ""
        p = pipe.predict(x)
        nat.write_json(folder / f"model{dot}.json", nat.model(inputs, steps, output))
        nat.write_expected(folder / f"expected{dot}.csv", ids, ["prediction"], [p])
        nat.write_metrics(folder / f"metrics{dot}.json", len(x), *nat.regression_metrics(y, p))
        if weighted:
            nat.write_metrics(folder / "metrics_weighted.json", len(x), *nat.regression_metrics(y, p, w))

    ols = make_pipeline(StandardScaler(), LinearRegression()).fit(x[train], y[train])
    steps = [scaler_step(ols[0]), nat.dense(ols[1].coef_[:, None], [ols[1].intercept_], out="z")]
    save("", ols, steps, weighted=True)
    save("positional", ols, steps, inputs=[{"type": "number"} for _ in names])

    glm = make_pipeline(StandardScaler(), PoissonRegressor(alpha=0.1, max_iter=1000)).fit(x[train], y[train])
    save("poisson", glm, [scaler_step(glm[0]),
                          nat.dense(glm[1].coef_[:, None], [glm[1].intercept_], out="z")],
         output={**one, "link": "exp"})

    mlp = make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(8, 5), activation="tanh", solver="lbfgs",
                                                       alpha=1.0, max_iter=300, random_state=0))
    mlp.fit(x[train], y[train])
    net = mlp[1]
    save("tanh", mlp, [scaler_step(mlp[0])] +
         [nat.dense(net.coefs_[k], net.intercepts_[k], activation="tanh") for k in (0, 1)] +
         [nat.dense(net.coefs_[2], net.intercepts_[2], out="z")])

    mean = DummyRegressor().fit(x[train], y[train])
    save("constant", mean, [{"op": "dense", "weights": [], "bias": [float(mean.constant_[0, 0])],
                             "out": "z"}], inputs=[])

    use = [k for k, n in enumerate(names) if n != "bmi"]
    both, targets = np.column_stack([y, x[:, names.index("bmi")]]), ["progression", "bmi"]
    two = make_pipeline(StandardScaler(), Ridge(alpha=2.0)).fit(x[train][:, use], both[train])
    p = two.predict(x[:, use])
    nat.write_json(folder / "model.two.json", nat.model(
        nat.number_inputs([names[k] for k in use]),
        [scaler_step(two[0]), nat.dense(two[1].coef_.T, two[1].intercept_, out="z")],
        {**one, "targets": targets}))
    nat.write_expected(folder / "expected.two.csv", ids, [f"prediction_{t}" for t in targets], p.T)
    nat.write_metrics(folder / "metrics.two.json", len(x), *nat.target_metrics(both, p, targets))


def digits():
    d = datasets.load_digits()
    folder = nat.TESTDATA / "digits"
    x, y, names = d.data, d.target, list(d.feature_names)
    ids = list(range(1, len(x) + 1))
    nat.write_csv(folder / "digits.csv", ["id", *names, "digit"],
                  ([i, *row, t] for i, row, t in zip(ids, x, y)))
    train = train_part(x, y, True)
    net = MLPClassifier(hidden_layer_sizes=(32,), max_iter=400, random_state=0).fit(x[train] / 16, y[train])
    classes = [int(c) for c in net.classes_]
    m = nat.model(nat.number_inputs(names),
                  [nat.affine(divide=np.full(64, 16.0)),
                   nat.dense(net.coefs_[0], net.intercepts_[0], activation="relu", out="hidden"),
                   nat.dense(net.coefs_[1], net.intercepts_[1], out="z")],
                  {"task": "multiclass", "from": "z", "link": "softmax", "classes": classes})
    nat.write_json(folder / "model.json", {**m, "steps": [{"op": "affine", "divide": 16.0}, *m["steps"][1:]]})
    label, proba = net.predict(x / 16), net.predict_proba(x / 16)
    columns = ["label", *(f"probability_{c}" for c in classes)]
    nat.write_expected(folder / "expected.csv", ids, columns, [label, *proba.T])
    nat.write_metrics(folder / "metrics.json", len(x), *nat.class_metrics(y, label, proba, classes))

    f32 = nat.as_dtype(m, "float32")
    nat.write_json(folder / "model.f32.json", f32)
    nat.write_rcm(folder / "model.f32.rcm", f32, "float32")
    z = run_tape(f32, x)
    top = np.sort(z, axis=1)
    print("digits f32: smallest lead of a label:", (top[:, -1] - top[:, -2]).min())
    report_f32("digits f32", f32, x, softmax, softmax(z))
    rows = zip(ids, z.argmax(axis=1), *softmax(z).T)
    nat.write_csv(folder / "expected.f32.csv", ["id", *columns], rows,
                  text=lambda v: f"{v:.8g}" if isinstance(v, np.floating) else str(v))


def wine():
    d = datasets.load_wine()
    folder = nat.TESTDATA / "wine"
    names, x = list(d.feature_names), d.data
    y = d.target_names[d.target]
    ids = [f"wine-{i:03d}" for i in range(1, len(x) + 1)]
    w = nat.weights_of(len(x), 3)
    nat.write_csv(folder / "wine.csv", ["id", *names, "weight", "cultivar"],
                  ([i, *row, wi, t] for i, row, wi, t in zip(ids, x, w, y)))
    train = train_part(x, y, True)
    # A strong penalty and half of the columns: some labels are wrong, or metrics would all be 1.
    use = [0, 1, 2, 3, 4, 8, 10]
    inputs = nat.number_inputs([names[k] for k in use])

    def save(variant, pipe, link):
        dot, classes = ("." + variant if variant else ""), [str(c) for c in pipe.classes_]
        steps = [scaler_step(pipe[0]), nat.dense(pipe[1].coef_.T, pipe[1].intercept_, out="z")]
        nat.write_json(folder / f"model{dot}.json", nat.model(inputs, steps, {
            "task": "multiclass", "from": "z", "link": link, "classes": classes}))
        label = pipe.predict(x[:, use])
        proba = pipe.predict_proba(x[:, use]) if link == "softmax" else None
        kind, values = ("probability", proba) if link == "softmax" else (
            "margin", pipe.decision_function(x[:, use]))
        nat.write_expected(folder / f"expected{dot}.csv", ids,
                           ["label", *(f"{kind}_{c}" for c in classes)], [label, *values.T])
        nat.write_metrics(folder / f"metrics{dot}.json", len(x),
                          *nat.class_metrics(y, label, proba, classes))
        if not variant:
            nat.write_metrics(folder / "metrics_weighted.json", len(x),
                              *nat.class_metrics(y, label, proba, classes, w))

    save("", make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=2000))
         .fit(x[train][:, use], y[train]), "softmax")
    save("svc", make_pipeline(StandardScaler(), LinearSVC(random_state=0))
         .fit(x[train][:, use], y[train]), "none")


if __name__ == "__main__":
    breast_cancer()
    diabetes()
    digits()
    wine()
