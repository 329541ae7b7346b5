#!/usr/bin/env python3
"""agree.py - whether predictions are those of a reference: agree.py REFERENCE FILE...

Files hold a label, then a probability or those of all classes; a name that ends in .zst is read by the
program zstd. For each FILE prints, as a line of JSON, whether it agrees, the largest difference of a
probability, and how many labels differ. Probabilities may differ by 1e-5; labels only in rows where
the decision is as near as that, since nobody's last bits can be told wrong. Needs numpy."""

import json
import subprocess
import sys

import numpy as np

MOST = 1e-5


def parse(file):
    try:  # much faster, where there is one
        import pandas as pd
        return pd.read_csv(file).to_numpy(dtype=float)
    except ImportError:
        return np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)


def read(path):
    """(rows, columns) of the file."""
    if not path.endswith(".zst"):
        with open(path, "rb") as file:
            return parse(file)
    with subprocess.Popen(["zstd", "-dc", path], stdout=subprocess.PIPE) as child:
        return parse(child.stdout)


def doubt(p):
    """How near a row's decision is: from 1/2, or of the largest two."""
    if p.shape[1] == 1:
        return np.abs(p[:, 0] - 0.5)
    two = np.sort(p, axis=1)[:, -2:]
    return two[:, 1] - two[:, 0]


def compare(a, b):
    if a.shape != b.shape:
        return {"agrees": False, "shapes": [list(a.shape), list(b.shape)]}
    differences = np.abs(a[:, 1:] - b[:, 1:])
    worst = float(differences.max(initial=0))
    flips = a[:, 0] != b[:, 0]
    is_near = bool((doubt(a[flips, 1:]) <= MOST).all())
    return {"agrees": worst <= MOST and is_near, "worst": worst, "flips": int(flips.sum()), "rows": len(a)}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    reference = read(sys.argv[1])
    for path in sys.argv[2:]:
        print(json.dumps(compare(reference, read(path))), flush=True)


if __name__ == "__main__":
    main()
