"""Prints the constants of src/score/real.h that are no plain fractions (needs mpmath).

Polynomials are Chebyshev expansions of the function, cut where the sum of what is left out is
under the bound given, and rewritten in powers of the variable; the error printed is the largest
relative error of the rounded polynomial over 2000 points.
"""

from mpmath import atan, cos, erfc, exp, factorial, log, mp, mpf, pi, polyval, sqrt

mp.prec = 200


def chebyshev_fit(f, n, bound):
    """Powers of u in -1..1, lowest first."""
    xs = [cos(pi * (k + mpf(1) / 2) / n) for k in range(n)]
    fs = [f(x) for x in xs]
    c = [2 / mpf(n) * sum(fs[k] * cos(pi * j * (k + mpf(1) / 2) / n) for k in range(n))
         for j in range(n)]
    c[0] /= 2
    d = next(d for d in range(n) if sum(abs(x) for x in c[d + 1:]) < bound)
    t = [[mpf(1)], [mpf(0), mpf(1)]]
    while len(t) <= d:
        t.append([2 * a - b for a, b in zip([mpf(0)] + t[-1], t[-2] + [mpf(0)] * 2)])
    return [sum(c[j] * t[j][i] for j in range(i, d + 1)) for i in range(d + 1)]


def worst(f, p, pairs):
    return max(abs(polyval(p[::-1], u) / f(u) - 1) for u in pairs)


def show(name, p):
    print(f'{name}:')
    for i, c in enumerate(p):
        print(f'  {i:2} {float(c).hex()}')


def pair(name, x, bits=53):
    """x as hi + lo; hi has that many bits."""
    e = int(mp.floor(log(abs(x), 2))) + 1 - bits
    hi = mp.nint(mp.ldexp(x, -e)) if bits == 53 else mp.floor(mp.ldexp(x, -e))
    hi = mp.ldexp(hi, e)
    print(f'{name}: {float(hi).hex()} + {float(x - hi).hex()}')


GRID = [mpf(2 * k) / 1999 - 1 for k in range(2000)]

# (1 + 2a) e^(a^2) erfc(a) for a in 0.5..28 by u = (73 a - 284) / (55 a + 220), which runs from -1
# to 1.


def erfcx_of_u(u):
    a = (284 + 220 * u) / (73 - 55 * u)
    return (1 + 2 * a) * exp(a * a) * erfc(a)


fit = chebyshev_fit(erfcx_of_u, 60, mpf(2) ** -57)
show('erfcx in u', fit)
pair('its constant', fit[0])
fit[1:] = [mpf(float(c)) for c in fit[1:]]
print('  error 2^%.1f' % log(worst(erfcx_of_u, fit, GRID), 2))

# erf(x) / x - 1: Taylor's series in x^2.
show('erf in x^2', [2 / sqrt(pi) * (-1) ** k / (factorial(k) * (2 * k + 1)) - (k == 0)
                    for k in range(14)])

# (atan(t) / t - 1) / t^2 in z = t^2, for |t| up to tan(pi/8) = 0.41421...
Z = mpf('0.17158')


def atan_of_z(z):
    if z < mpf(10) ** -20:
        return mpf(-1) / 3
    return (atan(sqrt(z)) / sqrt(z) - 1) / z


fit = chebyshev_fit(lambda u: atan_of_z((u + 1) * Z / 2), 40, mpf(2) ** -56)
shift = [mpf(0)]
for c in fit[::-1]:  # powers of u = 2z/Z - 1 to powers of z, by Horner
    shift = [(shift[i - 1] * 2 / Z if i else 0) - (shift[i] if i < len(shift) else 0)
             for i in range(len(shift) + 1)]
    shift[0] += c
while shift[-1] == 0:
    shift.pop()
show('atan in z', shift)
print('  error 2^%.1f' % log(worst(atan_of_z, [mpf(float(c)) for c in shift],
                                   [(u + 1) * Z / 2 for u in GRID]), 2))

print('log2(e):', float(1 / log(2)).hex())
pair('ln 2', log(mpf(2)), 42)
pair('1/6', mpf(1) / 6)
pair('sqrt(1/2)', sqrt(mpf(1) / 2))
pair('pi', +pi)
pair('1/pi', 1 / pi)
pair('2 sqrt(2/pi)', 2 * sqrt(2 / pi))
pair('2 sqrt(2/pi) 0.044715', 2 * sqrt(2 / pi) * mpf('0.044715'))
