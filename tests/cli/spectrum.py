#!/usr/bin/env python3
"""spectrum.py - what a CSV file may hold: the records come out as they stand.

Each NAME.csv or NAME.tsv of testdata/spectrum goes through a model without inputs with all its columns
kept, into NDJSON, and is compared with NAME.json, which was written by hand; Python's csv module must
agree with it, too. RC_SPECTRUM=FOLDER reads another folder besides: csv-spectrum's csvs and json, say.
Then random tables (seeded; RC_TABLES of them), which Python's csv module writes. Prints TAP."""

import csv
import json
import os
import pathlib
import random
import sys

import tap


def by_rowcast(options, path, extra):
    """(records without the prediction, what went wrong)"""
    model = options.testdata / "diabetes" / "model.constant.json"
    done = tap.run(options, "-m", model, "--keep", "all", "--output-format", "ndjson", *extra, path)
    if done.returncode != 0:
        return None, f"status {done.returncode}: {done.stderr.decode()}"
    records = [json.loads(line) for line in done.stdout.splitlines()]
    predictions = {record.pop("prediction") for record in records}
    if len(predictions) != bool(records):
        return records, f"predictions of a constant: {predictions}"
    return records, ""


def by_python(path):
    delimiter = "\t" if path.suffix == ".tsv" else ";" if path.name.startswith("semicolon") else ","
    with open(path, encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter=delimiter))


def find(folder):
    """Tables and their records, beside each other or in folders csvs and json."""
    for path in sorted([*folder.glob("*.?sv"), *folder.glob("csvs/*.csv")]):
        known = path.with_suffix(".json")
        yield path, known if known.exists() else folder / "json" / known.name


def write_random(path, r):
    """A table of odd cells in a dialect; returns the delimiter and the records."""
    n_columns, delimiter = r.randint(1, 5), r.choice(",;\t|^ ")
    names = [f"n{c}" for c in range(n_columns)]
    letters = "ab1 \",;|^\t\0é名" + r.choice(("", "\r\n"))
    records = [["".join(r.choices(letters, k=r.choice((0, 1, 1, 3, 9)))) for _ in names]
               for _ in range(r.randint(0, 12))]
    # before 3.13, QUOTE_MINIMAL leaves a CR bare where lines end otherwise
    must = any(end in cell for record in records for cell in record for end in "\r\n")
    quoting = csv.QUOTE_ALL if must or r.random() < 0.3 else csv.QUOTE_MINIMAL
    with open(path, "w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, delimiter=delimiter, quoting=quoting,
                            lineterminator=r.choice(("\n", "\r\n", "\r")))
        writer.writerows([names, *records])
    return delimiter, [dict(zip(names, record)) for record in records]


def check_random(options, t):
    n, r, problems = int(os.environ.get("RC_TABLES", "200")), random.Random(8), []
    with tap.folder("spectrum") as top:
        for k in range(n):
            path = pathlib.Path(top, "in.csv")
            delimiter, wanted = write_random(path, r)
            records, problem = by_rowcast(options, path, ("--delimiter", delimiter))
            if problem or records != wanted:
                problems.append(f"table {k}, {path.read_bytes()!r}: {problem or records}")
    t.result(not problems, "spectrum: random tables", f"{n} tables", *problems[:5])


def main():
    options = tap.arguments(__doc__)
    t = tap.Tap()
    folders = [options.testdata / "spectrum"]
    if "RC_SPECTRUM" in os.environ:
        folders.append(pathlib.Path(os.environ["RC_SPECTRUM"]))
    for folder in folders:
        for path, known in find(folder):
            name = f"spectrum: {path.name}" + (" of RC_SPECTRUM" if folder != folders[0] else "")
            if not tap.is_chosen(options, name):
                continue
            wanted = json.loads(known.read_text(encoding="utf-8"))
            ways = {"as found": (), "packets of 4K, 7 threads": ("--packet-size", "4K", "--threads", 7)}
            problems = [f"{way}: {problem or records}" for way, extra in ways.items()
                        for records, problem in [by_rowcast(options, path, extra)]
                        if problem or records != wanted]
            second = by_python(path)
            if second != wanted:
                problems.append(f"Python's csv module: {second}")
            t.result(not problems, name, *problems, *([f"expected: {wanted}"] if problems else []))
    if tap.is_chosen(options, "random tables"):
        check_random(options, t)
    return t.finish()


if __name__ == "__main__":
    sys.exit(main())
