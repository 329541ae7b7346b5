#!/usr/bin/env python3
"""forbidden.py - calls that the house does without, and sizes that it refuses."""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
EVERYWHERE = re.compile(r"\b(strtod|strtof|strtold|atof|atoi|atol|sprintf|vsprintf|strcpy|strcat|"
                        r"setlocale|uselocale|system|alloca|gets)\s*\(")
ONLY_CLI = re.compile(r"\b(exit|_exit|abort|perror|printf|signal|sigaction)\s*\(|"
                      r"\b(stderr|stdout|stdin)\b")
MOST_FILE_LINES, MOST_FUNCTION_LINES, MOST_COLUMNS = 800, 100, 100


def without_comments_and_text(source):
    """Blanks comments, strings and characters; line ends stay."""
    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), source, flags=re.S)


def check_words(name, lines):
    for number, line in enumerate(lines, 1):
        found = EVERYWHERE.search(line)
        if found is None and not name.startswith("src/cli/"):
            found = ONLY_CLI.search(line)
        if found:
            yield f"{name}:{number}: {found.group().strip()}"


def check_functions(name, lines):
    """The house sets a function's braces in column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            if number - start - 1 > MOST_FUNCTION_LINES:
                yield f"{name}:{start}: a function of {number - start - 1} lines"
            start = None


def is_table(lines):
    """Tables are exempt from the length of files: hardly a line of them has a statement."""
    return sum(line.rstrip().endswith(";") for line in lines) * 50 < len(lines)


def check_sizes(name, lines, raw_lines):
    if len(lines) > MOST_FILE_LINES and not is_table(lines):
        yield f"{name}: {len(lines)} lines"
    for number, line in enumerate(raw_lines, 1):
        if len(line) > MOST_COLUMNS:
            yield f"{name}:{number}: {len(line)} columns"
        if line != line.rstrip() or "\t" in line:
            yield f"{name}:{number}: a tab, or blanks at the end"


def main():
    problems = []
    for path in sorted((ROOT / "src").glob("**/*.[ch]")) + sorted((ROOT / "include").glob("*.h")):
        name = str(path.relative_to(ROOT))
        source = path.read_text()
        lines = without_comments_and_text(source).split("\n")
        problems += check_words(name, lines)
        problems += check_functions(name, lines)
        problems += check_sizes(name, lines, source.splitlines())
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
