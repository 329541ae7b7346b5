"""native.py - write native models, tables and metrics; shared by the recipes beside it.

Run with Python 3.11, numpy 2.4.6, scikit-learn 1.9.1.
"""
import csv
import json
import math
import struct
from pathlib import Path

import numpy as np
from sklearn import metrics as skm

TESTDATA = Path(__file__).resolve().parent.parent


def rounded(array, dtype):
    """Values of an array as doubles, after rounding to the model's dtype."""
    return np.asarray(array, dtype=np.dtype(dtype)).astype(np.float64)


def json_number(x):
    """JSON has no NaN and no infinity: the native model writes them as strings."""
    x = float(x)
    if math.isnan(x):
        return "nan"
    return x if math.isfinite(x) else ("inf" if x > 0 else "-inf")


def nested(array):
    array = np.asarray(array, dtype=np.float64)
    return [json_number(x) for x in array] if array.ndim == 1 else [nested(row) for row in array]


def number_inputs(names):
    return [{"name": str(n), "type": "number"} for n in names]


def affine(center=None, divide=None, scale=None, shift=None, **rest):
    step = {"op": "affine", **rest}
    for key, value in (("center", center), ("divide", divide), ("scale", scale), ("shift", shift)):
        if value is not None:
            step[key] = np.asarray(value, dtype=np.float64)
    return step


def dense(weights, bias, **rest):
    return {"op": "dense", "weights": np.asarray(weights, dtype=np.float64),
            "bias": np.asarray(bias, dtype=np.float64), **rest}


def model(inputs, steps, output, dtype="float64"):
    return {"format": "rowcast-model", "version": 1, "dtype": dtype, "inputs": inputs,
            "steps": steps, "output": output}


def as_dtype(m, dtype):
    """The same model with every array rounded to dtype."""
    steps = [{k: rounded(v, dtype) if isinstance(v, np.ndarray) else v for k, v in s.items()}
             for s in m["steps"]]
    return {**m, "dtype": dtype, "steps": steps}


def dump(value, depth=0):
    """JSON with a line for each step, row of weights and other member of a list of lists."""
    if isinstance(value, np.ndarray):
        value = nested(value)
    pad = " " * (depth + 1)
    if isinstance(value, dict) and depth < 2:
        body = (",\n" + pad).join(f"{json.dumps(k)}: {dump(v, depth + 1)}" for k, v in value.items())
        return "{" + body + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {dump(v, depth + 1)}" for k, v in value.items()) + "}"
    if isinstance(value, list) and value and isinstance(value[0], (list, dict)):
        return "[\n" + pad + (",\n" + pad).join(dump(v, depth + 1) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump(value) + "\n", encoding="utf-8")


def write_rcm(path, m, dtype):
    """8 bytes little-endian n, n bytes JSON padded with blanks to a multiple of 64, the arrays.

    "at" counts from the end of the JSON (byte 8 + n). Arrays are little-endian, row-major, at
    multiples of 64 from there; 8 + n is a multiple of 64 too, so they are aligned in the file.
    """
    blob = bytearray()

    def place(value):
        if isinstance(value, np.ndarray):
            blob.extend(b"\0" * (-len(blob) % 64))
            at = len(blob)
            blob.extend(np.ascontiguousarray(value).astype("<f4" if dtype == "float32" else "<f8").tobytes())
            return {"at": at, "shape": list(value.shape), "dtype": dtype}
        if isinstance(value, dict):
            return {k: place(v) for k, v in value.items()}
        return [place(v) for v in value] if isinstance(value, list) else value

    head = json.dumps(place(m), ensure_ascii=False).encode()
    head += b" " * (-(len(head) + 8) % 64)
    path.write_bytes(struct.pack("<Q", len(head)) + head + bytes(blob))


def cell(x):
    """The shortest text that reads back to the same value; whole numbers without a point."""
    if isinstance(x, (str, np.str_)):
        return str(x)
    if isinstance(x, (int, np.integer)):
        return str(int(x))
    x = float(x)
    return str(int(x)) if x.is_integer() and abs(x) < 2**53 and (x or math.copysign(1, x) > 0) else repr(x)


def write_csv(path, header, rows, text=cell):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        if header is not None:
            out.writerow(header)
        out.writerows([text(x) for x in row] for row in rows)


def predicted(x):
    """Text of a prediction: repr, so that no digit is lost."""
    return repr(float(x)) if isinstance(x, (float, np.floating)) else str(x)


def write_expected(path, ids, names, columns):
    write_csv(path, ["id", *names], zip(ids, *columns), text=predicted)


def regression_metrics(y, p, w=None):
    kw = {"sample_weight": w}
    mean = {
        "mse": skm.mean_squared_error(y, p, **kw),
        "rmse": skm.root_mean_squared_error(y, p, **kw),
        "mae": skm.mean_absolute_error(y, p, **kw),
        "r2": skm.r2_score(y, p, **kw),
        "explained_variance": skm.explained_variance_score(y, p, **kw),
        "max_error": skm.max_error(y, p),
        "mape": skm.mean_absolute_percentage_error(y, p, **kw),
        "bias": math.fsum((p - y) * (1 if w is None else w)) / (len(y) if w is None else math.fsum(w)),
    }
    return mean, {"medae": skm.median_absolute_error(y, p, **kw)}


def target_metrics(y, p, targets):
    """METRIC[TARGET] of each target, and METRIC as their plain mean."""
    out, later = {}, {}
    each = [regression_metrics(y[:, k], p[:, k]) for k in range(len(targets))]
    for into, which in ((out, 0), (later, 1)):
        for name in each[0][which]:
            values = [e[which][name] for e in each]
            into.update({f"{name}[{t}]": v for t, v in zip(targets, values)})
            into[name] = math.fsum(values) / len(values)
    return out, later


def class_metrics(y, label, proba, classes, w=None):
    """proba: (n, n_classes) in the order of classes, which is sorted; binary: second is positive."""
    kw = {"sample_weight": w}
    f1, precision, recall = skm.f1_score, skm.precision_score, skm.recall_score
    out = {
        "accuracy": skm.accuracy_score(y, label, **kw),
        "balanced_accuracy": skm.balanced_accuracy_score(y, label, **kw),
        "f1_macro": f1(y, label, average="macro", **kw),
        "f1_micro": f1(y, label, average="micro", **kw),
        "f1_weighted": f1(y, label, average="weighted", **kw),
        "precision_macro": precision(y, label, average="macro", **kw),
        "recall_macro": recall(y, label, average="macro", **kw),
        "precision_weighted": precision(y, label, average="weighted", **kw),
        "recall_weighted": recall(y, label, average="weighted", **kw),
        "mcc": skm.matthews_corrcoef(y, label, **kw),
    }
    later = {}
    if proba is not None:
        out["log_loss"] = skm.log_loss(y, proba, labels=classes, **kw)
    if len(classes) == 2:
        one = {"pos_label": classes[1], **kw}
        out.update(precision=precision(y, label, **one), recall=recall(y, label, **one),
                   f1=f1(y, label, **one))
        if proba is not None:
            out["brier"] = skm.brier_score_loss(y, proba[:, 1], **one)
            later["roc_auc"] = skm.roc_auc_score(np.asarray(y) == classes[1], proba[:, 1], **kw)
            later["pr_auc"] = skm.average_precision_score(y, proba[:, 1], **one)
    elif proba is not None:
        later["roc_auc"] = skm.roc_auc_score(y, proba, multi_class="ovr", average="macro",
                                             labels=classes, **kw)
    table = skm.precision_recall_fscore_support(y, label, labels=classes, **kw)
    for name, values in zip(("precision", "recall", "f1", "support"), table):
        out.update({f"{name}[{c}]": v for c, v in zip(classes, values)})
    matrix = skm.confusion_matrix(y, label, labels=classes, **kw)
    return out, later, {"labels": [plain(c) for c in classes],
                        "matrix": [[plain(v) for v in row] for row in matrix]}


def plain(x):
    if isinstance(x, (np.integer, int)):
        return int(x)
    return float(x) if isinstance(x, (float, np.floating)) else str(x)


def write_metrics(path, rows, out, later, confusion=None, unlabelled=0):
    body = {"rows": rows, **({"unlabelled": unlabelled} if unlabelled else {}),
            "metrics": {k: plain(v) for k, v in out.items()}, "ranking": {k: plain(v) for k, v in later.items()}}
    if confusion is not None:
        body["confusion"] = confusion
    path.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


def weights_of(n, seed):
    """Row weights with a few zeros: quarters and thirds, so that sums are not exact by luck."""
    rng = np.random.default_rng(seed)
    return np.round(rng.choice([0.0, 0.25, 1 / 3, 1.0, 1.7, 2.5], n, p=[.05, .2, .2, .3, .15, .1]), 6)
