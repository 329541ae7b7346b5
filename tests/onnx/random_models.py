#!/usr/bin/env python3
"""random_models.py - random models as frameworks export them, against onnxruntime.

    PYTHON random_models.py ROWCAST [--kind graph|sklearn|torch] [--first SEED] [--models N] [--keep DIR]

PYTHON has onnx, onnxruntime, and for their kinds scikit-learn with skl2onnx, and torch (seen with
onnx 1.23.2, onnxruntime 1.32.0, scikit-learn 1.9.1, skl2onnx 1.20.0, torch 2.15.0). A model is all
that its seed makes it: a failure names the seed, --first SEED --models 1 repeats it, --keep saves
model and table. Numbers may be off by what a change of the inputs in their last bits does. Not made:
scikit-learn's Normalizer of max, as onnxruntime divides by the largest and not by the largest size."""

import argparse
import collections
import contextlib
import csv
import io
import logging
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnxruntime

import random_graphs

ROWS = 12
NUMBERS, WHOLE, TEXT = "numbers", "whole", "text"


class Made:
    """A model, the arrays that it is fed, and the names of the columns (None: numbered)."""

    def __init__(self, model, feed, names=None, note=""):
        self.model, self.feed, self.note = model, feed, note
        self.names = names


# -- the kinds ------------------------------------------------------------------------------------

def make_graph(rng):
    model, feed, note = random_graphs.make(rng, ROWS)
    return Made(model, feed, note=note)


def table_of_columns(rng, pd):
    """A frame of 200 rows with numbers, whole numbers and texts, and a target of each kind."""
    n, columns, z = 200, {}, np.zeros(200)
    for i in range(rng.integers(1, 5)):
        v = rng.normal(rng.normal() * 5, rng.choice([0.1, 1, 30]), n).astype(np.float32)
        z += (v - v.mean()) / v.std() * rng.normal()
        columns[f"n{i}"] = v
    for i in range(rng.integers(0, 3)):
        v = rng.integers(0, rng.integers(2, 7), n)
        z += v * rng.normal()
        columns[f"w{i}"] = v
    for i in range(rng.integers(0, 3)):
        v = rng.choice(["a", "bb", "C c", "d,e", "1", "ä"][:rng.integers(2, 7)], n)
        z += (v == "a") * rng.normal()
        columns[f"t{i}"] = v
    frame = pd.DataFrame(columns)
    if rng.random() < 0.4:
        frame.loc[rng.random(n) < 0.15, "n0"] = np.nan
    return frame, z + rng.normal(0, 0.3, n)


def sklearn_parts(rng, frame):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn import preprocessing as p
    numbers = [c for c in frame if c[0] == "n"]
    steps = [SimpleImputer(strategy=str(rng.choice(["mean", "median"])))] if frame.isna().any().any() else []
    scalers = [p.StandardScaler(), p.MinMaxScaler(), p.MaxAbsScaler(), p.RobustScaler(), p.Binarizer(threshold=0.5),
               p.Normalizer(str(rng.choice(["l1", "l2"]))), p.PolynomialFeatures(2, include_bias=bool(rng.random() < 0.5)),
               p.KBinsDiscretizer(3, encode=str(rng.choice(["ordinal", "onehot-dense"])), quantile_method="averaged_inverted_cdf"),
               p.PowerTransformer(standardize=bool(rng.random() < 0.5)), p.StandardScaler(with_mean=False)]
    for k in rng.choice(len(scalers), rng.integers(0, 3), replace=False):
        steps.append(scalers[k])
    parts = [("num", make_pipeline(*steps) if steps else "passthrough", numbers)]
    for kind in ("w", "t"):
        names = [c for c in frame if c[0] == kind]
        if names:
            coder = p.OneHotEncoder(handle_unknown="ignore", drop=None) if rng.random() < 0.7 else p.OrdinalEncoder()
            parts.append((kind, coder, names))
    return ColumnTransformer(parts)


def sklearn_model(rng):
    from sklearn import linear_model as lm, svm, neural_network as nn
    kind = rng.choice(["regression", "binary", "multi"])
    act = str(rng.choice(["identity", "logistic", "tanh", "relu"]))
    layers = tuple(int(k) for k in rng.integers(2, 9, rng.integers(1, 3)))
    mlp = dict(hidden_layer_sizes=layers, activation=act, max_iter=60, random_state=1)
    if kind == "regression":
        models = [lm.LinearRegression(), lm.Ridge(), lm.Lasso(0.1), lm.ElasticNet(0.1), lm.SGDRegressor(random_state=1), lm.HuberRegressor(),
                  svm.LinearSVR(), nn.MLPRegressor(**mlp), lm.BayesianRidge(), lm.TweedieRegressor(power=0)]
    else:
        models = [lm.LogisticRegression(max_iter=300), lm.SGDClassifier(loss="log_loss", random_state=1), svm.LinearSVC(),
                  lm.RidgeClassifier(), lm.Perceptron(random_state=1), nn.MLPClassifier(**mlp), lm.LogisticRegressionCV(cv=2),
                  lm.SGDClassifier(loss="modified_huber", random_state=1)]
    return kind, models[rng.integers(len(models))]


def target_of(rng, kind, z):
    if kind == "regression":
        return np.stack([z, -2 * z + 1], 1) if rng.random() < 0.2 else z
    k = 2 if kind == "binary" else int(rng.integers(3, 6))
    y = np.searchsorted(np.quantile(z, np.arange(1, k) / k), z)
    return y if rng.random() < 0.5 else np.array(["low", "mid", "high", "top", "best"])[y]


def make_sklearn(rng):
    import pandas as pd
    from skl2onnx import to_onnx
    from sklearn.base import is_classifier
    from sklearn.pipeline import make_pipeline
    frame, z = table_of_columns(rng, pd)
    kind, model = sklearn_model(rng)
    y = target_of(rng, kind, z)
    one_tensor = rng.random() < 0.3
    if one_tensor:
        frame = frame[[c for c in frame if c[0] == "n"]].fillna(0)
    pipe = make_pipeline(sklearn_parts(rng, frame), model) if not one_tensor else model
    x = frame.to_numpy(np.float64 if rng.random() < 0.3 else np.float32) if one_tensor else frame
    pipe.fit(x, y)
    options = {"zipmap": [True, False, "columns"][rng.integers(3)]} if is_classifier(pipe) else None
    opset = None if rng.random() < 0.5 else {"": int(rng.integers(12, 22)), "ai.onnx.ml": int(rng.integers(1, 4))}
    onx = to_onnx(pipe, x[:1], options=options, target_opset=opset)
    note = f"{model} {[n for n, *_ in pipe[0].transformers] if not one_tensor else x.dtype} {options} {opset}"
    if one_tensor:
        return Made(onx.SerializeToString(), {"X": x[:ROWS]}, list(frame), note)
    kinds = {"n": np.float32, "w": np.int64, "t": object}
    feed = {c: frame[c].to_numpy()[:ROWS].astype(kinds[c[0]]).reshape(-1, 1) for c in frame}
    return Made(onx.SerializeToString(), feed, list(frame), note)


def torch_layers(rng, nn, width):
    layers, acts = [], [nn.ReLU, nn.GELU, nn.SiLU, nn.Mish, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.PReLU, nn.Softplus, nn.Softsign,
                        nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh, nn.ReLU6, nn.LogSigmoid, nn.Tanhshrink, nn.Tanh, nn.Sigmoid, nn.Identity,
                        nn.Hardshrink, nn.Softshrink, lambda: nn.GELU("tanh"), lambda: nn.Threshold(0.1, -2), lambda: nn.Dropout(0.2)]
    for _ in range(rng.integers(1, 5)):
        to = int(rng.integers(1, 9))
        layers.append(nn.Linear(width, to, bias=bool(rng.random() < 0.8)))
        width = to
        if rng.random() < 0.3:
            layers.append(nn.BatchNorm1d(width))
        if rng.random() < 0.3 and width > 1:
            layers.append([nn.LayerNorm(width), nn.LayerNorm(width, elementwise_affine=False), nn.RMSNorm(width)][rng.integers(3)])
        layers.append(acts[rng.integers(len(acts))]())
    last = [None, nn.Sigmoid(), nn.Softmax(-1), nn.LogSoftmax(1), nn.Flatten()][rng.integers(5)]
    return layers + ([last] if last is not None else [])


def make_torch(rng):
    import torch
    torch.manual_seed(int(rng.integers(1 << 30)))
    width = int(rng.integers(1, 7))
    net = torch.nn.Sequential(*torch_layers(rng, torch.nn, width))
    x = rng.normal(0, 2, (ROWS, width)).astype(np.float32)
    net.train()(torch.as_tensor(x))  # gives the batch norms something to hold
    net.eval()
    dynamo = rng.random() < 0.05
    out = io.BytesIO()
    if dynamo:
        program = torch.onnx.export(net, (torch.as_tensor(x),), dynamo=True, input_names=["x"], verbose=False,
                                    dynamic_shapes=({0: torch.export.Dim("batch")},))
        out.write(program.model_proto.SerializeToString())
    else:
        torch.onnx.export(net, (torch.as_tensor(x),), out, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "batch"}},
                          opset_version=int(rng.integers(9, 21)))
    return Made(out.getvalue(), {"x": x}, note=f"{'dynamo ' if dynamo else ''}{net}")


# -- comparison -----------------------------------------------------------------------------------

def columns_of(output):
    """An output of onnxruntime as a matrix of numbers or texts."""
    if isinstance(output, list) and output and isinstance(output[0], dict):
        output = [list(row.values()) for row in output]
    return np.asarray(output).reshape(len(output), -1)


def run_ort(made, feed):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return [columns_of(o) for o in onnxruntime.InferenceSession(made.model, options).run(None, feed)]


def moved(feed, factor):
    return {k: v * v.dtype.type(factor) if v.dtype.kind == "f" else v for k, v in feed.items()}


def expected_of(made):
    """Label (or None), numbers and how far each may be off."""
    outputs = run_ort(made, made.feed)
    ways = [run_ort(made, moved(made.feed, f)) for f in (1 + 2e-7, 1 - 2e-7)]
    is_label = len(outputs) > 1 and outputs[0].shape[1] == 1 and outputs[0].dtype.kind in "iUSO"
    label = outputs[0][:, 0] if is_label else None
    join = lambda o: np.concatenate([p.astype(np.float64) for p in o[1 if is_label else 0:]], 1)
    numbers = join(outputs)
    spread = sum(np.abs(join(w) - numbers) for w in ways)
    return label, numbers, np.maximum(2e-6, 1e-5 * np.abs(numbers)) + 8 * np.nan_to_num(spread, nan=np.inf)


def table_of(made):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    arrays = [v.reshape(len(v), -1) for v in made.feed.values()]
    narrow = list(made.feed) if all(a.shape[1] == 1 for a in arrays) else None
    writer.writerow(made.names or narrow or [f"c{i}" for i in range(sum(a.shape[1] for a in arrays))])
    for row in zip(*arrays):
        writer.writerow([v if isinstance(v, str) else "" if v != v else str(v.item() if hasattr(v, "item") else v)
                         for part in row for v in part])
    return out.getvalue().encode()


def near_tie(numbers, tolerance):
    top = np.sort(numbers)[::-1]
    return len(top) > 1 and top[0] - top[1] <= 4 * tolerance.max()


def compare(header, rows, made):
    """What is wrong, or None."""
    label, numbers, tolerance = expected_of(made)
    if len(rows) != len(numbers):
        return f"{len(rows)} rows"
    at = 1 if header[0] == "label" else 0
    for r, row in enumerate(rows):
        wanted, allowed = numbers[r], tolerance[r]
        if not np.isfinite(wanted).all() or not np.isfinite(allowed).all():
            continue
        cells = row[at:]
        if label is not None and row[0] != str(label[r]) and not near_tie(wanted, allowed):
            return f"row {r}: label {row[0]}, not {label[r]} ({wanted})"
        if len(cells) == 1 and len(wanted) == 2:
            wanted, allowed = wanted[1:], allowed[1:]
        if len(cells) != len(wanted):
            return f"{header}, but {len(wanted)} numbers"
        for cell, w, a in zip(cells, wanted, allowed):
            if cell == "" or abs(float(cell) - w) > a:
                return f"row {r}: {cells}, not {wanted.tolist()} within {allowed.max():.2g}"
    return None


def reason(text):
    first = re.sub(r"^.*?\): ", "", text.splitlines()[0] if text else "")
    return re.sub(r"'[^']*'", "'...'", re.sub(r"\d+", "N", first))


def keep(options, seed, made):
    if options.keep:
        top = pathlib.Path(options.keep)
        (top / f"{options.kind}-{seed}.onnx").write_bytes(made.model)
        (top / f"{options.kind}-{seed}.csv").write_bytes(table_of(made))


def check(options, folder, seed, counts):
    """A line of what is wrong, or None."""
    rng = np.random.default_rng([seed, sum(map(ord, options.kind))])
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            made = {"graph": make_graph, "sklearn": make_sklearn, "torch": make_torch}[options.kind](rng)
        run_ort(made, made.feed)
    except Exception as e:  # the framework does not export, or onnxruntime does not run this
        counts[f"not made: {type(e).__name__} {str(e)[:60]!r}"] += 1
        return None
    path = pathlib.Path(folder, "m.onnx")
    path.write_bytes(made.model)
    done = subprocess.run([options.rowcast, "score", "-m", str(path), "--on-error", "null", "--quiet"],
                          input=table_of(made), capture_output=True, check=False)
    text = done.stderr.decode(errors="replace")
    if done.returncode == 4:
        counts[f"refused: {reason(text)}"] += 1
        if options.refused:
            print(f"refused {seed}: {text.strip()} {made.note}")
            keep(options, seed, made)
        return None
    problem = f"status {done.returncode}: {text[:200]}"
    if done.returncode == 0:
        header, *rows = csv.reader(done.stdout.decode().splitlines())
        problem = compare(header, [r if r else [""] for r in rows], made)
    counts["wrong" if problem else "right"] += 1
    if problem:
        keep(options, seed, made)
        return f"WRONG {options.kind} {seed}: {problem}\n    {made.note}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rowcast")
    parser.add_argument("--kind", choices=["graph", "sklearn", "torch"], default="graph")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--keep")
    parser.add_argument("--refused", action="store_true", help="print each that is refused")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    counts, n_wrong = collections.Counter(), 0
    with tempfile.TemporaryDirectory(prefix="rowcast-random-") as folder:
        for seed in range(options.first, options.first + options.models):
            problem = check(options, folder, seed, counts)
            if problem:
                n_wrong += 1
                print(problem, flush=True)
    for what, n in counts.most_common():
        print(f"{n:6} {what}")
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
