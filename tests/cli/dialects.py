#!/usr/bin/env python3
"""dialects.py - one table in every dialect, encoding, line end and compression: the same predictions.

The model is linear and the numbers are dyadic, so that Python knows each prediction exactly. The
table of all cells is printed at the end: a row a dialect, a column an encoding with a line end, in
each how many of the compressions, from a file and from standard input, were right; - where a cell
does not exist (one column has no unused one). --quick runs every 7th cell. Prints TAP."""

import concurrent.futures
import dataclasses
import gzip
import itertools
import json
import pathlib
import subprocess
import sys

import tap

N_ROWS = 9
LINE_ENDS = {"LF": [b"\n"], "CRLF": [b"\r\n"], "CR": [b"\r"], "mixed": [b"\n", b"\r\n", b"\r"]}
PACKINGS = ("plain", "gzip", "zstd", "2 members", "2 frames")
WAYS = ("file", "stdin")
IMPUTED = 8.0  # what a missing x becomes
NAMES = ("x", "note", "y", "z")


@dataclasses.dataclass
class Encoding:
    """What stands in the column that no model reads, and before the file."""

    name: str
    codec: str = "ascii"
    column: str = "note"
    text: str = "plain"
    mark: bytes = b""
    needs_unused: bool = False


ENCODINGS = [
    Encoding("ASCII"),
    Encoding("UTF-8", "utf-8", "größe", "naïve, 日本 \U0001f600", needs_unused=True),
    Encoding("UTF-8 with mark", "utf-8", "größe", "naïve, 日本", b"\xef\xbb\xbf"),
    Encoding("Latin-1", "latin-1", "größe", "café, ÿ", needs_unused=True),
]


def shortest(value):
    return repr(value).removesuffix(".0")


def plain_number(_, value):
    return shortest(value)


@dataclasses.dataclass
class Dialect:
    name: str
    delimiter: str = ","
    args: tuple = ()
    model: str = "linear"
    order: tuple = (0, 1, 2, 3)  # of NAMES; (0,): x alone
    names: tuple = NAMES  # of the header; none: no header
    quoted: str = ""  # "header" or "all"
    has_blank_lines: bool = False
    has_last_end: bool = True
    has_output_header: bool = True
    number: object = plain_number  # (k, value) -> text
    missing: tuple = ()  # instead of x in the first rows
    note: object = None  # (k, bytes) -> bytes: what stands in the unused cell, quoted where it must be
    n_unused: int = 0  # more columns behind


def spelled(k, value):
    """A number is sign, digits, point, exponent; 0 and 1 are words, too."""
    words = {0.0: "FALSE", 1.0: "true"}
    return words.get(value) or (f"{value:+.3f}", f"{value * 10:.4f}e-1", f"{value / 1000:.7f}E+03",
                                f"{value:.20f}")[k % 4]


def blanks(k, value):
    return (" %s", "%s  ", " \t%s ", "\t%s")[k % 4] % shortest(value)


def with_comma(_, value):
    return shortest(value).replace(".", ",")


DIALECTS = [
    Dialect("comma"),
    Dialect("semicolon", ";"),
    Dialect("tab", "\t"),
    Dialect("pipe", "|"),
    Dialect("caret, given", "^", ("--delimiter", "^")),
    Dialect("blank, given", " ", ("--delimiter", " "), quoted="all"),
    Dialect("tsv, said", "\t", ("--input-format", "tsv")),
    Dialect("one column", model="one", order=(0,)),
    Dialect("one column, all in quotes", model="one", order=(0,), quoted="all"),
    Dialect("header in quotes", quoted="header"),
    Dialect("all cells in quotes", quoted="all"),
    Dialect("all in quotes, semicolon", ";", quoted="all"),
    Dialect("columns in another order", order=(3, 1, 0, 2)),
    Dialect("no header", args=("--no-header", "--id", "2"), names=()),
    Dialect("no header, in quotes", args=("--no-header", "--id", "2"), names=(), quoted="all"),
    Dialect("header of numbers", args=("--header", "--id", "2"), names=("1", "2", "3", "4"),
            model="unnamed"),
    Dialect("blank lines", has_blank_lines=True),
    Dialect("blank lines, one column", model="one", order=(0,), has_blank_lines=True),
    Dialect("no line end at the end", has_last_end=False),
    Dialect("no line end behind a quote", has_last_end=False, quoted="all"),
    Dialect("blanks around numbers", number=blanks),
    Dialect("spellings of numbers", number=spelled),
    Dialect("decimal comma", ";", ("--decimal", ","), number=with_comma),
    Dialect("decimal comma in quotes", "|", ("--decimal", ","), quoted="all",
            number=with_comma),
    Dialect("decimal comma, one column", args=("--decimal", ","), model="one", order=(0,),
            number=with_comma),
    Dialect("missing cells", model="imputing", missing=("NA", "", " n/a ", '""', "<NA>", "nan")),
    Dialect("missing cells, --na", args=("--na", '-,?,"a,b"'), model="imputing",
            missing=("-", "", " ? ", '"a,b"', "- ")),
    Dialect("unused names twice", names=("x", "u", "y", "z"), n_unused=3),
    Dialect("unused names empty", names=("x", "", "y", "z"), n_unused=1),
    Dialect("NUL bytes", note=lambda k, text: b"\0" * (k % 3) + text.replace(b",", b"\0") + b"\0"),
    Dialect("bytes that are no UTF-8",
            note=lambda k, text: b"\xff\xfe\xc0\xed\xa0\x80" + text.replace(b",", b"\xf8")),
    Dialect("quotes in plain cells", note=lambda k, text: b'5" pipe "' + text.replace(b",", b'"')),
    Dialect("all kinds in quoted cells",
            note=lambda k, text: b'";|\t\r\n""' + text + b'"" \n\n a"b, \r"'),
    Dialect("300 unused columns", n_unused=300),
    Dialect("--no-output-header", args=("--no-output-header",), has_output_header=False),
]


def values(k):
    """x, y, z of a row: exact in binary, so are 2 x + y / 2 - z + 1 and what 3 digits print."""
    return k * 0.25 - 1, 3 - k * 0.5, k * k * 0.125


def predicted(dialect, k):
    x, y, z = values(k)
    if k < len(dialect.missing):
        x = IMPUTED
    return 2 * x if dialect.model == "one" else 2 * x + 0.5 * y - z + 1


def quote(text):
    return b'"' + text.replace(b'"', b'""') + b'"'


def note(dialect, encoding, k):
    text = f"{encoding.text} {k}".encode(encoding.codec)
    if dialect.note:
        return dialect.note(k, text)
    must = dialect.quoted == "all" or b"," in text or dialect.delimiter.encode() in text
    return quote(text) if must else text


def record(dialect, encoding, k):
    x, y, z = (dialect.number(k, value).encode() for value in values(k))
    if dialect.quoted == "all":
        x, y, z = quote(x), quote(y), quote(z)
    if k < len(dialect.missing):
        x = dialect.missing[k].encode()
    cells = [x, note(dialect, encoding, k), y, z]
    return [cells[i] for i in dialect.order] + [b"%d" % k] * dialect.n_unused


def header(dialect, encoding):
    names = [encoding.column if name == "note" else name for name in dialect.names]
    names = [names[i] for i in dialect.order] + ["u"] * dialect.n_unused
    return [quote(name.encode(encoding.codec)) if dialect.quoted else name.encode(encoding.codec)
            for name in names]


def records(dialect, encoding):
    if dialect.names:
        yield header(dialect, encoding)
    for k in range(N_ROWS):
        yield record(dialect, encoding, k)


def content(dialect, encoding, ends):
    """The bytes of the file."""
    end = itertools.cycle(ends)
    out = encoding.mark
    for cells in records(dialect, encoding):
        if dialect.has_blank_lines:
            out += next(end) * 2
        out += dialect.delimiter.encode().join(cells) + next(end)
    return out if dialect.has_last_end else out.rstrip(b"\r\n")


def exists(dialect, encoding):
    return len(dialect.order) > 1 or not encoding.needs_unused


def write_models(top):
    weights = {"linear": [[2.0], [0.5], [-1.0]], "one": [[2.0]]}
    for name in ("linear", "one", "unnamed", "imputing"):
        w = weights.get(name, weights["linear"])
        inputs = [{"type": "number", "name": n} for n in ("x", "y", "z")[:len(w)]]
        if name == "unnamed":
            inputs = [{"type": "number"}] * len(w)
        if name == "imputing":
            inputs[0]["missing"] = IMPUTED
        dense = {"op": "dense", "weights": w, "bias": [0.0 if name == "one" else 1.0], "out": "p"}
        (top / f"{name}.json").write_text(json.dumps({
            "format": "rowcast-model", "version": 1, "dtype": "float64", "inputs": inputs,
            "steps": [dense], "output": {"task": "regression", "from": "p", "link": "identity"}}))


def write_packings(top, name, data):
    """One file for each packing; what zstd is to pack is left to pack_zstd."""
    half = len(data) // 2
    (top / f"{name}.plain").write_bytes(data)
    (top / f"{name}.gzip").write_bytes(gzip.compress(data, mtime=0))
    (top / f"{name}.2 members").write_bytes(gzip.compress(data[:half]) + gzip.compress(data[half:]))
    for part, piece in (("0", data), ("1", data[:half]), ("2", data[half:])):
        (top / f"{name}.{part}").write_bytes(piece)
    return [top / f"{name}.{part}" for part in "012"]


def pack_zstd(top, names, pieces):
    """One run of zstd for hundreds of files."""
    subprocess.run(["zstd", "-q", *map(str, pieces)], check=True)
    for name in names:
        whole, first, second = ((top / f"{name}.{part}.zst").read_bytes() for part in "012")
        (top / f"{name}.zstd").write_bytes(whole)
        (top / f"{name}.2 frames").write_bytes(first + second)


class Table:
    """All that exists, in files; and which cells were right."""

    def __init__(self, options, top):
        self.options, self.top = options, top
        self.columns = list(itertools.product(range(len(ENCODINGS)), LINE_ENDS))
        self.good, self.bad = {}, {}
        self.rows = [d for d in DIALECTS if tap.is_chosen(options, d.name)]
        cells = [(r, c, packing, way) for r, c in itertools.product(range(len(self.rows)), self.columns)
                 if exists(self.rows[r], ENCODINGS[c[0]])
                 for packing, way in itertools.product(PACKINGS, WAYS)]
        self.cells = cells[::7] if options.quick else cells

    def write(self):
        write_models(self.top)
        names, pieces = [], []
        for r, (e, end) in sorted({cell[:2] for cell in self.cells}):
            names.append(f"{r}-{e}-{end}")
            data = content(self.rows[r], ENCODINGS[e], LINE_ENDS[end])
            pieces += write_packings(self.top, names[-1], data)
        pack_zstd(self.top, names, pieces)

    def run(self, cell):
        """What is wrong, or nothing."""
        r, (e, end), packing, way = cell
        dialect = self.rows[r]
        path = self.top / f"{r}-{e}-{end}.{packing}"
        args = ["-m", self.top / f"{dialect.model}.json", *dialect.args]
        if way == "file":
            done = tap.run(self.options, *args, path)
        else:
            with open(path, "rb") as stdin:
                done = tap.run(self.options, *args, stdin=stdin)
        lines = [line.rpartition(b",")[2].decode() for line in done.stdout.splitlines()]
        wanted = ["prediction"] * dialect.has_output_header
        wanted += [shortest(predicted(dialect, k)) for k in range(N_ROWS)]
        if (done.returncode, lines, done.stderr) == (0, wanted, b""):
            return ""
        return f"status {done.returncode}: {lines}, not {wanted}; {done.stderr.decode()}"

    def run_all(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for cell, problem in zip(self.cells, pool.map(self.run, self.cells)):
                place = cell[:2]
                self.good[place] = self.good.get(place, 0) + (problem == "")
                if problem:
                    e, end = cell[1]
                    where = f"{ENCODINGS[e].name}, {end}, {cell[2]}, {cell[3]}"
                    self.bad.setdefault(cell[0], []).append(f"{where}: {problem}")

    def lines(self):
        width = max(len(d.name) for d in self.rows)
        tops = "".join(f" | {ENCODINGS[e].name:23}" for e in range(len(ENCODINGS)))
        yield f"{'':{width}}{tops}".rstrip()
        yield f"{'':{width}}" + "".join(" |" + "".join(f"{end:>6}" for end in LINE_ENDS)
                                        for _ in ENCODINGS)
        for r, dialect in enumerate(self.rows):
            line = f"{dialect.name:{width}}"
            for e, end in self.columns:
                line += (" |" if end == "LF" else "") + f"{self.good.get((r, (e, end)), '-'):>6}"
            yield line


def main():
    options = tap.arguments(__doc__, quick="every 7th cell")
    t = tap.Tap()
    with tap.folder("dialects") as folder:
        table = Table(options, pathlib.Path(folder))
        table.write()
        table.run_all()
        for r, dialect in enumerate(table.rows):
            problems = table.bad.get(r, [])
            t.result(not problems, f"dialect: {dialect.name}", *problems[:5])
        t.note(*table.lines())
        n_good = sum(table.good.values())
        t.result(n_good == len(table.cells), f"{len(table.rows)} dialects: all cells",
                 f"{n_good} of {len(table.cells)} runs right: {len(PACKINGS)} packings "
                 f"({', '.join(PACKINGS)}) x {', '.join(WAYS)} in each cell")
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
