#!/usr/bin/env python3
"""make_data.py - the tables of the benchmark.

    make_data.py FOLDER SCALE FILE...    makes those of FILES that are not there yet

    d1.csv                2,000,000 rows, 28 float32 in their shortest digits, label; also .gz, .zst of
                          one frame, d1-frames.csv.zst of a frame each 4 MiB, d1.h5 contiguous (/X, /y),
                          d1-gzip.h5 in chunks of 8192 rows with shuffle and gzip 4
    d1p.csv               1,000,000 rows, 28 doubles of 17 digits, label
    d2.csv, d2.h5         20,000 and 100,000 rows, 784 float32, a label out of ten
    quoted.csv            1,000,000 rows, 10 quoted texts (some with delimiters, doubled quotes, line
                          ends), 20 numbers, label
    all-quoted.csv        500,000 rows of D1 with quotes about every cell
    wide.csv, three.csv   100,000 rows of 1,000 numbers, label; 10,000,000 rows of 3 numbers
    tiny.csv, tiny.h5     100 rows of D1

Rows are multiplied by SCALE (not those of tiny). Labels of two classes are drawn with the
probability that the linear model over these columns gives. Seeded: the same arguments give the same
bytes (of one version of numpy).

Values come from a pool of 2^18 numbers: their texts are made once and then gathered as bytes, so
the writer does some 100 MB/s and the file still holds a number of its own in almost every cell of
a packet. Needs numpy (written with 2.4), for HDF5 h5py.
"""
import dataclasses
import pathlib
import subprocess
import sys

import numpy as np

import make_models

POOL, CHUNK_CELLS, H5_CHUNK_ROWS = 1 << 18, 1 << 21, 8192
TEXTS = ["plain", "Berlin", "New York", "a, b", 'say "hi"', "two\nlines", "", " padded ", '5" pipe, new',
         "semi;colon", "tab\there", 'Zürich, "Altstadt"', "x" * 40, "1,5", "lorem ipsum dolor", "x1y2z3"]


@dataclasses.dataclass
class Table:
    names: list          # of the numbers
    model: str = None    # the linear model that labels are drawn from
    n_classes: int = 0   # labels without one
    doubles: bool = False
    n_texts: int = 0     # quoted columns before the numbers
    all_quoted: bool = False

    def has_label(self):
        return self.model is not None or self.n_classes > 0


D1 = Table(make_models.NAMES["logistic"], "logistic")
D2 = Table(make_models.NAMES["wide"], n_classes=10)
FILES = {
    "d1.csv": (D1, 2000000),
    "d1.h5": (D1, 2000000),
    "d1-gzip.h5": (D1, 2000000),
    "d1p.csv": (dataclasses.replace(D1, doubles=True), 1000000),
    "d2.csv": (D2, 20000),
    "d2.h5": (D2, 100000),
    "quoted.csv": (Table(make_models.NAMES["twenty"], "twenty", n_texts=10), 1000000),
    "all-quoted.csv": (dataclasses.replace(D1, all_quoted=True), 500000),
    "wide.csv": (Table(make_models.numbered("c", 1000, 3), "ten"), 100000),
    "three.csv": (Table(make_models.NAMES["three"]), 10000000),
    "tiny.csv": (D1, 100),
    "tiny.h5": (D1, 100),
}
# made from another file: standard input to standard output
PACKED = {
    "d1.csv.gz": ("d1.csv", ["gzip", "-c"]),
    "d1.csv.zst": ("d1.csv", ["zstd", "-q", "-3", "-c"]),
    "d1-frames.csv.zst": ("d1.csv", ["split", "-b", "4M", "--filter=zstd -q -3 -c", "-"]),
}


def padded(texts):
    """Texts as rows of bytes, filled with zeros at the end."""
    data = np.array([t.encode() for t in texts])
    return data.view(np.uint8).reshape(len(texts), -1)


def quoted(texts):
    return ['"' + t.replace('"', '""') + '"' for t in texts]


def shortest(v):
    if abs(v) >= 1e-4:
        return np.format_float_positional(v, trim="-")
    return np.format_float_scientific(v, trim="-", exp_digits=1)


def pool(table):
    """The numbers that cells are taken from."""
    x = np.random.default_rng(2026).standard_normal(POOL)
    return x if table.doubles else x.astype(np.float32)


def texts_of(table, values):
    return [f"{v:.17g}" for v in values.tolist()] if table.doubles else [shortest(v) for v in values]


def draw_labels(table, rng, x):
    if table.model is None:
        return rng.integers(0, table.n_classes, len(x)) if table.has_label() else None
    model = make_models.Model(table.model)
    x = x[:, [table.names.index(name) for name in model.names]].astype(np.float64)
    if model.scaler is not None:
        x = (x - model.scaler[0]) / model.scaler[1]
    z = x @ model.layers[0][0][:, 0].astype(np.float64) + model.layers[0][1][0]
    return (rng.random(len(x)) < 1 / (1 + np.exp(-z))).astype(np.intp)


def pieces(table, n_rows, values):
    """(indices in the pool (n, columns), labels (n) or None), some rows at a time."""
    rng = np.random.default_rng(2027)
    step = max(1, CHUNK_CELLS // len(table.names))
    for at in range(0, n_rows, step):
        n = min(step, n_rows - at)
        which = rng.integers(0, POOL, (n, len(table.names)), dtype=np.int32)
        yield which, draw_labels(table, rng, values[which])


def write_csv(path, table, n_rows):
    """Cells of fixed width side by side, then the filling is dropped."""
    values = pool(table)
    wrap = quoted if table.all_quoted else list
    numbers = padded([t + "," for t in wrap(texts_of(table, values))])
    words = padded([t + "," for t in quoted(TEXTS)])
    labels = padded([t + "," for t in wrap(map(str, range(10)))])
    rng = np.random.default_rng(2028)
    header = [*make_models.numbered("t", table.n_texts, 1), *table.names, *["label"] * table.has_label()]
    with open(path, "wb") as out:
        out.write((",".join(wrap(header)) + "\n").encode())
        for which, label in pieces(table, n_rows, values):
            n = len(which)
            parts = [words[rng.integers(0, len(TEXTS), n)] for _ in range(table.n_texts)]
            parts.append(numbers[which].reshape(n, -1))
            parts += [labels[label]] if label is not None else []
            line = np.concatenate(parts, axis=1)
            last = line.shape[1] - 1 - np.argmax(line[:, ::-1] != 0, axis=1)
            line[np.arange(n), last] = ord("\n")
            out.write(line[line != 0].tobytes())


def write_h5(path, table, n_rows):
    import h5py
    packed = {"chunks": (min(H5_CHUNK_ROWS, n_rows), len(table.names)), "compression": "gzip",
              "compression_opts": 4, "shuffle": True} if "gzip" in path.name else {}
    values, at = pool(table), 0
    with h5py.File(path, "w") as file:
        x = file.create_dataset("X", (n_rows, len(table.names)), "<f4", **packed)
        x.attrs["columns"] = np.array(table.names, dtype=h5py.string_dtype())
        y = file.create_dataset("y", (n_rows,), "u1")
        for which, label in pieces(table, n_rows, values):
            x[at:at + len(which)], y[at:at + len(which)] = values[which], label
            at += len(which)


def make(folder, scale, name):
    path = folder / name
    if path.exists():
        return
    part = path.with_name("part-" + name)
    if name in PACKED:
        source, command = PACKED[name]
        make(folder, scale, source)
        with open(folder / source, "rb") as data, open(part, "wb") as out:
            subprocess.run(command, stdin=data, stdout=out, check=True)
    else:
        table, n_rows = FILES[name]
        n_rows = n_rows if name.startswith("tiny") else max(1, round(n_rows * scale))
        (write_h5 if name.endswith(".h5") else write_csv)(part, table, n_rows)
    part.rename(path)


if __name__ == "__main__":
    if len(sys.argv) < 4 or not {*sys.argv[3:]} <= {*FILES, *PACKED}:
        sys.exit(__doc__)
    for wanted in sys.argv[3:]:
        make(pathlib.Path(sys.argv[1]), float(sys.argv[2]), wanted)
