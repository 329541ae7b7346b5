#!/usr/bin/env python3
"""includes.py - a file includes only its own room and rooms to its left, written from the root."""

import pathlib
import re
import sys

ROOMS = "base io guard table model score metrics report run cli".split()
PUBLIC = "rowcast.h"
GENERATED = "config.h"
ROOT = pathlib.Path(sys.argv[1])


def check_include(path, line_number, name):
    """What is wrong with one #include "name", or None."""
    where = f"{path.relative_to(ROOT)}:{line_number}"
    room = path.relative_to(ROOT / "src").parts[0]
    if name in (PUBLIC, GENERATED):
        return None
    target = name.split("/")[0]
    if "/" not in name or target not in ROOMS:
        return f"{where}: \"{name}\" is not written from the root"
    if not (ROOT / "src" / name).is_file():
        return f"{where}: \"{name}\" does not exist"
    if ROOMS.index(target) > ROOMS.index(room):
        return f"{where}: {room} includes \"{name}\", which is to its right"
    return None


def check_file(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*"([^"]*)"', line)
        if found:
            problem = check_include(path, number, found.group(1))
            if problem:
                yield problem


def check_drawing():
    """The line of src/README.md with the arrows names the rooms that there are, in order."""
    readme = ROOT / "src" / "README.md"
    if not readme.is_file():
        print("note: src/README.md is absent, its drawing is not checked")
        return
    lines = [line for line in readme.read_text().splitlines() if "<-" in line]
    drawn = [word.strip(" `") for word in lines[0].split("<-")] if len(lines) == 1 else []
    present = [room for room in ROOMS if (ROOT / "src" / room).is_dir()]
    if drawn not in (ROOMS, present):
        yield f"src/README.md draws {' <- '.join(drawn) or 'nothing'}; it is {' <- '.join(present)}"


def main():
    problems = list(check_drawing())
    for folder in (ROOT / "src").iterdir():
        if folder.is_dir() and folder.name not in ROOMS:
            problems.append(f"src/{folder.name} is not a room")
    for room in ROOMS:
        for path in sorted((ROOT / "src" / room).glob("**/*")):
            if path.suffix in (".c", ".h", ".def"):
                problems += check_file(path)
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
