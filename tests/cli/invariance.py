#!/usr/bin/env python3
"""invariance.py - no thread count, packet size, --cpu level or kind of input moves a byte.

A seeded table of some 20 MB, part of it quoted, goes through a binary, a regression and a
multi-class model. Of each run the decompressed output and the parts of the report that speak of
rows are hashed; all runs of a model must agree. A table of 200 rows with every oddity of CSV is run
more often, with packets of 4 KiB. A table with faults in many packets must always fail with the
same message, of the first; and where refused rows are left out or left empty, output, rejects and
report are those that the generator of the faults expects. Prints TAP; one test a model and table,
and one a fault."""

import csv
import gzip
import hashlib
import io
import itertools
import json
import pathlib
import random
import subprocess
import sys

import tap

SEED = 20270
N_BIG, N_SMALL = 110000, 400
NAMES = [f"f{k:02d}" for k in range(12)]
THREADS = (1, 2, 3, 7)
PACKETS = ("64K", "1M", "8M")
TEXTS = ["plain", "a,b", 'say ""hi""', "two\nlines", "cr\r\nlf", "", " padded ", "5 pipe", "x" * 60,
         '""', ',,\n"",', "end\n"]


def model(dtype, seed, output, width):
    """12 inputs, a scaler, 8 hidden units of tanh, and the output."""
    r = random.Random(seed)

    def matrix(n, m):
        return [[r.gauss(0, 0.5) for _ in range(m)] for _ in range(n)]

    return {"format": "rowcast-model", "version": 1, "dtype": dtype,
            "inputs": [{"name": n, "type": "number", "missing": 0.25} for n in NAMES],
            "steps": [{"op": "affine", "center": [r.gauss(0, 1) for _ in NAMES],
                       "divide": [r.uniform(0.5, 2) for _ in NAMES]},
                      {"op": "dense", "weights": matrix(12, 8), "activation": "tanh"},
                      {"op": "dense", "weights": matrix(8, width), "out": "z"}],
            "output": {"from": "z", **output}}


MODELS = {
    "binary": (model("float32", 1, {"task": "binary", "link": "sigmoid", "classes": ["no", "yes"]}, 1),
               "label"),
    "regression": (model("float64", 2, {"task": "regression", "link": "identity"}, 1), "f00x"),
    "multiclass": (model("float64", 3, {"task": "multiclass", "link": "softmax",
                                        "classes": ["a", "b", "c,d"]}, 3), "kind"),
}


def record(r, number):
    """One record with its line end; most cells are plain, some quoted, some missing."""
    cells = [str(number)]
    for _ in NAMES:
        x = r.gauss(0, 1)
        text = repr(x) if number % 3 else f"{x:.4f}"
        cells.append(f'"{text}"' if r.random() < 0.02 else text if r.random() < 0.999 else "NA")
    note = r.choice(TEXTS)
    cells.append(f'"{note}"' if r.random() < 0.3 or set(note) & set(',"\r\n') else note)
    cells += [r.choice(["no", "yes", "yes"]), str(r.randint(-9, 9)) + r.choice(["", ".5", "e3"]),
              r.choice(["a", "b", '"c,d"', ""]), r.choice(["1", "0.3", "2.718281828"])]
    return ",".join(cells) + r.choice(["\n", "\n", "\r\n", "\n\n"])


HEADER = ",".join(["id", *NAMES, "note", "label", "f00x", "kind", "weight"]) + "\n"


class Table:
    """A generated table in every kind of input; the values of forms are the inputs of a run."""

    def __init__(self, top, name, n_rows):
        r = random.Random(SEED)
        records = [record(r, k) for k in range(n_rows)]
        self.name = name
        self.forms = {"plain": self.write(top / f"{name}.csv", records)}
        data = (top / f"{name}.csv").read_bytes()
        self.n_bytes = len(data)
        self.forms["gzip"] = [top / f"{name}.csv.gz"]
        self.forms["gzip"][0].write_bytes(gzip.compress(data[:len(data) // 3], 1)
                                          + gzip.compress(data[len(data) // 3:], 1))
        self.forms["zstd"] = [top / f"{name}.csv.zst"]
        subprocess.run(["zstd", "-q1", "-o", self.forms["zstd"][0], top / f"{name}.csv"], check=True)
        cuts = [0, 1, n_rows // 7, n_rows // 7, n_rows // 2, n_rows]
        self.forms["split"] = [self.write(top / f"{name}-{k}.csv", records[a:b])[0]
                               for k, (a, b) in enumerate(zip(cuts, cuts[1:]))]

    @staticmethod
    def write(path, records):
        path.write_text(HEADER + "".join(records), encoding="utf-8", newline="")
        return [path]


def digest(*parts):
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def parts_of_report(path):
    report = json.loads(path.read_text(encoding="utf-8"))
    parts = {key: report.get(key) for key in ("rows", "metrics", "undefined", "confusion", "state")}
    return json.dumps(parts, sort_keys=True).encode()


def run_once(options, top, name, inputs, args, end):
    """(checksum of the output, checksum of the report), or the failure as text."""
    out, report = top / f"out.csv{end}", top / "r.json"
    done = tap.run(options, "-m", top / f"{name}.json", *inputs, *args, "--id", "id", "--keep", "note",
                   "--truth", MODELS[name][1], "--weight", "weight", "--report", report, "-o", out)
    if done.returncode != 0:
        return done.stderr.decode(errors="replace")
    rows = tap.decompress(out.read_bytes())
    return (digest(rows), digest(parts_of_report(report))) if rows is not None else "damaged output"


def runs_of(table, levels, is_small):
    """Form of the input, arguments, and extension of the output of every run: all pairs of threads
    and packets, then each level, form and extension with a few of them."""
    packets = ("4096", *PACKETS) if is_small else PACKETS
    for threads, packet in itertools.product(THREADS, packets):
        yield "plain", (threads, packet, "auto"), ""
    for level in levels:
        yield "plain", (2, packets[0], level), ".zst"
        yield "plain", (1, packets[-1], level), ""
    for form in table.forms:
        for threads, packet in ((1, packets[1]), (3, packets[0])):
            yield form, (threads, packet, "auto"), ".gz" if is_small else ".zst"


def check(t, options, top, name, table, levels):
    seen = {}
    is_small = table.n_bytes < 1 << 20
    for form, (threads, packet, level), end in runs_of(table, levels, is_small):
        args = ["--threads", threads, "--packet-size", packet, "--cpu", level]
        got = run_once(options, top, name, table.forms[form], args, end)
        seen.setdefault(got, []).append(f"{form} {threads} {packet} {level} {end}".strip())
    n_runs = sum(map(len, seen.values()))
    notes = [f"{n_runs} runs over {table.n_bytes} bytes"]
    if len(seen) > 1 or isinstance(next(iter(seen)), str):
        notes += [f"{got}: {len(how)} runs, as {how[0]}" for got, how in seen.items()]
    t.result(len(seen) == 1 and isinstance(next(iter(seen)), tuple), f"{name}: {table.name}", *notes)


def faulty_tables(top):
    """Name, path, options and the message of the first fault; another fault stands in every later
    packet."""
    good = "".join(f"{k},a\n" for k in range(3000))
    for name, first, message in (
            ("not a number", "abc,a\n", "column 'x': not a number: 'abc'"),
            ("short record", "1\n", "1 cell, but the header has 2"),
            ("missing value", ",a\n", "column 'x': missing value"),
            ("infinite score", "1e308,a\n", "the score is infinite"),
            ("long record", f'1,{LONG}"\n', LONG_TEXT),
            ("open quote", '1,"a\n', "a quote opens here and is never closed")):
        rest = "2,b\n" if name == "open quote" else "1,2,3\n" + "no,a\n"
        path = top / "faulty.csv"
        path.write_text("x,y\n" + good + first + (good.replace(",a", ",b") + rest) * 20,
                        encoding="utf-8")
        options = ["--max-line", MOST_LINE] if name == "long record" else []
        yield name, path, options, f"rowcast: score: {path}:3002: {message}\n"


def check_messages(t, options, top):
    for name, path, limits, message in faulty_tables(top):
        seen = {}
        for threads, packet in itertools.product(THREADS, ("4096", "64K", "8M")):
            done = tap.run(options, "-m", options.testdata / "models" / "good-minimal.json", path,
                           *limits, "--threads", threads, "--packet-size", packet,
                           "-o", top / "none.csv")
            got = (done.returncode, done.stderr.decode(), (top / "none.csv").exists())
            seen.setdefault(got, []).append(f"{threads} {packet}")
        good = set(seen) == {(3, message, False)}
        t.result(good, f"first fault: {name}",
                 *([] if good else [f"{got}: {how}" for got, how in seen.items()]))


MOST_LINE, SHOWN = 3000, 4096  # --max-line; how much of a longer record the rejects show
LONG = "z" * 5000
LONG_TEXT = f"a record of more than {MOST_LINE} bytes (--max-line)"
# a bad record behind its id: kind, column from 1 or "", message, record
FAULTS = (("cast", 2, "not a number: 'abc'", "abc,1"),
          ("missing_value", 2, "missing value", ",1"),
          ("missing_value", 2, "missing value: 'NA'", '"NA",1'),
          ("missing_columns", "", "2 cells, but the header has 3", "4"),
          ("too_many_columns", "", "5 cells, but the header has 3", '1,"two\nlines",3,4'),
          ("non_finite_score", "", "the score is infinite", "1e308,1"),
          ("cast", 3, "the true value is not a number: 'q\\x0ax'", '1,"q\nx"'),
          ("out_of_range", 3, "the true value is not finite: 'inf'", "1,inf"),
          ("line_too_long", "", LONG_TEXT, f"1,{LONG}"),
          ("line_too_long", "", LONG_TEXT, f'1,"{LONG}\r\n{LONG}\n""{LONG}"'))


def table_with_faults(path, n_rows):
    """Writes the table. (id and prediction of good rows, id of all in order, rejects, sum of d * d)"""
    r = random.Random(SEED + 1)
    text, line = "id,x,y\n", 2
    good, order, rejects, squares = {}, [], [], 0
    pieces, offset = [text], len(text)
    for k in range(1, n_rows + 1):
        if r.random() < 0.02:
            kind, column, message, cells = FAULTS[r.randrange(len(FAULTS))]
            record = f"{k},{cells}"
            rejects.append([str(path), str(k), str(line), str(offset), str(column),
                            {2: "x", 3: "y"}.get(column, ""), kind, message, record[:SHOWN]
                            if kind == "line_too_long" else record])
        else:
            x = r.randrange(1000)
            record, good[k] = f"{k},{x},{k % 7}", 2 * x
            squares += (2 * x - k % 7) ** 2
        order.append((k, "" if k not in good and "line_too_long" == rejects[-1][6] else str(k)))
        record += r.choice(["\n", "\n", "\r\n", "\n\n"])
        pieces.append(record)
        offset += len(record)
        line += record.count("\n")
    path.write_text("".join(pieces), newline="")
    return good, order, rejects, squares


def expect_faults(good, order, squares, n_rejects, on_error):
    rows = ["id,prediction"]
    for k, copy in order:
        if k in good:
            rows.append(f"{k},{good[k]}")
        elif on_error == "null":
            rows.append(f"{copy},")
    report = {"read": len(order), "scored": len(good), "rejected": n_rejects, "unlabelled": 0}
    return "\n".join(rows) + "\n", report, squares / len(good)


def check_refusals(t, options, top, n_rows):
    path = top / "refused.csv"
    good, order, rejects, squares = table_with_faults(path, n_rows)
    for on_error in ("skip", "null"):
        rows, counts, mse = expect_faults(good, order, squares, len(rejects), on_error)
        notes = []
        for threads, packet in itertools.product(THREADS, ("4096", "64K", "8M")):
            out, bad, report = top / "o.csv", top / "bad.csv.zst", top / "r.json"
            done = tap.run(options, "-m", options.testdata / "models" / "good-minimal.json", path,
                           "--id", "id", "--truth", "y", "--on-error", on_error, "--rejects", bad,
                           "--max-line", MOST_LINE, "--threads", threads, "--packet-size", packet,
                           "-o", out, "--report", report)
            how = f"{threads} {packet}"
            if done.returncode != 0:
                notes.append(f"{how}: {done.stderr.decode()}")
                continue
            got = list(csv.reader(io.StringIO(tap.decompress(bad.read_bytes()).decode(), newline="")))
            told = json.loads(report.read_text())
            if out.read_text() != rows:
                notes.append(f"{how}: other output")
            if got[1:] != rejects:
                pairs = [p for p in zip(got[1:], rejects) if p[0] != p[1]]
                notes.append(f"{how}: {len(got) - 1} rejects for {len(rejects)}; {pairs[:1]}")
            if told["rows"] != counts or abs(told["metrics"]["mse"] - mse) > 1e-12 * mse:
                notes.append(f"{how}: {told['rows']} {told['metrics']['mse']} for {counts} {mse}")
        t.result(not notes, f"{len(rejects)} refused rows of {n_rows}: {on_error}", *notes)


def check_too_many(t, options, top, n_rows):
    """One refused row fewer is allowed than there are: the last of them is told, and no other."""
    path = top / "refused.csv"
    rejects = table_with_faults(path, n_rows)[2]
    line, name, cause = rejects[-1][2], rejects[-1][5], rejects[-1][7]
    place = f"column '{name}': " if name else ""
    n = len(rejects)
    message = (f"rowcast: score: {path}:{line}: {place}{cause}\n"
               f"  that is refused row {n}; --max-rejects is {n - 1}\n")
    seen = {}
    for threads, packet in itertools.product(THREADS, ("4096", "64K", "8M")):
        for most in (n - 1, n):
            done = tap.run(options, "-m", options.testdata / "models" / "good-minimal.json", path,
                           "--truth", "y", "--max-rejects", most, "--max-line", MOST_LINE, "--quiet",
                           "--threads", threads, "--packet-size", packet, "-o", top / "none.csv")
            seen.setdefault((most, done.returncode, done.stderr.decode()), []).append(threads)
    good = set(seen) == {(n - 1, 3, message), (n, 0, "")}
    t.result(good, "refused rows: one too many", *([] if good else list(seen)))


def check_scored_again(t, options, top):
    """The raw records of the rejects, mended, are scored as if they had been right at once."""
    path, bad, again = top / "once.csv", top / "bad.csv", top / "again.csv"
    path.write_text('id,x,note\n1,4,a\n2,"4o","b ""c"" d"\n3,5,"e\nf"\n4,,g\n')
    base = ("-m", options.testdata / "models" / "good-minimal.json", "--keep", "all")
    tap.run(options, *base, path, "--rejects", bad, "-o", top / "o.csv")
    with bad.open(newline="") as f:
        raw = [row["raw"] for row in csv.DictReader(f)]
    again.write_text("id,x,note\n" + "\n".join(raw).replace("4o", "40").replace("4,,", "4,0,") + "\n")
    done = tap.run(options, *base, again)
    t.result(done.stdout == b'id,x,note,prediction\n2,40,"b ""c"" d",80\n4,0,g,0\n',
             "rejects are mended and scored again", done.stdout.decode(), done.stderr.decode())


def main():
    options = tap.arguments(__doc__)
    t = tap.Tap()
    levels = tap.cpu_levels(options)
    t.note(f"--cpu levels: {' '.join(levels)}")
    with tap.folder("invariance") as folder:
        top = pathlib.Path(folder)
        tables = [Table(top, "small", N_SMALL), Table(top, "big", N_BIG)]
        for name, (content, _) in MODELS.items():
            (top / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
            for table in tables:
                if tap.is_chosen(options, f"{name}: {table.name}"):
                    check(t, options, top, name, table, levels)
        if tap.is_chosen(options, "fault"):
            check_messages(t, options, top)
        if tap.is_chosen(options, "refused"):
            check_refusals(t, options, top, 30000)
            check_too_many(t, options, top, 30000)
        if tap.is_chosen(options, "rejects are mended"):
            check_scored_again(t, options, top)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
