#!/usr/bin/env python3
"""instructions.py - instructions a row on the main paths, and their change against instructions.json.

    instructions.py [--rowcast FILE] [--update] [--paths TEXT] [--levels LIST] [--functions N] [--jobs N]

Scores small tables under valgrind's callgrind with one thread, once with a thousand rows and once
with four times as many; the difference over the rows is what a row takes, start-up subtracted.
Counted are instructions of rowcast itself, inlined code of headers included, apart from those of the
libraries (libcsv, zstd, libdeflate, libc ...), which are printed beside them and not compared: they change with
the system. The reader of HDF5 files is a process of its own and not counted. Levels are forced by --cpu.

Prints a line a path; the status is 0 whatever the numbers are, 2 if rowcast fails. What cannot be
measured here (no valgrind, no AVX2, no HDF5 library, no zstd) is said and left out. --update writes what was
measured to instructions.json; counts depend on the compiler, and that file has those of Debian 12's gcc
with --buildtype=release."""

import argparse
import collections
import concurrent.futures
import dataclasses
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import small_tables

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE / "instructions.json"
FEW, MANY = 1000, 4000


@dataclasses.dataclass
class Path:
    table: dict                       # of small_tables.write_csv
    model: dict = dataclasses.field(default_factory=dict)
    options: tuple = ()
    ending: str = ".csv"              # of the table: .csv.gz, .csv.zst, .h5, .gzip.h5
    out: str = "out.csv.zst"
    part: int = 1                     # only this part of the rows, where they are long
    levels: tuple = ("avx2",)


D1, BOTH = {"n_numbers": 28}, ("avx2", "scalar")
PATHS = {
    "csv, logistic": Path(D1, levels=BOTH),
    "csv, logistic, truth and report": Path(D1, options=("--truth", "label", "--report", "report.json")),
    "csv, mlp 64-64": Path(D1, {"widths": (64, 64, 1)}),
    "csv of doubles, float64 regression": Path({"n_numbers": 28, "doubles": True},
                                               {"dtype": "float64", "is_regression": True}, levels=BOTH),
    "csv, ten quoted texts": Path({"n_numbers": 20, "n_texts": 10}, levels=BOTH),
    "csv, all quoted": Path({"n_numbers": 28, "all_quoted": True}),
    "csv, 10 of 1,000 columns": Path({"n_numbers": 1000}, {"step": 100}, part=8),
    "csv, three columns": Path({"n_numbers": 3}),
    "csv, five categories": Path({"n_numbers": 5, "n_categories": 5}, {"n_categories": 5}),
    "csv, --keep all": Path(D1, options=("--keep", "all", "--prefix", "p_")),
    "csv to ndjson": Path(D1, out="out.ndjson"),
    "csv to hdf5": Path(D1, out="out.h5"),
    "csv.gz, logistic": Path(D1, ending=".csv.gz"),
    "csv.zst, logistic": Path(D1, ending=".csv.zst"),
    "hdf5, logistic": Path(D1, ending=".h5", levels=BOTH),
    "hdf5, mlp 64-64": Path(D1, {"widths": (64, 64, 1)}, ending=".h5"),
    "hdf5 of gzip and shuffle, logistic": Path(D1, ending=".gzip.h5"),
}


class NotHere(Exception):
    """What is missing to measure a path."""


class Failed(Exception):
    """What rowcast said."""


def parse_arguments():
    listed = lambda text: text.split(",")  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rowcast", type=lambda p: pathlib.Path(p).resolve(),
                        default=HERE.parent.parent / "build/src/cli/rowcast")
    parser.add_argument("--update", action="store_true", help="write instructions.json")
    parser.add_argument("--paths", help="only those whose name holds this text")
    parser.add_argument("--levels", type=listed, default=["avx2", "scalar"])
    parser.add_argument("--functions", type=int, default=0, metavar="N", help="print the N that take most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    return parser.parse_args()


def make_table(folder, path, n_rows):
    """The table's file, made unless it is there."""
    name = "-".join(f"{key}-{value}" for key, value in path.table.items())
    plain = folder / f"{name}-{n_rows}.csv"
    made = plain.with_name(plain.stem + path.ending)
    if made.exists():
        return made
    if made.name.endswith(".h5"):
        if not small_tables.write_h5(made, n_rows, path.table["n_numbers"], "gzip" in path.ending):
            raise NotHere("no HDF5 library")
        return made
    if not plain.exists():
        small_tables.write_csv(plain, n_rows, **path.table)
    if path.ending == ".csv.gz":
        made.write_bytes(gzip.compress(plain.read_bytes(), 6, mtime=0))
    elif path.ending == ".csv.zst":
        if shutil.which("zstd") is None:
            raise NotHere("no program zstd")
        subprocess.run(["zstd", "-q", "-3", plain, "-o", made], check=True)
    return made


def costs(profile):
    """Instructions of each (program or library, function), out of a file of callgrind."""
    names, totals = {}, collections.Counter()
    at, is_inclusive = {"ob": None, "fn": None}, False
    with open(profile, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            key, equals, value = line.rstrip("\n").partition("=")
            if equals and key in ("ob", "cob", "fn", "cfn"):  # (NUMBER) NAME at first, then (NUMBER)
                number, _, name = value.partition(" ")
                name = names.setdefault((key[-2:], number), name)
                if key in at:
                    at[key] = name
            elif key == "calls":  # the next line has what the callee took
                is_inclusive = True
            elif line[:1].isdigit() or line[:1] in "+-*":
                if not is_inclusive:
                    totals[pathlib.Path(at["ob"]).name, at["fn"]] += int(line.split()[1])
                is_inclusive = False
    return totals


def count(options, folder, level, path, table):
    """The costs of one run, in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        model, profile = pathlib.Path(scratch) / "model.json", pathlib.Path(scratch) / "profile"
        small_tables.write_model(model, path.table["n_numbers"],
                                 **({"n_categories": 0} | path.model))
        h5 = ["--dataset", "/X"] if table.suffix == ".h5" else []
        command = ["valgrind", "-q", "--tool=callgrind", "--trace-children=no", f"--callgrind-out-file={profile}",
                   options.rowcast, "score", "-q", "-m", model, table, "-o", path.out, "--threads", "1", "--cpu", level,
                   *h5, *path.options]
        done = subprocess.run(command, cwd=scratch, capture_output=True, check=False)
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode == 6:
            raise NotHere(f"no {level}: {said}")
        if "unhandled instruction" in said:
            raise NotHere("valgrind does not know an instruction")
        if done.returncode != 0 or not profile.exists():
            raise Failed(f"status {done.returncode}: {' '.join(map(str, command))}\n{said}")
        return costs(profile)


def measure(options, folder, level, path):
    """Instructions a row of each (program or library, function)."""
    few, many = (count(options, folder, level, path, make_table(folder, path, n // path.part)) for n in (FEW, MANY))
    n_rows = (MANY - FEW) // path.part
    return {key: (n - few[key]) / n_rows for key, n in many.items()}


def print_functions(functions, most):
    for (where, name), n in sorted(functions.items(), key=lambda item: -item[1])[:most]:
        print(f"{'':54}{n:10.0f}  {name}, {where}")


def measure_all(options, folder):
    """What is kept and what is now, {level: {path: instructions}}, and how often rowcast failed."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    wanted = [name for name in PATHS if options.paths is None or options.paths in name]
    for name in wanted:  # before there are threads, which share them
        for n in (FEW, MANY):
            try:
                make_table(folder, PATHS[name], n // PATHS[name].part)
            except NotHere:
                pass
    measured, n_failed = {}, 0
    print(f"{'instructions of rowcast a row':44}{'kept':>10}{'now':>10}{'change':>9}{'libraries':>12}")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tasks = {(level, name): pool.submit(measure, options, folder, level, PATHS[name])
                 for level in options.levels for name in wanted if level in PATHS[name].levels}
        for (level, name), task in tasks.items():
            try:
                functions = task.result()
            except (NotHere, Failed) as why:
                n_failed += isinstance(why, Failed)
                print(f"{level:8}{name:36}left out: {why}")
                continue
            own = sum(n for (where, _), n in functions.items() if where == "rowcast")
            others = sum(functions.values()) - own
            measured.setdefault(level, {})[name] = round(own)
            before = kept.get(level, {}).get(name)
            change = f"{100 * (own / before - 1):+.1f} %" if before else "new"
            print(f"{level:8}{name:36}{before or '':>10}{own:10.0f}{change:>9}{others:12.0f}", flush=True)
            print_functions(functions, options.functions)
    return kept, measured, n_failed


def main():
    options = parse_arguments()
    if shutil.which("valgrind") is None:
        print("instructions: not counted: no valgrind")
        return 0
    if not os.access(options.rowcast, os.X_OK):
        print(f"instructions: {options.rowcast} is no program; build it, or say --rowcast", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="rowcast-instructions-") as folder:
        kept, measured, n_failed = measure_all(options, pathlib.Path(folder))
    if options.update:
        for level, paths in measured.items():
            kept[level] = {name: n for name, n in {**kept.get(level, {}), **paths}.items() if name in PATHS}
        KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 2 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
