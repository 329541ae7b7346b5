"""check.py - read every model beside a table back from its file, run it, compare with expected.*.csv.

Run with Python 3.11, numpy 2.4.6, scipy 1.17.1, mpmath not needed:
    python testdata/recipes/check.py

evaluate.py is a second reader of the two encodings, written from the specification alone: it finds
mistakes of the recipes (a transposed matrix, a forgotten scaler) before they are taken for mistakes
of the program.
"""
import csv
import io
import subprocess
from pathlib import Path

import numpy as np
from scipy import special

import evaluate

TESTDATA = Path(__file__).resolve().parent.parent
TABLES = ["breast-cancer", "diabetes", "digits", "wine", "flights", "steps/numbers", "steps/text"]


def read_csv(path):
    """Header and rows of a table."""
    if path.suffix == ".zst":
        data = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout
    else:
        data = path.read_bytes()
    lines = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    return lines[0], lines[1:]


def finish(output, z):
    """Labels (None for a regression) and numbers as the table of expected values has them."""
    link, classes = output["link"], output.get("classes")
    p = {"identity": lambda v: v, "none": lambda v: v, "exp": np.exp, "sigmoid": special.expit,
         "softmax": lambda v: special.softmax(v, axis=1)}[link](z)
    if output["task"] == "regression":
        return None, p
    if output["task"] == "multiclass":
        return [str(classes[k]) for k in z.argmax(axis=1)], p
    cut = p[:, 0] >= output["threshold"] if "threshold" in output else z[:, 0] > 0
    return [str(classes[int(k)]) for k in cut], p


def by_position(m, header, table):
    """Rows of the features alone, for a model whose inputs have no names."""
    if not m["inputs"] or "name" in m["inputs"][0]:
        return table
    at = [k for k, h in enumerate(header) if h not in ("id", "weight", "progression")]
    return [[row[k] for k in at] for row in table]


def distance(values, want):
    """The largest, relative or of 1; where nothing is expected nothing may be."""
    with np.errstate(all="ignore"):
        off = np.abs(values / 2 - want / 2) / np.maximum(1, np.abs(want)) * 2
    return np.max(np.where(values == want, 0, off), initial=0.0)


def check(path, header, table):
    m = evaluate.read_model(path)
    variant = path.name[len("model"):-len(path.suffix)]
    _, want = read_csv(path.parent / f"expected{variant}.csv")
    ids = {row[0] for row in want}
    table = [row for row in table if row[0] in ids]  # of a large table some rows are expected
    assert [r[0] for r in want] == [r[0] for r in table], path
    z, refused = evaluate.evaluate(m, header, by_position(m, header, table))
    label, values = finish(m["output"], z.astype(float))
    first = 1 if label is None else 2
    assert [not any(row[1:]) for row in want] == refused.tolist(), path
    assert label is None or label == [r[1] for r in want], path
    taken = np.flatnonzero(~refused)
    want = np.array([[float(c) for c in want[k][first:]] for k in taken])
    off = distance(values[taken], want)
    assert off < (1e-6 if m["dtype"] == "float32" else 1e-13), (path, off)
    print(f"{path.parent.relative_to(TESTDATA)}/{path.name}: {off:.1e}, {refused.sum()} rows refused")


def main():
    for name in TABLES:
        folder = TESTDATA / name
        (data,) = folder.glob(f"{folder.name}.csv*")
        header, table = read_csv(data)
        for path in sorted(folder.glob("model*")):
            check(path, header, table)


if __name__ == "__main__":
    main()
