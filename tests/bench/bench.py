#!/usr/bin/env python3
"""bench.py - rowcast beside what else does the same: the same table, model, output and metric.

    PYTHON=venv/bin/python tests/bench/bench.py [--jobs LIST] [--peers LIST] [--rounds N] [--threads LIST]
        [--scale X] [--folder DIR] [--rowcast FILE] [--level N] [--list]

Makes tables and models (make_data.py, make_models.py; 5 GB at scale 1, HDF5 where PYTHON has h5py) and
does each job of jobs.py with rowcast and with each of its peers that PYTHON has (peers.py), in turn,
A B A B, at least five rounds, with each number of threads. A job is all of it: start, load the
model, read, predict, write label and probability as CSV packed with zstd, and the accuracy - which
polars and DuckDB, alone, are let off. Predictions must be those of rowcast within 1e-5 and labels
equal (agree.py), accuracies too: else the status is 1. No number fails a run.

Prints a table for each job: median, least and most seconds, median CPU seconds (its children's, too),
largest peak of memory, MB of input a second, the median over that of rowcast, and the same of CPU
seconds, which what else runs on the machine disturbs less. With --folder the files stay in DIR, the next
run finds them, and DIR/results.txt and DIR/results.json have all runs.

Files are read once before the first round, so that all runs find them in memory. Threads of peers are
held by the settings that they have. The memory of rowcast is that of it and its reader together, looked
at every few ms in a run that is not timed; of all others, what the kernel says at their end. PYTHON has
numpy, and what there is of pandas, scikit-learn, polars, DuckDB, pyarrow, onnxruntime, torch and h5py;
zstd is a program."""

import argparse
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import measure
from jobs import FLOORS, JOBS, MODULES, modules_of

HERE = pathlib.Path(__file__).resolve().parent
ROWCAST = "rowcast"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    listed = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--jobs", type=listed, default=list(JOBS), help="names, with commas between")
    parser.add_argument("--peers", type=listed, help="only these; none: rowcast alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=listed, default=["1", "2"], help="default 1,2")
    parser.add_argument("--scale", type=float, default=1, help="this part of the rows")
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--rowcast", default=str(HERE.parent.parent / "build/src/cli/rowcast"))
    parser.add_argument("--level", type=int, default=1, help="of zstd; DuckDB has its own")
    parser.add_argument("--python", default=os.environ.get("PYTHON", sys.executable))
    parser.add_argument("--list", action="store_true", help="print the jobs and their peers")
    options = parser.parse_args()
    unknown = [name for name in options.jobs if name not in JOBS]
    if unknown:
        parser.error(f"no job {', '.join(unknown)}; there are {', '.join(JOBS)}")
    known = {"none", *(peer for job in JOBS.values() for peer in job.peers)}
    if not {*(options.peers or [])} <= known:
        parser.error(f"no peer {', '.join({*options.peers} - known)}; there are {', '.join(sorted(known))}")
    if not options.list and not os.access(options.rowcast, os.X_OK):
        parser.error(f"{options.rowcast} is no program; build it, or say --rowcast")
    return options


def versions_of(python):
    """The version of each module that there is."""
    ask = ("import importlib.metadata as m, importlib.util as u, json, sys\n"
           "names = {'sklearn': 'scikit-learn'}\n"
           "def version(n):\n"
           "    try:\n"
           "        return m.version(names.get(n, n))\n"
           "    except m.PackageNotFoundError:\n"
           "        return 'some'\n"
           "print(json.dumps({n: version(n) for n in sys.argv[1:] if u.find_spec(n)}))")
    return json.loads(subprocess.run([python, "-c", ask, *MODULES.values()], check=True,
                                     capture_output=True).stdout)


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.data = folder / f"scale-{options.scale:g}"
        self.data.mkdir(parents=True, exist_ok=True)
        self.versions = versions_of(options.python)
        if "numpy" not in self.versions:
            raise measure.Failed(f"{options.python} has no numpy; set PYTHON")
        self.results, self.texts, self.is_good = [], [], True
        self.seen, self.checks = {}, {}  # of (who, data, model): the predictions, and what agree.py said

    def say(self, text):
        print(text, flush=True)
        self.texts.append(text)

    def python(self, script, *args):
        return subprocess.run([self.options.python, HERE / script, *map(str, args)], check=True,
                              stdout=subprocess.PIPE).stdout

    def prepare(self):
        """The jobs whose tables can be made."""
        self.python("make_models.py", self.folder)
        jobs = {name: JOBS[name] for name in self.options.jobs}
        if "h5py" not in self.versions:
            left_out = [name for name, job in jobs.items() if job.data.endswith(".h5")]
            jobs = {name: job for name, job in jobs.items() if name not in left_out}
            if left_out:
                self.say(f"no h5py, and so not {', '.join(left_out)}")
        files = dict.fromkeys(job.data for job in jobs.values())
        if files:
            self.python("make_data.py", self.data, self.options.scale, *files)
        return jobs

    def out(self, who, job):
        return self.folder / f"{who.replace(' ', '-')}.csv{'.zst' if job.packed else ''}"

    def command(self, who, job, n_threads):
        data, model, out = self.data / job.data, self.folder / job.model, self.out(who, job)
        if who in FLOORS:
            return [*FLOORS[who], data]
        if who != ROWCAST:
            return [self.options.python, HERE / "peers.py", who, model, data, out, self.options.level]
        is_h5 = job.data.endswith(".h5")
        truth = ["--truth", "/y" if is_h5 else "label", "--report", self.folder / "report.json"] if job.truth else []
        return [self.options.rowcast, "score", "-m", model.with_suffix(".rcm"), data, "-o", out, "-q", "--threads",
                n_threads, "--compress", f"zstd:{self.options.level}" if job.packed else "none", *truth,
                *(["--dataset", "/X"] if is_h5 else [])]

    def peers_of(self, job):
        """(those that are there, {name: what is missing})"""
        wanted = [p for p in job.peers if self.options.peers is None or p in self.options.peers]
        missing = {p: [m for m in modules_of(p) if m not in self.versions] for p in wanted}
        return [p for p in wanted if not missing[p]], {p: m for p, m in missing.items() if m}

    def accuracy(self, who, run):
        if who != ROWCAST:
            return json.loads(run.printed)
        return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))["metrics"]["accuracy"]

    def compare(self, name, job, n_threads):
        """Runs all in turn, then prints."""
        peers, missing = self.peers_of(job)
        runs, accuracies, failures = {who: [] for who in [ROWCAST, *peers]}, {}, {}
        measure.read_once(self.data / job.data)
        for _ in range(self.options.rounds * job.times):
            for who in list(runs):
                try:
                    runs[who].append(self.run_once(who, job, n_threads))
                    if who not in FLOORS and (who != ROWCAST or job.truth):
                        accuracies[who] = self.accuracy(who, runs[who][-1])
                except measure.Failed as failure:
                    failures[who] = str(failure)
                    if who == ROWCAST:
                        raise
                    del runs[who]
            self.check(job, runs)
        entry = {"job": name, "data": job.data, "model": job.model, "threads": int(n_threads),
                 "bytes": (self.data / job.data).stat().st_size, "load": os.getloadavg()[0], "missing": missing, "failed": failures,
                 "runs": {who: self.summary(who, job, n_threads, of, runs) for who, of in runs.items()},
                 "agreement": {who: self.checks[key] for who in runs
                               if (key := (who, job.data, job.model)) in self.checks},
                 "accuracy": accuracies}
        self.judge(entry)
        self.results.append(entry)
        self.print_table(entry)

    def run_once(self, who, job, n_threads):
        settings = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS",
                    "RAYON_NUM_THREADS")
        held = {name: str(n_threads) for name in settings} if who != ROWCAST else {}
        if measure.core_type() is not None:
            held["OPENBLAS_CORETYPE"] = measure.core_type()
        if who not in FLOORS:
            return measure.run(self.command(who, job, n_threads), held)
        with open(os.devnull, "wb") as nowhere:
            return measure.run(self.command(who, job, n_threads), held, nowhere)

    def check(self, job, runs):
        """Compares predictions that were not seen before with rowcast's."""
        new = {}
        for who in runs:
            out, key = self.out(who, job), (who, job.data, job.model)
            if who in FLOORS or "nothing" in who:
                continue
            digest = hashlib.sha256(out.read_bytes()).hexdigest()
            if self.seen.get(key) != digest or ROWCAST in new:
                new[who], self.seen[key] = out, digest
        new.pop(ROWCAST, None)
        if new:
            lines = self.python("agree.py", self.out(ROWCAST, job), *new.values()).splitlines()
            for who, line in zip(new, lines):
                self.checks[who, job.data, job.model] = json.loads(line)

    def summary(self, who, job, n_threads, runs, of_all):
        median = statistics.median(run.seconds for run in runs)
        peak = max(run.peak for run in runs)
        if who == ROWCAST:
            peak = measure.peak_with_children(self.command(who, job, n_threads)) or peak
        cpu = statistics.median(run.cpu for run in runs)
        ours = of_all[ROWCAST]
        return {"median": median, "min": min(run.seconds for run in runs),
                "max": max(run.seconds for run in runs), "cpu": cpu, "peak_mib": peak,
                "ratio": median / statistics.median(run.seconds for run in ours),
                "cpu_ratio": cpu / statistics.median(run.cpu for run in ours),
                "seconds": [run.seconds for run in runs]}

    def judge(self, entry):
        """Sets is_good; an accuracy may differ by the labels that do."""
        ours = entry["accuracy"].get(ROWCAST)
        entry["other_accuracy"] = []
        for who, theirs in entry["accuracy"].items():
            check = entry["agreement"].get(who, {})
            most = check.get("flips", 0) / check.get("rows", 1) + 1e-12
            if None not in (ours, theirs) and abs(ours - theirs) > most:
                entry["other_accuracy"].append(who)
        entry["agrees"] = not entry["other_accuracy"] and all(c["agrees"] for c in entry["agreement"].values())
        self.is_good &= entry["agrees"]

    def print_table(self, entry):
        megabytes = entry["bytes"] / 1e6
        self.say(f"\n{entry['job']}: {entry['data']}, {megabytes:.1f} MB, model {entry['model']}, "
                 f"threads {entry['threads']}, load {entry['load']:.1f}")
        self.say(f"{'':22}{'median s':>10}{'min':>9}{'max':>9}{'CPU s':>9}{'peak MiB':>10}{'MB/s':>8}{'ratio':>8}"
                 f"{'CPU':>8}")
        for who, s in entry["runs"].items():
            self.say(f"{who:22}{s['median']:10.4f}{s['min']:9.4f}{s['max']:9.4f}{s['cpu']:9.3f}"
                     f"{s['peak_mib']:10.1f}{megabytes / s['median']:8.0f}{s['ratio']:8.2f}"
                     f"{s['cpu_ratio']:8.2f}")
        for who, why in entry["missing"].items():
            self.say(f"{who:22}missing: {', '.join(why)}")
        for who, why in entry["failed"].items():
            self.say(f"{who:22}failed: {why}")
        for who, check in entry["agreement"].items():
            if not check["agrees"]:
                self.say(f"{who:22}DOES NOT AGREE: {json.dumps(check)}")
        for who in entry["other_accuracy"]:
            self.say(f"{who:22}accuracy {entry['accuracy'][who]}, of rowcast {entry['accuracy'][ROWCAST]}")
        if entry["agreement"]:
            worst = max(check.get("worst", 1) for check in entry["agreement"].values())
            flips = max(check.get("flips", 0) for check in entry["agreement"].values())
            self.say(f"{'all agree' if entry['agrees'] else 'NOT ALL AGREE'}: probabilities differ by {worst:.1e} "
                     f"at most, {flips} labels")

    def write_results(self, folder):
        about = {"cpu": measure.cpu_name(), "processors": os.cpu_count(), "versions": self.versions,
                 "rounds": self.options.rounds, "scale": self.options.scale, "level": self.options.level,
                 "openblas_coretype": measure.core_type()}
        (folder / "results.txt").write_text("\n".join(self.texts) + "\n", encoding="utf-8")
        (folder / "results.json").write_text(json.dumps({**about, "results": self.results}, indent=1) + "\n",
                                             encoding="utf-8")

    def run(self):
        self.say(f"{measure.cpu_name()}, {os.cpu_count()} processors; {self.options.rounds} rounds in turn, scale "
                 f"{self.options.scale:g}, zstd level {self.options.level}, load {os.getloadavg()[0]:.1f}")
        self.say(", ".join(f"{name} {version}" for name, version in self.versions.items()))
        began = time.time()
        for name, job in self.prepare().items():
            for n_threads in self.options.threads:
                self.compare(name, job, n_threads)
        self.say(f"\n{time.time() - began:.0f} s in all; {'all' if self.is_good else 'NOT all'} predictions agree")
        if self.options.folder is not None:
            self.write_results(self.folder)
        return 0 if self.is_good else 1


def main():
    options = parse_arguments()
    if options.list:
        print("\n".join(f"{name:16}{job.data:20}{job.model:10}{', '.join(job.peers)}" for name, job in JOBS.items()))
        return 0
    try:
        if options.folder is not None:
            options.folder.mkdir(parents=True, exist_ok=True)
            return Bench(options, options.folder).run()
        with tempfile.TemporaryDirectory(prefix="rowcast-bench-") as folder:
            return Bench(options, pathlib.Path(folder)).run()
    except (measure.Failed, subprocess.CalledProcessError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
