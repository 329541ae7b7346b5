#!/usr/bin/env python3
"""listed.py - every test on disk is run: unit tests are listed, each CLI case has its cmd; and the
man page lists what is read of foreign models."""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])


# Where the tables are, and how their rows begin.
FOREIGN = (("onnx/ops.c", r'\{"(\w+)", rc_op'), ("keras/classes.c", r'\{"(\w+)", rc_keras'),
           ("keras/activations.c", r'^    \{"(\w+)", RC_ACT'))


def unlisted_of_models():
    words = set(re.findall(r"\w+", (ROOT / "man/rowcast.1.in").read_text().partition(".SH MODELS")[2]))
    for name, pattern in FOREIGN:
        rows = re.findall(pattern, (ROOT / "src/model/foreign" / name).read_text(), re.M)
        if not rows:
            yield f"{name} has no table any more"
        yield from (f"man/rowcast.1.in does not list {row} of {name}" for row in rows if row not in words)


def main():
    problems = list(unlisted_of_models())
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
