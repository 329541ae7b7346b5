#!/usr/bin/env python3
"""same.py - the scores that score_rows printed are the tool's, bit for bit, and so are its metrics.

same.py ROWS PREDICTIONS.csv REPORT.json"""

import json
import struct
import sys

ROWS, PREDICTIONS, REPORT = sys.argv[1:]


def bits(text, code):
    """A number as its bytes, any other text as itself."""
    try:
        return struct.pack(code, float(text))
    except ValueError:
        return text


def main():
    report = json.load(open(REPORT, encoding="utf-8"))
    code = "<f" if report["model"]["dtype"] == "float32" else "<d"
    lines = open(ROWS, encoding="utf-8").read().splitlines()
    have = [line.split(",") for line in lines if not line.startswith("#")]
    want = [line.split(",") for line in open(PREDICTIONS, encoding="utf-8").read().splitlines()[1:]]
    metrics = [line.split(" ", 3)[2:] for line in lines if line.startswith("# metric ")]
    bad = [r for r, (h, w) in enumerate(zip(have, want), 1)
           if [bits(x, code) for x in h] != [bits(x, code) for x in w]]
    told = {name: None if text == "null" else float(text) for text, name in metrics}
    print(f"{len(have)} rows, {len(bad)} differ; {len(told)} metrics, accuracy or r2 "
          f"{told.get('accuracy', told.get('r2'))}")
    return 0 if len(have) == len(want) > 0 and not bad and told == report["metrics"] else 1


sys.exit(main())
