#!/usr/bin/env python3
"""bench.py - rowcast beside pandas and scikit-learn: the same file, model, output and metric.

    PYTHON=venv/bin/python tests/bench/bench.py [ROWS] [--rowcast FILE] [--rounds N] [--folder DIR]

Makes a table of ROWS x 28 numbers and a label (2,000,000 if not given), plain and with every field
quoted, and runs `rowcast score` and peer_pandas.py on each in turn, A B A B, at least three rounds:
load the model, read the CSV, predict, write label and probability as .csv.zst (level 1), and count the
accuracy. Prints a table with the median and the range of the seconds, the largest peak memory, and
how many times the peer takes longer. The two accuracies must be equal, else the status is 1.

PYTHON is an interpreter with numpy, pandas and scikit-learn. The files go to a folder of their own
that is removed at the end; with --folder they stay in DIR and the next run finds them. The file is
read once before the first round, so that all runs find it in memory; say `--threads 1` to compare
one core with one core (the peer's BLAS is held to as many threads)."""

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
PEER = "pandas + scikit-learn"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int, nargs="?", default=2000000)
    parser.add_argument("--rowcast", default=str(HERE.parent.parent / "build/src/cli/rowcast"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--model", choices=("logistic", "mlp"), default="logistic")
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--python", default=os.environ.get("PYTHON", sys.executable))
    options = parser.parse_args()
    if options.rounds < 3:
        parser.error("at least 3 rounds")
    if subprocess.run([options.python, "-c", "import numpy, pandas, sklearn"], check=False,
                      capture_output=True).returncode != 0:
        parser.error(f"{options.python} has not numpy, pandas and scikit-learn; set PYTHON")
    if not os.access(options.rowcast, os.X_OK):
        parser.error(f"{options.rowcast} is no program; build it, or say --rowcast")
    return options


def make_table(options, folder, *flags):
    """The path of the table, made unless it is there."""
    path = folder / f"d{options.rows}{''.join(flags)}.csv"
    if not path.exists():
        part = path.with_suffix(".part")
        subprocess.run([options.python, HERE / "make_data.py", str(options.rows), part, *flags],
                       check=True)
        part.rename(path)
    return path


def measure(command, environment):
    """Seconds, peak memory in MiB and what it printed; ends the program if the command fails."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    printed = child.stdout.read()
    child.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"bench: status {child.returncode}: {' '.join(map(str, command))}")
    return seconds, usage.ru_maxrss / 1024, printed


def run_rowcast(options, folder, table):
    out, report = folder / "a.csv.zst", folder / "a.json"
    command = [options.rowcast, "score", "-m", folder / f"{options.model}.json", table, "-o", out,
               "--truth", "label", "-q", "--report", report, "--threads", str(options.threads)]
    seconds, peak, _ = measure(command, os.environ)
    report = json.loads(report.read_text(encoding="utf-8"))
    return seconds, peak, (report["rows"]["scored"], report["metrics"]["accuracy"])


def run_peer(options, folder, table):
    command = [options.python, HERE / "peer_pandas.py", folder / f"{options.model}.json", table,
               folder / "b.csv.zst"]
    held = {name: str(options.threads) for name in
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    seconds, peak, printed = measure(command, {**os.environ, **held})
    result = json.loads(printed)
    return seconds, peak, (result["rows"], result["accuracy"])


def read_once(path):
    with open(path, "rb") as f:
        while f.read(1 << 20):
            pass


def compare(options, folder, table):
    """Runs both in turn; a list of runs for each."""
    runs = {"rowcast": [], PEER: []}
    read_once(table)
    for _ in range(options.rounds):
        runs["rowcast"].append(run_rowcast(options, folder, table))
        runs[PEER].append(run_peer(options, folder, table))
    return runs


def print_table(name, table, runs):
    """True if both counted the same rows and the same accuracy."""
    megabytes = table.stat().st_size / 1e6
    medians = {who: statistics.median(run[0] for run in of) for who, of in runs.items()}
    print(f"\n{name}: {runs['rowcast'][0][2][0]} rows, {megabytes:.0f} MB")
    print(f"{'':24}{'median s':>10}{'range s':>16}{'MB/s':>8}{'peak MiB':>10}{'accuracy':>12}")
    for who, of in runs.items():
        seconds = [run[0] for run in of]
        span = f"{min(seconds):.2f} - {max(seconds):.2f}"
        print(f"{who:24}{medians[who]:10.3f}{span:>16}{megabytes / medians[who]:8.0f}"
              f"{max(run[1] for run in of):10.0f}{of[0][2][1]:12.8f}")
    print(f"{PEER} takes {medians[PEER] / medians['rowcast']:.1f} times as long")
    return len({run[2] for of in runs.values() for run in of}) == 1


def run_all(options, folder):
    subprocess.run([options.python, HERE / "make_models.py", folder], check=True)
    print(f"{options.model} model, {options.threads} threads, {options.rounds} rounds in turn; "
          f"{os.cpu_count()} processors")
    same = True
    for name, flags in (("plain", []), ("quoted", ["--quoted"])):
        table = make_table(options, folder, *flags)
        same &= print_table(name, table, compare(options, folder, table))
    if not same:
        print("\nthe two do not agree on rows or accuracy")
    return 0 if same else 1


def main():
    options = parse_arguments()
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        return run_all(options, options.folder)
    with tempfile.TemporaryDirectory(prefix="rowcast-bench-") as folder:
        return run_all(options, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
