"""onnx_cases.py - what the recipes of testdata/onnx share: tables, and the list of all models."""

import csv
import json


def text(v):
    """Shortest; NaN is an empty cell, whole numbers have no point."""
    if isinstance(v, str):
        return v
    if v != v:
        return ""
    if float(v).is_integer() and abs(v) < 1e15:
        return str(int(v))
    return str(v) if type(v).__name__ == "float32" else repr(float(v))


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows([[text(v) for v in row] for row in rows])


def add_cases(path, cases):
    """Puts cases into cases.json, in the place of those of the same names."""
    made = {c["name"] for c in cases}
    others = [c for c in json.loads(path.read_text()) if c["name"] not in made] if path.exists() else []
    listed = sorted(cases + others, key=lambda c: c["name"])
    path.write_text("[\n" + ",\n".join(json.dumps(c) for c in listed) + "\n]\n")
