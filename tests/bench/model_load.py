#!/usr/bin/env python3
"""model_load.py - how long a large model takes from the file to the first score, and its memory.

    PYTHON=venv/bin/python tests/bench/model_load.py [WIDTH] [--rowcast FILE] [--rounds N] [--folder DIR]

Makes one MLP, 20-WIDTH-WIDTH-1 of float32 (5000 if not given: 100 MB), as whatever PYTHON has the
package for: .keras and .h5 (keras), .onnx (onnx); then .rcm by `rowcast convert`. Each is loaded and
scores one row, in turn, at least three rounds, beside the same in onnxruntime or Keras, where PYTHON
has them. Prints the median and the range of the seconds, the seconds of a plain read of the file, the
peak of memory and that over the bytes of the weights. Memory of rowcast is what it and its reader
have at one moment (PSS, looked at every few ms in a run that is not timed); of the others, what the
kernel says at their end. All scores must agree within 2e-6, else the status is 1.

The files go to a folder of their own that is removed at the end; with --folder they stay in DIR and
the next run finds them. Files are read once before the first round."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import measure

HERE = pathlib.Path(__file__).resolve().parent
INPUTS = 20
ROW = ",".join(f"x{i}" for i in range(INPUTS)) + "\n" + ",".join(str(i / 10) for i in range(INPUTS)) + "\n"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("width", type=int, nargs="?", default=5000)
    parser.add_argument("--rowcast", default=str(HERE.parent.parent / "build/src/cli/rowcast"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--python", default=os.environ.get("PYTHON", sys.executable))
    options = parser.parse_args()
    if options.rounds < 3:
        parser.error("at least 3 rounds")
    return options


# What runs in PYTHON

def weights(width):
    import numpy as np
    rng = np.random.default_rng(2029)
    shapes = ((INPUTS, width), (width,), (width, width), (width,), (width, 1), (1,))
    return [(rng.standard_normal(s, dtype="f4") / 50).astype("f4") for s in shapes]


def make_keras(width, folder):
    import keras
    dense = keras.layers.Dense
    model = keras.Sequential([keras.layers.Input((INPUTS,)), dense(width, "relu"), dense(width, "relu"),
                              dense(1, "sigmoid")])
    model.compile(loss="binary_crossentropy")
    model.set_weights(weights(width))
    model.save(folder / f"m{width}.keras")
    model.save(folder / f"m{width}.h5")


def make_onnx(width, folder):
    import onnx
    from onnx import helper, numpy_helper
    nodes, at = [], "x"
    for i, act in enumerate(("Relu", "Relu", "Sigmoid")):
        nodes += [helper.make_node("Gemm", [at, f"w{2 * i}", f"w{2 * i + 1}"], [f"z{i}"]),
                  helper.make_node(act, [f"z{i}"], [f"a{i}"])]
        at = f"a{i}"

    def info(name, n):
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, n])
    graph = helper.make_graph(nodes, "mlp", [info("x", INPUTS)], [info(at, 1)],
                              [numpy_helper.from_array(w, f"w{i}") for i, w in enumerate(weights(width))])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
              folder / f"m{width}.onnx")


def peer_onnxruntime(path, row):
    import numpy as np
    import onnxruntime
    session = onnxruntime.InferenceSession(path)
    print(session.run(None, {session.get_inputs()[0].name: np.loadtxt(row, "f4", delimiter=",", skiprows=1,
                                                                      ndmin=2)})[0][0, 0])


def peer_keras(path, row):
    import keras
    import numpy as np
    print(keras.saving.load_model(path).predict(np.loadtxt(row, "f4", delimiter=",", skiprows=1, ndmin=2),
                                                verbose=0)[0, 0])


MODES = {"make-keras": make_keras, "make-onnx": make_onnx, "onnxruntime": peer_onnxruntime,
         "keras": peer_keras}


# The comparison

def has(options, package):
    return subprocess.run([options.python, "-c", f"import importlib.util as u; import sys; "
                           f"sys.exit(u.find_spec('{package}') is None)"], check=False).returncode == 0


def make(options, folder):
    """The files that there are; .rcm is made of the first."""
    for package, endings in (("keras", (".keras", ".h5")), ("onnx", (".onnx",))):
        wanted = [folder / f"m{options.width}{ending}" for ending in endings]
        if has(options, package) and not all(p.exists() for p in wanted):
            subprocess.run([options.python, __file__, f"make-{package}", str(options.width), str(folder)],
                           check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    files = [p for e in (".keras", ".h5", ".onnx") if (p := folder / f"m{options.width}{e}").exists()]
    if not files:
        sys.exit(f"model_load: {options.python} has neither keras nor onnx; set PYTHON")
    native = folder / f"m{options.width}.rcm"
    subprocess.run([options.rowcast, "convert", files[0], "-o", native], check=True)
    return [*files, native]


def commands(options, files, row):
    """(name, command) of all that run in turn."""
    made = [(f"rowcast {p.suffix}", [options.rowcast, "score", "-m", p, row]) for p in files]
    for package, endings in (("onnxruntime", (".onnx",)), ("keras", (".keras", ".h5"))):
        made += [(f"{package} {p.suffix}", [options.python, __file__, package, p, row])
                 for p in files if p.suffix in endings and has(options, package)]
    return made


def score_of(printed):
    return float(printed.decode().split()[-1].split(",")[-1])


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        row = folder / "row.csv"
        row.write_text(ROW, encoding="ascii")
        files = make(options, folder)
        for path in files:
            measure.read_once(path)
        runs, of_all = {}, commands(options, files, row)
        for _ in range(options.rounds):
            for name, command in of_all:
                done = measure.run(command)
                runs.setdefault(name, []).append((done.seconds, done.peak, score_of(done.printed)))
        return print_table(options, files, of_all, runs)


def print_table(options, files, of_all, runs):
    n_bytes = 4 * (INPUTS * options.width + options.width ** 2 + 3 * options.width + 1)
    print(f"{n_bytes / 1e6:.1f} MB of weights")
    print(f"{'':22}{'median s':>10}{'range s':>16}{'read s':>9}{'peak MiB':>10}{'x weights':>11}{'score':>14}")
    paths = {p.suffix: p for p in files}
    for name, command in of_all:
        seconds = [run[0] for run in runs[name]]
        began = time.perf_counter()
        measure.read_once(paths[name.split()[1]])
        read = time.perf_counter() - began
        peak = measure.peak_with_children(command) if name.startswith("rowcast") else max(r[1] for r in runs[name])
        print(f"{name:22}{statistics.median(seconds):10.3f}{f'{min(seconds):.2f} - {max(seconds):.2f}':>16}"
              f"{read:9.3f}{peak:10.0f}{peak * 2 ** 20 / n_bytes:11.2f}{runs[name][0][2]:14.9f}")
    scores = [run[2] for of in runs.values() for run in of]
    is_same = max(scores) - min(scores) <= 2e-6
    print("all scores agree within 2e-6" if is_same else "SCORES DIFFER")
    return 0 if is_same else 1


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in MODES:
        mode, first, second = sys.argv[1:4]
        if mode.startswith("make"):
            MODES[mode](int(first), pathlib.Path(second))
        else:
            MODES[mode](first, second)
        sys.exit(0)
    sys.exit(main())
