"""h5_inspect.py - HDF5 files whose description `rowcast inspect` is compared with.

Run with Python 3.11, h5py 3.16.0, numpy 2.4.6:
    python testdata/recipes/h5_inspect.py
Writes testdata/h5-inspect/. The files hold no times: they are the same on each run, but for a byte of
several.h5 that means nothing.
"""
import pathlib

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "h5-inspect"
TEXT = h5py.string_dtype()


def several():
    """Tables of three kinds, and all that is no table."""
    with h5py.File(FOLDER / "several.h5", "w") as f:
        x = np.arange(30, dtype="f4").reshape(10, 3) / 4
        d = f.create_dataset("X", data=x, chunks=(4, 3), shuffle=True, compression="gzip",
                             compression_opts=4, maxshape=(None, 3))
        d.attrs["columns"] = ["a", "b", "c"]
        f.create_dataset("y", data=np.arange(10, dtype="i1"))
        people = f.create_group("people")
        people.create_dataset("age", data=np.array([31, 45, 28], ">i2"))
        people.create_dataset("name", data=["ann", "bob", "cy"], dtype=TEXT)
        f.create_dataset("records", data=np.array([(1, 2.5), (3, 4.5)], [("id", "u4"), ("w", "f8")]))
        f.create_dataset("scalar", data=7)
        f.create_dataset("cube", data=np.zeros((2, 3, 4), "f2"))
        f.create_dataset("complex", data=np.zeros((2, 2), "c16"))
        f.create_dataset("lzf", data=x, chunks=(5, 3), compression="lzf")
        f["soft"] = h5py.SoftLink("/X")
        f["out"] = h5py.ExternalLink("/etc/passwd", "/X")
        f.create_dataset("outside", (4, 2), "f4", external=[("raw.bin", 0, 32)])
        layout = h5py.VirtualLayout((4, 2), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "X", (4, 2))
        f.create_virtual_dataset("virtual", layout)


def alone():
    """One table of all types, behind a user block of 512 bytes."""
    kind = np.dtype([("x", "<f8"), ("n", "<u2"), ("ok", h5py.enum_dtype({"FALSE": 0, "TRUE": 1}, "i1")),
                     ("city", "S6"), ("note", TEXT),
                     ("plan", h5py.enum_dtype({"free": 0, "pro": 3}, "i1")), ("z", "c8")])
    rows = [(1.5, 7, 1, b"Oslo", "first", 0, 1), (float("nan"), 8, 0, b"Bergen", "", 3, 2),
            (-3, 9, 1, b"Oslo", "a, b", 3, 3), (1e300, 65535, 1, b"", "line\nend", 0, 4)]
    with h5py.File(FOLDER / "alone.h5", "w", userblock_size=512) as f:
        d = f.create_dataset("table", (len(rows),), kind)
        for i, row in enumerate(rows):
            d[i] = np.array(row, kind)


def frame():
    """What AnnData writes of a data frame: categories, and columns with masks."""
    with h5py.File(FOLDER / "frame.h5", "w") as f:
        g = f.create_group("obs")
        g.attrs["encoding-type"], g.attrs["encoding-version"] = "dataframe", "0.2.0"
        g.attrs["_index"] = "key"
        g.attrs["column-order"] = np.array(["age", "plan", "seen"], TEXT)
        for name, data in (("key", ["k1", "k2", "k3", "k4"]), ("age", np.array([31, 45, 28, 40.5]))):
            d = g.create_dataset(name, data=data, dtype=TEXT if name == "key" else "f8")
            d.attrs["encoding-type"] = "string-array" if name == "key" else "array"
            d.attrs["encoding-version"] = "0.2.0"
        plan = g.create_group("plan")
        plan.attrs["encoding-type"], plan.attrs["encoding-version"] = "categorical", "0.2.0"
        plan.attrs["ordered"] = False
        plan.create_dataset("codes", data=np.array([0, 1, -1, 1], "i1"))
        plan.create_dataset("categories", data=["free", "pro"], dtype=TEXT)
        seen = g.create_group("seen")
        seen.attrs["encoding-type"], seen.attrs["encoding-version"] = "nullable-integer", "0.1.0"
        seen.create_dataset("values", data=np.array([3, 1, 0, 9]))
        seen.create_dataset("mask", data=np.array([False, False, True, False]))


def names():
    """Names that would move a cursor, end a quote, are no UTF-8, or are very long."""
    with h5py.File(FOLDER / "names.h5", "w") as f:
        for name in (b"\x1b[31mred", b"it's", b"a b", b"\xff\xfe", "größe".encode(), b"n" * 300):
            f.create_dataset(name, data=np.array([[1.0, 2.0]]))


def damaged():
    """A chunk whose deflate stream is cut by zeros."""
    path = FOLDER / "damaged.h5"
    with h5py.File(path, "w") as f:
        d = f.create_dataset("X", data=np.arange(400.0).reshape(100, 4), chunks=(50, 4),
                             compression="gzip")
        chunk = d.id.get_chunk_info(0)
    data = bytearray(path.read_bytes())
    data[chunk.byte_offset + 40:chunk.byte_offset + 60] = bytes(20)
    path.write_bytes(data)


def chunks():
    """Three columns without a value, each a chunk of 512 MiB."""
    with h5py.File(FOLDER / "chunks.h5", "w") as f:
        for name in "abc":
            f.create_dataset(f"g/{name}", (1 << 27,), "f4", chunks=(1 << 27,))


def main():
    FOLDER.mkdir(exist_ok=True)
    for make in (several, alone, frame, names, damaged, chunks):
        make()
        print(make.__name__)


if __name__ == "__main__":
    main()
