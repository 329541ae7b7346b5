"""tap.py - what the larger tests of the command line share: TAP, options, running rowcast."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


class Tap:
    """Prints one line a result; notes are lines of comment."""

    def __init__(self):
        self.n = self.n_bad = 0

    def result(self, is_good, name, *notes):
        self.n += 1
        self.n_bad += not is_good
        print(f"{'ok' if is_good else 'not ok'} {self.n} - {name}")
        self.note(*notes)
        return is_good

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {' '.join(why.split())}", flush=True)

    def note(self, *notes):
        for text in notes:
            for line in str(text).splitlines():
                print(f"# {line}")
        sys.stdout.flush()

    def finish(self):
        print(f"1..{self.n}", flush=True)
        return 1 if self.n_bad or not self.n else 0


def arguments(doc, **flags):
    """--rowcast and --testdata, and for each of flags a --FLAG; a word of operands chooses tests."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--rowcast", type=lambda p: str(pathlib.Path(p).resolve()), required=True)
    parser.add_argument("--testdata", type=lambda p: pathlib.Path(p).resolve(),
                        default=HERE.parent.parent / "testdata")
    for name, text in flags.items():
        parser.add_argument("--" + name.replace("_", "-"), action="store_true", help=text)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only tests whose name holds it")
    return parser.parse_args()


def is_chosen(options, name):
    return not options.words or any(word in name for word in options.words)


def run(options, *args, **kwargs):
    """rowcast score ARGS in the C locale; the result of subprocess.run."""
    return run_tool(options, "score", *args, **kwargs)


def run_tool(options, *args, **kwargs):
    """rowcast ARGS in the C locale."""
    kwargs = {"capture_output": True, "check": False, "timeout": 120,
              "env": {**os.environ, "LC_ALL": "C"}, **kwargs}
    if "input" not in kwargs:
        kwargs.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([options.rowcast, *map(str, args)], **kwargs)


def folder(purpose):
    """A temporary folder; its name goes into no result."""
    return tempfile.TemporaryDirectory(prefix=f"rowcast-{purpose}-")


def decompress(data):
    """The bytes of zstd or gzip data, by their programs; other bytes as they are. None: damaged."""
    program = {b"\x28\xb5\x2f\xfd": ["zstd", "-dcq"], b"\x1f\x8b": ["gzip", "-dc"]}
    for magic, command in program.items():
        if data.startswith(magic):
            done = subprocess.run(command, input=data, capture_output=True, check=False)
            return done.stdout if done.returncode == 0 else None
    return data


def cpu_levels(options):
    """The --cpu levels that this machine and this build have, scalar first."""
    with folder("cpu") as top:
        table = pathlib.Path(top, "x.csv")
        table.write_text("x\n1\n", encoding="ascii")
        model = options.testdata / "models" / "good-minimal.json"
        return [level for level in ("scalar", "avx2", "avx512", "neon")
                if run(options, "-m", model, "--cpu", level, table).returncode == 0]
