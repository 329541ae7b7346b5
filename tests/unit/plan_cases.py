"""Prints plan_cases.h: steps of the native model as numpy 2.4.6, scipy 1.17.1 and scikit-learn 1.9.1 compute them."""
import json, warnings, numpy as np
warnings.simplefilter('ignore')
from sklearn.preprocessing import normalize, PolynomialFeatures, KBinsDiscretizer, OneHotEncoder
from sklearn.impute import SimpleImputer
from scipy.special import erf
inf, nan = float('inf'), float('nan')
S = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 0.5, 3.0, -7.25, 1e-310, -5e-324, 1e300, -1e300, inf, -inf, nan]
SF = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 0.5, 3.0, -7.25, 1e-40, -1e-45, 1e30, -1e30, inf, -inf, nan]
def num(v):
    v = float(v)
    if v != v: return 'NAN'
    if v in (inf, -inf): return '-INFINITY' if v < 0 else 'INFINITY'
    return repr(v)
def j(v):
    v = float(v)
    return '"nan"' if v != v else '"inf"' if v == inf else '"-inf"' if v == -inf else repr(v)
cases = []
def case(step, x, y, ulps=0, f32=False):
    x = np.atleast_2d(np.asarray(x)); y = np.asarray(y)
    if y.ndim == 1: y = y[:, None]
    cases.append((step, x, y, ulps, f32))
for f32 in (False, True):
    T = np.float32 if f32 else np.float64
    s = np.array(SF if f32 else S, T)
    few = np.array([-0.0, 2.5, -1.5, 7.0, 1e300 if not f32 else 1e30, inf, -inf, nan], T)
    pairs = np.array([(a, b) for a in few for b in few], T)
    a, b = pairs[:, 0], pairs[:, 1]
    two = {'add': a + b, 'sub': a - b, 'mul': a * b, 'div': a / b, 'min': np.minimum(a, b),
           'max': np.maximum(a, b), 'mod': np.mod(a, b), 'eq': a == b, 'ne': a != b, 'lt': a < b,
           'le': a <= b, 'gt': a > b, 'ge': a >= b, 'and': np.logical_and(a, b), 'or': np.logical_or(a, b)}
    for fn, y in two.items():
        assert y.dtype in (T, np.bool_)
        case('{"op":"elementwise","fn":"%s","in":["x0","x1"]}' % fn, pairs, y.astype(T), 0, f32)
    case('{"op":"elementwise","fn":"pow","in":["x0","x1"]}', pairs, np.power(a, b), 1, f32)
    one = {'neg': -s, 'abs': np.abs(s), 'sqrt': np.sqrt(s), 'square': s * s, 'reciprocal': 1 / s,
           'sign': np.sign(s), 'floor': np.floor(s), 'ceil': np.ceil(s), 'round': np.rint(s),
           'not': np.logical_not(s), 'isnan': np.isnan(s)}
    for fn, y in one.items():
        case('{"op":"elementwise","fn":"%s","in":"x0"}' % fn, s[:, None], y.astype(T), 0, f32)
    for fn in ('exp', 'expm1', 'log', 'log1p', 'log10', 'sin', 'cos'):
        case('{"op":"elementwise","fn":"%s","in":"x0"}' % fn, s[:, None],
             getattr(np, fn)(s.astype(np.float64)).astype(T), 1, f32)
    case('{"op":"elementwise","fn":"erf","in":"x0"}', s[:, None], erf(s.astype(np.float64)).astype(T), 1, f32)
    three = np.array([(c, 2, 5) for c in s], T)
    case('{"op":"elementwise","fn":"if","in":["x0","x1","x2"]}', three, np.where(three[:, 0] != 0, T(2), T(5)), 0, f32)
    case('{"op":"elementwise","fn":"sub","in":[2.5,"x0"]}', s[:, None], T(2.5) - s, 0, f32)
    case('{"op":"elementwise","fn":"if","in":["x0",0.1,"x0"]}', s[:, None], np.where(s != 0, T(0.1), s), 0, f32)
    rng = np.random.RandomState(3)
    x = rng.standard_normal((7, 3)).astype(T)
    x[1] = 0; x[2, 1:] = 0; x[3] = [3e200, 1, -2] if not f32 else [3e25, 1, -2]; x[4] *= T(1e-3)
    # scikit-learn takes a norm under 10 eps for 0; here none is so small
    case('{"op":"normalise","norm":"l1"}', x, normalize(x, norm='l1'), 1, f32)
    case('{"op":"normalise","norm":"l2"}', x, normalize(x, norm='l2'), 2, f32)
    case('{"op":"normalise","norm":"max"}', x, normalize(x, norm='max'), 0, f32)
    xm = x.copy(); xm[0, 0] = nan; xm[5, 2] = nan; xm[6, 1] = nan
    im = SimpleImputer(strategy='constant', fill_value=7.5, add_indicator=True).fit(xm)
    case('{"op":"impute","values":7.5,"indicators":[0,1,2]}', xm, im.transform(xm), 0, f32)
    xz = np.array([[0, -1], [-0.0, 5], [nan, -1], [2, 0]], T)
    case('{"op":"impute","values":[4,9],"missing":0,"indicators":[1]}', xz,
         np.array([[4, -1, 0], [4, 5, 0], [nan, -1, 0], [2, 9, 1]], T), 0, f32)
    case('{"op":"clip","min":-2,"max":1}', s[:, None], np.clip(s, T(-2), T(1)), 0, f32)
    case('{"op":"clip","max":1}', s[:, None], np.where(s > 1, T(1), s), 0, f32)
    case('{"op":"clip","min":"-inf","max":0.1}', s[:, None], np.where(s > T(0.1), T(0.1), s), 0, f32)
    pf = PolynomialFeatures(3).fit(x)
    case('{"op":"product","powers":%s}' % json.dumps(pf.powers_.tolist()), x, pf.transform(x), 0, f32)
    pp = np.array([[0.5, 0, -1], [40, 1, 0], [0, 0, 0], [0, -2, 2.5]])
    xp = np.array([[2, 3, 4], [0.25, -1, 9], [0, 0, 0], [-1.5, 1e-5, 2], [nan, 1, 1], [1, nan, 0.5]], T)
    yp = np.stack([np.prod(np.power(xp.astype(np.float64), p), axis=1) for p in pp], axis=1)
    case('{"op":"product","powers":%s}' % json.dumps(pp.tolist()), xp, yp.astype(T), 3, f32)
    edges = [-1.0, 0.0, 0.1, 2.5]
    e = np.array(edges, T)
    cnt = lambda v, right: np.array([sum((q < t) if right else (q <= t) for q in e) for t in v], T)
    v = np.concatenate([s, np.array([0.1, -1, 2.5], T)])
    case('{"op":"bin","edges":[%s]}' % edges, v[:, None], cnt(v, False), 0, f32)
    ok = ~np.isnan(v)
    assert (cnt(v, False)[ok] == np.digitize(v[ok], e)).all() and (cnt(v, True)[ok] == np.digitize(v[ok], e, right=True)).all()
    case('{"op":"bin","edges":[%s],"right":true}' % edges, v[:, None], cnt(v, True), 0, f32)
    case('{"op":"bin","edges":[%s],"encode":"onehot"}' % edges, v[:, None], np.eye(5)[cnt(v, False).astype(int)], 0, f32)
    many = (np.arange(50) / 4).tolist()
    v2 = np.array([-1, 0, 0.1, 0.25, 3.3, 12.25, 12.3, nan, inf, -inf], T)
    case('{"op":"bin","edges":[%s]}' % many, v2[:, None], np.where(np.isnan(v2), 0, np.digitize(v2, np.array(many, T))), 0, f32)
    case('{"op":"bin","edges":[%s],"right":true}' % many, v2[:, None], np.where(np.isnan(v2), 0, np.digitize(v2, np.array(many, T), right=True)), 0, f32)
    k = np.array([3, 1, 7, 2, nan, 7, 1.5, -1, inf, 0.1], T)
    oh = OneHotEncoder(categories=[np.array([1, 2, 3, 7], T)], handle_unknown='ignore', sparse_output=False, dtype=T).fit(np.array([[1], [2], [3], [7]], T))
    case('{"op":"onehot","values":[1,2,3,7]}', k[:, None], oh.transform(np.nan_to_num(k, nan=99, posinf=99)[:, None]), 0, f32)
    case('{"op":"onehot","values":[0.1,3,1.5],"drop":3}', k[:, None], np.stack([k == T(0.1), k == 1.5], 1).astype(T), 0, f32)
    case('{"op":"onehot","values":["nan",7],"unknown":7}', k[:, None], np.stack([np.isnan(k), ~np.isnan(k)], 1).astype(T), 0, f32)
    d = {1: -5, 7: 0.1, 1.5: 9}
    case('{"op":"ordinal","values":[1,7,1.5],"codes":[-5,0.1,9],"unknown":"nan"}', k[:, None], np.array([d.get(float(t), nan) for t in k], T), 0, f32)
    case('{"op":"lookup","keys":[1,7,"nan"],"values":[[1,2],[3,4],[0.1,6]],"default":[-1,-2]}', k[:, None],
         np.array([[1, 2] if t == 1 else [3, 4] if t == 7 else [0.1, 6] if t != t else [-1, -2] for t in k], T), 0, f32)
    case('{"op":"select","columns":[2,0,0]}', x, x[:, [2, 0, 0]], 0, f32)

arrays, names = [], {}
def array(v):
    text = ', '.join(num(t) for t in v.ravel())
    if text not in names:
        names[text] = 'a%d' % len(names)
        arrays.append('static const double %s[] = {%s};' % (names[text], text))
    return names[text]
rows = ['    {%s, %d, %d, %d, %d, %s, %s, %s},' % (json.dumps(step), x.shape[1], y.shape[1], x.shape[0], ulps,
        'true' if f32 else 'false', array(x), array(y)) for step, x, y, ulps, f32 in cases]
print("""/* plan_cases.h - what each step makes of odd numbers; printed by plan_cases.py. */
#ifndef RC_TESTS_PLAN_CASES_H
#define RC_TESTS_PLAN_CASES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */""")
print('\n'.join(arrays))
print("""
static const struct step_case {
    const char *step; /* as the native model has it; the inputs are x0, x1, ... */
    size_t n_in, n_out, n_rows;
    uint64_t ulps; /* how many numbers of the type away at most */
    bool is_float32;
    const double *x, *y; /* (n_rows, n_in), (n_rows, n_out) */
} step_cases[] = {""")
print('\n'.join(rows))
print('};\n\n#endif')
