"""from_sklearn.py - a fitted pipeline of scikit-learn as a native model.

A Pipeline of a ColumnTransformer and an estimator. Branches of the ColumnTransformer are made of
SimpleImputer, StandardScaler, KBinsDiscretizer and OneHotEncoder; estimators are Ridge,
LogisticRegression, MLPClassifier and MLPRegressor. What it does not know it refuses.
Run with Python 3.11, numpy 2.4.6, scikit-learn 1.9.1.
"""
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

import native as nat

ABSENT = "(missing)"   # stands for a missing cell that is a category of its own
RARE = "(infrequent)"  # stands for every category that scikit-learn calls infrequent


def is_missing(value):
    return value is None or value != value


def parts(transformer):
    """The steps of a branch: of a Pipeline, or itself."""
    return [s for _, s in transformer.steps] if hasattr(transformer, "steps") else [transformer]


def number_branch(name, columns, branch):
    """Inputs and steps of columns of numbers; a missing cell goes on as NaN to the imputer."""
    steps, missing = [], {}
    for part in branch:
        if isinstance(part, SimpleImputer):
            missing = {"missing": "nan"}
            step = {"op": "impute", "values": part.statistics_.astype(float)}
            if part.indicator_ is not None:
                step["indicators"] = [int(k) for k in part.indicator_.features_]
        elif isinstance(part, StandardScaler):
            step = nat.affine(part.mean_, part.scale_)
        elif isinstance(part, KBinsDiscretizer):
            step = {"op": "bin", "edges": [nat.nested(e[1:-1]) for e in part.bin_edges_],
                    "encode": "ordinal" if part.encode == "ordinal" else "onehot"}
        else:
            raise NotImplementedError(type(part).__name__)
        steps.append(step)
    steps[0]["in"], steps[-1]["out"] = list(columns), name
    return [{"name": c, "type": "number", **missing} for c in columns], steps


def category_input(column, values, imputer, k, is_zeros):
    """The input, where each value is a category of the encoder; a missing cell is what the imputer
    makes of it, or, without an imputer, a category of its own."""
    entry = {"name": column, "type": "category", "values": [ABSENT if is_missing(v) else str(v) for v in values]}
    if imputer is not None:  # a filling that training never saw is an unknown value
        filling = str(imputer.statistics_[k])
        entry["missing"] = filling if filling in entry["values"] else "unknown"
    elif ABSENT in entry["values"]:
        entry["missing"] = ABSENT
    if is_zeros:
        entry["unknown"] = "zeros"
    return entry


def encode_grouped(column, entry, encoder, k):
    """Steps of a column with infrequent categories. Where unknown values count as infrequent, the
    input says it all; else a number for each group is found first, so that they stay apart."""
    rare = {ABSENT if is_missing(v) else str(v) for v in encoder.infrequent_categories_[k]}
    often = [v for v in entry["values"] if v not in rare]
    if encoder.handle_unknown == "infrequent_if_exist":
        if entry.get("missing") in rare:
            entry["missing"] = RARE
        entry.update(values=[*often, RARE], unknown=RARE)
        return [{"op": "onehot", "in": column, "out": f"{column}_1h"}]
    codes = np.array([often.index(v) if v in often else len(often) for v in entry["values"]])
    return [{"op": "ordinal", "in": column, "values": list(entry["values"]), "codes": codes, "unknown": -1},
            {"op": "onehot", "values": list(range(len(often) + 1)), "unknown": "zeros", "out": f"{column}_1h"}]


def category_branch(columns, branch):
    """Inputs and steps of columns of text, one step a column."""
    imputer, encoder = branch if len(branch) == 2 else (None, branch[0])
    if not isinstance(encoder, OneHotEncoder):
        raise NotImplementedError(type(encoder).__name__)
    inputs, steps = [], []
    for k, column in enumerate(columns):
        entry = category_input(column, encoder.categories_[k], imputer, k, encoder.handle_unknown != "error")
        if getattr(encoder, "infrequent_categories_", [None] * len(columns))[k] is not None:
            steps += encode_grouped(column, entry, encoder, k)
        else:
            step = {"op": "onehot", "in": column, "out": f"{column}_1h"}
            if encoder.drop_idx_ is not None and encoder.drop_idx_[k] is not None:
                step["drop"] = entry["values"][encoder.drop_idx_[k]]
            steps.append(step)
        inputs.append(entry)
    return inputs, steps, [f"{c}_1h" for c in columns]


def estimator_steps(estimator, read):
    """The layers, and the output without its classes."""
    if hasattr(estimator, "coefs_"):
        hidden = {"logistic": "sigmoid"}.get(estimator.activation, estimator.activation)
        layers = [nat.dense(w, b, activation=hidden) for w, b in zip(estimator.coefs_, estimator.intercepts_)]
        layers[-1].pop("activation")
        link = {"logistic": "sigmoid"}.get(estimator.out_activation_, estimator.out_activation_)
    else:
        layers = [nat.dense(np.atleast_2d(estimator.coef_).T, np.atleast_1d(estimator.intercept_))]
        link = "identity"
        if hasattr(estimator, "classes_"):
            link = "sigmoid" if len(estimator.classes_) == 2 else "softmax"
    layers[0]["in"], layers[-1]["out"] = read, "z"
    return layers, {"from": "z", "link": link}


def convert(pipe):
    """The native model of a fitted pipeline."""
    prepare, estimator = pipe[0], pipe[-1]
    inputs, steps, read = [], [], []
    for name, transformer, columns in prepare.transformers_:
        branch = parts(transformer)
        if name == "remainder" and transformer == "drop":
            continue
        if isinstance(branch[-1], OneHotEncoder):
            more_inputs, more_steps, values = category_branch(columns, branch)
        else:
            more_inputs, more_steps = number_branch(name, columns, branch)
            values = [name]
        inputs, steps, read = inputs + more_inputs, steps + more_steps, read + values
    layers, output = estimator_steps(estimator, read)
    task = {"task": "regression"}
    if hasattr(estimator, "classes_"):
        classes = [str(c) for c in estimator.classes_]
        task = {"task": "binary" if len(classes) == 2 else "multiclass"}
        output["classes"] = classes
    return nat.model(inputs, [*steps, *layers], {**task, **output})
