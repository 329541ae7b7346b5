#!/usr/bin/env python3
"""onpty.py - runs a command with some of its streams on a pseudo-terminal.

onpty.py STREAMS COMMAND... - STREAMS is some of the digits 0 1 2, as in 02; the others are
inherited. What the command writes to the terminal goes to standard output, with its control bytes
shown as \\xNN. Ends with the command's status."""

import os
import pty
import subprocess
import sys


def main():
    streams, command = sys.argv[1], sys.argv[2:]
    master, slave = pty.openpty()
    chosen = {name: slave for digit, name in enumerate(("stdin", "stdout", "stderr"))
              if str(digit) in streams}
    with subprocess.Popen(command, **chosen) as process:
        os.close(slave)
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:
                data = b""
            if not data:
                break
            text = data.replace(b"\r\n", b"\n").decode("latin-1")
            sys.stdout.write("".join(c if " " <= c <= "~" or c == "\n" else f"\\x{ord(c):02x}"
                                     for c in text))
        status = process.wait()
    sys.stdout.flush()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
