#!/usr/bin/env python3
"""robust.py - memory, slow pipes, signals, full disks, small limits and failing system calls.

Whatever happens, a file under its final name is complete, no temporary stays, and the status is one
of the contract. Counts are comments. RC_BIG=1 makes the table of the memory test 3 GB, RC_MOMENTS=200
sends SIGTERM at so many. Prints TAP; the words chosen on the command line are names of groups (see
GROUPS)."""

import gzip
import json
import os
import pathlib
import random
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

import tap

MEMORY_LIMIT = 128 << 20
N_FEATURES = 28
SEED = 8
USAGE, INPUT, MODEL, OUTPUT, SYSTEM = 2, 3, 4, 5, 6


class Bench:
    """What the groups share: the options, a folder, small inputs and what comes of them."""

    def __init__(self, options, top):
        self.options, self.top = options, top
        self.t = tap.Tap()
        self.model = options.testdata / "models" / "good-minimal.json"  # 2 x
        self.table = top / "in.csv"
        self.table.write_text("x,t\n" + "".join(f"{k}.25,{2 * k}\n" for k in range(20000)))
        self.expected = "prediction\n" + "".join(f"{2 * k}.5\n" for k in range(20000))
        self.h5 = top / "in.h5"  # the same; its columns are texts
        made = self.run(self.table, "--id", "x,t", "-o", self.h5)
        assert made.returncode == 0, made.stderr

    def command(self, *args):
        return [self.options.rowcast, "score", "-m", str(self.model), *map(str, args)]

    def run(self, *args, **kwargs):
        kwargs = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 120, **kwargs}
        return subprocess.run(self.command(*args), check=False, **kwargs)

    def fresh(self):
        folder = self.top / "out"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder


def is_report(path):
    """The predictions are off by 0.5 everywhere."""
    try:
        return json.loads(path.read_text())["metrics"]["mse"] == 0.25
    except (ValueError, KeyError):
        return False


def is_rejects(path):
    data = tap.decompress(path.read_bytes())
    return data is not None and data.count(b"\n") == 501 and data.endswith(b",\"none,0\"\n")


def readers_of(b):
    """Readers that the tool under test has started on files of this test and that still are there.
    Other tests run at the same time."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] != b.options.rowcast.encode() or b"--reader" not in words:
            continue
        try:
            is_ours = os.readlink(path.parent / "fd/0").startswith(str(b.top))
        except OSError:
            is_ours = path.parent.exists()  # who is not root cannot see
        if is_ours:
            found.append(int(path.parent.name))
    return found


def reader_left(b, seconds=2):
    """Whether one is there still: it ends when the other end of its socket is closed."""
    end = time.monotonic() + seconds
    while readers_of(b):
        if time.monotonic() > end:
            return True
        time.sleep(0.005)
    return False


def rows_of_h5(b, path):
    """What rowcast reads of an output in HDF5: its predictions doubled; None: damaged."""
    done = b.run(path, "--map", "x=prediction", "-q")
    return done.stdout.decode() if done.returncode == 0 else None


def is_right_h5(b, path):
    doubled = "prediction\n" + "".join(f"{4 * k + 1}\n" for k in range(20000))
    return path.exists() and rows_of_h5(b, path) == doubled


def left_in(folder):
    return sorted(p.name for p in folder.iterdir())


def is_right(path, expected):
    """Whether the file, decompressed, holds what it should."""
    data = tap.decompress(path.read_bytes())
    return data is not None and data.decode(errors="replace") == expected


# --- memory


def write_big_table(path, n_bytes):
    """28 columns; one block of records again and again, so that it is made in a second."""
    r = random.Random(SEED)
    header = ",".join(f"f{k:02d}" for k in range(N_FEATURES)) + "\n"
    block = "".join(",".join(f"{r.gauss(0, 1):.6f}" for _ in range(N_FEATURES)) + "\n"
                    for _ in range(4000)).encode()
    n_blocks = n_bytes // len(block) + 1
    with open(path, "wb") as f:
        f.write(header.encode())
        for _ in range(n_blocks):
            f.write(block)
    return 4000 * n_blocks


def write_wide_model(path):
    r = random.Random(SEED)
    path.write_text(json.dumps({
        "format": "rowcast-model", "version": 1, "dtype": "float32",
        "inputs": [{"name": f"f{k:02d}", "type": "number"} for k in range(N_FEATURES)],
        "steps": [{"op": "dense", "out": "z", "weights": [[r.gauss(0, 1)] for _ in range(N_FEATURES)]}],
        "output": {"task": "binary", "from": "z", "link": "sigmoid", "classes": [0, 1]}}))


def run_measured(command, piped=None):
    """Status and peak memory in bytes; the file piped comes through a pipe."""
    feeder = subprocess.Popen(["cat", str(piped)], stdout=subprocess.PIPE) if piped else None
    child = subprocess.Popen(command, stdin=feeder.stdout if piped else subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if piped:
        feeder.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if piped:
        feeder.wait()
    return child.returncode, usage.ru_maxrss * 1024


def count_lines(path):
    with subprocess.Popen(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE) as child:
        return sum(block.count(b"\n") for block in iter(lambda: child.stdout.read(1 << 20), b""))


def memory(b):
    n_bytes = 3 << 30 if os.environ.get("RC_BIG") == "1" else 300 << 20
    table, model, out = b.top / "big.csv", b.top / "wide.json", b.top / "big.out.zst"
    n_rows = write_big_table(table, n_bytes)
    write_wide_model(model)
    subprocess.run(["zstd", "-q1", "-T2", "-f", str(table), "-o", f"{table}.zst"], check=True)
    base = [b.options.rowcast, "score", "-m", str(model), "--threads", "2", "-o", str(out)]
    for name, args in (("file", [str(table)]), ("pipe", []), ("zstd", [f"{table}.zst"]),
                       ("packets of 8M", [str(table), "--packet-size", "8M"])):
        began = time.monotonic()
        status, peak = run_measured(base + args, None if args else table)
        n = count_lines(out) if out.exists() else 0
        # ring of 6 packets of input and of output, whatever the input's length
        most = MEMORY_LIMIT if name != "packets of 8M" else 2 * MEMORY_LIMIT
        b.t.result(status == 0 and peak < most and n == n_rows + 1, f"memory: {name}",
                   f"status {status}, peak {peak >> 20} MiB of {most >> 20}, {n} lines, "
                   f"{table.stat().st_size >> 20} MiB in {time.monotonic() - began:.2f} s")
        out.unlink(missing_ok=True)
    table.unlink()
    pathlib.Path(f"{table}.zst").unlink()
    endless_record(b)
    large_model(b)


def write_large_model(path):
    """48 MB of float32 weights, all 2^-20: 4000 inputs, 3000 columns, their sum."""
    shapes = ((4000, 3000), (3000, 1))
    sizes = [4 * rows * columns for rows, columns in shapes]
    steps = [{"op": "dense", "weights": {"at": at, "shape": shape, "dtype": "float32"}}
             for at, shape in zip((0, sizes[0]), shapes)]
    steps[-1]["out"] = "y"
    head = json.dumps({"format": "rowcast-model", "version": 1, "dtype": "float32",
                       "inputs": [{"type": "number"}] * 4000, "steps": steps,
                       "output": {"task": "regression", "from": "y", "link": "identity"}}).encode()
    number = struct.pack("<f", 2.0 ** -20)
    path.write_bytes(struct.pack("<Q", len(head)) + head + number * (sum(sizes) // 4))
    return sum(sizes)


def large_model(b):
    """Its weights are there twice at most: as the file has them, and as the kernels read them."""
    model, table, out = b.top / "large.rcm", b.top / "one.csv", b.top / "large.out.csv"
    n_bytes = write_large_model(model)
    table.write_text("\n".join((",".join(f"c{k}" for k in range(4000)), ",".join(["1"] * 4000))) + "\n")
    began = time.monotonic()
    status, peak = run_measured([b.options.rowcast, "score", "-m", str(model), "--threads", "1",
                                 "-o", str(out), str(table)])
    most = int(2.2 * n_bytes) + (16 << 20)
    got = out.read_text() if out.exists() else ""
    # 4000 * 2^-20 in each column, and 3000 of these times 2^-20
    wanted = f"{4000 * 2.0 ** -20 * 3000 * 2.0 ** -20:.7g}"
    is_right = got.startswith("prediction\n") and f"{float(got.split()[1]):.7g}" == wanted
    b.t.result(status == 0 and peak < most and is_right, "memory: a large model",
               f"status {status}, peak {peak >> 20} MiB of {most >> 20}, weights {n_bytes >> 20} MiB, "
               f"{time.monotonic() - began:.2f} s")
    model.unlink()


def endless_record(b):
    """A record that does not end stops at --max-line, 16 MiB; packed it is a bomb of a few KB."""
    path = b.top / "endless.zst"
    for name, opening in (("endless record", b"x,y\n1,"), ("endless quote", b'x,y\n1,"')):
        with open(path, "wb") as f:
            child = subprocess.Popen(["zstd", "-qc"], stdin=subprocess.PIPE, stdout=f)
            child.stdin.write(opening)
            for _ in range(1 << 10):
                child.stdin.write(b"a" * (1 << 20))
            child.stdin.close()
            child.wait()
        began = time.monotonic()
        status, peak = run_measured(b.command(path, "--threads", 2))
        b.t.result(status == INPUT and peak < MEMORY_LIMIT, f"memory: {name}",
                   f"status {status}, peak {peak >> 20} MiB, {path.stat().st_size >> 10} KiB packed, "
                   f"{time.monotonic() - began:.2f} s")


# --- slow pipes

# header and record; one column has no delimiter to be told by
TWO_COLUMNS, ONE_COLUMN = (b"x,y\n", b"%d,a\n"), (b"x\n", b"%d\n")


def read_lines_timed(child, n_lines, seconds):
    """(line, time of arrival) of what comes on the child's stdout, in the given time."""
    lines, rest, end = [], b"", time.monotonic() + seconds
    while len(lines) < n_lines and time.monotonic() < end:
        if not select.select([child.stdout], [], [], max(0, end - time.monotonic()))[0]:
            break
        data = os.read(child.stdout.fileno(), 65536)
        if not data:
            break
        *whole, rest = (rest + data).split(b"\n")
        lines += [(line, time.monotonic()) for line in whole]
    return lines


def feed_and_watch(b, threads, n_rows, pause, header, row):
    """The longest wait of a row from its writing to its prediction; None if one did not come."""
    child = subprocess.Popen(b.command("--threads", threads), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, bufsize=0)
    child.stdin.write(header)
    written = []

    def feed():
        for k in range(n_rows):
            time.sleep(pause)
            written.append(time.monotonic())
            child.stdin.write(row % k)

    feeder = threading.Thread(target=feed)
    feeder.start()
    rows = read_lines_timed(child, n_rows + 1, n_rows * pause + 2)[1:]
    feeder.join()
    child.kill()  # the input stays open until here: its end may not be what lets rows out
    child.stdin.close()
    child.stdout.close()
    child.wait()
    if [line for line, _ in rows] != [b"%d" % (2 * k) for k in range(n_rows)]:
        return None
    return max(came - sent for (_, came), sent in zip(rows, written))


def slow(b):
    for threads in (1, 2):
        for name, n_rows, pause, lines in (
                ("first row", 1, 0, TWO_COLUMNS), ("a row every 50 ms", 40, 0.05, TWO_COLUMNS),
                ("a row every 300 ms", 6, 0.3, TWO_COLUMNS), ("one column", 1, 0, ONE_COLUMN)):
            wait = feed_and_watch(b, threads, n_rows, pause, *lines)
            b.t.result(wait is not None and wait < 1, f"slow pipe: {name}, {threads} threads",
                       "a row did not come" if wait is None else f"longest wait {wait:.3f} s")
        stall_in_long_record(b, threads)


def stall_in_long_record(b, threads):
    """The rows before a record that is passed over do not wait for its end."""
    child = subprocess.Popen(b.command("--threads", threads, "--max-line", 1000, "--packet-size",
                                       4096, "--on-error", "skip", "-q"),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    child.stdin.write(b"x,y\n1,2\n3," + b"z" * 9000)
    first = [line for line, _ in read_lines_timed(child, 2, 2)]
    child.stdin.write(b"z\r")
    child.stdin.write(b"\n5,6\n")
    second = [line for line, _ in read_lines_timed(child, 1, 2)]
    child.stdin.close()
    child.stdout.close()
    status = child.wait()
    b.t.result((first, second, status) == ([b"prediction", b"2"], [b"10"], 0),
               f"slow pipe: stall in a long record, {threads} threads",
               f"{first}, {second}, status {status}")


# --- signals


def kill_at(b, command, number, seconds, folder, expected):
    """What became of it: "killed", "done", or what is wrong."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(seconds)
    child.send_signal(number)
    try:
        message = child.communicate(timeout=5)[1]
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return "alive 5 s after the signal"
    left = left_in(folder)
    if [name for name in left if ".tmp-" in name]:
        return f"left behind {left}"
    if "o.csv" in left and not is_right(folder / "o.csv", expected):
        return "a partial file under the final name"
    if "r.json" in left and not is_report(folder / "r.json"):
        return "a partial report under the final name"
    if "bad.csv" in left and not (folder / "bad.csv").read_text().endswith(",\"none,0\"\n"):
        return "partial rejects under the final name"
    if child.returncode == 0:
        return "done" if left == ["bad.csv", "o.csv", "r.json"] else f"status 0, and only {left}"
    if child.returncode != -number:
        return f"status {child.returncode}: {message.decode()}"
    return "killed" if message == b"" else f"not quiet: {message.decode()}"


def seconds_of(command):
    began = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - began


def moments_of(number):
    """How often a signal comes: SIGTERM most of all. RC_MOMENTS=200 is the full figure."""
    n = int(os.environ.get("RC_MOMENTS", "60"))
    return n if number == signal.SIGTERM else max(n // 5, 10)


def signals(b):
    r = random.Random(SEED)
    folder = b.fresh()
    table = b.top / "long.csv"
    n_rows = 1500000
    table.write_text("x,t\n" + "".join(f"{k}.25,{2 * k}\n" for k in range(n_rows)) + "none,0\n")
    expected = "prediction\n" + "".join(f"{2 * k}.5\n" for k in range(n_rows))
    command = b.command(table, "--threads", 2, "--packet-size", "64K", "-o", folder / "o.csv",
                        "--truth", "t", "--report", folder / "r.json", "--rejects",
                        folder / "bad.csv")
    whole = min(seconds_of(command) for _ in range(3))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU):
        seen, moments = {}, moments_of(number)
        signal.signal(number, signal.SIG_DFL)  # a shell's background or nohup may have it ignored
        while sum(seen.values()) < 3 * moments and seen.get("killed", 0) < moments:
            shutil.rmtree(folder)
            folder.mkdir()
            fate = kill_at(b, command, number, r.uniform(0, 1.1 * whole), folder, expected)
            seen[fate] = seen.get(fate, 0) + 1
        good = set(seen) <= {"killed", "done"} and seen.get("killed", 0) == moments
        b.t.result(good, f"signal: {number.name}",
                   f"killed at {moments} moments of {whole:.3f} s: {seen}")
    table.unlink()


def pipes(b):
    child = subprocess.Popen(b.command(b.table), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.read(20)
    child.stdout.close()
    message = child.stderr.read()
    child.stderr.close()
    child.wait()
    b.t.result(child.returncode == -signal.SIGPIPE and message == b"", "closed pipe: dies quietly",
               f"status {child.returncode}", message.decode())

    def ignore():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    child = subprocess.Popen(b.command(b.table), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             preexec_fn=ignore, restore_signals=False)
    child.stdout.close()
    message = child.stderr.read()
    child.stderr.close()
    child.wait()
    b.t.result(child.returncode in (OUTPUT, -signal.SIGPIPE), "closed pipe, SIGPIPE ignored: ends",
               f"status {child.returncode}", message.decode())


# --- the reader of HDF5 and its socket


N_H5_MOMENTS = int(os.environ.get("RC_MOMENTS", "60")) // 4


def h5_signals(b):
    """Whatever ends the process that scores ends its reader, too; and files are whole or absent."""
    r = random.Random(SEED)
    for out in ("o.csv.zst", "o.h5"):
        folder = b.fresh()
        command = b.command(*[b.h5] * 8, "--threads", 2, "-o", folder / out, "-q", "--on-error", "null")
        whole = min(seconds_of(command) for _ in range(3))
        for number in (signal.SIGTERM, signal.SIGKILL):
            seen, bad = {}, []
            for _ in range(N_H5_MOMENTS):
                shutil.rmtree(folder)
                folder.mkdir()
                child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
                time.sleep(r.uniform(0, whole))
                child.send_signal(number)
                message = child.communicate(timeout=10)[1].decode()
                seen[child.returncode] = seen.get(child.returncode, 0) + 1
                left = [n for n in left_in(folder) if n != out and number == signal.SIGTERM]
                path = folder / out
                is_cut = path.exists() and (tap.decompress(path.read_bytes()) is None
                                            or out == "o.h5" and rows_of_h5(b, path) is None)
                if child.returncode not in (0, -number) or left or is_cut or message or reader_left(b):
                    bad.append(f"status {child.returncode}, left {left}, {readers_of(b)}, {message}")
            b.t.result(not bad and seen.get(-number, 0) > 5, f"HDF5 to {out}: {number.name}",
                       f"{N_H5_MOMENTS} moments of {whole:.3f} s: statuses {seen}", *bad[:5])


def h5_hosts(b):
    """Odd hosts: SIGCHLD ignored or blocked, no process to be had, few descriptors, little memory."""
    def ignore():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    def block():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM])

    for name, prepare in (("ignored", ignore), ("blocked", block)):
        done = b.run(b.h5, b.h5, preexec_fn=prepare)
        wanted = b.expected + b.expected.partition("\n")[2]
        b.t.result(done.returncode == 0 and done.stdout.decode() == wanted and not reader_left(b),
                   f"HDF5: SIGCHLD {name}", f"status {done.returncode}", done.stderr.decode())
    folder = b.fresh()
    starts = [n for n in range(4 << 20, 200 << 20, 4 << 20)
              if limited(b, resource.RLIMIT_AS, n, "--version").returncode == 0]
    for what, kind, values in (("open files", resource.RLIMIT_NOFILE, range(3, 16)),
                               ("memory", resource.RLIMIT_AS, starts),
                               ("files", resource.RLIMIT_FSIZE, (0, 1, 100, 4096, 1 << 20))):
        seen, bad = {}, []
        for value in values:
            done = limited(b, kind, value, b.h5, "--threads", 2, "-o", folder / "o.h5")
            seen[done.returncode] = seen.get(done.returncode, 0) + 1
            left = left_in(folder)
            is_good = left == ["o.h5"] and is_right_h5(b, folder / "o.h5") if done.returncode == 0 else \
                left == [] and done.returncode in (INPUT, MODEL, OUTPUT, SYSTEM, 127)
            if not is_good or reader_left(b):
                bad.append(f"{value}: status {done.returncode}, left {left}, {done.stderr}")
            for name in left:
                (folder / name).unlink()
        b.t.result(not bad and seen.get(0, 0) > 0 and len(seen) > 1, f"HDF5: limit of {what}",
                   f"statuses {seen}", *bad[:5])


def h5_streams(b):
    """Closed descriptors, /dev/full and pipes, in and out."""
    for redirections in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        folder = b.fresh()
        done = shell(b, redirections, b.h5, "-q", "-o", folder / "o.h5")
        b.t.result(done.returncode == 0 and is_right_h5(b, folder / "o.h5") and left_in(folder) == ["o.h5"],
                   f"HDF5: closed {redirections}", f"status {done.returncode}", done.stderr.decode())
    folder = b.fresh()
    (folder / "o.h5").symlink_to("/dev/full")
    for name, args, wanted in (("file", ["-o", folder / "o.h5"], USAGE),
                               ("stdout", ["--output-format", "csv"], OUTPUT)):
        with open("/dev/full", "wb") as device:
            done = b.run(b.h5, *args, stdout=device, stderr=subprocess.PIPE, capture_output=False)
        b.t.result(done.returncode == wanted and left_in(folder) == ["o.h5"], f"HDF5: /dev/full as {name}",
                   f"status {done.returncode}", done.stderr.decode())


def h5_changes(b):
    """The file is cut or overwritten while it is read: an error, or what was there before."""
    r = random.Random(SEED)
    data, path = b.h5.read_bytes(), b.top / "moving.h5"
    seen, bad = {}, []
    for k in range(30):
        path.write_bytes(data)
        child = subprocess.Popen(b.command(*[path] * 30, "--threads", 2, "-q", "--on-error", "null"),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(r.uniform(0, 0.1))
        with open(path, "r+b") as f:
            if k % 2:
                f.truncate(r.randrange(len(data)))
            else:
                f.seek(r.randrange(len(data)))
                f.write(r.randbytes(3000))
        message = child.communicate(timeout=20)[1].decode()
        seen[child.returncode] = seen.get(child.returncode, 0) + 1
        if child.returncode not in (0, INPUT) or bool(child.returncode) != bool(message) or reader_left(b):
            bad.append(f"status {child.returncode}: {message}")
    b.t.result(not bad and seen.get(INPUT, 0) > 0, "HDF5: changed while it is read", f"statuses {seen}", *bad[:5])


# --- disks and descriptors


def full(b):
    folder = b.fresh()
    with open("/dev/full", "wb") as device:
        done = b.run(b.table, stdout=device, stderr=subprocess.PIPE, capture_output=False)
    b.t.result(done.returncode == OUTPUT and done.stderr.count(b"\n") == 1, "/dev/full as stdout",
               f"status {done.returncode}", done.stderr.decode())
    for name in ("o.csv", "o.csv.zst", "o.csv.gz"):
        (folder / name).symlink_to("/dev/full")
        done = b.run(b.table, "-o", folder / name)
        b.t.result(done.returncode == OUTPUT and left_in(folder) == [name], f"/dev/full as {name}",
                   f"status {done.returncode}", done.stderr.decode())
        (folder / name).unlink()
    (folder / "r.json").symlink_to("/dev/full")
    done = b.run(b.table, "--truth", "t", "--report", folder / "r.json", "-o", folder / "o.csv")
    b.t.result(done.returncode == OUTPUT and left_in(folder) == ["r.json"], "/dev/full as report",
               f"status {done.returncode}", done.stderr.decode())
    with open("/dev/full", "wb") as device:
        done = b.run("no.csv", stderr=device, stdout=subprocess.PIPE, capture_output=False)
    b.t.result(done.returncode == INPUT, "/dev/full as stderr", f"status {done.returncode}")


def shell(b, redirections, *args):
    """Runs under sh with redirections such as <&- that Python cannot give."""
    command = " ".join(f"'{word}'" for word in b.command(*args))
    return subprocess.run(["sh", "-c", f"{command} {redirections}"], capture_output=True, check=False,
                          timeout=60)


def closed(b):
    """A descriptor that is closed must not come back as a file of ours: what is meant for standard
    error would stand in it. A report that standard error cannot take is a failed output."""
    for redirections in ("<&-", ">&-", "2>&-", ">&- 2>&-", "<&- 2>&-", "<&- >&- 2>&-"):
        for report, wanted in (("-q", 0), ("--report=-", OUTPUT if "2>" in redirections else 0)):
            closed_to_file(b, f"file, {redirections} {report}", redirections, wanted,
                           b.table, report)
    for redirections in (">&-", "2>&-", ">&- 2>&-"):
        for report, wanted in (("-q", 0), ("--report=-", OUTPUT if "2>" in redirections else 0)):
            closed_to_file(b, f"stdin, {redirections} {report}", f"<'{b.table}' {redirections}",
                           wanted, report)
    for redirections, wanted in (("<&-", INPUT), (f"<'{b.table}' >&-", OUTPUT),
                                 (f"<'{b.table}' >&- 2>&-", OUTPUT), ("<&- >&-", INPUT)):
        done = shell(b, redirections)
        b.t.result(done.returncode == wanted, f"closed: {redirections.replace(str(b.top), '')}",
                   f"status {done.returncode}", done.stderr.decode())
    done = shell(b, "2>&-", b.table, "--truth", "t", "-q")
    b.t.result(done.returncode == 0 and done.stdout.decode() == b.expected, "closed: 2>&- to stdout",
               f"status {done.returncode}")


def closed_to_file(b, name, redirections, wanted, *args):
    folder = b.fresh()
    out = folder / "o.csv"
    done = shell(b, redirections, *args, "--truth", "t", "-o", out, "--report", folder / "r.json")
    right = is_right(out, b.expected) if out.exists() else wanted != 0
    if wanted == 0:
        right = right and is_report(folder / "r.json")
    b.t.result(done.returncode == wanted and right and not done.stdout, f"closed: {name}",
               f"status {done.returncode}, left {left_in(folder)}")


# --- limits


def limited(b, kind, value, *args, **kwargs):
    def limit():
        resource.setrlimit(kind, (value, value))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return b.run(*args, preexec_fn=limit, **kwargs)


def file_size(b):
    folder = b.fresh()
    for size in (0, 1, 4096, 100000):
        done = limited(b, resource.RLIMIT_FSIZE, size, b.table, "-o", folder / "o.csv")
        b.t.result(done.returncode == OUTPUT and left_in(folder) == [], f"limit of files: {size} bytes",
                   f"status {done.returncode}, left {left_in(folder)}", done.stderr.decode())


def address_space(b):
    """Beginning where the loader is content. Never a death by signal, never a partial file."""
    folder, seen, bad, first = b.fresh(), {}, [], 0
    for size in range(4 << 20, 160 << 20, 3 << 19):
        done = limited(b, resource.RLIMIT_AS, size, "--version")
        if done.returncode != 0 and not seen:
            continue
        first = first or size
        done = limited(b, resource.RLIMIT_AS, size, b.table, "--threads", 4, "-o", folder / "o.csv")
        seen[done.returncode] = seen.get(done.returncode, 0) + 1
        left = left_in(folder)
        right = left == ["o.csv"] and is_right(folder / "o.csv", b.expected) if done.returncode == 0 \
            else left == [] and done.returncode in (SYSTEM, 127)
        if not right:
            bad.append(f"{size >> 10} KiB: status {done.returncode}, left {left}, {done.stderr}")
        for name in left:
            (folder / name).unlink()
    b.t.result(not bad and seen.get(0, 0) > 0 and seen.get(SYSTEM, 0) > 0, "limit of memory",
               f"from {first >> 10} KiB: statuses {dict(sorted(seen.items()))}", *bad[:10])


def open_files(b):
    folder, seen, bad = b.fresh(), {}, []
    for limit in range(3, 12):
        done = limited(b, resource.RLIMIT_NOFILE, limit, b.table, "-o", folder / "o.csv")
        seen[done.returncode] = seen.get(done.returncode, 0) + 1
        left = left_in(folder)
        right = left == ["o.csv"] and is_right(folder / "o.csv", b.expected) if done.returncode == 0 \
            else left == [] and done.returncode in (INPUT, MODEL, OUTPUT, SYSTEM, 127)
        if not right:
            bad.append(f"{limit}: status {done.returncode}, left {left}, {done.stderr}")
        for name in left:
            (folder / name).unlink()
    b.t.result(not bad and seen.get(0, 0) > 0, "limit of open files", f"statuses {seen}", *bad)


def thread_limit(b):
    """As nobody: the limit does not bind root."""
    if os.geteuid() != 0:
        b.t.skip("limit of threads", "needs root, to become a user with no other process")
        return
    nobody = 65534
    with tap.folder("nobody") as top:
        home = pathlib.Path(top)
        shutil.copy(b.options.rowcast, home / "rowcast")
        shutil.copy(b.model, home / "m.json")
        shutil.copy(b.table, home / "in.csv")
        (home / "out").mkdir()
        home.chmod(0o755)
        (home / "out").chmod(0o777)

        def run(n, *args):
            def limit():
                resource.setrlimit(resource.RLIMIT_NPROC, (n, n))

            return subprocess.run([home / "rowcast", *args], user=nobody, extra_groups=[],
                                  preexec_fn=limit, capture_output=True, check=False, timeout=60)

        if run(64, "--version").returncode != 0:
            b.t.skip("limit of threads", "rowcast cannot be run as nobody here")
            return
        for n, wanted in ((1, SYSTEM), (2, SYSTEM), (64, 0)):
            done = run(n, "score", "-m", home / "m.json", home / "in.csv", "--threads", "4", "-o",
                       home / "out" / "o.csv")
            left = left_in(home / "out")
            good = done.returncode == wanted and left == (["o.csv"] if wanted == 0 else [])
            b.t.result(good, f"limit of threads: {n}", f"status {done.returncode}, left {left}",
                       done.stderr.decode())


# --- failing system calls

CALLS = ("openat", "read", "pread64", "write", "pwrite64", "fsync", "renameat", "renameat2", "rename", "close", "fchmod",
         "fstat", "newfstatat")
FAULTS = ("ENOSPC", "EIO", "EINTR", "EMFILE")


class Job:
    """A small job whose every call fails in turn; one thread, so that calls keep their numbers."""

    def __init__(self, b, name, args, expected):
        self.b, self.name, self.args, self.expected = b, name, args, expected

    def command(self, folder):
        model = ["-m", str(self.b.model)]
        return [self.b.options.rowcast, "score", *model, "--threads", "1",
                *(str(a).replace("OUT", str(folder)) for a in self.args)]

    def prepare(self):
        """One output has an old content."""
        folder = self.b.fresh()
        (folder / self.expected[0][0]).write_text("old\n")
        return folder

    def problem(self, folder, done):
        """What is wrong afterwards, or None."""
        if done.returncode not in (0, INPUT, MODEL, OUTPUT, SYSTEM):
            return f"status {done.returncode}"
        if [name for name in left_in(folder) if ".tmp-" in name]:
            return f"left behind: {left_in(folder)}"
        for k, (name, check) in enumerate(self.expected):
            path = folder / name
            if not path.exists():
                if done.returncode == 0:
                    return f"{name} is absent"
                if k == 0:
                    return f"{name}: neither old nor new is there"
            elif not check(path) and (k > 0 or done.returncode == 0
                                      or path.read_text(errors="replace") != "old\n"):
                return f"{name} is not right"
        return None if done.returncode == 0 or done.stderr else "failed in silence"


def strace(command, *args):
    return subprocess.run(["strace", "-f", "-qq", *args, *command], capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60)


def count_calls(job, log):
    """For each call how many the loader makes, and how many come in all."""
    folder = job.prepare()
    strace(job.command(folder), "-o", log, "-e", "trace=" + ",".join(CALLS))
    counts, loaders = {}, None
    for line in log.read_text(errors="replace").splitlines():
        call = re.match(r"\d+ +(\w+)\(", line)
        if call is None:
            continue
        if loaders is None and job.b.model.name in line:
            loaders = dict(counts)
        counts[call.group(1)] = counts.get(call.group(1), 0) + 1
    return {call: (loaders.get(call, 0), n) for call, n in counts.items()} if loaders is not None \
        else {}


def fault_jobs(b):
    packed = b.top / "in.csv.gz"
    packed.write_bytes(gzip.compress(b.table.read_bytes(), 1))
    refused = b.top / "refused.csv"
    refused.write_text(b.table.read_text() + "none,0\n" * 500)

    def is_table(path):
        return is_right(path, b.expected)

    yield Job(b, "plain", [b.table, "--packet-size", "64K", "-o", "OUT/o.csv"], [("o.csv", is_table)])
    yield Job(b, "gzip to zstd with report", [packed, "--truth", "t", "-q", "-o", "OUT/o.csv.zst",
                                               "--report", "OUT/r.json"],
              [("o.csv.zst", is_table), ("r.json", is_report)])
    yield Job(b, "HDF5 to HDF5", [b.h5, "--id", "t", "-o", "OUT/o.h5"],
              [("o.h5", lambda path: is_right_h5(b, path))])
    yield Job(b, "rejects", [refused, "--truth", "t", "-q", "-o", "OUT/o.csv", "--rejects",
                             "OUT/bad.csv.gz", "--report", "OUT/r.json"],
              [("o.csv", is_table), ("bad.csv.gz", is_rejects), ("r.json", is_report)])


def faults(b):
    if shutil.which("strace") is None or strace(["true"]).returncode != 0:
        b.t.skip("faults", "no strace, or it may not trace here")
        return
    for job in fault_jobs(b):
        counts = count_calls(job, b.top / "strace.log")
        for call, (loaders, n) in sorted(counts.items()):
            seen, bad = {}, []
            for fault in FAULTS:
                for when in range(loaders + 1, n + 1):
                    folder = job.prepare()
                    done = strace(job.command(folder), "-o", b.top / "strace.log", "-e", f"trace={call}",
                                  "-e", f"inject={call}:error={fault}:when={when}")
                    seen[done.returncode] = seen.get(done.returncode, 0) + 1
                    problem = job.problem(folder, done)
                    first = folder / job.expected[0][0]
                    if call == "fsync" and when - loaders <= len(job.expected) and \
                            done.returncode == OUTPUT and first.read_bytes() != b"old\n":
                        problem = "an output that is not on the disk, and another published"
                    if problem:
                        bad.append(f"{fault}, {call} number {when}: {problem}: {done.stderr.decode()}")
            b.t.result(not bad, f"faults: {job.name}: {call}",
                       f"{n - loaders} calls, {len(FAULTS)} faults each: statuses {seen}", *bad[:20])


# --- cut inputs


def cuts(b):
    folder = b.fresh()
    text = b.table.read_bytes()
    packed = {"gz": gzip.compress(text[:90000]) + gzip.compress(text[90000:])}
    half = [subprocess.run(["zstd", "-qc"], input=part, capture_output=True, check=True).stdout
            for part in (text[:90000], text[90000:])]
    packed["zst"] = b"".join(half)
    whole = {"gz": len(gzip.compress(text[:90000])), "zst": len(half[0])}
    for kind, data in packed.items():
        seen, bad = {}, []
        for k in range(64):
            n = len(data) * k // 64
            path = b.top / f"cut.{kind}"
            path.write_bytes(data[:n])
            done = b.run(path, "-o", folder / "o.csv")
            seen[done.returncode] = seen.get(done.returncode, 0) + 1
            if n != whole[kind] and (done.returncode != INPUT or left_in(folder)):
                bad.append(f"{n} of {len(data)} bytes: status {done.returncode}, {left_in(folder)}")
            for name in left_in(folder):
                (folder / name).unlink()
        b.t.result(not bad, f"cut .{kind}", f"64 lengths: statuses {seen}", *bad[:10])


GROUPS = (memory, slow, signals, pipes, h5_signals, h5_hosts, h5_streams, h5_changes, full, closed, file_size, address_space, open_files,
          thread_limit, faults, cuts)


def main():
    options = tap.arguments(__doc__)
    with tap.folder("robust") as top:
        b = Bench(options, pathlib.Path(top))
        for group in GROUPS:
            if tap.is_chosen(options, group.__name__):
                began = time.monotonic()
                group(b)
                b.t.note(f"{group.__name__}: {time.monotonic() - began:.1f} s")
        return b.t.finish()


if __name__ == "__main__":
    sys.exit(main())
