#!/usr/bin/env python3
"""count.py - one line `N passed, N failed` out of meson's JUnit logs; TAP tests count one by one."""
import os
import sys
import xml.etree.ElementTree as ElementTree


def main(paths):
    passed = failed = skipped = 0
    for path in paths:
        if not os.path.exists(path):  # a build that did not come to its tests
            failed += 1
            continue
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
