#!/usr/bin/env python3
"""hostile.py - HDF5 files that want to harm: the scoring process ends in time, with a status.

    hostile.py ROWCAST MODEL files FOLDER              every file in it, scored and inspected
    hostile.py ROWCAST MODEL mutate N SEED FILE...     N mutations of the files, scored
    hostile.py ROWCAST MODEL deaths N SEED FILE...     the reader killed at N random moments

FILE may be FILE:DATASET (names have spaces: `xargs -d '\\n' -a LIST`). MODEL is one without inputs:
all columns are copied, so they are read.

A run must end within 5 seconds, by itself (no signal), with status 0, 3 (or 2 where a mutated name
is no longer there), and with one message if it is not 0. Prints a table; ends with the count of
failures as its last line.
"""

import collections
import concurrent.futures
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

LIMIT_SECONDS = 5
BAD_TEXT = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


def verdict(done, seconds):
    """What is wrong with one run, or None."""
    if done is None:
        return "still there after 15 s"
    if seconds > LIMIT_SECONDS:
        return f"took {seconds:.1f} s"
    if done.returncode not in (0, 2, 3):
        return f"status {done.returncode}: {done.stderr[-200:]!r}"
    if done.returncode != 0 and not done.stderr.startswith(b"rowcast: "):
        return f"no message: {done.stderr[:200]!r}"
    if BAD_TEXT.search(done.stderr):
        return f"control bytes in the message: {done.stderr[:200]!r}"
    return None


def run(words):
    """Status, output and seconds; None as the first if it had to be killed."""
    started = time.monotonic()
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=15,
                              check=False)
    except subprocess.TimeoutExpired:
        done = None
    return done, time.monotonic() - started


def judge(name, words, table, failures):
    """Runs, counts the status, notes what is wrong."""
    done, seconds = run(words)
    wrong = verdict(done, seconds)
    table["slowest"] = max(table["slowest"], seconds)
    table["hang" if done is None else done.returncode] += 1
    if wrong is not None:
        failures.append(f"{name}: {wrong}")


def score_words(tool, model, path):
    """The scoring of one file with all its columns copied, so that all of them are read."""
    return [tool, "score", "-m", model, path, "-q", "-o", "/dev/null", "--output-format", "csv",
            "--keep", "all", "--on-error", "skip", "--input-format", "hdf5"]


def with_dataset(name):
    """FILE or FILE:DATASET as a path and options."""
    path, _, dataset = name.partition(":")
    return path, ["--dataset", dataset] if dataset else []


def all_files(tool, model, folder):
    """Every file of a folder, scored and inspected."""
    table, failures = collections.Counter(), []
    names = sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path in names:
            words = score_words(tool, model, str(path))
            pool.submit(judge, f"score {path}", words, table, failures)
            pool.submit(judge, f"inspect {path}",
                        [tool, "inspect", "--input-format", "hdf5", str(path)], table, failures)
    return len(names), table, failures


def mutate(data, chance):
    """Some bytes of the file changed: mostly in its first part, where the structure is."""
    out = bytearray(data)
    most = len(out) if chance.random() < 0.3 else min(len(out), 4096)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(min(most, len(out)))
        kind = chance.randrange(5)
        if kind == 0:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            out[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            out[at:at + 8] = chance.randbytes(8)
        elif kind == 3:
            end = min(len(out), at + chance.randrange(1, 64))
            source = chance.randrange(len(out))
            out[at:end] = out[source:source + end - at]
        elif len(out) > 64:
            del out[chance.randrange(64, len(out)):]
    return bytes(out)


def mutations(tool, model, n, seed, files):
    """n mutated files, scored."""
    table, failures = collections.Counter(), []
    originals = [pathlib.Path(with_dataset(f)[0]).read_bytes() for f in files]

    def one(i):
        chance = random.Random(seed * 1000003 + i)
        which = chance.randrange(len(originals))
        path = os.path.join(folder, f"{i}.h5")
        pathlib.Path(path).write_bytes(mutate(originals[which], chance))
        judge(f"mutation {i} of {files[which]} (seed {seed})",
              score_words(tool, model, path) + with_dataset(files[which])[1], table, failures)
        os.unlink(path)

    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(one, range(n)))
    return n, table, failures


def reader_of(pid):
    """The child of a process, if it has one. One that is still being started (vfork) is none: who
    stops it stops its parent, too, as whoever stops the scoring process does."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            words = children.read().split()
    except OSError:
        return None
    if not words:
        return None
    try:
        command = pathlib.Path(f"/proc/{words[0]}/cmdline").read_bytes()
    except OSError:
        return None
    return int(words[0]) if b"--reader" in command else None


def deaths(tool, model, n, seed, files):
    """The reader is killed at random moments, or stopped for ever."""
    table, failures = collections.Counter(), []
    chance = random.Random(seed)
    for i in range(n):
        path, dataset = with_dataset(chance.choice(files))
        moment = chance.random() * 0.02
        words = score_words(tool, model, path) + dataset
        started = time.monotonic()
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            time.sleep(moment)
            reader = reader_of(process.pid)
            if reader is not None:
                try:
                    os.kill(reader, signal.SIGKILL if i % 50 else signal.SIGSTOP)
                except ProcessLookupError:
                    pass
            try:
                out, err = process.communicate(timeout=15)
                done = subprocess.CompletedProcess(words, process.returncode, out, err)
            except subprocess.TimeoutExpired:
                process.kill()
                done = None
        seconds = time.monotonic() - started
        wrong = verdict(done, seconds)
        table["slowest"] = max(table["slowest"], seconds)
        table["hang" if done is None else done.returncode] += 1
        if wrong is not None:
            failures.append(f"death {i} of {path} after {moment:.4f} s: {wrong}")
    return n, table, failures


def main():
    """Runs the mode of the command line."""
    tool, model, mode = sys.argv[1:4]
    if mode == "files":
        n, table, failures = all_files(tool, model, sys.argv[4])
    else:
        modes = {"mutate": mutations, "deaths": deaths}
        n, table, failures = modes[mode](tool, model, int(sys.argv[4]), int(sys.argv[5]),
                                         sys.argv[6:])
    for line in failures[:50]:
        print(line)
    slowest = table.pop("slowest", 0)
    statuses = ", ".join(f"status {k}: {v}" for k, v in sorted(table.items(), key=str))
    print(f"{mode}: {n} files; {statuses}; slowest {slowest:.2f} s")
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
