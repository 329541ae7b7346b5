"""Writes testdata/real/values.txt: correctly rounded values of the functions of src/score/real.h,
real_erf.h, real_trig.h and curves.h, from mpmath with 300 bits (1400 for huge angles). A line `# NAME`, then `x y` as hex floats.

    python3 testdata/recipes/real.py > testdata/real/values.txt
"""

import random
from math import inf, ldexp, nextafter

from mpmath import atan, cos, erf, erfc, exp, expm1, log, log1p, mp, mpf, nint, pi, sin, sqrt, tanh, workprec

mp.prec = 300


def rounded(v):
    """The double nearest to v, with gradual underflow and overflow; v's sign on a zero."""
    if v == 0:
        return 0.0
    s = -1.0 if v < 0 else 1.0
    v = abs(v)
    if v < mpf(2) ** -1022:
        return s * ldexp(int(nint(mp.ldexp(v, 1074))), -1074)
    if v >= mpf(2) ** 1024 - mpf(2) ** 970:
        return s * inf
    return s * float(v)


def sigmoid(x):
    return 1 / (1 + exp(-x))


def normal_cdf(x):
    return erfc(-min(x, 60) / sqrt(mpf(2))) / 2 if x > -60 else CUT


def softplus(x):
    return log1p(exp(max(x, -2000))) if x < 1000 else x


def mish_factor(x):
    w = exp(min(x, 1000))
    return w * (w + 2) / (w * (w + 2) + 2)


def gelu_tanh_factor(x):
    x = min(x, 1000)
    return sigmoid(2 * sqrt(2 / pi) * (x + mpf('0.044715') * x ** 3))


def cauchit(y):
    return atan(-1 / y) / pi if y < 0 else mpf(1) / 2 + atan(y) / pi


def loglog(y):
    return exp(-exp(-max(y, mpf(-20))))


def cloglog(y):
    return -expm1(-exp(min(y, mpf(20))))


CUT = mpf(2) ** -3000  # stands for a value that underflows


def cut(f, limit):
    """f with its argument cut to -limit..limit, where nothing changes any more."""
    return lambda x: f(max(min(x, limit), -limit))


def times(f, limit):
    """x f(x); under -limit it underflows."""
    return lambda x: x * f(x) if x > -limit else -CUT


def wide(f):
    """f with bits enough to reduce any angle."""
    def precise(x):
        with workprec(1400):
            return f(x)
    return precise


# Multiples of pi/4, the end of the near ones, and the double nearest to a multiple of pi/2.
ANGLES = [float(k * pi / 4) for k in (1, 2, 3, 4, 5, 6, 8, 12, 1000, 683565275)] + [
    2.0 ** 30, 6381956970095103 * 2.0 ** 797, 1e22]

# Name, function, breakpoints, uniform ranges; each x is tried with both signs where the function is
# defined.
FUNCTIONS = [
    ('exp', cut(exp, 2000), (0.34657, 708.396, 709.782712893384, 744.44, 745.133),
     ((0, 1), (0, 750))),
    ('expm1', cut(expm1, 2000), (0.34657, 1.0397, 36.7, 44.7, 709.782712893384),
     ((0, 1), (0, 50), (0, 710))),
    ('log', log, (0.7071067811865476, 1.0, 1.4142135623730951), ((0.7, 1.5), (0, 10))),
    ('log1p', log1p, (0.2928932188134525, 0.41421356237309515, 1.0), ((0, 0.5), (0, 1), (0, 100))),
    ('tanh', tanh, (0.1733, 0.5493, 18.37, 19.06, 22), ((0, 1), (0, 20))),
    ('sigmoid', cut(sigmoid, 2000), (0.34657, 36.04, 36.75, 40, 708.4, 744.44, 745.133),
     ((0, 2), (0, 50), (690, 746))),
    ('softplus', softplus, (0.34657, 36.04, 40, 708.4, 744.44), ((0, 2), (0, 50), (690, 746))),
    ('erf', cut(erf, 50), (0.5, 1, 5.8636, 5.9215), ((0, 1), (0, 6))),
    ('erfc', cut(erfc, 50), (0.5, 1, 5.8636, 26.543, 27.226, 28), ((0, 1), (0, 28))),
    ('atan', atan, (0.4142, 0.4375, 1, 2.4142, 1e16), ((0, 1), (0, 3), (0, 100))),
    ('normal_cdf', normal_cdf, (0.7071067811865476, 8.2924, 37.519, 38.449, 39.5),
     ((0, 1), (0, 10), (30, 39))),
    ('silu', times(sigmoid, 2000), (0.34657, 36.04, 40, 708.4, 744.44, 751.5),
     ((0, 2), (0, 50), (690, 752))),
    ('mish', times(mish_factor, 2000), (0.34657, 18.4, 20, 708.4, 744.44, 751.5),
     ((0, 2), (0, 50), (690, 752))),
    ('gelu', times(normal_cdf, 60), (0.7071067811865476, 8.2924, 37.519, 38.55, 39.5, 40),
     ((0, 1), (0, 10), (30, 39))),
    ('gelu_tanh', times(gelu_tanh_factor, 60), (0.7, 7, 21.2, 21.7, 50),
     ((0, 1), (0, 10), (15, 25))),
    ('cauchit', cauchit, (0.4142, 1, 2.4142, 1e16), ((0, 1), (0, 3), (0, 100))),
    ('cloglog', cloglog, (3.6, 3.65, 6.5, 745.133), ((0, 1), (0, 4), (30, 746))),
    ('loglog', loglog, (3.6, 6.5, 6.6134, 7, 36.7), ((0, 1), (0, 7), (0, 40))),
    ('sin', wide(sin), ANGLES, ((0, 1), (0, 7), (0, 1000), (2.0 ** 29, 2.0 ** 31))),
    ('cos', wide(cos), ANGLES, ((0, 1), (0, 7), (0, 1000), (2.0 ** 29, 2.0 ** 31))),
]

TINY = [0.0, 5e-324, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-155, 2.0 ** -60, 2.0 ** -54,
        2.0 ** -53, 2.0 ** -52, 2.0 ** -30, 2.0 ** -27, 1e-5]
HUGE = [1e3, 1e10, 1e100, 1e155, 1.7976931348623157e308]
DOMAIN = {'log': 0.0, 'log1p': -1.0}


def arguments(name, breaks, ranges, rng):
    xs = TINY + HUGE + [0.25, 1.0, 2.0, 3.0, 10.0]
    for b in breaks:
        xs += [float(b), nextafter(b, inf), nextafter(b, -inf), b * 1.0001, b * 0.9999]
    for lo, hi in ranges:
        xs += [rng.uniform(lo, hi) for _ in range(40)]
    xs += [ldexp(rng.uniform(1, 2), rng.randint(-60, 6)) for _ in range(20)]
    xs += [ldexp(rng.uniform(1, 2), rng.randint(-1074, 1023)) for _ in range(10)]
    xs = xs + [-x for x in xs if x != 0]
    return sorted({x for x in xs if x > DOMAIN.get(name, -inf)})


def main():
    rng = random.Random(20240229)
    for name, f, breaks, ranges in FUNCTIONS:
        print('#', name)
        for x in arguments(name, breaks, ranges, rng):
            y = rounded(f(mpf(x)))
            print(short(x), short(y))


def short(x):
    """float.hex without the zeros that end its digits."""
    digits, exponent = float.hex(x).split('p') if abs(x) != inf else (str(x), None)
    return digits if exponent is None else digits.rstrip('0').rstrip('.') + 'p' + exponent


main()
