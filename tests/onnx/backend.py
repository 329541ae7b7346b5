#!/usr/bin/env python3
"""backend.py - the node tests of the onnx package, against rowcast.

    PYTHON backend.py ROWCAST [--older] [--verbose] [WORD ...]

PYTHON has onnx (seen with 1.23.2). A node test is a model of one operator with inputs and what comes
out. Of each whose operators rowcast knows, axis 0 is made the rows: inputs that have it become
columns, joined in order, the others initializers; where that is refused, only the first input stays
one. Counts what is right, what is refused, by reason, and what is wrong; status 1 if anything is. A row
with a NaN, which is a missing cell, is refused unless the model says what it becomes: tests with such
rows whose other rows are right are counted apart.

--older also converts each model to each older opset, down to 6, by onnx.version_converter; where
onnxruntime, if it is there, gives something else for what comes of that, it is left out (softmax that
meant one axis). WORD: only tests whose name holds it."""

import argparse
import collections
import copy
import csv
import io
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx import numpy_helper, version_converter
from onnx.backend.test.case.node import collect_testcases

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
import onnx_ops  # noqa: E402  (the comparison is that of the committed cases)

OLDEST = 6
SOURCE = HERE.parent.parent / "src" / "model" / "foreign" / "onnx" / "ops.c"
HALF = {onnx.TensorProto.FLOAT16: 2 ** -10, onnx.TensorProto.BFLOAT16: 2 ** -7}  # rowcast keeps more bits


def claimed():
    """The operators that rowcast has, by its table of them."""
    return set(re.findall(r'\{"(\w+)", rc_op_', SOURCE.read_text(encoding="utf-8")))


def cell(value):
    if isinstance(value, (str, bytes)):
        return value if isinstance(value, str) else value.decode()
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    return str(int(value)) if isinstance(value, (int, np.integer)) else repr(float(value))


def plain(array):
    """Rows of numbers or texts, as onnx_ops.compare has them."""
    array = np.asarray(array)
    rows = array.reshape(len(array), -1)
    if rows.dtype.kind in "USO":
        return [[cell(v) for v in row] for row in rows]
    return [[None if np.isnan(v) else float(v) for v in row] for row in rows.astype(np.float64)]


def is_rows(array, n):
    return isinstance(array, np.ndarray) and array.ndim >= 1 and array.shape[0] == n and array.size > 0


class Prepared:
    """A model whose inputs are columns, and the table for it."""

    def __init__(self, model, feed, chosen, is_fixed):
        self.model, self.columns, self.widths, self.names = copy.deepcopy(model), [], [], []
        graph = self.model.graph
        left = []
        for value in graph.input:
            array = feed.get(value.name)
            if value.name in chosen:
                shape = value.type.tensor_type.shape
                if shape.dim and not is_fixed:
                    shape.dim[0].ClearField("dim_value")
                    shape.dim[0].dim_param = "rows"
                left.append(copy.deepcopy(value))
                self.columns.append(array.reshape(len(array), -1))
                self.widths.append(self.columns[-1].shape[1])
                self.names.append(value.name)
            elif array is not None:
                graph.initializer.append(numpy_helper.from_array(array, value.name))
        del graph.input[:]
        graph.input.extend(left)
        for value in graph.output:
            value.type.tensor_type.ClearField("shape")

    def table(self):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.names if set(self.widths) == {1} else
                        [f"c{i}" for i in range(sum(self.widths))])
        for row in zip(*self.columns):
            writer.writerow([cell(v) for part in row for v in part])
        return out.getvalue().encode()


def score(options, folder, prepared):
    path = pathlib.Path(folder, "m.onnx")
    path.write_bytes(prepared.model.SerializeToString())
    return subprocess.run([options.rowcast, "score", "-m", str(path), "--on-error", "null", "--quiet"],
                          input=prepared.table(), capture_output=True, check=False)


def reason(text):
    """What is said, without what it is said of."""
    first = text.splitlines()[0] if text else "(nothing said)"
    first = re.sub(r"^.*?\): ", "", first) if "): " in first else first.split(": ", 3)[-1]
    return re.sub(r"'[^']*'", "'...'", re.sub(r"\d+", "N", first))


def without_nan(prepared, rows):
    """The rows without those that are refused for a NaN that comes in."""
    bad = [r for r, row in enumerate(rows) if not any(row) and
           any(c.dtype.kind == "f" and np.isnan(c[r]).any() for c in prepared.columns)]
    return np.delete(np.arange(len(rows)), bad)


def rounded(header, rows, outputs, step):
    """The rows with each number that is near enough to the expected one replaced by it."""
    at = 1 if header[0] == "label" else 0
    for r, row in enumerate(rows):
        wanted = [float(x) for o in outputs for x in np.asarray(o, np.float64)[r].ravel()]
        if len(row) - at == len(wanted):
            row[at:] = [repr(w) if c and abs(float(c) - w) <= step * max(abs(w), 2 ** -6) else c
                        for c, w in zip(row[at:], wanted)]


def attempt(options, folder, model, feed, outputs, chosen, is_fixed=False):
    """right, refused or wrong, and why."""
    prepared = Prepared(model, feed, chosen, is_fixed)
    done = score(options, folder, prepared)
    text = done.stderr.decode(errors="replace")
    if done.returncode == 4:
        return "refused", reason(text)
    if done.returncode != 0:
        return "wrong", f"status {done.returncode}: {text[:200]}"
    header, *rows = csv.reader(done.stdout.decode().splitlines())
    step = max(HALF.get(v.type.tensor_type.elem_type, 0)
               for v in [*model.graph.input, *model.graph.output, *model.graph.value_info])
    if len(model.graph.node) > 1:
        step *= 4  # it is rounded again and again
    if step:
        rounded(header, rows, outputs, step)
    kept = without_nan(prepared, rows)
    case = {"rows": kept, "expected": [plain(np.asarray(o)[kept]) for o in outputs]}
    problem = onnx_ops.compare(header, [rows[r] if rows[r] else [""] for r in kept], case) if len(kept) else None
    if problem:
        return "wrong", problem[:200]
    return ("right", "") if len(kept) == len(rows) else ("missing", "a row that holds a NaN is refused")


def check(options, folder, model, feed, outputs):
    """The best of the ways to make rows of a test."""
    if not all(isinstance(o, np.ndarray) and o.ndim >= 1 for o in outputs):
        return "no rows", "an output is no tensor, or one number"
    n = outputs[0].shape[0]
    if not n or any(o.shape[0] != n for o in outputs):
        return "no rows", "the outputs have different numbers of rows, or none"
    all_rows = [name for name, array in feed.items() if is_rows(array, n)]
    if not all_rows:
        return "no rows", "no input has the rows of the output"
    first = None
    for chosen in [all_rows, all_rows[:1]][:len(all_rows)]:
        for is_fixed in (False, True):
            result = attempt(options, folder, model, feed, outputs, chosen, is_fixed)
            first = first or result
            if result[0] != "refused":
                return result
    return first


def opset_of(model):
    return next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)


def versions(model, options):
    """The model, and as older opsets have it: (opset, model)."""
    newest = opset_of(model)
    yield newest, model
    for opset in range(newest - 1, OLDEST - 1, -1) if options.older else ():
        try:
            converted = version_converter.convert_version(model, opset)
            onnx.checker.check_model(converted)
        except Exception:  # it has no converter for this, or the opset has no such thing
            continue
        yield opset, converted


def is_kept(model, feed, outputs):
    """Whether the model still gives this, as far as can be told."""
    try:
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        got = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, feed)
    except Exception:  # not installed, or it does not run this
        return True
    return all(a.shape == b.shape and (a.dtype.kind not in "fiub" or np.allclose(a, b, 1e-3, 1e-5, equal_nan=True))
               for a, b in zip(got, outputs) if isinstance(b, np.ndarray))


def array_of(value):
    if isinstance(value, onnx.TensorProto):
        value = numpy_helper.to_array(value)
    return np.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else None


def feed_of(model, inputs):
    """Arrays by the name of the input; those that are no arrays: None."""
    feed = {}
    for value, array in zip(model.graph.input, inputs):
        feed[value.name] = array_of(array)
    return feed


def run(options, case, folder, counts, reasons, wrong):
    inputs, outputs = case.data_sets[0]
    outputs = [array_of(o) for o in outputs]
    for opset, model in versions(case.model, options):
        feed = feed_of(model, inputs)
        if any(array is None for array in feed.values()):
            result, why = "no rows", "an input is no tensor"
        elif opset != opset_of(case.model) and not is_kept(model, feed, outputs):
            result, why = "changed", "the conversion changed what it gives"
        else:
            result, why = check(options, folder, model, feed, outputs)
        counts[result] += 1
        if options.verbose:
            print(f"{result:11} {opset:3} {case.name} {why}")
        if result == "wrong":
            wrong.append(f"{case.name}, opset {opset}: {why}")
        elif result != "right":
            reasons[result, why].append(f"{case.name} ({opset})")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rowcast")
    parser.add_argument("--older", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("words", nargs="*", metavar="WORD")
    return parser.parse_args()


def main():
    options = arguments()
    warnings.filterwarnings("ignore")
    counts, reasons, wrong = collections.Counter(), collections.defaultdict(list), []
    ours, n_unknown = claimed(), 0
    with tempfile.TemporaryDirectory(prefix="rowcast-backend-") as folder:
        for case in collect_testcases(None):
            known = {node.op_type for node in case.model.graph.node} <= ours
            n_unknown += not known
            if known and (not options.words or any(w in case.name for w in options.words)):
                run(options, case, folder, counts, reasons, wrong)
    for (result, why), names in sorted(reasons.items(), key=lambda item: (item[0][0], -len(item[1]))):
        print(f"{result}: {len(names)}: {why}: {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}")
    for text in wrong:
        print("WRONG", text)
    print(f"onnx {onnx.__version__}: {sum(counts.values())} models: " +
          ", ".join(f"{n} {what}" for what, n in counts.most_common()) +
          f"; {n_unknown} node tests hold other operators")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
