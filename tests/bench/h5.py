#!/usr/bin/env python3
"""h5.py - rowcast on HDF5 beside h5py, which only reads, and h5py with scikit-learn, which scores.

    PYTHON=venv/bin/python tests/bench/h5.py [ROWS] [--rowcast FILE] [--rounds N] [--folder DIR]

Makes /X, ROWS x 28 float32 with names (2,000,000 rows if not given), and /y, the labels, in two files:
contiguous, and in chunks of 8192 rows with shuffle and gzip 4; the numbers are those of make_data.py.
Then, in turn, at least three rounds:
    read      h5py reads /X into memory, and nothing else
    rowcast   `rowcast score` with --truth /y writes label and probability as .csv.zst
    sklearn   h5py reads /X and /y, scikit-learn predicts, the same is written, the accuracy counted
Prints the median and the range of the seconds, the peak of memory, and how long the others take
for one second of rowcast's; then how long the reader takes to start. The accuracies must be equal,
else the status is 1.

With --chunks: 200,000 chunks of one row under each kind of index that can have so many, and the same
rows in one piece: the difference is what it takes to map and read the chunks one by one.

PYTHON is an interpreter with numpy, pandas, scikit-learn and h5py. The files go to a folder of their
own that is removed at the end; with --folder they stay in DIR and the next run finds them. Files are
read once before the first round. Memory of rowcast is that of it and its reader together, looked at
every few ms in a run that is not timed; of the others, what the kernel says at their end."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
KINDS = ("contiguous", "gzip-4 + shuffle")
CHUNK_ROWS = 8192
WHO = ("read", "rowcast", "sklearn")
MODES = ("make", "read", "sklearn", "make-chunks")
N_CHUNKS = 200000
INDEXES = ("contiguous", "implicit", "fixed array", "fixed array, shuffle", "extensible array", "B-tree 2",
           "B-tree 1")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int, nargs="?", default=2000000)
    parser.add_argument("--rowcast", default=str(HERE.parent.parent / "build/src/cli/rowcast"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--python", default=os.environ.get("PYTHON", sys.executable))
    parser.add_argument("--chunks", action="store_true", help="compare indexes of chunks instead")
    parser.add_argument("--extra", default="", help="more options of rowcast, with blanks between")
    options = parser.parse_args()
    if options.rounds < 3:
        parser.error("at least 3 rounds")
    if subprocess.run([options.python, "-c", "import numpy, pandas, sklearn, h5py"], check=False,
                      capture_output=True).returncode != 0:
        parser.error(f"{options.python} has not numpy, pandas, scikit-learn and h5py; set PYTHON")
    if not os.access(options.rowcast, os.X_OK):
        parser.error(f"{options.rowcast} is no program; build it, or say --rowcast")
    return options


# What runs in PYTHON

def make(rows, folder):
    """Both files at once, piece by piece."""
    import h5py
    import numpy as np

    import make_data
    import make_models
    names, chunk = make_models.NAMES, make_data.CHUNK
    rng = np.random.default_rng(2027)
    values, _ = make_data.pool(rng, False)
    w, b = make_models.logistic_weights()
    s = make_models.scaler()
    files = [h5py.File(path_of(folder, rows, kind).with_suffix(".part"), "w") for kind in KINDS]
    for file, kind in zip(files, KINDS):
        packed = {"chunks": (min(CHUNK_ROWS, rows), len(names)), "compression": "gzip", "compression_opts": 4,
                  "shuffle": True} if kind != "contiguous" else {}
        x = file.create_dataset("X", (rows, len(names)), "<f4", **packed)
        x.attrs["columns"] = np.array(names, dtype=h5py.string_dtype())
        file.create_dataset("y", (rows,), "u1")
    for at in range(0, rows, chunk):
        n = min(chunk, rows - at)
        x = values[rng.integers(0, make_data.POOL, (n, len(names)), dtype=np.int32)]
        z = ((x.astype(np.float64) - s["center"]) / s["divide"]) @ w[:, 0].astype(np.float64) + b[0]
        y = rng.random(n) < 1 / (1 + np.exp(-z))
        for file in files:
            file["X"][at:at + n] = x
            file["y"][at:at + n] = y
    for file, kind in zip(files, KINDS):
        file.close()
        path = path_of(folder, rows, kind)
        path.with_suffix(".part").rename(path)


def read(path):
    import h5py
    with h5py.File(path) as file:
        print(json.dumps(list(file["X"][()].shape)))


def sklearn(path, model, out):
    import h5py
    import numpy as np

    import peer_pandas
    with open(model, encoding="utf-8") as f:
        model = json.load(f)
    pipe, classes = peer_pandas.pipeline_of(model), model["output"]["classes"]
    with h5py.File(path) as file:
        x, y = file["X"][()], file["y"][()]
    p = pipe.predict_proba(x)[:, 1]
    label = np.asarray(classes)[(p > 0.5).astype(int)]
    stream = peer_pandas.ZstdOut(out, 1)
    peer_pandas.pd.DataFrame({"label": label, "probability": p}).to_csv(stream.raw, index=False)
    stream.close()
    print(json.dumps({"rows": len(y), "accuracy": int((label == y).sum()) / len(y)}))


def make_chunks(folder):
    import h5py
    import numpy as np
    from h5py import h5d, h5p, h5s, h5t
    data = np.random.default_rng(2028).standard_normal((N_CHUNKS, 28)).astype("<f4")
    for name in INDEXES:
        path = chunks_path(folder, name)
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


# The comparison

def chunks_path(folder, name):
    return folder / f"chunks-{name.replace(' ', '-').replace(',', '')}.h5"

def path_of(folder, rows, kind):
    return folder / f"d{rows}-{'plain' if kind == 'contiguous' else 'gzip'}.h5"


def measure(command, environment):
    """Seconds, peak memory in MiB and what it printed; ends the program if the command fails."""
    began = time.perf_counter()
    child = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, env=environment)
    printed = child.stdout.read()
    child.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"h5: status {child.returncode}: {' '.join(map(str, command))}")
    return seconds, usage.ru_maxrss / 1024, printed


def high_water(pid):
    """KiB that a process ever took; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
            return next((int(line.split()[1]) for line in f if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return f.read().split()
    except OSError:
        return []


def peak_of_all(command):
    """MiB of a program and its children: the sum of what each took at most."""
    peaks = {}
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            for pid in [child.pid, *children_of(child.pid)]:
                peaks[str(pid)] = max(peaks.get(str(pid), 0), high_water(pid))
            time.sleep(0.003)
    return sum(peaks.values()) / 1024


def command_of(who, options, folder, path):
    if who == "read":
        return [options.python, __file__, "--read", path]
    if who == "sklearn":
        return [options.python, __file__, "--sklearn", path, folder / "logistic.json", folder / "b.csv.zst"]
    return [options.rowcast, "score", "-m", folder / "logistic.json", path, "--dataset", "/X", "--truth",
            "/y", "-o", folder / "a.csv.zst", "-q", "--report", folder / "a.json", "--threads",
            options.threads, *options.extra.split()]


def run_once(who, options, folder, path):
    """Seconds, peak, and (rows, accuracy) or nothing."""
    held = {name: str(options.threads) for name in
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")} if who == "sklearn" else {}
    seconds, peak, printed = measure(command_of(who, options, folder, path), {**os.environ, **held})
    if who == "read":
        return seconds, peak, None
    if who == "sklearn":
        result = json.loads(printed)
        return seconds, peak, (result["rows"], result["accuracy"])
    report = json.loads((folder / "a.json").read_text(encoding="utf-8"))
    return seconds, peak, (report["rows"]["scored"], report["metrics"]["accuracy"])


def read_once(path):
    with open(path, "rb") as f:
        while f.read(1 << 20):
            pass


def compare(options, folder, path):
    """Runs all in turn; a list of runs for each."""
    read_once(path)
    runs = {who: [] for who in WHO}
    for _ in range(options.rounds):
        for who in WHO:
            runs[who].append(run_once(who, options, folder, path))
    peak = peak_of_all(command_of("rowcast", options, folder, path))
    runs["rowcast"] = [(seconds, max(peak, own), result) for seconds, own, result in runs["rowcast"]]
    return runs


def print_table(kind, path, runs):
    """True if both counted the same rows and the same accuracy."""
    medians = {who: statistics.median(run[0] for run in of) for who, of in runs.items()}
    print(f"\n{kind}: {runs['rowcast'][0][2][0]} rows, {path.stat().st_size / 1e6:.0f} MB")
    print(f"{'':10}{'median s':>10}{'range s':>16}{'x rowcast':>11}{'peak MiB':>10}{'accuracy':>12}")
    for who, of in runs.items():
        seconds = [run[0] for run in of]
        accuracy = f"{of[0][2][1]:.8f}" if of[0][2] else ""
        print(f"{who:10}{medians[who]:10.3f}{f'{min(seconds):.2f} - {max(seconds):.2f}':>16}"
              f"{medians[who] / medians['rowcast']:11.2f}{max(run[1] for run in of):10.0f}{accuracy:>12}")
    return len({run[2] for of in runs.values() for run in of if run[2]}) == 1


def print_start(options):
    """What it takes to start the reader: a small table, and its CSV file."""
    data = HERE.parent.parent / "testdata" / "h5"
    command = [options.rowcast, "score", "-m", data / "model.positional.json", "-q", "--threads", options.threads]
    kinds = {"CSV": [data / "fill.csv"], "HDF5": [data / "alone.h5"]}
    seconds = {kind: [] for kind in kinds}
    for _ in range(30):
        for kind, more in kinds.items():
            seconds[kind].append(measure([*command, *more], os.environ)[0])
    medians = {kind: 1000 * statistics.median(of) for kind, of in seconds.items()}
    print(f"\n96 rows: {medians['HDF5']:.1f} ms, as CSV {medians['CSV']:.1f} ms: "
          f"{medians['HDF5'] - medians['CSV']:.1f} ms for the reader (medians of 30 runs in turn)")


def prepare(options, folder):
    subprocess.run([options.python, HERE / "make_models.py", folder], check=True)
    if not all(path_of(folder, options.rows, kind).exists() for kind in KINDS):
        subprocess.run([options.python, __file__, "--make", str(options.rows), folder], check=True)


def run_all(options, folder):
    prepare(options, folder)
    print(f"logistic model, {options.threads} threads, {options.rounds} rounds in turn; "
          f"{os.cpu_count()} processors")
    same = True
    for kind in KINDS:
        path = path_of(folder, options.rows, kind)
        same &= print_table(kind, path, compare(options, folder, path))
    print_start(options)
    if not same:
        print("\nthe two do not agree on rows or accuracy")
    return 0 if same else 1


def run_chunks(options, folder):
    """True if all give the same bytes."""
    subprocess.run([options.python, HERE / "make_models.py", folder], check=True)
    if not all(chunks_path(folder, name).exists() for name in INDEXES):
        subprocess.run([options.python, __file__, "--make-chunks", folder], check=True)
    seconds, outputs = {name: [] for name in INDEXES}, set()
    for _ in range(options.rounds):
        for name in INDEXES:
            out = folder / "chunks.csv"
            command = [options.rowcast, "score", "-m", folder / "logistic.json", chunks_path(folder, name), "-o", out,
                       "-q", "--threads", options.threads, *options.extra.split()]
            seconds[name].append(measure(command, os.environ)[0])
            outputs.add(out.read_bytes())
    whole = statistics.median(seconds["contiguous"])
    print(f"{N_CHUNKS} chunks of one row, {options.threads} threads, {options.rounds} rounds in turn")
    print(f"{'':24}{'median s':>10}{'range s':>16}{'for chunks':>12}")
    for name, of in seconds.items():
        median = statistics.median(of)
        print(f"{name:24}{median:10.3f}{f'{min(of):.2f} - {max(of):.2f}':>16}{median - whole:12.3f}")
    return 0 if len(outputs) == 1 else 1


def main():
    if len(sys.argv) > 2 and sys.argv[1] in [f"--{mode}" for mode in MODES]:
        mode, *rest = sys.argv[1:]
        if mode == "--make":
            make(int(rest[0]), pathlib.Path(rest[1]))
        elif mode == "--make-chunks":
            make_chunks(pathlib.Path(rest[0]))
        else:
            {"--read": read, "--sklearn": sklearn}[mode](*rest)
        return 0
    options = parse_arguments()
    run = run_chunks if options.chunks else run_all
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        return run(options, options.folder)
    with tempfile.TemporaryDirectory(prefix="rowcast-bench-") as folder:
        return run(options, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
