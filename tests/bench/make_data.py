#!/usr/bin/env python3
"""make_data.py - a big table for the benchmark: 28 numbers a row and a label.

    make_data.py ROWS FILE [--doubles] [--quoted]

Numbers are the shortest decimals of float32 values, or 17 significant digits of doubles with
--doubles. --quoted quotes every field and adds two text columns with delimiters, quotes and line
ends inside. The label is drawn with the probability that the logistic model of make_models.py
gives. Seeded: the same arguments give the same bytes (of one version of numpy). FILE may be -.

Values come from a pool of 2^18 numbers: their texts are made once and then gathered as bytes, so
the writer does some 100 MB/s and the file still holds a number of its own in almost every field of
a packet. Needs numpy (written with 2.4).
"""
import argparse
import sys

import numpy as np

from make_models import N_FEATURES, NAMES, logistic_weights, scaler

POOL, CHUNK = 1 << 18, 1 << 16
TEXTS = ['plain', 'a, b', 'say "hi"', 'two\nlines', '', ' padded ', '5" pipe, new', 'semi;colon',
         'tab\there', 'Zürich, "Altstadt"', 'x' * 40, '1,5']


def padded(texts):
    """Texts as rows of bytes, filled with zeros at the end."""
    data = np.array([t.encode() for t in texts])
    return data.view(np.uint8).reshape(len(texts), -1)


def quoted(texts):
    return ['"' + t.replace('"', '""') + '"' for t in texts]


def pool(rng, doubles):
    x = rng.standard_normal(POOL)
    if doubles:
        return x, [f"{v:.17g}" for v in x.tolist()]
    x = x.astype(np.float32)
    return x, [np.format_float_positional(v, trim="-") if abs(v) >= 1e-4 else
               np.format_float_scientific(v, trim="-", exp_digits=1) for v in x]


def columns(args, rng, texts):
    """For each kind of field its bytes, with the delimiter or line end behind it."""
    wrap = quoted if args.quoted else list
    numbers = padded([t + "," for t in wrap(texts)])
    words = padded([t + "," for t in quoted(TEXTS)])
    labels = padded([t + "\n" for t in wrap(["0", "1"])])
    return numbers, words, labels


def chunk_rows(n, args, rng, values, numbers, words, labels):
    which = rng.integers(0, POOL, (n, N_FEATURES), dtype=np.int32)
    x = values[which].astype(np.float64)
    w, b = logistic_weights()
    s = scaler()
    z = ((x - s["center"]) / s["divide"]) @ w[:, 0].astype(np.float64) + b[0]
    label = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(np.intp)
    parts = [numbers[which].reshape(n, -1), labels[label]]
    if args.quoted:
        parts[1:1] = [words[rng.integers(0, len(TEXTS), n)] for _ in range(2)]
    line = np.concatenate(parts, axis=1)
    return line[line != 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("file")
    parser.add_argument("--doubles", action="store_true", help="17 significant digits")
    parser.add_argument("--quoted", action="store_true", help="quote every field, add two text columns")
    args = parser.parse_args()
    rng = np.random.default_rng(2027)
    values, texts = pool(rng, args.doubles)
    kinds = columns(args, rng, texts)
    header = [*NAMES, *(["note", "place"] if args.quoted else []), "label"]
    out = sys.stdout.buffer if args.file == "-" else open(args.file, "wb")
    with out:
        out.write((",".join(quoted(header) if args.quoted else header) + "\n").encode())
        for at in range(0, args.rows, CHUNK):
            out.write(chunk_rows(min(CHUNK, args.rows - at), args, rng, values, *kinds).tobytes())


if __name__ == "__main__":
    main()
