#!/usr/bin/env python3
"""run.py - runs the command line's cases and compares what came out.

A case is a folder GROUP/NAME that holds
  cmd           a script for sh. It runs in a fresh folder, into which the other files of the case are
                copied, with $ROWCAST and $TESTDATA, with rowcast in PATH, and with $ONPTY,
                "python3 onpty.py", which runs a command on a pseudo-terminal
  stdout        all of the standard output; it stays empty if there is no such file
  stderr        all of the standard error, as above
  stderr.glob   instead of stderr: one pattern of fnmatch a line
  exit          the exit status, 0 without; 128 + N for a death by signal N
  expect/NAME   what NAME holds afterwards; NAME.zst and NAME.gz are decompressed first

No *.tmp-* file may be left behind. Prints TAP."""

import argparse
import concurrent.futures
import difflib
import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OF_THE_CASE = {"cmd", "stdout", "stderr", "stderr.glob", "exit", "expect"}
TIMEOUT = 120


def find_cases(patterns):
    names = sorted(str(p.parent.relative_to(HERE)) for p in HERE.glob("*/*/cmd"))
    if not patterns:
        return names
    return [n for n in names if any(p in n or fnmatch.fnmatch(n, p) for p in patterns)]


def environment(options, home):
    bin_folder = home / "bin"
    bin_folder.mkdir()
    script = bin_folder / "rowcast"
    if options.wrap:
        script.write_text(f'#!/bin/sh\nexec {options.wrap} "{options.rowcast}" "$@"\n')
        script.chmod(0o755)
    else:
        script.symlink_to(options.rowcast)
    return {
        "PATH": f"{bin_folder}:/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": options.locale,
        "HOME": str(home),
        "ROWCAST": str(script),
        "TESTDATA": str(options.testdata),
        "ONPTY": f"{sys.executable} {HERE / 'onpty.py'}",
        **options.extra,
        **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
           if name in os.environ},
    }


def copy_files(case, work):
    for path in case.iterdir():
        if path.name in OF_THE_CASE:
            continue
        if path.is_dir():
            shutil.copytree(path, work / path.name)
        else:
            shutil.copy(path, work / path.name)


def read_produced(path):
    """The content of a file that the command left, decompressed."""
    program = {".zst": ["zstd", "-dcq"], ".gz": ["gzip", "-dc"]}.get(path.suffix)
    if program is None:
        return path.read_bytes()
    done = subprocess.run(program + [str(path)], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b"cannot be decompressed: " + done.stderr


def difference(what, expected, got):
    lines = difflib.unified_diff(expected.decode(errors="backslashreplace").splitlines(),
                                 got.decode(errors="backslashreplace").splitlines(),
                                 f"{what} (expected)", f"{what} (got)", lineterm="")
    shown = list(lines) or [f"{what}: expected {expected[-80:]!r}, got {got[-80:]!r}"]
    return shown[:60]


def matches_glob(patterns, text):
    lines, wanted = text.splitlines(), patterns.splitlines()
    return len(lines) == len(wanted) and all(map(fnmatch.fnmatchcase, lines, wanted))


def check_stderr(case, got):
    glob = case / "stderr.glob"
    if not glob.exists():
        return check_file(case / "stderr", "stderr", got)
    if matches_glob(glob.read_text(), got.decode(errors="backslashreplace")):
        return []
    return difference("stderr.glob", glob.read_bytes(), got)


def check_file(path, what, got):
    expected = path.read_bytes() if path.exists() else b""
    return [] if expected == got else difference(what, expected, got)


def check_left(case, work):
    problems = [f"left behind: {p.relative_to(work)}" for p in work.rglob("*.tmp-*")]
    expect = case / "expect"
    for path in sorted(expect.rglob("*")) if expect.is_dir() else []:
        if path.is_dir():
            continue
        name = path.relative_to(expect)
        if not (work / name).exists():
            problems.append(f"{name} is absent")
        else:
            problems += check_file(path, str(name), read_produced(work / name))
    return problems


def status_of(done):
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def update(case, work, done):
    """Writes what came out as what is expected."""
    def put(name, content, absent):
        path = case / name
        if content == absent:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
    put("stdout", done.stdout, b"")
    put("exit", b"%d\n" % status_of(done), b"0\n")
    if not (case / "stderr.glob").exists():
        put("stderr", done.stderr, b"")
    expect = case / "expect"
    for path in sorted(expect.rglob("*")) if expect.is_dir() else []:
        produced = work / path.relative_to(expect)
        if path.is_file() and produced.exists():
            path.write_bytes(read_produced(produced))


def run_case(name, options):
    """The list of what is wrong; empty if nothing is."""
    case = HERE / name
    with tempfile.TemporaryDirectory(prefix="rowcast-cli-") as top:
        home, work = pathlib.Path(top, "home"), pathlib.Path(top, "work")
        home.mkdir()
        work.mkdir()
        copy_files(case, work)
        try:
            done = subprocess.run(["sh", str(case / "cmd")], cwd=work, stdin=subprocess.DEVNULL,
                                  env=environment(options, home), capture_output=True,
                                  timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            return [f"not done after {TIMEOUT} s"]
        if options.update:
            update(case, work, done)
        wanted = case / "exit"
        status = int(wanted.read_text()) if wanted.exists() else 0
        problems = check_file(case / "stdout", "stdout", done.stdout)
        problems += check_stderr(case, done.stderr)
        problems += check_left(case, work)
        if status_of(done) != status:
            problems.insert(0, f"exit status {status_of(done)}, expected {status}")
        return problems


def prepare_locale(name, folder):
    """What the environment needs for the locale; None if it cannot be had."""
    if name in ("C", "C.UTF-8", "POSIX"):
        return {}
    found = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    plain = name.lower().replace("-", "")
    if plain in (line.lower().replace("-", "") for line in found.splitlines()):
        return {}
    source, _, charset = name.partition(".")
    try:
        made = subprocess.run(["localedef", "-i", source, "-f", charset, os.path.join(folder, name)],
                              capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return {"LOCPATH": folder} if made.returncode == 0 else None


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rowcast", type=pathlib.Path, required=True)
    parser.add_argument("--testdata", type=pathlib.Path, default=HERE.parent.parent / "testdata")
    parser.add_argument("--update", action="store_true", help="write what came out as expected")
    parser.add_argument("--wrap", default="", metavar="'valgrind -q'")
    parser.add_argument("--locale", default="C")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    options = parser.parse_args()
    options.rowcast = options.rowcast.resolve()
    options.testdata = options.testdata.resolve()
    return options


def has_pty():
    """Whether this machine gives pseudo-terminals: a bare container may not."""
    try:
        for descriptor in os.openpty():
            os.close(descriptor)
    except OSError:
        return False
    return True


def run_cases(cases, options):
    """Prints TAP as results come in; returns how many cases failed."""
    n_bad = 0
    print(f"1..{len(cases)}", flush=True)
    skipped = []
    if not has_pty():
        skipped = [name for name in cases if "$ONPTY" in (HERE / name / "cmd").read_text()]
        cases = [name for name in cases if name not in skipped]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda name: run_case(name, options), cases)
        for number, (name, problems) in enumerate(zip(cases, results), 1):
            print(f"{'not ok' if problems else 'ok'} {number} - {name}")
            for line in problems:
                print(f"# {line}")
            sys.stdout.flush()
            n_bad += bool(problems)
    for number, name in enumerate(skipped, len(cases) + 1):
        print(f"ok {number} - {name} # SKIP no pseudo-terminal")
    return n_bad


def main():
    options = parse_options()
    with tempfile.TemporaryDirectory(prefix="rowcast-locale-") as folder:
        options.extra = prepare_locale(options.locale, folder)
        if options.extra is None:
            print(f"1..0 # SKIP no locale {options.locale}")
            return 0
        cases = find_cases(options.patterns)
        return 1 if run_cases(cases, options) or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
