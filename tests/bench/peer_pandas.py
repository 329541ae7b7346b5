#!/usr/bin/env python3
"""peer_pandas.py - the job of `rowcast score` by pandas and scikit-learn, for comparison.

    peer_pandas.py MODEL.json DATA.csv OUT.csv.zst [--truth COLUMN] [--level N] [--chunk ROWS]

Builds the scikit-learn objects from the native JSON model (affine, then dense with relu, tanh,
sigmoid or identity; sigmoid or softmax at the end), so that both sides compute with the same numbers; reads the CSV, predicts, writes
label and probability as zstd and prints rows, accuracy and seconds as JSON. --chunk reads piece by
piece: memory stays small, time grows a little. Written with pandas 3.1.1, scikit-learn 1.9.1,
numpy 2.4.6; zstd through the zstandard module if there is one, else the zstd program.
"""
import argparse
import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer, StandardScaler

SKLEARN_NAMES = {"identity": "identity", "relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}


def scaler_of(step, n, dtype):
    if "scale" in step or "shift" in step:
        sys.exit("peer_pandas: affine with scale or shift has no StandardScaler")
    s = StandardScaler()
    s.mean_ = np.broadcast_to(np.asarray(step.get("center", 0), dtype), n).copy()
    s.scale_ = np.broadcast_to(np.asarray(step.get("divide", 1), dtype), n).copy()
    s.var_, s.n_features_in_, s.n_samples_seen_ = s.scale_ ** 2, n, 1
    return s


def logistic_of(step, classes, dtype):
    lr = LogisticRegression()
    lr.classes_ = np.array(classes)
    lr.coef_ = np.ascontiguousarray(np.asarray(step["weights"], dtype).T)
    lr.intercept_ = np.asarray(step["bias"], dtype)
    lr.n_features_in_ = lr.coef_.shape[1]
    return lr


def mlp_of(steps, output, dtype):
    hidden = {s.get("activation", "identity") for s in steps[:-1]}
    if len(hidden) != 1 or not hidden <= set(SKLEARN_NAMES):
        sys.exit("peer_pandas: the hidden layers of an MLPClassifier share one activation")
    net = MLPClassifier(activation=SKLEARN_NAMES[hidden.pop()])
    net.coefs_ = [np.asarray(s["weights"], dtype) for s in steps]
    net.intercepts_ = [np.asarray(s["bias"], dtype) for s in steps]
    net.n_layers_, net.n_outputs_ = len(steps) + 1, net.coefs_[-1].shape[1]
    net.n_features_in_ = net.coefs_[0].shape[0]
    net.out_activation_ = "logistic" if output["task"] == "binary" else "softmax"
    net.classes_ = np.array(output["classes"])
    net._label_binarizer = LabelBinarizer().fit(net.classes_)
    return net


def pipeline_of(model):
    dtype, steps = np.dtype(model["dtype"]), model["steps"]
    parts = []
    if steps[0]["op"] == "affine":
        parts.append(("scale", scaler_of(steps[0], len(model["inputs"]), dtype)))
        steps = steps[1:]
    if any(s["op"] != "dense" for s in steps) or model["output"]["link"] not in ("sigmoid", "softmax"):
        sys.exit("peer_pandas: only affine and dense steps, and the links sigmoid and softmax")
    last = (logistic_of(steps[0], model["output"]["classes"], dtype) if len(steps) == 1
            else mlp_of(steps, model["output"], dtype))
    return Pipeline([*parts, ("predict", last)])


class ZstdOut:
    """A text stream into OUT.zst."""

    def __init__(self, path, level):
        self.file, self.child = open(path, "wb"), None
        try:
            import zstandard
            self.raw = zstandard.ZstdCompressor(level=level).stream_writer(self.file)
        except ImportError:
            self.child = subprocess.Popen(["zstd", "-q", f"-{level}", "-c"], stdin=subprocess.PIPE,
                                          stdout=self.file)
            self.raw = self.child.stdin

    def close(self):
        self.raw.close()
        if self.child is not None and self.child.wait() != 0:
            sys.exit("peer_pandas: zstd failed")
        self.file.close()


def score(pipe, frame, names, classes):
    proba = pipe.predict_proba(frame[names].to_numpy())
    if len(classes) == 2:
        label = np.asarray(classes)[(proba[:, 1] > 0.5).astype(int)]
        return label, pd.DataFrame({"label": label, "probability": proba[:, 1]})
    label = np.asarray(classes)[proba.argmax(axis=1)]
    out = pd.DataFrame(proba, columns=[f"probability_{c}" for c in classes])
    out.insert(0, "label", label)
    return label, out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("out")
    parser.add_argument("--truth", default="label")
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--chunk", type=int, help="rows a piece; default: all at once")
    args = parser.parse_args()
    began = time.perf_counter()
    with open(args.model, encoding="utf-8") as f:
        model = json.load(f)
    pipe, classes = pipeline_of(model), model["output"]["classes"]
    names = [i["name"] for i in model["inputs"]]
    kinds = {n: model["dtype"] for n in names}
    frames = pd.read_csv(args.data, usecols=[*names, args.truth], dtype=kinds, chunksize=args.chunk)
    out, n, hits = ZstdOut(args.out, args.level), 0, 0
    for frame in frames if args.chunk else [frames]:
        label, table = score(pipe, frame, names, classes)
        hits += int((label == frame[args.truth].to_numpy()).sum())
        table.to_csv(out.raw, index=False, header=n == 0)
        n += len(frame)
    out.close()
    print(json.dumps({"rows": n, "accuracy": hits / n, "seconds": round(time.perf_counter() - began, 3)}))


if __name__ == "__main__":
    main()
