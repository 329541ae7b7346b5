#!/usr/bin/env python3
"""h5_chunks.py - what chunks of HDF5 cost: 200,000 of one row each, under each kind of index.

    PYTHON=venv/bin/python tests/bench/h5_chunks.py [--rowcast FILE] [--rounds N] [--threads N] [--folder DIR]

The same rows in one piece are scored in turn with them: the difference is what it takes to map and
read the chunks one by one. All must give the same bytes, else the status is 1. PYTHON is an
interpreter with numpy and h5py. The files go to a folder of their own that is removed at the end; with
--folder they stay in DIR and the next run finds them."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import measure

HERE = pathlib.Path(__file__).resolve().parent
N_CHUNKS = 200000
INDEXES = ("contiguous", "implicit", "fixed array", "fixed array, shuffle", "extensible array", "B-tree 2",
           "B-tree 1")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rowcast", default=str(HERE.parent.parent / "build/src/cli/rowcast"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--python", default=os.environ.get("PYTHON", sys.executable))
    return parser.parse_args()


def path_of(folder, name):
    return folder / f"chunks-{name.replace(' ', '-').replace(',', '')}.h5"


def make(folder):
    """Runs in PYTHON."""
    import h5py
    import numpy as np
    from h5py import h5d, h5p, h5s, h5t
    data = np.random.default_rng(2028).standard_normal((N_CHUNKS, 28)).astype("<f4")
    for name in INDEXES:
        path = path_of(folder, name)
        version = "earliest" if name == "B-tree 1" else "v110"
        with h5py.File(path.with_suffix(".part"), "w", libver=(version, "v110")) as file:
            dcpl, most = h5p.create(h5p.DATASET_CREATE), list(data.shape)
            if name != "contiguous":
                dcpl.set_chunk((1, 28))
            if name == "implicit":
                dcpl.set_alloc_time(h5d.ALLOC_TIME_EARLY)
            if "shuffle" in name:
                dcpl.set_shuffle()
            if name in ("extensible array", "B-tree 2"):
                most = [h5s.UNLIMITED, h5s.UNLIMITED if name == "B-tree 2" else 28]
            made = h5d.create(file.id, b"X", h5t.IEEE_F32LE, h5s.create_simple(data.shape, tuple(most)), dcpl)
            made.write(h5s.ALL, h5s.ALL, data)
            names = np.array([f"f{k:02d}" for k in range(28)], dtype=h5py.string_dtype())
            file["X"].attrs["columns"] = names
        path.with_suffix(".part").rename(path)


def compare(options, folder):
    """True if all give the same bytes."""
    subprocess.run([options.python, HERE / "make_models.py", folder], check=True)
    if not all(path_of(folder, name).exists() for name in INDEXES):
        subprocess.run([options.python, __file__, "--make", folder], check=True)
    seconds, outputs, out = {name: [] for name in INDEXES}, set(), folder / "chunks.csv"
    for _ in range(options.rounds):
        for name in INDEXES:
            done = measure.run([options.rowcast, "score", "-m", folder / "logistic.rcm", path_of(folder, name), "-o",
                                out, "-q", "--threads", options.threads])
            seconds[name].append(done.seconds)
            outputs.add(out.read_bytes())
    whole = statistics.median(seconds["contiguous"])
    print(f"{N_CHUNKS} chunks of one row, {options.threads} threads, {options.rounds} rounds in turn")
    print(f"{'':24}{'median s':>10}{'range s':>16}{'for chunks':>12}")
    for name, of in seconds.items():
        median = statistics.median(of)
        print(f"{name:24}{median:10.3f}{f'{min(of):.2f} - {max(of):.2f}':>16}{median - whole:12.3f}")
    return len(outputs) == 1


def main():
    if sys.argv[1:2] == ["--make"]:
        make(pathlib.Path(sys.argv[2]))
        return 0
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="rowcast-bench-") as scratch:
        folder = options.folder or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        return 0 if compare(options, folder) else 1


if __name__ == "__main__":
    sys.exit(main())
