"""small_tables.py - tables and models of instructions.py, made without anything but Python.

Seeded; the same bytes with any version of Python. HDF5 files are written by the library itself, through
ctypes: the interpreter that CI has brings no h5py."""

import array
import csv
import ctypes
import ctypes.util
import json
import random
import struct

POOL = 4096
TEXTS = ["plain", "Berlin", "New York", "a, b", 'say "hi"', "two\nlines", "", " padded ", '5" pipe, new',
         "semi;colon"]
CITIES = ["Amsterdam", "Berlin", "Kyoto", "Lima", "New York", "Zürich"]


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def shortest_float32(x):
    return next(text for digits in range(6, 10) if float32(float(text := f"{x:.{digits}g}")) == x)


def numbers(random_source, doubles):
    """A pool of (text, value): the sum of 12 is as good as a normal distribution here."""
    values = [sum(random_source.random() for _ in range(12)) - 6 for _ in range(POOL)]
    if doubles:
        return [(f"{v:.17g}", v) for v in values]
    return [(shortest_float32(v), v) for v in map(float32, values)]


def names_of(n):
    return [f"f{k:03d}" for k in range(n)]


def rows(n_rows, n_numbers, doubles=False, seed=1):
    """Each row a list of (text, value)."""
    source = random.Random(seed)
    pool = numbers(source, doubles)
    for _ in range(n_rows):
        yield source.choices(pool, k=n_numbers)


def write_csv(path, n_rows, n_numbers, doubles=False, n_texts=0, n_categories=0, all_quoted=False):
    """Texts and categories before the numbers, a label of 0 or 1 behind them."""
    source = random.Random(2)
    with open(path, "w", encoding="utf-8", newline="") as file:
        plain = csv.writer(file, lineterminator="\n",
                           quoting=csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL)
        plain.writerow([*(f"t{k}" for k in range(n_texts)), *(f"c{k}" for k in range(n_categories)),
                        *names_of(n_numbers), "label"])
        for row in rows(n_rows, n_numbers, doubles):
            texts = [text.replace('"', '""') for text in source.choices(TEXTS, k=n_texts)]
            file.write("".join(f'"{text}",' for text in texts))
            plain.writerow([*source.choices(CITIES, k=n_categories),
                            *(text for text, _ in row), int(source.random() < 0.5)])


def write_h5(path, n_rows, n_numbers, is_packed):
    """/X of float32, contiguous, or in chunks of 500 rows with shuffle and gzip 4; false without the library."""
    name = ctypes.util.find_library("hdf5_serial") or ctypes.util.find_library("hdf5")
    if name is None:
        return False
    h5 = ctypes.CDLL(name)
    for function in (h5.H5Fcreate, h5.H5Screate_simple, h5.H5Pcreate, h5.H5Dcreate2):
        function.restype = ctypes.c_int64
    h5.H5open()

    def known(symbol):
        return ctypes.c_int64(ctypes.c_int64.in_dll(h5, symbol).value)

    def sizes(*n):
        return (ctypes.c_uint64 * len(n))(*n)

    values = array.array("f", [value for row in rows(n_rows, n_numbers) for _, value in row])
    zero, float_le = ctypes.c_int64(0), known("H5T_IEEE_F32LE_g")
    file = ctypes.c_int64(h5.H5Fcreate(str(path).encode(), 2, zero, zero))
    space = ctypes.c_int64(h5.H5Screate_simple(2, sizes(n_rows, n_numbers), None))
    creation = ctypes.c_int64(h5.H5Pcreate(known("H5P_CLS_DATASET_CREATE_ID_g")))
    if is_packed:
        h5.H5Pset_chunk(creation, 2, sizes(500, n_numbers))
        h5.H5Pset_shuffle(creation)
        h5.H5Pset_deflate(creation, 4)
    dataset = ctypes.c_int64(h5.H5Dcreate2(file, b"X", float_le, space, zero, creation, zero))
    address = ctypes.c_void_p(values.buffer_info()[0])
    is_done = h5.H5Dwrite(dataset, float_le, zero, zero, zero, address) >= 0
    return h5.H5Dclose(dataset) >= 0 and h5.H5Fclose(file) >= 0 and is_done


def weights(source, n_in, n_out):
    return [[float32(source.random() - 0.5) for _ in range(n_out)] for _ in range(n_in)]


def write_model(path, n_numbers, widths=(1,), dtype="float32", n_categories=0, is_regression=False, step=1):
    """Dense layers behind every step-th number and the one-hot columns of categories."""
    source = random.Random(3)
    inputs = names_of(n_numbers)[step // 2::step]
    steps, parts, n_in = [], list(inputs), len(inputs) + n_categories * len(CITIES)
    for k in range(n_categories):
        steps.append({"op": "onehot", "in": [f"c{k}"], "out": f"o{k}"})
        parts.append(f"o{k}")
    for n_out in widths:
        steps.append({"op": "dense", "weights": weights(source, n_in, n_out),
                      "bias": [float32(source.random() - 0.5) for _ in range(n_out)], "activation": "relu"})
        n_in = n_out
    steps[n_categories]["in"] = parts
    del steps[-1]["activation"]
    steps[-1]["out"] = "z"
    output = {"task": "binary", "link": "sigmoid", "classes": [0, 1]}
    if is_regression:
        output = {"task": "regression", "link": "identity"}
    path.write_text(json.dumps({
        "format": "rowcast-model", "version": 1, "dtype": dtype,
        "inputs": [{"name": n, "type": "number"} for n in inputs] +
                  [{"name": f"c{k}", "type": "category", "values": CITIES} for k in range(n_categories)],
        "steps": steps, "output": {**output, "from": "z"}}) + "\n", encoding="utf-8")
