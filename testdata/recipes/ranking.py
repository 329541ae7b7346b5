"""Writes testdata/metrics/ranking.json: areas under curves and calibration errors that
scikit-learn computes of generated rows. tests/unit/ranking_rows.h makes the same rows, so only the
values are kept. Made with scikit-learn 1.9.1 and numpy 2.4:
    python testdata/recipes/ranking.py
"""
import json
import math
import pathlib
import warnings

import numpy as np
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

warnings.simplefilter("ignore")
GAMMA, SEED = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
MASK = 2**64 - 1
EDGES = np.array([i / 15 for i in range(16)])


def draws(number, first, n):
    """Draws first ... first + n - 1 of a set: splitmix64 (Steele, Lea, Flood 2014)."""
    z = np.arange(first + 1, first + n + 1, dtype=np.uint64) * np.uint64(GAMMA)
    z += np.uint64(number * SEED & MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def unit(x):
    return (x >> np.uint64(11)).astype(float) * 2.0**-53


def rows_of(number, n, n_classes, levels, weighting):
    """Scores (n, n_classes or 1), truths, weights or None: 16 draws a row."""
    x = draws(number, 16, 16 * n).reshape(n, 16)
    width = 1 if n_classes == 2 else n_classes
    s = x[:, 2:2 + width]
    if levels > 0:
        p = (s % np.uint64(levels + 1)).astype(float) / levels
    else:  # half of them in each tail
        u = unit(s)
        u = u * u * u * u
        p = np.where(s & np.uint64(1), u, 1.0 - u)
    if n_classes == 2:
        truth = (unit(x[:, 0]) < 0.1 + 0.8 * p[:, 0]).astype(int)
    else:
        best = np.argmax(p, axis=1)
        truth = np.where(x[:, 0] & np.uint64(1), best,
                         (x[:, 0] >> np.uint64(1)) % np.uint64(n_classes))
    w = {0: None, 1: (x[:, 1] % np.uint64(9)).astype(float) / 4, 2: unit(x[:, 1])}[weighting]
    return p, truth.astype(int), w


def calibration_error(p, hit, w):
    which = np.searchsorted(EDGES[1:-1], p)
    one = np.ones(len(p)) if w is None else w
    if len(p) > 10**5:
        gaps = [abs(np.sum(((one * (hit - p)))[which == b])) for b in range(15)]
        return float(np.sum(gaps) / np.sum(one))
    error = math.fsum(abs(math.fsum((one * (hit - p))[which == b])) for b in range(15))
    error /= math.fsum(one)
    # the edges of calibration_curve are i * (1 / 15)
    if w is None and not np.isin(p, np.linspace(0, 1, 16)).any() and not np.isin(p, EDGES).any():
        true, mean = calibration_curve(hit, p, n_bins=15)
        n = np.bincount(which, minlength=15)
        assert math.isclose(error, np.sum(n[n > 0] * abs(true - mean)) / len(p), rel_tol=1e-9)
    return error


def areas(hit, score, w):
    one = np.ones(len(hit)) if w is None else w
    if not (one[hit].sum() > 0 and one[~hit].sum() > 0):
        return None, None
    return (float(sk.roc_auc_score(hit, score, sample_weight=w)),
            float(sk.average_precision_score(hit, score, sample_weight=w)))


def values(p, truth, w):
    if p.shape[1] == 1:
        hit = truth == 1
        return [*areas(hit, p[:, 0], w), calibration_error(p[:, 0], hit, w)]
    one = [areas(truth == k, p[:, k], w)[0] for k in range(p.shape[1])]
    if None not in one:  # it wants scores of sum 1, here only where its answer is the same
        roc = math.fsum(one) / len(one)
        share = p / np.maximum(p.sum(axis=1, keepdims=True), 1e-300)
        again = [areas(truth == k, share[:, k], w)[0] for k in range(p.shape[1])]
        if (share.sum(axis=1) > 0.5).all():
            their = sk.roc_auc_score(truth, share, multi_class="ovr", sample_weight=w,
                                     labels=list(range(p.shape[1])))
            assert math.isclose(their, math.fsum(again) / len(again), rel_tol=1e-12)
    best = np.argmax(p, axis=1)
    return [None if None in one else roc, None,
            calibration_error(p[np.arange(len(p)), best], truth == best, w)]


def small(number):
    x = [int(v) for v in draws(number, 0, 4)]
    n_classes = 3 + x[0] % 5 if number % 4 == 3 else 2
    levels = [0, 0, 1, 2, 7, 15, 1000][x[1] % 7]
    return values(*rows_of(number, 2 + x[2] % 400, n_classes, levels, number % 3))


LARGE = [("binary", 5000000, 2, 0, 0), ("binary, weighted", 5000000, 2, 0, 2),
         ("levels", 1500000, 2, 1000, 1), ("four", 1200000, 4, 0, 0),
         ("kept", 2**20, 2, 0, 0), ("kept, weighted", 2**20, 2, 1000, 2)]


def main():
    large = []
    for i, (name, n, n_classes, levels, weighting) in enumerate(LARGE):
        large.append({"name": name, "rows": n, "classes": n_classes, "levels": levels,
                      "weighting": weighting,
                      "values": values(*rows_of(1000 + i, n, n_classes, levels, weighting))})
    path = pathlib.Path(__file__).resolve().parent.parent / "metrics" / "ranking.json"
    lines = ",\n".join(json.dumps(small(i)) for i in range(200))
    more = ",\n".join(json.dumps(v) for v in large)
    path.write_text('{"small": [\n' + lines + '\n], "large": [\n' + more + "\n]}\n")


main()
