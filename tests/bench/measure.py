"""measure.py - run a program: seconds, CPU seconds, memory, and what it printed."""

import collections
import os
import pathlib
import subprocess
import tempfile
import time

Run = collections.namedtuple("Run", "seconds cpu peak printed")


class Failed(Exception):
    """The last line that a program wrote to standard error."""


def run(command, environment=None, out=subprocess.PIPE):
    """cpu: seconds of the program and its children; peak: MiB of the largest of them, never less than
    this process has: the kernel begins with what was there before exec."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        child = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=out, stderr=said,
                                 env={**os.environ, **(environment or {})})
        printed = child.stdout.read() if out == subprocess.PIPE else b""
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    if child.stdout is not None:
        child.stdout.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"status {child.returncode}: {(lines or ['no message'])[-1][:200]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed)


def read_once(path):
    """So that all runs find the file in memory."""
    with open(path, "rb") as f:
        while f.read(1 << 20):
            pass


def pss(pid):
    """KiB of a process, its part of what it shares; 0 when it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace")
        return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    except OSError:
        return 0


def children_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []


def peak_with_children(command):
    """MiB that a program and its children have at most at one moment, looked at every few ms."""
    peak = 0
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            peak = max(peak, sum(pss(pid) for pid in [child.pid, *children_of(child.pid)]))
            time.sleep(0.003)
    return peak / 1024


def core_type():
    """What OPENBLAS_CORETYPE should be: its own look at the CPU takes some for far older ones."""
    try:
        info = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    lines = dict(line.partition(":")[::2] for line in info.replace("\t", "").splitlines() if ":" in line)
    flags = lines.get("flags", "").split()
    if "avx512f" in flags:
        return "SkylakeX"
    if "avx2" in flags:
        return "Zen" if "AMD" in lines.get("vendor_id", "") else "Haswell"
    return None


def cpu_name():
    try:
        info = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")),
                "unknown")
