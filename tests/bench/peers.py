#!/usr/bin/env python3
"""peers.py - the job of `rowcast score` by others: read a table, score it, write predictions.

    peers.py HOW MODEL DATA OUT [LEVEL]

HOW is READER+SCORER: pandas, polars, pyarrow or h5py reads, sklearn, numpy, torch or onnxruntime
scores; or polars or duckdb alone, which score a linear model as an expression; or h5py+nothing, which
reads alone. MODEL is a path without its ending (see make_models.py); a column `label` of DATA, or
/y beside /X, is the truth. OUT gets label and probabilities: .csv, or .csv.zst of LEVEL (default 1;
DuckDB has no choice of it). Prints the accuracy as JSON, null where it is not known.

pandas with sklearn writes by pandas and the program zstd; what else there is writes by polars or
pyarrow. Threads are those of the environment (OMP_NUM_THREADS ...); the numbers are float32. Written with
numpy 2.4, pandas 3.1, scikit-learn 1.9, polars 2.1, pyarrow 26, DuckDB 2.0, onnxruntime 1.32,
torch 2.15, h5py 3.16."""

import functools
import json
import os
import subprocess
import sys

N_THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))
BLOCK_ROWS = 4096  # what stands in the cache between layers


class Model:
    def __init__(self, path):
        import numpy as np
        arrays = np.load(path + ".npz")
        self.path, self.names = path, arrays["names"].tolist()
        self.classes = arrays["classes"].tolist()
        self.scaler = (arrays["center"], arrays["divide"]) if "center" in arrays else None
        n_layers = sum(key.startswith("w") for key in arrays)
        self.layers = [(arrays[f"w{k}"], arrays[f"b{k}"]) for k in range(n_layers)]
        self.is_binary = self.layers[-1][1].size == 1


# Readers: (numbers as float32, truth or None)

def read_pandas(path, names):
    import pandas as pd
    has_truth = "label" in pd.read_csv(path, nrows=0, compression=None).columns if path.endswith(".csv") else True
    wanted = [*names, "label"] if has_truth else names
    unpacked = subprocess.Popen(["zstd", "-dc", path], stdout=subprocess.PIPE).stdout \
        if path.endswith(".zst") else path
    frame = pd.read_csv(unpacked, usecols=wanted, dtype={n: "float32" for n in names})
    return frame[names].to_numpy(), frame["label"].to_numpy() if has_truth else None


def scan_polars(path, names):
    import polars as pl
    return pl.scan_csv(path, schema_overrides={n: pl.Float32 for n in names})


def read_polars(path, names):
    frame = scan_polars(path, names)
    has_truth = "label" in frame.collect_schema().names()
    frame = frame.select([*names, "label"] if has_truth else names).collect()
    return frame.select(names).to_numpy(order="c"), frame["label"].to_numpy() if has_truth else None


def read_pyarrow(path, names):
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv
    pa.set_cpu_count(N_THREADS)
    kinds = csv.ConvertOptions(column_types={n: pa.float32() for n in names},
                               include_columns=[*names, "label"], include_missing_columns=True)
    with open(path, "rb") as file:  # line ends in cells are looked for, slowly, where there may be some
        parse = csv.ParseOptions(newlines_in_values=b'"' in file.read(1 << 16))
    table = csv.read_csv(path, parse_options=parse, convert_options=kinds)
    x = np.stack([table[n].to_numpy() for n in names], axis=1)
    return x, None if table["label"].null_count else table["label"].to_numpy()


def read_h5py(path, _):
    import h5py
    with h5py.File(path) as file:
        return file["X"][()], file["y"][()]


# Scorers: the probability of the second class (n), or those of all (n, classes)

def score_sklearn(model, x):
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import LabelBinarizer, StandardScaler
    parts = []
    if model.scaler is not None:
        scaler = StandardScaler()
        scaler.mean_, scaler.scale_ = model.scaler
        scaler.var_, scaler.n_features_in_, scaler.n_samples_seen_ = scaler.scale_ ** 2, x.shape[1], 1
        parts.append(("scale", scaler))
    if len(model.layers) == 1:
        last = LogisticRegression()
        last.coef_, last.intercept_ = np.ascontiguousarray(model.layers[0][0].T), model.layers[0][1]
    else:
        last = MLPClassifier(activation="relu")
        last.coefs_, last.intercepts_ = map(list, zip(*model.layers))
        last.n_layers_, last.n_outputs_ = len(model.layers) + 1, model.layers[-1][1].size
        last.out_activation_ = "logistic" if model.is_binary else "softmax"
        last._label_binarizer = LabelBinarizer().fit(model.classes)
    last.classes_, last.n_features_in_ = np.array(model.classes), x.shape[1]
    p = Pipeline([*parts, ("predict", last)]).predict_proba(x)
    return p[:, 1] if model.is_binary else p


def score_numpy(model, x):
    import numpy as np
    made = []
    for at in range(0, len(x), BLOCK_ROWS):
        a = x[at:at + BLOCK_ROWS]
        if model.scaler is not None:
            a = (a - model.scaler[0]) / model.scaler[1]
        for k, (w, b) in enumerate(model.layers):
            a = a @ w
            a += b
            if k + 1 < len(model.layers):
                np.maximum(a, 0, out=a)
        if model.is_binary:
            a = 1 / (1 + np.exp(-a[:, 0]))
        else:
            a = np.exp(a - a.max(axis=1, keepdims=True))
            a /= a.sum(axis=1, keepdims=True)
        made.append(a)
    return np.concatenate(made)


def score_torch(model, x):
    import numpy as np
    import torch
    torch.set_num_threads(N_THREADS)
    layers = [(torch.from_numpy(np.ascontiguousarray(w.T)), torch.from_numpy(b)) for w, b in model.layers]
    scaler = None if model.scaler is None else [torch.from_numpy(a) for a in model.scaler]
    made = []
    with torch.inference_mode():
        for a in torch.from_numpy(x).split(BLOCK_ROWS):
            if scaler is not None:
                a = (a - scaler[0]) / scaler[1]
            for k, (w, b) in enumerate(layers):
                a = torch.nn.functional.linear(a, w, b)
                if k + 1 < len(layers):
                    a = torch.relu_(a)
            made.append(torch.sigmoid(a[:, 0]) if model.is_binary else torch.softmax(a, 1))
        return torch.cat(made).numpy()


def score_onnxruntime(model, x):
    import numpy as np
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = N_THREADS
    session = onnxruntime.InferenceSession(model.path + ".onnx", settings, providers=["CPUExecutionProvider"])
    made = [session.run(None, {"x": x[at:at + BLOCK_ROWS]})[0] for at in range(0, len(x), BLOCK_ROWS)]
    p = np.concatenate(made)
    return p[:, 0] if model.is_binary else p


# Writers: the columns of the output

def write_pandas(columns, path, level):
    import pandas as pd
    frame = pd.DataFrame(columns)
    if not path.endswith(".zst"):
        frame.to_csv(path, index=False)
        return
    with open(path, "wb") as out, subprocess.Popen(["zstd", "-q", f"-{level}", "-c"], stdin=subprocess.PIPE,
                                                   stdout=out) as child:
        frame.to_csv(child.stdin, index=False)
        child.stdin.close()
        if child.wait() != 0:
            sys.exit("peers: zstd failed")


def write_polars(columns, path, level):
    import polars as pl
    packed = {"compression": "zstd", "compression_level": level} if path.endswith(".zst") else {}
    pl.DataFrame(columns).write_csv(path, **packed)


def write_pyarrow(columns, path, _):
    import pyarrow as pa
    from pyarrow import csv
    pa.set_cpu_count(N_THREADS)
    with pa.OSFile(path, "wb") as file:
        stream = pa.CompressedOutputStream(file, "zstd") if path.endswith(".zst") else file
        csv.write_csv(pa.table(columns), stream)
        if stream is not file:
            stream.close()


READERS = {"pandas": read_pandas, "polars": read_polars, "pyarrow": read_pyarrow, "h5py": read_h5py}
SCORERS = {"sklearn": score_sklearn, "numpy": score_numpy, "torch": score_torch,
           "onnxruntime": score_onnxruntime}
WRITERS = {"pandas": write_pandas, "polars": write_polars, "pyarrow": write_pyarrow}


def writer_of(reader, scorer):
    if (reader, scorer) == ("pandas", "sklearn"):
        return write_pandas
    for name in dict.fromkeys([reader, "polars", "pyarrow", "pandas"]):
        try:
            if name in WRITERS and name != "pandas" and __import__(name):
                return WRITERS[name]
        except ImportError:
            pass
    return write_pandas


def run_parts(reader, scorer, path, data, out, level):
    import numpy as np
    model = Model(path)
    x, truth = READERS[reader](data, model.names)
    if scorer == "nothing":
        return None
    p = SCORERS[scorer](model, x)
    if model.is_binary:
        label = (p > 0.5).astype(np.int8)
        columns = {"label": label, "probability": p}
    else:
        label = p.argmax(axis=1).astype(np.int8)
        columns = {"label": label, **{f"probability_{c}": p[:, c] for c in model.classes}}
    writer_of(reader, scorer)(columns, out, level)
    return None if truth is None else float((label == truth).mean())


# Alone: reading, scoring and writing are one query, which leaves the accuracy out (10 % more)

def linear_sum(model):
    """(factor of each column, constant)"""
    with open(model + ".json", encoding="utf-8") as f:
        made = json.load(f)
    return made["factors"], made["constant"]


def run_polars(model, data, out, level):
    import polars as pl
    factors, constant = linear_sum(model)
    z = pl.lit(constant, pl.Float32) + sum(pl.col(n) * pl.lit(w, pl.Float32) for n, w in factors.items())
    packed = {"compression": "zstd", "compression_level": level} if out.endswith(".zst") else {}
    scan_polars(data, factors).select(z.alias("z")).select(
        (pl.col("z") > 0).cast(pl.Int8).alias("label"),
        (1 / (1 + (-pl.col("z")).exp())).alias("probability")).sink_csv(out, **packed)


def run_duckdb(model, data, out, _):
    import duckdb
    factors, constant = linear_sum(model)
    base = duckdb.connect()
    base.execute(f"set threads={N_THREADS}")
    kinds = ",".join(f"'{n}': 'FLOAT'" for n in factors)
    total = "+".join(f"({w!r}::float)*{n}" for n, w in factors.items())
    packed = ", compression zstd" if out.endswith(".zst") else ""
    base.execute(f"copy (select (z > 0)::tinyint as label, (1 / (1 + exp(-z)))::float as probability from "
                 f"(select {constant!r}::float + {total} as z from read_csv('{data}', types={{{kinds}}}))) "
                 f"to '{out}' (format csv, header{packed})")


ALONE = {"polars": run_polars, "duckdb": run_duckdb}


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    how, model, data, out = sys.argv[1:5]
    level = int(sys.argv[5]) if len(sys.argv) == 6 else 1
    run = ALONE[how] if how in ALONE else functools.partial(run_parts, *how.split("+"))
    print(json.dumps(run(model, data, out, level)))


if __name__ == "__main__":
    main()
