#!/usr/bin/env python3
"""messages.py - every message of the tool and the library has a case that provokes it.

Takes the texts of messages out of src/ (arguments of the functions that set, wrap or refuse, texts
put together for them, and tables of causes), and looks for each in what tests expect: the outputs
of tests/cli cases, the texts in tests/unit, tests/install and the Python tests. Prints the table
status, message, number of cases, a case, source. Fails if a message has no case and no line in
messages.allowed (TEXT, tab, REASON), or if such a line is not needed.

    messages.py ROOT [--uncovered]"""

import ast
import collections
import pathlib
import re
import sys

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|\w+|[^\s\w]', re.S)
CALL = re.compile(r"rc_error_(set|os|wrap|hint)|rc_native_fail\w*|rc_misuse|rc_reader_refuse|"
                  r"(\w+_)?(refus|fail|warn|misuse|end_run|damaged|complain)\w*")
CONVERSION = re.compile(r"%(?:%|[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?(?:hh|h|ll|l|z|j|t)?[a-zA-Z])|\0")
STATUS = {"RC_E_USAGE": 2, "RC_E_DATA": 3, "RC_E_MODEL": 4, "RC_E_OUTPUT": 5, "RC_E_SYSTEM": 6,
          "RC_E_REQUIREMENT": 7, "RC_E_BUSY": 75}
CALL_STATUS = {"rc_native_fail": 4, "rc_misuse": 2, "end_run": 6}
ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\", "\\t": "\t", "\\r": "\r"}
# Rooms and files whose snprintf makes something else than a message.
NO_MESSAGES = {"src/cli/docgen.c", "src/cli/help.c", "src/cli/progress.c", "src/run/version.c",
               "src/run/job_plan.c"}
# Causes that stand in tables, to be put into a message elsewhere.
TABLES = {"src/io/foreign.c", "src/metrics/class_values.c", "src/metrics/regression.c",
          "src/report/requirement.c", "src/score/verdict.c", "src/run/job_blame.c"}


def tokens(text):
    """(token, its line) without comments; literals that stand side by side are one."""
    joined = None
    for found in TOKEN.finditer(text):
        token, line = found.group(), text.count("\n", 0, found.start()) + 1
        if token.startswith(("/*", "//")):
            continue
        if token == "PRIu64":  # a conversion amid a literal
            token = '"\0"'
        if token.startswith('"') and joined:
            joined = (joined[0][:-1] + token[1:], joined[1])
            continue
        if joined:
            yield joined
        joined = None
        if token.startswith('"'):
            joined = (token, line)
        else:
            yield token, line
    if joined:
        yield joined


def plain(literal):
    text = re.sub(r"\\([0-7]{1,3}|x[0-9a-fA-F]{2}|.)",
                  lambda m: ESCAPES.get(m.group(), "?"), literal[1:-1])
    return text.replace("%\0", "\0")


def is_message(text):
    """Some words, not only punctuation around what is put in."""
    words = CONVERSION.sub(" ", text)
    return re.search(r"[A-Za-z]{3}", words) and " " in text.strip() and not words.startswith("s ")


def messages_of(path, name):
    """(text, line, status or None) of one source file."""
    calls, has_status, before, define = [], None, "", ""
    for token, line in tokens(path.read_text(encoding="utf-8")):
        if before == "define":
            define = token  # a text of several calls
        if token == "(":
            calls.append(before)
        elif token == ")" and calls:
            calls.pop()
            has_status = has_status if calls else None
        elif token in STATUS:
            has_status = STATUS[token]
        elif token.startswith('"'):
            inside = [c for c in calls if CALL.fullmatch(c)]
            is_made = before == define or ("snprintf" in calls and "/report/" not in name)
            is_made = name in TABLES or (is_made and name not in NO_MESSAGES)
            if (inside or is_made) and is_message(plain(token)):
                status = has_status or next((CALL_STATUS[c] for c in inside if c in CALL_STATUS), None)
                yield plain(token).strip(" \n"), line, status
        before = token


def find_messages(root):
    """text -> (statuses, places)"""
    found = collections.defaultdict(lambda: (set(), []))
    for path in sorted(root.glob("src/**/*.[ch]")):
        name = str(path.relative_to(root))
        for text, line, status in messages_of(path, name):
            statuses, places = found[text]
            places.append(f"{name}:{line}")
            if status is not None:
                statuses.add(status)
    return found


def texts_of_case(case):
    for path in sorted(case.rglob("*")):
        name = str(path.relative_to(case))
        if name in ("stdout", "stderr", "stderr.glob") or name.startswith("expect/"):
            if path.is_file():
                yield path.read_text(encoding="utf-8", errors="replace")


def find_cases(root):
    """(name of the case, a text that it expects)"""
    for cmd in sorted(root.glob("tests/cli/*/*/cmd")):
        for text in texts_of_case(cmd.parent):
            yield str(cmd.parent.relative_to(root / "tests/cli")), text
    for path in sorted([*root.glob("tests/unit/*.[ch]"), *root.glob("tests/install/*.c")]):
        for token, line in tokens(path.read_text(encoding="utf-8")):
            if token.startswith('"') and len(token) > 6:
                yield f"{path.name}:{line}", plain(token)
    for path in sorted([*root.glob("tests/cli/*.py"), *root.glob("tests/install/*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{path.name}:{node.lineno}", node.value


def cases_of(text, cases):
    """The cases whose text holds the message."""
    pieces = [piece for piece in CONVERSION.split(text)]
    longest = max(pieces, key=len)
    middle = ".{0,200}?".join(map(re.escape, pieces))
    pattern = re.compile(r"(?:\b|(?<!\w))" + middle + r"(?:\b|(?!\w))", re.S)
    return [name for name, given in cases if longest in given and pattern.search(given)]


def read_allowed(path):
    lines = [line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines()
             if line and not line.startswith("#")]
    return {text: reason for text, reason in lines}


def main():
    root = pathlib.Path(sys.argv[1])
    found, cases = find_messages(root), list(find_cases(root))
    allowed = read_allowed(root / "tests/lint/messages.allowed")
    problems, n_covered = [], 0
    for text, (statuses, places) in sorted(found.items(), key=lambda item: item[1][1]):
        shown = text.replace("\n", "\\n").replace("\0", "%llu")
        hits = cases_of(text, cases)
        n_covered += bool(hits)
        reason = allowed.pop(shown, None)
        if not hits and reason is None:
            problems.append(f"no case: {shown}   ({', '.join(places)})")
        if hits and reason is not None:
            problems.append(f"a case, and a line in messages.allowed: {shown}")
        if "--uncovered" not in sys.argv:
            status = ",".join(map(str, sorted(statuses))) or "-"
            print(f"{status:>3} | {shown} | {len(hits)} | {hits[0] if hits else reason or 'NONE'} | "
                  f"{', '.join(places)}")
    problems += [f"in messages.allowed, and in no source: {text}" for text in allowed]
    print("\n".join(problems))
    print(f"{len(found)} messages, {n_covered} with a case, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
