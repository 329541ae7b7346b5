#!/usr/bin/env python3
"""headers.py - every header compiles alone, and twice; public ones as C++, too.

One that says "No guard" in its comment is a template that needs macros; it is left out.

headers.py ROOT BUILD_ROOT CC..."""

import json
import pathlib
import shutil
import subprocess
import sys

ROOT, BUILD_ROOT, CC = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
FLAGS = ["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror", "-D_GNU_SOURCE"]


def folders_of_dependencies():
    """Where the headers of other projects are, if not where each compiler looks."""
    told = pathlib.Path(BUILD_ROOT, "meson-info", "intro-dependencies.json")
    args = [arg for one in json.loads(told.read_text()) for arg in one.get("compile_args", [])]
    return sorted({arg for arg in args if arg.startswith("-I")})


FOREIGN = folders_of_dependencies()


def compile_alone(path, compiler, language):
    """What the compiler says, empty if nothing."""
    relative = path.relative_to(ROOT)
    name = "/".join(relative.parts[1:])
    includes = ["-I", str(ROOT / "include"), "-I", str(ROOT / "src"), "-I", BUILD_ROOT,
                *FOREIGN]
    # the standard library's headers of either language need a declaration behind the include
    source = f'#include "{name}"\n#include "{name}"\ntypedef int not_empty;\n'
    done = subprocess.run([*compiler, *language, *FLAGS, *includes, "-"], input=source, text=True,
                          capture_output=True, check=False)
    return f"{relative} ({language[1]}):\n{done.stderr}" if done.returncode != 0 else ""


def main():
    problems = []
    for path in sorted((ROOT / "include").glob("**/*.h")) + sorted((ROOT / "src").glob("**/*.h")):
        if "No guard" in path.read_text():
            continue
        problems.append(compile_alone(path, CC, ["-x", "c", "-std=c17"]))
    cxx = shutil.which("c++")
    if cxx is None:
        print("note: no C++ compiler, public headers are not tried as C++")
    else:
        for path in sorted((ROOT / "include").glob("**/*.h")):
            problems.append(compile_alone(path, [cxx], ["-x", "c++", "-std=c++11"]))
    problems = [p for p in problems if p]
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
