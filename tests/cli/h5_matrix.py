#!/usr/bin/env python3
"""h5_matrix.py - one table in every layout, type and storage of HDF5: the bytes that its CSV file gives.

testdata/h5/cases.json lists the cells (see testdata/recipes/make_h5.py). What the CSV files give is
compared with numpy's numbers first; then each cell must give the same bytes, and with a truth the
same metrics, once as it comes and once with other threads and packets; some with all of them. What
is to be refused must be so within 5 s, in one line that names what it should, and with nothing on
standard output. Tables at the end say what there is: a row a storage or a type, a column a layout,
in each how many cells were right, of how many unless all.

Then: user blocks of up to 1 MiB, files cut short, the ways of --sandbox, closed standard streams, and
what leads out of the file to a secret. Prints TAP."""

import concurrent.futures
import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import time

import predictions
import tap

SECRETS = pathlib.Path("/tmp/rowcast-test-secret")  # of the files of bad/outside
MARK = b"the-secret-of-the-file"
LIMIT_S = 5
WAYS = (("--threads", "1"), ("--threads", "3", "--packet-size", "4K"), ("--threads", "7", "--packet-size", "64K"),
        ("--threads", "2", "--cpu", "scalar", "--packet-size", "8M"))
ALL_WAYS = ("columns split", "B-tree 2, deflate", "columns that do not line up", "variable text", "filter masks",
            "missing chunks", "limits", "masks", "szip", "user-block")
PARTS = ("metrics", "undefined", "confusion", "rows")


class Files:
    """The files of testdata/h5 in a folder, unpacked, and what was made of the CSV files."""

    def __init__(self, options, top):
        self.options, self.top = options, top
        shutil.copytree(options.testdata / "h5", top, dirs_exist_ok=True)
        packed = list(map(str, top.rglob("*.zst")))
        subprocess.run(["zstd", "-dq", *packed], check=True)
        listed = json.loads((top / "cases.json").read_text(encoding="utf-8"))
        self.cases, self.tables = listed["cases"], listed["tables"]
        self.references, self.n_runs = {}, itertools.count()

    def run(self, model, table, args, **kwargs):
        """(result, seconds, parts of the report or nothing)"""
        report = self.top / f"report-{next(self.n_runs)}.json"
        more = ["--report", report, "-q"] if "--truth" in args else []
        began = time.monotonic()
        done = tap.run(self.options, "-m", self.top / model, *args, *more, self.top / table,
                       cwd=self.top / "bad" / "outside", **kwargs)
        seconds = time.monotonic() - began
        if not report.exists():
            return done, seconds, None
        told = json.loads(report.read_text(encoding="utf-8"))
        report.unlink()
        return done, seconds, {key: told.get(key) for key in PARTS}

    def reference(self, case):
        """What the CSV file gives."""
        key = (case["model"], case["csv"], *case["csv_args"])
        if key not in self.references:
            self.references[key] = self.run(case["model"], case["csv"], case["csv_args"])
        return self.references[key]


def difference(got, wanted):
    """The first line that differs."""
    pairs = itertools.zip_longest(got.splitlines(), wanted.splitlines())
    return next((f"line {n}: {a!r}, not {b!r}" for n, (a, b) in enumerate(pairs, 1) if a != b), "line ends")


def check_same(files, case, way):
    """What is wrong with predictions, or nothing."""
    wanted, _, wanted_report = files.reference(case)
    if wanted.returncode != 0:
        return f"the CSV file: status {wanted.returncode}: {wanted.stderr.decode()}"
    done, seconds, report = files.run(case["model"], case["file"], [*case["where"], *case["args"], *way])
    if done.returncode != 0:
        return f"status {done.returncode}: {done.stderr.decode().strip()}"
    if done.stdout != wanted.stdout:
        return f"predictions: {difference(done.stdout, wanted.stdout)}"
    if report != wanted_report:
        return f"report: {report}, not {wanted_report}"
    if done.stderr != wanted.stderr:
        return f"standard error: {done.stderr.decode()}"
    return f"{seconds:.1f} s" if seconds > LIMIT_S else ""


def check_refused(files, case, way):
    done, seconds, _ = files.run(case["model"], case["file"], [*case["where"], *case["args"], *way])
    text = done.stderr.decode(errors="backslashreplace")
    problems = [f"{word!r} is not in it" for word in case["fragments"] if word not in text]
    if done.returncode not in case["status"]:
        problems.insert(0, f"status {done.returncode}")
    if len(done.stdout.splitlines()) > (case["type"] in ("rows", "damage")):  # a header went before
        problems.append(f"{len(done.stdout)} bytes of output")
    if MARK in done.stdout + done.stderr:
        problems.append("THE SECRET IS TOLD")
    if not text.startswith("rowcast:"):
        problems.append("no message of the tool")
    if seconds > LIMIT_S:
        problems.append(f"{seconds:.1f} s")
    return f"{' '.join(way)} {', '.join(problems)}: {text.strip()}" if problems else ""


def check_case(files, number, case):
    if case["result"] == "error":
        # without the sandbox it is the inspection alone that keeps to the file
        ways = [(), ("--sandbox", "off")] if "outside" in case["layout"] else [()]
        return next(filter(None, (check_refused(files, case, way) for way in ways)), "")
    ways = [(), WAYS[number % len(WAYS)]]
    if any(word in case["name"] for word in ALL_WAYS):
        ways = [(), *WAYS]
    for way in ways:
        problem = check_same(files, case, way)
        if problem:
            return f"{' '.join([*case['where'], *case['args'], *way])}: {problem}"
    return ""


def check_references(t, files):
    """The CSV files' own predictions are those of numpy."""
    for table, model, expected in files.tables:
        done = tap.run(files.options, "-m", files.top / model, files.top / table,
                       *(("--columns", "a,b,c,n,m") if "positional" in model else ()))
        dtype = "float32" if "f32" in model else "float64"
        floors = predictions.STEP_FLOOR if "limits" in model else predictions.FLOOR
        rows = predictions.read_csv((files.top / expected).read_text(encoding="utf-8"))
        predictions.check_predictions(t, f"h5: {table}, {model}", done, rows, dtype, floors)


def grid(cells, row, column):
    """Lines of a table: a row a value of one member of the cases, a column one of another."""
    columns = list(dict.fromkeys(case[column] for case, _ in cells))
    rows = list(dict.fromkeys(case[row] for case, _ in cells))
    width = max(map(len, rows), default=0)
    yield f"{row:{width}} | " + " | ".join(columns)
    for name in rows:
        texts = []
        for head in columns:
            those = [problem for case, problem in cells if (case[row], case[column]) == (name, head)]
            n_good = sum(not problem for problem in those)
            text = "-" if not those else f"{n_good}" if n_good == len(those) else f"{n_good}/{len(those)}"
            texts.append(f"{text:>{len(head)}}")
        yield f"{name:{width}} | " + " | ".join(texts)


def print_grids(t, cells):
    scored = [cell for cell in cells if cell[0]["result"] == "predictions"]
    outside = [cell for cell in cells if "outside" in cell[0]["layout"]]
    grids = ((scored, "storage", "layout"), (scored, "type", "layout"), (outside, "type", "storage"))
    for those, row, column in grids:
        if those:
            t.note("", *grid(those, row, column))


def check_cases(t, files, cases):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        problems = list(pool.map(lambda item: check_case(files, *item), enumerate(cases)))
    cells = list(zip(cases, problems))
    for layout, kind in dict.fromkeys((c["layout"], c["type"]) for c in cases):
        those = [(c, p) for c, p in cells if (c["layout"], c["type"]) == (layout, kind)]
        bad = [f"{c['name']}: {p}" for c, p in those if p]
        t.result(not bad, f"h5: {layout}: {kind}", f"{len(those) - len(bad)} of {len(those)}", *bad)
    print_grids(t, cells)
    n_good = sum(not p for p in problems)
    t.result(n_good == len(cases), "h5: all cells", f"{n_good} of {len(cases)} right")


def user_block(t, files):
    """The same file behind user blocks; the signature stands at 512, 1024, 2048 ..."""
    case = next(c for c in files.cases if c["file"] == "named.h5")
    data = (files.top / "named.h5").read_bytes()
    for n_bytes in (512, 1024, 2048, 1 << 16, 1 << 20):
        moved = files.top / f"moved-{n_bytes}.h5"
        moved.write_bytes(b"a user block\n".ljust(n_bytes, b"\0") + data)
        problem = check_same(files, {**case, "file": moved.name}, ())
        t.result(not problem, f"h5: a user block of {n_bytes} bytes", problem)
        moved.unlink()


def cut_short(t, files):
    """Of a file that ends early: refused, or right because it is the rest that is missing."""
    for name in ("named.h5", "compound-text.h5", "unaligned.h5", "matlab.mat", "frame.h5"):
        case = next(c for c in files.cases if c["file"] == name and c["result"] == "predictions")
        data = (files.top / name).read_bytes()
        bad, n_right = [], 0
        wanted = files.reference(case)[0].stdout
        for k in range(40):
            n_bytes = len(data) * k // 40 if k < 20 else len(data) - (40 - k) ** 2
            cut = files.top / f"cut{pathlib.Path(name).suffix}"
            cut.write_bytes(data[:n_bytes])
            args = [*case["where"], *case["args"], "--input-format", "hdf5"]
            done, seconds, _ = files.run(case["model"], cut.name, args)
            is_right = done.returncode == 0 and done.stdout == wanted
            n_right += is_right
            if not (is_right or done.returncode == 3 and not done.stdout) or seconds > LIMIT_S:
                bad.append(f"{n_bytes} bytes: status {done.returncode}, {seconds:.1f} s, {done.stderr.decode()}")
        t.result(not bad, f"h5: {name} cut short", f"40 lengths, {n_right} of them enough", *bad[:5])


def sandboxes(t, files):
    """`require` may be refused (status 6) where the kernel or the build lacks what it takes."""
    case = next(c for c in files.cases if c["name"] == "compound, variable text")
    for way in ("auto", "off", "require"):
        problem = check_same(files, case, ("--sandbox", way))
        if way == "require" and problem.startswith(f"{' '.join(case['where'])}status 6"):
            t.skip("h5: --sandbox require", problem)
        else:
            t.result(not problem, f"h5: --sandbox {way}", problem)


def closed_streams(t, files):
    """The reader's descriptors are no others when 0, 1 or 2 are closed at the start."""
    case = next(c for c in files.cases if c["name"] == "compound, variable text")
    wanted = files.reference(case)[0].stdout
    for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&-", "0<&- 1>&- 2>&-"):
        out = files.top / "closed.csv"
        args = ["score", "-m", files.top / case["model"], *case["where"], *case["args"], "-q", "-o", out,
                files.top / case["file"]]
        done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", files.options.rowcast, *map(str, args)],
                              check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        is_good = done.returncode == 0 and out.exists() and out.read_bytes() == wanted
        t.result(is_good, f"h5: {closed}", f"status {done.returncode}: {done.stderr.decode()}")
        out.unlink(missing_ok=True)


def make_secrets(files):
    """Beside the files of bad/outside, and where their absolute names lead; False: not there."""
    secret = files.top / "bad" / "outside" / "secret.h5"
    secret.with_suffix(".bin").write_bytes(MARK.join([bytes(40)] * 9).ljust(512, b"\0"))
    try:
        SECRETS.mkdir(exist_ok=True)
        for path in (secret, secret.with_suffix(".bin")):
            shutil.copy(path, SECRETS / path.name)
    except OSError:  # somebody else's, or another run has just ended
        return False
    return True


def secret_is_one(t, files):
    """A test of the test: asked for by itself, the secret comes out."""
    done, _, _ = files.run("model.json", "bad/outside/secret.h5", ["--dataset", "/t", "--keep", "all"])
    t.result(done.returncode == 0 and MARK in done.stdout, "h5: the secret by itself", done.stderr.decode())


def main():
    options = tap.arguments(__doc__)
    t = tap.Tap()
    with tap.folder("h5") as folder:
        files = Files(options, pathlib.Path(folder))
        try:
            has_secrets = make_secrets(files)
            chosen = [c for c in files.cases if tap.is_chosen(options, c["name"])]
            if tap.is_chosen(options, "references"):
                check_references(t, files)
            if chosen:
                check_cases(t, files, chosen)
            for name, check in (("user block", user_block), ("cut short", cut_short), ("sandbox", sandboxes),
                                ("closed", closed_streams), ("secret", secret_is_one)):
                if tap.is_chosen(options, name):
                    check(t, files)
            if not has_secrets:
                t.skip("h5: absolute names", f"{SECRETS} cannot be made")
        finally:
            shutil.rmtree(SECRETS, ignore_errors=True)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
