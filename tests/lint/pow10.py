#!/usr/bin/env python3
"""Prints src/base/pow10.c; with --check FILE compares FILE with it and proves what the code relies on.

A row is floor(10^q * 2^(127 - e)), e = floor(log2(10^q)): the leading 128 bits of 10^q.
"""
import math
import sys
from fractions import Fraction

FIRST, LAST = -342, 324

HEAD = """\
/* pow10.c - the leading 128 bits of the powers of ten; made by tests/lint/pow10.py, not by hand. */
#include "base/pow10.h"

/* clang-format off */
const rc_pow10 rc_pow10_table[RC_POW10_LAST - RC_POW10_FIRST + 1] = {
"""


def floor_log2(x):
    e = x.numerator.bit_length() - x.denominator.bit_length()
    return e if Fraction(2) ** e <= x else e - 1


def floor_log10(x, near):
    while x >= Fraction(10) ** (near + 1):
        near += 1
    while x < Fraction(10) ** near:
        near -= 1
    return near


def row(q):
    return math.floor(Fraction(10) ** q * Fraction(2) ** (127 - floor_log2(Fraction(10) ** q)))


def text():
    rows = [f"    {{0x{row(q) >> 64:016x}, 0x{row(q) & (2**64 - 1):016x}}}, /* {q} */\n"
            for q in range(FIRST, LAST + 1)]
    return HEAD + "".join(rows) + "};\n"


def margins(x, most):
    """The least fraction above 0, and the least distance below 1, of n * x for n = 1..most."""
    a, b = x.numerator % x.denominator, x.denominator
    if b <= most:
        return Fraction(1, b), Fraction(1, b)
    # n_low * a = low and n_high * a = -high (mod b), both as near 0 as such small n allow
    n_low, low, n_high, high = 1, a, 0, b
    while True:
        step = min((high - 1) // low, (most - n_high) // n_low)
        n_high, high = n_high + step * n_low, high - step * low
        if n_low + n_high > most:
            break
        step = min((low - 1) // high, (most - n_low) // n_high)
        n_low, low = n_low + step * n_high, low - step * high
        if n_low + n_high > most:
            break
    return Fraction(low, b), Fraction(high, b)


def prove_formulas():
    """The shifts in pow10.h and num_print.c, and that a row + 1 never carries."""
    for q in range(FIRST, LAST + 1):
        assert q * 217706 >> 16 == floor_log2(Fraction(10) ** q), q
        assert row(q) % 2**64 != 2**64 - 1 and row(q) >> 64 != 2**64 - 1, q
        assert 0 <= q <= 55 or row(q) != Fraction(10) ** q * Fraction(2) ** (127 - (q * 217706 >> 16))
        assert not 0 <= q <= 55 or row(q) == Fraction(10) ** q * Fraction(2) ** (127 - (q * 217706 >> 16))


def prove_printing(bits, q_first, q_last, least_above, least_below):
    """n * 2^q / 10^k, n < 2^(bits + 2) + 2, is whole or this far from whole numbers."""
    for q in range(q_first, q_last + 1):
        for irregular in (0, 1):
            ulp = Fraction(2) ** q
            k = q * 1262611 - irregular * 524031 >> 22
            assert k == floor_log10(ulp * (Fraction(3, 4) if irregular else 1), k), q
            above, below = margins(ulp / Fraction(10) ** k, 2 ** (bits + 2) + 2)
            assert above >= least_above and below >= least_below, q
            assert 1 <= q + (-k * 217706 >> 16) + 1 <= 4, q


def main():
    if len(sys.argv) == 1:
        sys.stdout.write(text())
        return 0
    with open(sys.argv[2], encoding="ascii") as file:
        if file.read() != text():
            print(f"{sys.argv[2]} is not what {sys.argv[0]} writes", file=sys.stderr)
            return 1
    prove_formulas()
    prove_printing(24, -149, 104, Fraction(1, 2**34), Fraction(1, 2**34))
    prove_printing(53, -1074, 971, Fraction(1, 2**69), Fraction(1, 2**69))
    return 0


if __name__ == "__main__":
    sys.exit(main())
