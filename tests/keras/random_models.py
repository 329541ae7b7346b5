#!/usr/bin/env python3
"""random_models.py - random models of Keras as it saves them, against the installed framework.

    PYTHON random_models.py ROWCAST [--kind keras3|keras2] [--first SEED] [--models N] [--keep DIR]

PYTHON has keras, tf_keras and tensorflow (seen with keras 3.15.1, tf_keras 2.21.0, tensorflow 2.21.0).
A model is all that its seed makes it: a failure names the seed, --first SEED --models 1 repeats it,
--keep saves models and table. Each is saved as .keras, .h5 and weights with the JSON of the model.
Numbers may be off by what a change of the inputs in their last bits does. Of float64 not made: gelu,
whose constant Keras has as float32."""

import argparse
import collections
import contextlib
import csv
import io
import logging
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
import tf_keras

import random_layers

ROWS = 12
FORMATS = ("keras", "h5", "weights.h5")


# -- what Keras says ------------------------------------------------------------------------------

def flat(outputs):
    if isinstance(outputs, (list, tuple)):
        return np.concatenate([flat(o) for o in outputs], 1)
    return np.asarray(outputs, np.float64).reshape(len(outputs), -1)


def run_keras(made, factor=1.0):
    feeds = [f * f.dtype.type(factor) if f.dtype.kind == "f" else f for f in made.feeds]
    feeds = [tf.constant(f) for f in feeds]
    return flat(made.model(feeds if len(feeds) > 1 else feeds[0], training=False))


def linked(made, numbers, has_loss):
    """As rowcast gives the logits of one output, where the file has the loss: as probabilities."""
    if not has_loss:
        return numbers
    loss = getattr(made.model, "loss", None)
    if not getattr(loss, "from_logits", None) and not getattr(loss, "_fn_kwargs", {}).get("from_logits"):
        return numbers
    if numbers.shape[1] == 1:
        return 1 / (1 + np.exp(-numbers))
    powers = np.exp(numbers - numbers.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def expected_of(made, has_loss):
    """Numbers, and how far each may be off."""
    least, share, step = (2e-6, 1e-5, 2e-7) if made.dtype == "float32" else (1e-12, 1e-12, 4e-16)
    numbers = linked(made, run_keras(made), has_loss)
    spread = sum(np.abs(linked(made, run_keras(made, f), has_loss) - numbers) for f in (1 + step, 1 - step))
    return numbers, np.maximum(least, share * np.abs(numbers)) + 8 * np.nan_to_num(spread, nan=np.inf)


# -- what rowcast says ----------------------------------------------------------------------------

def names_of(made):
    if all(f.shape[1] == 1 for f in made.feeds):
        return getattr(made.model, "input_names", None) or [t._keras_history[0].name for t in made.model.inputs]
    return [f"c{i}" for i in range(sum(f.shape[1] for f in made.feeds))]


def table_of(made):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names_of(made))
    for row in zip(*made.feeds):
        writer.writerow([v if isinstance(v, str) else str(v) for part in row for v in part])
    return out.getvalue().encode()


def compare(done, numbers, tolerance):
    """What is wrong, or None."""
    if done.returncode != 0 or not done.stdout:
        return f"status {done.returncode}: {done.stderr.decode()[:300]}"
    header, *rows = csv.reader(done.stdout.decode().splitlines())
    if len(rows) != len(numbers):
        return f"{len(rows)} rows"
    at = 1 if header[0] == "label" else 0
    for r, row in enumerate(rows):
        cells, wanted, allowed = row[at:], numbers[r], tolerance[r]
        if not np.isfinite(wanted).all() or not np.isfinite(allowed).all():
            continue
        if len(cells) != len(wanted):
            return f"{header}, but {len(wanted)} numbers"
        if any(c == "" or not abs(float(c) - w) <= a for c, w, a in zip(cells, wanted, allowed)):
            return f"row {r}: {cells}, not {wanted.tolist()} within {allowed.max():.2g}"
    return None


def reason(text):
    first = re.sub(r"^.*?\): ", "", text.splitlines()[0] if text else "")
    return re.sub(r"'[^']*'", "'...'", re.sub(r"\d+", "N", first))


def score(options, made, path):
    """Saves the model in the format of the path, and scores the table with it."""
    more = []
    if path.name.endswith("weights.h5"):
        made.model.save_weights(str(path))
        more = ["--architecture", str(path.with_name("m.json"))]
        path.with_name("m.json").write_text(made.model.to_json())
    else:
        with contextlib.redirect_stdout(io.StringIO()):
            made.model.save(str(path))
    return subprocess.run([options.rowcast, "score", "-m", str(path), *more, "--on-error", "null", "--quiet"],
                          input=table_of(made), capture_output=True, check=False)


def keep(options, seed, made, path):
    if options.keep:
        top = pathlib.Path(options.keep)
        (top / f"{options.kind}-{seed}.{path.name.split('.', 1)[1]}").write_bytes(path.read_bytes())
        (top / f"{options.kind}-{seed}.csv").write_bytes(table_of(made))


def check_format(options, seed, made, path, counts):
    done = score(options, made, path)
    numbers, tolerance = expected_of(made, not path.name.endswith("weights.h5"))
    text = done.stderr.decode(errors="replace")
    if done.returncode == 4:
        counts[f"refused: {reason(text)}"] += 1
        if options.refused:
            print(f"refused {seed} {path.suffix}: {text.strip()} {made.note}")
            keep(options, seed, made, path)
        return None
    problem = compare(done, numbers, tolerance)
    counts["wrong" if problem else "right"] += 1
    if problem:
        keep(options, seed, made, path)
    return problem


def check(options, folder, seed, counts):
    """Lines of what is wrong."""
    rng = np.random.default_rng([seed, sum(map(ord, options.kind))])
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            made = random_layers.make({"keras3": keras, "keras2": tf_keras}[options.kind], rng, ROWS)
        run_keras(made)
    except Exception as e:  # the framework does not make this
        counts[f"not made: {type(e).__name__} {str(e)[:60]!r}"] += 1
        return
    for ending in FORMATS:
        path = pathlib.Path(folder, f"m.{ending}")
        try:
            problem = check_format(options, seed, made, path, counts)
        except (ValueError, NotImplementedError, TypeError) as e:  # it does not save this
            counts[f"not saved as .{ending}: {str(e)[:60]!r}"] += 1
            continue
        if problem:
            yield f"WRONG {options.kind} {seed} .{ending}: {problem}\n    {made.note}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rowcast")
    parser.add_argument("--kind", choices=["keras3", "keras2"], default="keras3")
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
            for problem in check(options, folder, seed, counts):
                n_wrong += 1
                print(problem, flush=True)
    for what, n in counts.most_common():
        print(f"{n:6} {what}")
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
