#!/usr/bin/env python3
"""make_onnx_flights.py - testdata/onnx/flights-*: pipelines over the real flights table (numbers, texts,
missing cells), as skl2onnx writes them, every 50th row, and predict_proba. Adds to cases.json.

Made with scikit-learn 1.9.1, skl2onnx 1.20.0, onnx 1.23.2, numpy 2.4.6, pandas 3.1.1:

    zstd -dc ../flights/flights.csv.zst > flights.csv
    python make_onnx_flights.py ../onnx flights.csv"""

import pathlib
import sys
import warnings

import numpy as np
import pandas as pd
import sklearn
from onnx_cases import add_cases, write_csv
from skl2onnx import __version__ as skl2onnx_version
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, RobustScaler, StandardScaler

warnings.filterwarnings("ignore")
OUT = pathlib.Path(sys.argv[1])
TEXTS = ["weekday", "carrier", "origin", "dest", "manufacturer"]
EVERY = 50
BY = f"scikit-learn {sklearn.__version__}"


def features(mean, scaler):
    numbers = make_pipeline(SimpleImputer(strategy=mean), scaler)
    return ColumnTransformer([("numbers", numbers, NUMBERS),
                              ("texts", OneHotEncoder(handle_unknown="ignore"), TEXTS)])


def case(name, pipeline, truth, positive=None):
    known = table[truth].notna()
    pipeline.fit(table.loc[known, NUMBERS + TEXTS].iloc[:20000], table.loc[known, truth].iloc[:20000])
    inputs = [(n, FloatTensorType([None, 1])) for n in NUMBERS] + [(n, StringTensorType([None, 1])) for n in TEXTS]
    last = pipeline.steps[-1][1]
    model = to_onnx(pipeline, initial_types=inputs, options={id(last): {"zipmap": False}}, target_opset=18)
    rows = table.iloc[::EVERY]
    said, labels = pipeline.predict_proba(rows[NUMBERS + TEXTS]), pipeline.predict(rows[NUMBERS + TEXTS])
    classes = list(pipeline.classes_)
    header = ["label", "probability"] if len(classes) == 2 else ["label", *[f"probability_{c}" for c in classes]]
    numbers = said[:, 1:] if len(classes) == 2 else said
    (OUT / f"flights-{name}.onnx").write_bytes(model.SerializeToString())
    write_csv(OUT / f"flights-{name}.expected.csv", header, [[k, *np.float32(p)] for k, p in zip(labels, numbers)])
    cases.append({"name": f"flights-{name}", "table": "flights.csv", "dtype": "float32", "options": [],
                  "producer": f"skl2onnx {skl2onnx_version}, {BY}, real data", "by": BY})


table = pd.read_csv(sys.argv[2], keep_default_na=False, na_values=["", "NA"])
NUMBERS = [n for n in table.columns if table[n].dtype.kind in "if" and n not in ("id", "air_time")]
table[NUMBERS] = table[NUMBERS].astype(np.float32)
table["manufacturer"] = table["manufacturer"].fillna("")  # a text that is missing is the empty one, as ONNX has no other
cases = []
case("logistic", make_pipeline(features("mean", StandardScaler()), LogisticRegression(max_iter=300)), "late")
case("mlp", make_pipeline(features("median", RobustScaler()), MLPClassifier((12, 6), max_iter=12, random_state=3)), "outcome")
sample = table.iloc[::EVERY][NUMBERS + TEXTS]
write_csv(OUT / "flights.csv", NUMBERS + TEXTS, [["" if isinstance(v, float) and v != v else v for v in row]
                                                 for row in sample.itertuples(index=False)])
add_cases(OUT / "cases.json", cases)
print(len(cases), "models;", NUMBERS, table[TEXTS].isna().sum().to_dict())
