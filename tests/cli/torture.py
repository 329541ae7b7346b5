#!/usr/bin/env python3
"""torture.py - memory that ends, threads that cannot be made, transfers that fall short.

Each allocation of eleven small jobs fails, alone and with all that follow, as does each thread. Then
no signal and no hang, no temporary, no wrong bytes under a final name, and status 6, or 0 with the
right bytes where the failure did no harm. Reads and writes that are interrupted or move less than they
could change nothing. Of a job that reads HDF5 the reader is tortured too: it may die of it, the process
that scores may not. Of such jobs some positions are taken; RC_FULL=1 takes all. RC_SHIMS is the path of the library built of shims.c. Prints TAP; the words
chosen on the command line are parts of the names of jobs."""

import concurrent.futures
import gzip
import itertools
import json
import os
import pathlib
import queue
import random
import shutil
import struct
import subprocess
import sys
import time

import tap

SEED = 5
SECONDS = 10
DATA, SYSTEM = 3, 6
OLD = b"old\n"
KINDS = ("ALLOCATION", "THREAD", "TRANSFER")
SHIM_ENV = {"LC_ALL": "C", "PATH": os.environ["PATH"]}


NAMES = ["a", "b, of a longer name", "c, of a name that is longer still than 31 bytes"]


def write_model(path, n_out, **output):
    """Names and numbers of every length: the buffer of jansson's lexer has to grow for them."""
    weights = [[1 / (3 + 7 * i + j) for j in range(n_out)] for i in range(3)]
    path.write_text(json.dumps({
        "format": "rowcast-model", "version": 1, "dtype": "float64",
        "inputs": [{"name": n, "type": "number"} for n in NAMES],
        "steps": [{"op": "affine", "center": [1, 2, 3], "divide": 4, "out": "s"},
                  {"op": "dense", "in": "s", "weights": weights, "activation": "tanh", "out": "z"}],
        "output": {"from": "z", **output}}))


def write_category_model(path):
    """Every third row has a value of "kind" that is none of its own."""
    path.write_text(json.dumps({
        "format": "rowcast-model", "version": 1, "dtype": "float32",
        "inputs": [{"name": NAMES[1], "type": "number", "missing": 0},
                   {"name": "kind", "type": "category", "values": ["red", "green", "blue"]},
                   {"name": "w", "type": "category", "values": [0, 1, 2], "unknown": "zeros"}],
        "steps": [{"op": "onehot", "in": "kind", "out": "k"},
                  {"op": "lookup", "in": "w", "keys": [0, 1], "values": [[1], [2]], "default": [3],
                   "out": "l"},
                  {"op": "dense", "in": [NAMES[1], "k", "l"], "out": "z",
                   "weights": [[1], [2], [3], [4], [0.5]]}],
        "output": {"task": "binary", "from": "z", "link": "sigmoid", "classes": ["no", "yes"]}}))


def table(end="\n", quote="", bad=None):
    """120 rows of three features, a binary, a three-class and a numeric truth, a weight."""
    r = random.Random(SEED)
    rows = [[*NAMES, "yn", "kind", "y", "w"]]
    for k in range(120):
        rows.append([*(f"{r.gauss(0, 3):.4f}" for _ in range(3)), r.choice(("no", "yes")),
                     r.choice(("red", "green", "blue", "foreign")), f"{r.gauss(0, 1):.3f}",
                     str(k % 4)])
    if bad:
        rows[bad][1] = "abc"
    return "".join(";".join(quote + cell + quote for cell in row) + end for row in rows).encode()


class Job:
    """steps: which positions are taken where one call fails, and where all after it do."""

    def __init__(self, name, args, outputs, status=0, stdin=None, has_reader=False, steps=(1, 1)):
        self.name, self.args, self.outputs = name, args, outputs
        self.status, self.stdin, self.has_reader = status, stdin, has_reader
        self.steps = (1, 1) if os.environ.get("RC_FULL") == "1" else steps


def make_jobs(options, top):
    write_model(top / "two.json", 1, task="binary", link="sigmoid", classes=["no", "yes"])
    write_model(top / "three.json", 3, task="multiclass", link="softmax",
                classes=["red", "green", "blue"])
    write_model(top / "reals.json", 2, task="regression", link="identity", targets=["u", "v"])
    (top / "in.csv").write_bytes(table())
    (top / "in.csv.gz").write_bytes(gzip.compress(table()))
    (top / "quoted.csv").write_bytes(table("\r\n", '"'))
    (top / "bad.csv").write_bytes(table(bad=90))
    write_category_model(top / "categories.json")
    (top / "refused.csv").write_bytes(table(quote='"', bad=90) + b"long;" + b"z" * 6000 + b'\n"open')
    digits = options.testdata / "digits"
    yield Job("binary", ["-m", top / "two.json", top / "in.csv", "--truth", "yn", "--threads", "1",
                         "-o", "o.csv", "--report", "r.json", "--report", "r.txt", "--require",
                         "log_loss >= 0"], ["o.csv", "r.json", "r.txt"])
    yield Job("multi-class", ["-m", top / "three.json", top / "in.csv.gz", "--truth", "kind",
                              "--keep", "all", "--threads", "1", "-o", "o.csv.zst", "--quiet"],
              ["o.csv.zst"])
    yield Job("regression", ["-m", top / "reals.json", top / "in.csv", "--truth", "y,w", "--weight",
                             "w", "--threads", "1", "-o", "o.ndjson", "--report", "-"], ["o.ndjson"])
    yield Job("quoted", ["-m", top / "two.json", "--threads", "3", "-o", "o.tsv"], ["o.tsv"],
              stdin=top / "quoted.csv")
    yield Job("rcm", ["-m", digits / "model.f32.rcm", digits / "digits.csv", "--emit",
                      "label,margin", "--threads", "2", "-o", "o.csv.gz"], ["o.csv.gz"])
    yield Job("bad row", ["-m", top / "two.json", top / "bad.csv", "--truth", "yn", "--threads", "4",
                          "-o", "o.csv", "--report", "r.json"], ["o.csv"], status=DATA)
    yield Job("refused rows", ["-m", top / "categories.json", top / "refused.csv", "--truth", "yn",
                               "--threads", "1", "--on-error", "null", "--rejects", "bad.csv.zst",
                               "--keep", "all", "--max-line", "5000", "-o", "o.csv", "--report",
                               "r.json"], ["o.csv", "bad.csv.zst", "r.json"])


def make_h5_jobs(options, top):
    """Chunks that workers undo, blocks of variable texts that the reader reads, and HDF5 out."""
    made = [options.rowcast, "score", "-q", "-m", top / "two.json", top / "in.csv", "--keep", "all", "-o"]
    for name in ("in.h5", "second.h5"):
        subprocess.run([*map(str, made), str(top / name)], check=True)
    h5 = options.testdata / "h5"
    yield Job("h5 to csv", ["-m", top / "two.json", top / "in.h5", top / "second.h5", "--truth", "yn", "--keep",
                            "kind", "--threads", "2", "-o", "o.csv.zst", "--report", "r.json"],
              ["o.csv.zst", "r.json"], has_reader=True, steps=(5, 20))
    yield Job("csv to h5", ["-m", top / "three.json", top / "in.csv", "--keep", "all", "--threads", "1", "-o",
                            "o.h5", "-q"], ["o.h5"])
    yield Job("h5 to h5", ["-m", top / "two.json", top / "in.h5", "--keep", "w", "--threads", "2", "-o", "o.h5",
                           "--compress", "zstd"], ["o.h5"], has_reader=True, steps=(1, 8))
    yield Job("h5 texts", ["-m", h5 / "model.category.json", h5 / "compound-text.h5", "--keep", "kind",
                           "--threads", "1", "-o", "o.ndjson"], ["o.ndjson"], has_reader=True, steps=(1, 8))


def content(path):
    """What has to be the same in each run."""
    data = path.read_bytes()
    if path.suffix == ".json":
        try:
            return {k: v for k, v in json.loads(data).items() if k != "run"}
        except ValueError:
            return data
    return tap.decompress(data)


class Outcome:
    """One run in an empty folder but for an old output."""

    def __init__(self, options, job, folder, **shim):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / job.outputs[0]).write_bytes(OLD)
        self.has_torn_reader = "READER" in shim
        counters = folder.with_suffix(".n")
        counters.write_bytes(bytes(8 * len(KINDS)))
        env = {**SHIM_ENV, "LD_PRELOAD": os.environ["RC_SHIMS"], "SHIM_COUNTERS": str(counters),
               **{f"SHIM_{k}": str(v) for k, v in shim.items()}}
        command = [options.rowcast, "score", *map(str, job.args), "--packet-size", "4096"]
        try:
            with open(job.stdin or os.devnull, "rb") as stdin:
                done = subprocess.run(command, env=env, cwd=folder, stdin=stdin, check=False,
                                      capture_output=True, timeout=SECONDS)
            self.status, self.stderr = done.returncode, done.stderr.decode(errors="replace")
        except subprocess.TimeoutExpired:
            self.status, self.stderr = "hang", ""
        self.files = {p.name: content(p) for p in folder.iterdir()}
        self.calls = dict(zip(KINDS, struct.unpack(f"{len(KINDS)}q", counters.read_bytes())))

    def problem(self, job, wanted):
        """What is wrong, held against an undisturbed run; None: nothing."""
        if self.status not in (wanted.status, SYSTEM, *([DATA] if self.has_torn_reader else [])):
            return f"status {self.status}"
        if self.status == wanted.status:
            same = (self.files, self.stderr) == (wanted.files, wanted.stderr)
            return None if same else "not as undisturbed"
        first = job.outputs[0]
        if first not in self.files:
            return f"{first}: neither old nor new is there"
        for name, data in self.files.items():
            if name not in job.outputs:
                return f"{name} is left"
            if data != wanted.files[name] and (name != first or data != OLD):
                return f"{name} is wrong"
        return None if self.stderr else "failed in silence"


def sweep(options, top, job, wanted, positions, kind, **shim):
    """Runs the job once for each of those calls of a kind; the statuses seen, and what was wrong."""
    folders = queue.Queue()
    n_workers = len(os.sched_getaffinity(0)) + 1
    for k in range(n_workers):
        folders.put(top / f"run-{k}")

    def one(position):
        folder = folders.get()
        try:
            return position, Outcome(options, job, folder, **{kind: position}, **shim)
        finally:
            folders.put(folder)

    seen, bad = {}, []
    with concurrent.futures.ThreadPoolExecutor(n_workers) as pool:
        for position, outcome in pool.map(one, positions):
            seen[outcome.status] = seen.get(outcome.status, 0) + 1
            problem = outcome.problem(job, wanted)
            if problem:
                bad.append(f"number {position}: {problem}: {outcome.stderr[:200]}")
    return seen, bad


def torture(options, top, t, job):
    wanted = Outcome(options, job, top / "wanted")
    if not t.result(wanted.status == job.status and wanted.calls["ALLOCATION"] > 0,
                    f"{job.name}: undisturbed", f"status {wanted.status}, calls {wanted.calls}",
                    wanted.stderr if wanted.status else ""):
        return
    for kind, forever in itertools.product(("ALLOCATION", "THREAD"), (False, True)):
        n = wanted.calls[kind]
        if n == 0:
            continue
        began = time.monotonic()
        step = job.steps[forever] if kind == "ALLOCATION" else 1
        seen, bad = sweep(options, top, job, wanted, range(1, n + 1, step), kind,
                          **({"FOREVER": 1} if forever else {}))
        t.result(not bad, f"{job.name}: {kind.lower()} fails, {'and all after' if forever else 'alone'}",
                 f"{n} positions, every {step}, statuses {seen}, {time.monotonic() - began:.1f} s", *bad[:10])
    seen, bad = sweep(options, top, job, wanted, range(1, 4), "TRANSFER")
    t.result(seen == {job.status: 3} and not bad, f"{job.name}: transfers fall short",
             f"statuses {seen}", *bad)
    if job.has_reader:
        torture_reader(options, top, t, job, wanted)


def torture_reader(options, top, t, job, wanted):
    """The other side of the wall: there is an error or the right bytes. libseccomp loops for ever at
    some of the positions, until the time limit."""
    n = Outcome(options, job, top / "counted", READER=1).calls["ALLOCATION"]
    for shim, n_wanted in (({}, 16), ({"FOREVER": 1}, 8)):
        step = 1 if os.environ.get("RC_FULL") == "1" else max(1, n // n_wanted)
        began = time.monotonic()
        seen, bad = sweep(options, top, job, wanted, range(1, n + 1, step), "ALLOCATION", READER=1, **shim)
        t.result(not bad and (shim or job.status in seen) and set(seen) != {job.status},
                 f"{job.name}: allocation of the reader fails, {'and all after' if shim else 'alone'}",
                 f"{n} positions, every {step}, statuses {seen}, {time.monotonic() - began:.1f} s", *bad[:10])
    seen, bad = sweep(options, top, job, wanted, range(1, 4), "TRANSFER", READER=1)
    t.result(seen == {job.status: 3} and not bad, f"{job.name}: transfers of the reader fall short",
             f"statuses {seen}", *bad)


def main():
    options = tap.arguments(__doc__)
    t = tap.Tap()
    with tap.folder("torture") as top:
        jobs = itertools.chain(make_jobs(options, pathlib.Path(top)), make_h5_jobs(options, pathlib.Path(top)))
        for job in jobs:
            if tap.is_chosen(options, job.name):
                torture(options, pathlib.Path(top), t, job)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
