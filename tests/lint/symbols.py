#!/usr/bin/env python3
"""symbols.py - no mutable variable outlives a function, but in the files that may have them.

symbols.py FILE... - static libraries and objects"""

import re
import subprocess
import sys

ALLOWED = re.compile(r"cli_signals\.c|/signals\.c|^signals\.c")
# what a sanitizer or a coverage tool puts beside our own
FOREIGN = re.compile(r"^(__|\.L|\.str|\$|_*odr_asan|\.?l?__unnamed)")
MUTABLE = re.compile(r"^\.(data|bss|tdata|tbss)(?!\.rel\.ro)|^\*COM\*")


def symbols(path):
    """Pairs of object and symbol that stand in a writable section."""
    lines = subprocess.run(["nm", "--format=sysv", path], text=True, check=True,
                           capture_output=True).stdout.splitlines()
    member = path
    for line in lines:
        header = re.match(r"(?:Symbols from|.*Symbols from) (.*):$", line)
        if header:
            member = header.group(1)
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7 and MUTABLE.match(fields[6]) and not FOREIGN.match(fields[0]):
            yield member, fields[0]


def main():
    problems = [f"{member}: {name} is mutable" for path in sys.argv[1:]
                for member, name in symbols(path) if not ALLOWED.search(member)]
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
