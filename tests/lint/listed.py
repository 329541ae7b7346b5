#!/usr/bin/env python3
"""listed.py - every test on disk is run: unit tests are listed, each CLI case has its cmd."""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])


def main():
    problems = []
    text = (ROOT / "tests/unit/meson.build").read_text()
    listed = set(re.findall(r"'(\w+)'", text))
    for path in sorted((ROOT / "tests/unit").glob("test_*.c")):
        if path.stem.removeprefix("test_") not in listed:
            problems.append(f"tests/unit/{path.name} is not listed in tests/unit/meson.build")
    for group in sorted((ROOT / "tests/cli").iterdir()):
        if not group.is_dir() or group.name == "__pycache__":
            continue
        for case in sorted(group.iterdir()):
            if not (case / "cmd").is_file():
                problems.append(f"{case.relative_to(ROOT)} has no cmd")
    for path in sorted((ROOT / "src").glob("**/*.c")):
        build = (path.parent / "meson.build").read_text()
        # kernels are listed by their level: 'kernels_' + level + '.c'
        is_kernel = path.name.startswith("kernels_") and "'kernels_'" in build
        if f"'{path.name}'" not in build and not is_kernel:
            problems.append(f"{path.relative_to(ROOT)} is not listed in its meson.build")
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
