#!/usr/bin/env python3
"""exports.py - the shared library exports exactly the RC_API names of the public headers.

exports.py ROOT LIBRARY"""

import pathlib
import re
import subprocess
import sys

ROOT, LIBRARY = pathlib.Path(sys.argv[1]), sys.argv[2]
SKIPPED = 77
# a sanitizer or a coverage tool adds names of its own
FOREIGN = re.compile(r"^(__|_init$|_fini$|_edata$|_end$)")


def declared():
    names = set()
    for path in (ROOT / "include").glob("**/*.h"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        for declaration in re.findall(r"^RC_API\s[^;]*;", text, flags=re.M):
            names.update(re.findall(r"\b(rc_\w+)\s*\(", declaration.split("(")[0] + "("))
    return names


def exported():
    lines = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], text=True, check=True,
                           capture_output=True).stdout.splitlines()
    names = {line.split()[-1].split("@")[0] for line in lines}
    return {name for name in names if not FOREIGN.match(name)}


def main():
    if LIBRARY.endswith(".a"):
        print("no shared library was built")
        return SKIPPED
    want, have = declared(), exported()
    for name in sorted(want - have):
        print(f"{name} is declared and not exported")
    for name in sorted(have - want):
        print(f"{name} is exported and not declared")
    return 0 if want == have and want else 1


sys.exit(main())
