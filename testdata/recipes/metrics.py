"""Writes testdata/metrics/*.json: rows and the metrics that scikit-learn computes of them, and
exact sums that Python's fractions compute. Made with scikit-learn 1.9.1 and numpy 2.4:
    python testdata/recipes/metrics.py
"""
import json
import math
import pathlib
import random
import sys
import warnings
from fractions import Fraction

import numpy as np
from sklearn import metrics as sk

warnings.simplefilter("ignore")
SCALE = 6000  # a multiple of 4; every term times 2^SCALE is an integer


def text_of(value):
    n = value * 2**SCALE
    assert n.denominator == 1
    n = int(n)
    if n == 0:
        return "0x0p+0"
    digits = f"{abs(n):x}"
    kept = digits.rstrip("0")
    return f"{'-' if n < 0 else ''}0x{kept}p{4 * (len(digits) - len(kept)) - SCALE:+d}"


def nearest(value):
    try:
        return float(value)
    except OverflowError:
        return "inf" if value > 0 else "-inf"


def product(term):
    return math.prod(Fraction(x) for x in term)


def exact_case(name, terms):
    total = sum((product(t) for t in terms), Fraction(0))
    return {"name": name, "terms": terms, "text": text_of(total), "nearest": nearest(total)}


def any_double(rng):
    while True:
        x = np.array([rng.getrandbits(64)], dtype=np.uint64).view(np.float64)[0]
        if np.isfinite(x):
            return float(x)


def exact_cases(rng):
    tiny, huge = 5e-324, sys.float_info.max
    yield exact_case("nothing", [])
    yield exact_case("zeros", [[0.0], [-0.0], [0.0, 5.0]])
    yield exact_case("one", [[1.0]])
    yield exact_case("cancels", [[1e300], [1.0], [-1e300]])
    yield exact_case("cancels to nothing", [[1e300], [1e-300], [-1e300], [-1e-300]])
    yield exact_case("smallest", [[tiny]])
    yield exact_case("denormals", [[tiny * rng.randrange(-2**52, 2**52)] for _ in range(50)])
    yield exact_case("largest", [[huge]])
    yield exact_case("beyond and back", [[huge], [huge], [huge], [-huge], [-huge]])
    yield exact_case("beyond", [[huge], [huge]])
    yield exact_case("beyond below", [[-huge], [-huge]])
    yield exact_case("half above largest", [[huge], [2.0**970]])
    yield exact_case("under half above largest", [[huge], [2.0**970], [-tiny]])
    yield exact_case("tie to even down", [[1.0], [2.0**-53]])
    yield exact_case("tie to even up", [[1.0 + 2.0**-52], [2.0**-53]])
    yield exact_case("above the tie", [[1.0], [2.0**-53], [tiny]])
    yield exact_case("under the tie", [[1.0 + 2.0**-52], [2.0**-53], [-tiny]])
    yield exact_case("rounds up to a power", [[2.0 - 2.0**-52], [2.0**-53]])
    yield exact_case("tiny product", [[tiny, tiny], [-tiny, tiny, tiny]])
    yield exact_case("half the smallest", [[tiny, 0.5]])
    yield exact_case("half the smallest and more", [[tiny, 0.5], [tiny, tiny]])
    yield exact_case("one and a half of the smallest", [[tiny], [tiny, 0.5]])
    yield exact_case("huge product", [[huge, huge], [-huge, huge, 1.0], [3.0]])
    yield exact_case("huge product of three", [[huge, huge, huge], [tiny, tiny, tiny]])
    yield exact_case("tenths", [[0.1]] * 30)
    for k in range(12):
        terms = [[any_double(rng) for _ in range(rng.choice([1, 1, 2, 3]))] for _ in range(15)]
        yield exact_case(f"any {k}", terms)
    for k in range(6):
        terms = [[rng.gauss(0, 1) * 10.0 ** rng.randrange(-20, 20)] for _ in range(20)]
        terms += [[-t[0]] for t in terms[3:]] + [[rng.random() * 1e-30]]
        rng.shuffle(terms)
        yield exact_case(f"adversarial {k}", terms)


def spread_cases(rng):
    """n * sum y^2 - (sum y)^2 and the variance sum y^2 / n - (sum y / n)^2."""
    lists = [[1e9 + 1, 1e9 - 1, 1e9 + 1], [1e200, -1e200], [1e-200, 3e-200], [0.1] * 10, [7.0],
             [5e-324, 0.0], [sys.float_info.max, 1.0], [rng.gauss(0, 1) for _ in range(30)]]
    for y in lists:
        f = [Fraction(v) for v in y]
        spread = len(f) * sum(v * v for v in f) - sum(f) ** 2
        yield {"y": y, "spread": text_of(spread), "variance": nearest(spread / len(f) ** 2)}


def regression_case(name, truth, predicted, weights=None):
    truth, predicted = np.asarray(truth, float), np.asarray(predicted, float)
    if truth.ndim == 1:
        truth, predicted = truth[:, None], predicted[:, None]
    w = None if weights is None else np.asarray(weights, float)

    def per_target(function):
        if len(truth) == 0 or (w is not None and w.sum() == 0):
            return [None] * truth.shape[1]
        values = [float(function(truth[:, i], predicted[:, i])) for i in range(truth.shape[1])]
        return [None if math.isnan(v) else v for v in values]

    kw = {} if w is None else {"sample_weight": w}
    functions = {
        "mse": lambda y, p: sk.mean_squared_error(y, p, **kw),
        "rmse": lambda y, p: sk.root_mean_squared_error(y, p, **kw),
        "mae": lambda y, p: sk.mean_absolute_error(y, p, **kw),
        "r2": lambda y, p: sk.r2_score(y, p, **kw),
        "explained_variance": lambda y, p: sk.explained_variance_score(y, p, **kw),
        "max_error": lambda y, p: sk.max_error(y, p),
        "mape": lambda y, p: sk.mean_absolute_percentage_error(y, p, **kw),
        "bias": lambda y, p: np.average(p - y, weights=w),
    }
    expected = {}
    for metric, function in functions.items():
        values = per_target(function)
        undefined = any(v is None for v in values)
        expected[metric] = None if undefined else math.fsum(values) / len(values)
        for i, value in enumerate(values):
            if len(values) > 1:
                expected[f"{metric}[{i}]"] = value
    if len(truth) > 1 and (w is None or w.sum() > 0):  # the means are scikit-learn's own
        for metric, function in [("mse", sk.mean_squared_error), ("r2", sk.r2_score),
                                 ("rmse", sk.root_mean_squared_error)]:
            assert math.isclose(expected[metric], function(truth, predicted, **kw), rel_tol=1e-9)
    return {"name": name, "n_targets": truth.shape[1], "weights": weights, "truth": truth.tolist(),
            "predicted": predicted.tolist(), "expected": expected}


def regression_cases(rng):
    def normal(*shape):
        return np.round(rng.normal(size=shape), 3)

    y = normal(40)
    yield regression_case("plain", y, y + 0.3 * normal(40))
    yield regression_case("weighted", y, y + 0.3 * normal(40), rng.integers(0, 3, 40).tolist())
    yield regression_case("real weights", y, -y, np.round(rng.random(40), 2).tolist())
    y = normal(25, 3)
    yield regression_case("three targets", y, y + 0.5 * normal(25, 3))
    w = np.round(rng.random(25), 2)
    w[::4] = 0
    yield regression_case("three targets, weighted", y, y + 0.5 * normal(25, 3), w.tolist())
    yield regression_case("constant truth", [2.5] * 6, normal(6))
    yield regression_case("constant truth, perfect", [0.1] * 7, [0.1] * 7)
    yield regression_case("perfect", [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    yield regression_case("perfect but for a bias", [1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    yield regression_case("one row", [1.5], [1.25])
    yield regression_case("one row, perfect", [1.5], [1.5])
    yield regression_case("one row of two targets", [[1.5, 2.0]], [[1.25, 2.0]])
    yield regression_case("no rows", np.zeros((0, 1)), np.zeros((0, 1)))
    yield regression_case("weights all zero", [1.0, 2.0], [1.0, 3.0], [0, 0])
    yield regression_case("zero truth", [0.0, 1.0], [1.0, 1.0])
    big = 1e9 + np.array([1, -1, 1, -1, -1, 1, 1.0, -1])
    yield regression_case("large offset", big, 1e9 + np.array([1, -1, 1, -1, 1, 1, 0.5, -1]))
    yield regression_case("small numbers", normal(9) * 1e-150, normal(9) * 1e-150)


EDGES = np.array([i / 15 for i in range(16)])


def calibration_error(p, hit, weights=None):
    """Bins (lo, hi] as sklearn.calibration.calibration_curve, the first with 0."""
    p, hit = np.asarray(p, float), np.asarray(hit, float)
    w = np.ones(len(p)) if weights is None else np.asarray(weights, float)
    which = np.searchsorted(EDGES[1:-1], p)
    gaps = [abs(math.fsum((w * (hit - p))[which == b])) for b in range(15)]
    return math.fsum(gaps) / math.fsum(w)


def areas(hit, score, weights=None):
    """(roc_auc, average precision); None, None unless both kinds have weight."""
    hit, score = np.asarray(hit, bool), np.asarray(score, float)
    w = np.ones(len(hit)) if weights is None else np.asarray(weights, float)
    if not (w[hit].sum() > 0 and w[~hit].sum() > 0):
        return None, None
    return (float(sk.roc_auc_score(hit, score, sample_weight=w)),
            float(sk.average_precision_score(hit, score, sample_weight=w)))


def ranks(classes, truth, predicted, probability, weights, positive):
    """roc_auc, pr_auc, ece; all truths are classes."""
    probability = np.asarray(probability, float)
    if len(classes) == 2:
        hit = [t == classes[positive] for t in truth]
        p = probability[:, positive]
        return *areas(hit, p, weights), calibration_error(p, hit, weights)
    one = [areas([t == c for t in truth], probability[:, k], weights)[0]
           for k, c in enumerate(classes)]
    roc = None if None in one else math.fsum(one) / len(one)
    hit = [t == classes[i] for t, i in zip(truth, predicted)]
    p = probability[np.arange(len(truth)), predicted]
    return roc, None, calibration_error(p, hit, weights)


def classification_case(name, classes, truth, predicted, probability=None, weights=None,
                        positive=None, numeric=False, float32=False):
    """classes in the model's order; truth may hold labels that are no class."""
    label = (lambda v: float(v)) if numeric else (lambda v: v)
    y, p = [label(v) for v in truth], [label(classes[i]) for i in predicted]
    seen = sorted(set(y) | set(p))
    text = {label(v): v for v in list(classes) + list(truth)}
    kw = {} if weights is None else {"sample_weight": np.asarray(weights, float)}
    is_binary = len(classes) == 2
    case = {"name": name, "classes": classes, "positive": positive or 0, "truth": truth,
            "predicted": predicted, "probability": probability, "weights": weights,
            "float32": float32}
    e = case["expected"] = {}
    e["accuracy"] = sk.accuracy_score(y, p, **kw)
    e["balanced_accuracy"] = sk.balanced_accuracy_score(y, p, **kw)
    for score, function in [("f1", sk.f1_score), ("precision", sk.precision_score),
                            ("recall", sk.recall_score)]:
        for average in "macro", "micro", "weighted":
            e[f"{score}_{average}"] = function(y, p, average=average, zero_division=0, **kw)
        values = function(y, p, labels=seen, average=None, zero_division=0, **kw)
        for key, value in zip(seen, values):
            e[f"{score}[{text[key]}]"] = value
        if is_binary:
            chosen = label(classes[positive])
            e[score] = values[seen.index(chosen)] if chosen in seen else 0.0
    support = sk.precision_recall_fscore_support(y, p, labels=seen, zero_division=0, **kw)[3]
    for key, value in zip(seen, support):
        e[f"support[{text[key]}]"] = value
    e["mcc"] = sk.matthews_corrcoef(y, p, **kw)
    e["log_loss"] = e["brier"] = None
    if probability is not None and set(truth) <= set(classes):
        order = sorted(range(len(classes)), key=lambda i: label(classes[i]))
        sorted_p = np.asarray(probability)[:, order]
        if float32:  # float32's limits, but double logarithms
            eps = float(np.finfo(np.float32).eps)
            sorted_p = np.clip(sorted_p, eps, 1 - eps)
        e["log_loss"] = sk.log_loss(y, sorted_p, labels=[label(classes[i]) for i in order], **kw)
        if is_binary:
            hit = [t == classes[positive] for t in truth]
            e["brier"] = sk.brier_score_loss(hit, np.asarray(probability)[:, positive], **kw)
    e["roc_auc"] = e["pr_auc"] = e["ece"] = None
    if e["log_loss"] is not None:
        e["roc_auc"], e["pr_auc"], e["ece"] = ranks(classes, truth, predicted, probability, weights,
                                                    positive)
    if not is_binary:
        del e["brier"], e["pr_auc"]
    for key, value in e.items():
        e[key] = None if value is None else float(value)
    matrix = sk.confusion_matrix(y, p, labels=seen, **kw)
    case["confusion"] = {"labels": [text[k] for k in seen],
                         "matrix": [[float(v) for v in row] for row in matrix]}
    case["report"] = sk.classification_report(y, p, labels=None, digits=4, zero_division=0,
                                              target_names=[text[k] for k in seen], **kw)
    # supports are rounded sums there, or counts that print as 1.0 because no row is right
    if (weights is not None and any(4 * w % 1 for w in weights)) or e["accuracy"] == 0:
        case["report"] = None
    return case


def random_rows(rng, classes, n, extra=(), never=()):
    """Rows whose predictions are often right; classes in `never` do not occur at all."""
    k = len(classes)
    alive = [i for i in range(k) if classes[i] not in never]
    probability = np.round(rng.dirichlet(np.ones(k), n), 4)
    probability[:, -1] = np.round(1 - probability[:, :-1].sum(axis=1), 4)
    predicted = [max(alive, key=lambda i: row[i]) for row in probability]
    truth = []
    for i in predicted:
        r = rng.random()
        truth.append(classes[i] if r < 0.6 else classes[int(rng.choice(alive))]
                     if r < 0.9 or not extra else str(rng.choice(extra)))
    return truth, predicted, probability.tolist()


def classification_cases(rng):
    def case(name, classes, n=60, extra=(), never=(), has_probability=True, weights=None, **kw):
        truth, predicted, probability = random_rows(rng, classes, n, extra, never)
        if len(classes) == 2:
            kw.setdefault("positive", 1)
        return classification_case(name, classes, truth, predicted,
                                   probability if has_probability else None, weights, **kw)

    dyadic = lambda n: (rng.integers(0, 9, n) / 4).tolist()
    three, ten = ["ash", "birch", "elm"], [str(i) for i in range(10)]
    yield case("binary", ["no", "yes"])
    yield case("binary, first class positive", ["no", "yes"], positive=0)
    yield case("binary, classes not sorted", ["yes", "no"])
    yield case("binary, weighted", ["no", "yes"], weights=dyadic(60))
    yield case("binary, small weights", ["no", "yes"], n=20,
               weights=np.round(rng.random(20), 2).tolist())
    for float32 in False, True:
        yield classification_case("binary, float32" if float32 else "binary, beyond clipping",
                                  ["0", "1"], ["1", "0", "1"], [0, 1, 1],
                                  [[1.0, 0.0], [0.0, 1.0], [0.25, 0.75]], positive=1, numeric=True,
                                  float32=float32)
    yield case("binary, label unseen by the model", ["no", "yes"], extra=["maybe", "Perhaps"])
    yield case("binary, no probabilities", ["no", "yes"], has_probability=False)
    yield classification_case("binary, sure and wrong", ["0", "1"], ["1", "0"], [0, 0],
                              [[1.0, 0.0], [0.5, 0.5]], positive=1, numeric=True)
    yield classification_case("binary, all one class", ["0", "1"], ["0"] * 5, [0] * 5,
                              [[0.75, 0.25]] * 5, positive=1, numeric=True)
    yield classification_case("binary, one row", ["a", "b"], ["b"], [0], [[0.5, 0.5]], positive=1)
    yield classification_case("binary, constant prediction", ["a", "b"], ["a", "b", "a"], [0, 0, 0],
                              [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], positive=1)
    yield case("three", three)
    yield case("three, weighted", three, weights=dyadic(60))
    yield case("three, one never occurs", three, never=["birch"])
    yield case("three, unseen labels", three, extra=["zz", "a label that is long", "caf\u00e9"])
    yield case("three, unseen labels, weighted", three, extra=["zz"], weights=dyadic(60))
    yield case("ten", ten, n=120, numeric=True)
    yield case("ten, unseen numbers", ten[::-1], n=120, extra=["10", "-3", "25"], numeric=True)


def write(folder, name, value):
    with open(folder / name, "w", encoding="ascii", newline="\n") as file:
        file.write("[\n" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in value) + "\n]\n")


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(7)
    write(folder, "exact.json", list(exact_cases(rng)))
    write(folder, "spread.json", list(spread_cases(rng)))
    write(folder, "regression.json", list(regression_cases(np.random.default_rng(11))))
    write(folder, "classification.json", list(classification_cases(np.random.default_rng(13))))


main()
