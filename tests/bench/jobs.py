"""jobs.py - what is measured: a table, a model, and who does the same."""

import dataclasses

LINEAR = ("polars", "duckdb", "pyarrow+numpy", "pandas+sklearn")
NETWORK = ("polars+onnxruntime", "pyarrow+onnxruntime", "polars+numpy", "pandas+sklearn")
WIDE = ("pandas+onnxruntime", "pandas+numpy", "polars+onnxruntime", "polars+numpy", "pandas+sklearn")
HDF5 = ("h5py+numpy", "h5py+sklearn", "h5py+onnxruntime", "h5py+torch", "h5py+nothing")

# what others than rowcast need of Python; `nothing` reads and does no more
MODULES = {"pandas": "pandas", "polars": "polars", "pyarrow": "pyarrow", "duckdb": "duckdb", "h5py": "h5py",
           "sklearn": "sklearn", "numpy": "numpy", "torch": "torch", "onnxruntime": "onnxruntime"}
# programs that only unpack: what is left above them is the rest of the job
FLOORS = {"only zstd -dc": ("zstd", "-dqc"), "only gzip -dc": ("gzip", "-dc")}


@dataclasses.dataclass
class Job:
    data: str            # a file of make_data.py
    model: str           # of make_models.py
    peers: tuple
    truth: bool = True
    packed: bool = True  # predictions as .zst, else plain
    times: int = 1       # a round is so many runs, for what takes milliseconds


JOBS = {
    "d1": Job("d1.csv", "logistic", LINEAR),
    # polars and DuckDB, alone, leave the accuracy out: here rowcast does, too
    "d1-no-truth": Job("d1.csv", "logistic", ("polars", "duckdb"), truth=False),
    "d1-plain-out": Job("d1.csv", "logistic", ("polars", "duckdb"), truth=False, packed=False),
    "d1-doubles": Job("d1p.csv", "logistic", LINEAR),
    "d1-zst": Job("d1.csv.zst", "logistic", (*LINEAR, "only zstd -dc")),
    "d1-zst-frames": Job("d1-frames.csv.zst", "logistic", (*LINEAR, "only zstd -dc")),
    "d1-gz": Job("d1.csv.gz", "logistic", (*LINEAR, "only gzip -dc")),
    "d1-mlp": Job("d1.csv", "mlp", NETWORK),
    "d2": Job("d2.csv", "wide", WIDE),
    "d2-h5": Job("d2.h5", "wide", HDF5),
    "h5": Job("d1.h5", "logistic", HDF5),
    "h5-mlp": Job("d1.h5", "mlp", HDF5),
    "h5-gzip": Job("d1-gzip.h5", "logistic", HDF5),
    "h5-gzip-mlp": Job("d1-gzip.h5", "mlp", HDF5),
    "quoted": Job("quoted.csv", "twenty", LINEAR),
    "all-quoted": Job("all-quoted.csv", "logistic", LINEAR),
    "wide": Job("wide.csv", "ten", LINEAR),
    "three": Job("three.csv", "three", LINEAR, truth=False),
    "tiny": Job("tiny.csv", "logistic", LINEAR, times=5),
    "tiny-h5": Job("tiny.h5", "logistic", HDF5[:2], times=5),
}


def modules_of(peer):
    """The modules of Python that a peer needs."""
    return [] if peer in FLOORS else [MODULES[part] for part in peer.split("+") if part in MODULES]
