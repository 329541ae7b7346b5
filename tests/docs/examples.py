#!/usr/bin/env python3
"""examples.py - run the examples of README and man pages and compare what they print.

Taken are the `$ ` lines of fenced `console` blocks of Markdown files, and of the lines between
`.\\" run` and `.\\" end` of man pages; the lines behind a command are its expected output. Each file's
commands run in the root of the sources, with the built rowcast on PATH. Prints TAP.

    examples.py ROWCAST FILE...
"""
import os
import re
import subprocess
import sys
from pathlib import Path


def blocks(path):
    text = path.read_text()
    if path.suffix == ".md":
        yield from re.findall(r"^```console\n(.*?)^```", text, re.S | re.M)
        return
    for block in re.findall(r'^\.\\" run\n(.*?)^\.\\" end', text, re.S | re.M):
        lines = [line for line in block.splitlines() if not line.startswith(".")]
        yield "\n".join(line.replace("\\-", "-").replace("\\e", "\\").replace("\\(aq", "'")
                        for line in lines) + "\n"


def examples(block):
    """(command, expected output) of a block; a command goes on behind a backslash."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found and found[-1][0].endswith("\\"):
            found[-1][0] = found[-1][0][:-1] + line.strip()
        elif found:
            found[-1][1] += line + "\n"
    return found


def main(rowcast, paths):
    root = Path(__file__).resolve().parents[2]
    env = {"PATH": f"{Path(rowcast).resolve().parent}:{os.environ['PATH']}", "LC_ALL": "C"}
    results = []
    for path in map(Path, paths):
        for block in blocks(path):
            for command, expected in examples(block):
                run = subprocess.run(["sh", "-c", command], cwd=root, env=env, text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                results.append((f"{path.name}: {command}", run.stdout, expected))
    print(f"1..{len(results)}")
    bad = 0
    for number, (name, got, expected) in enumerate(results, 1):
        is_ok = got == expected
        bad += not is_ok
        print(f"{'ok' if is_ok else 'not ok'} {number} - {name.replace('#', '')}")
        if not is_ok:
            print("\n".join("# " + line for line in f"expected:\n{expected}got:\n{got}".splitlines()))
    return bad > 0 or not results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
