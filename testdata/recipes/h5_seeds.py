"""h5_seeds.py - seeds of the fuzz target h5: descriptions of HDF5 files, as the reader would give them.

h5_seeds.py FOLDER       writes FOLDER/*; h5py 3.16.0, hdf5plugin 7.1.0

The files are made here, small, and described by what h5py says of them: the first byte of a seed is 2, then
come the description, a chunk list for each chunked storage, and the file. Seeds of filters begin with 0."""
import pathlib
import struct
import sys

import h5py
import hdf5plugin
import numpy as np

NONE = 2**32 - 1
INT, UINT, FLOAT, BOOL, TEXT, TEXT_VAR, UNREADABLE = range(7)
CONTIGUOUS, CHUNKED, BLOCKS = range(3)
out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)


def u32(x):
    return struct.pack("<I", x)


def u64(x):
    return struct.pack("<Q", x % 2**64)


def text(x):
    x = x.encode() if isinstance(x, str) else x
    return u64(len(x)) + x


def flag(x):
    return bytes([bool(x)])


def storage(dataset, transposed=False, blocks=False):
    """Description, and the chunk list if there is one."""
    shape = list(dataset.shape) + [1] * (2 - dataset.ndim)
    chunk = list(dataset.chunks or [0] * dataset.ndim) + [1] * (2 - dataset.ndim)
    if transposed:
        shape.reverse()
        chunk.reverse()
    kind = BLOCKS if blocks else CHUNKED if dataset.chunks else CONTIGUOUS
    if kind != CHUNKED:
        chunk = [0, 0]
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i) for i in range(plist.get_nfilters())]
    offset = dataset.id.get_offset()
    size = 8 if dataset.dtype.kind == "O" else dataset.dtype.itemsize
    data = text(dataset.name) + u32(kind) + u64(shape[0]) + u64(shape[1]) + flag(transposed)
    data += u64(offset if offset is not None else 2**64 - 1 if kind == CONTIGUOUS else 0)
    data += u64(chunk[0]) + u64(chunk[1]) + text(bytes(size)) + u32(len(filters))
    for number, _, values, _ in filters:
        data += u32(number) + u32(len(values[:8])) + b"".join(u32(v) for v in values[:8])
    if kind != CHUNKED:
        return data, b""
    grid = [-(-shape[0] // chunk[0]), -(-shape[1] // chunk[1])]
    found = {}
    for i in range(dataset.id.get_num_chunks()):
        info = dataset.id.get_chunk_info(i)
        at = list(info.chunk_offset) + [0] * (2 - dataset.ndim)
        if transposed:
            at.reverse()
        found[at[0] // chunk[0], at[1] // chunk[1]] = info
    chunks = u64(grid[0] * grid[1])
    for r in range(grid[0]):
        for c in range(grid[1]):
            info = found.get((r, c))
            chunks += struct.pack("<QII", info.byte_offset, info.size, info.filter_mask) if info else bytes(16)
    return data, u32(len(chunks)) + chunks


def column(name, kind, n_bytes, number, index=0, offset=0, mask=NONE, labels=NONE, big=False, padded=False, side=False,
           why=""):
    data = flag(name is not None) + text(name or "") + u32(kind) + u32(n_bytes) + flag(big) + flag(padded) + flag(side)
    return data + u32(number) + u64(index) + u32(offset) + u32(mask) + u32(labels) + text(why)


def seed(name, n_rows, storages, columns, labels=(), rest=b""):
    data = text("/") + text("layout") + u64(n_rows) + flag(True) + u64(len(storages))
    data += b"".join(s[0] for s in storages) + u64(len(labels))
    for texts, values in labels:
        data += flag(values is not None) + u64(len(texts))
        for i, t in enumerate(texts):
            data += text(t) + (u64(values[i]) if values is not None else b"")
    data += u64(len(columns)) + b"".join(columns)
    head = b"\2" + u32(len(data)) + data + b"".join(s[1] for s in storages)
    (out / name).write_bytes(head + rest)


def matrix(name, dtype, kind, shape=(70, 5), transposed=False, **storage_options):
    """A 2-D dataset; addresses are those of the file, which begins behind the lists: as good as any."""
    with h5py.File("seed.h5", "w", driver="core", backing_store=False) as file:
        values = (np.arange(shape[0] * shape[1]) * 37 % 1000).reshape(shape).astype(dtype)
        dataset = file.create_dataset("X", data=values, **storage_options)
        file.flush()
        rows, columns = shape[::-1] if transposed else shape
        big = np.dtype(dtype).byteorder == ">"
        listed = [column(f"x{i}", kind, values.itemsize, 0, i, big=big) for i in range(columns)]
        seed(name, rows, [storage(dataset, transposed)], listed, rest=file.id.get_file_image())


matrix("contiguous-f4", "<f4", FLOAT)
matrix("contiguous-transposed-i2", ">i2", INT, shape=(5, 70), transposed=True)
matrix("chunked-f8-gzip", "<f8", FLOAT, chunks=(16, 5), compression="gzip", shuffle=True, fletcher32=True)
matrix("chunked-f2-columns", "<f2", FLOAT, chunks=(16, 2))
matrix("chunked-transposed-u4", ">u4", UINT, shape=(5, 70), transposed=True, chunks=(2, 16), compression="gzip")
matrix("chunked-zstd", "<i8", INT, chunks=(32, 5), **hdf5plugin.Zstd())
matrix("chunked-lz4", "<u1", UINT, chunks=(32, 5), **hdf5plugin.LZ4())

with h5py.File("seed.h5", "w", driver="core", backing_store=False) as file:
    codes = file.create_dataset("codes", data=np.arange(40, dtype="i1") % 4 - 1)
    mask = file.create_dataset("mask", data=np.arange(40) % 3 == 0, chunks=(8,), compression="gzip")
    names = file.create_dataset("names", data=np.array([b"ab", b"abcd"] * 20, dtype="S4"), chunks=(10,))
    flags = file.create_dataset("flags", data=np.arange(40) % 2 == 0)
    record = np.zeros(40, dtype=[("a", "<f4"), ("t", "S3"), ("e", "<i2")])
    record["a"], record["t"], record["e"] = np.arange(40), b"xy", np.arange(40) % 3
    pairs = file.create_dataset("record", data=record, chunks=(7,), shuffle=True, compression="gzip")
    file.flush()
    seed("frame", 40, [storage(d) for d in (codes, mask, names, flags, pairs)],
         [column("c", INT, 1, 0, labels=0, mask=1), column("n", TEXT, 4, 2, padded=True), column("b", BOOL, 1, 3),
          column("a", FLOAT, 4, 4), column("t", TEXT, 3, 4, offset=4), column("e", INT, 2, 4, offset=7, labels=1),
          column("o", UNREADABLE, 0, 0, side=True, why="pickled objects")],
         [(["red", "green", "blue"], None), (["one", "two"], [1, 2])], file.id.get_file_image())
    words = b"".join(u32(3 * i) + u32(3) for i in range(20)) + b"abc" * 20
    variable = text("/v") + u32(BLOCKS) + u64(20) + u64(1) + flag(False) + u64(0) * 3 + text(bytes(8)) + u32(0)
    seed("blocks", 20, [(variable, b"")], [column("v", TEXT_VAR, 8, 0)], rest=words)

folder = pathlib.Path(__file__).parent.parent / "h5-chunks"
kinds = {"deflate": 0, "shuffle": 1, "fletcher32": 2, "lz4": 3, "zstd": 4}
sizes = {"deflate": 1200, "shuffle-deflate-fletcher32": 2400, "fletcher32-shuffle-deflate": 2400, "shuffle-3": 900,
         "shuffle-zstd": 1200, "zstd-deflate": 1200, "lz4-blocks": 2400, "lz4-stored": 1200}
for name, size in sizes.items():
    filters = [kinds[k] for k in name.split("-") if k in kinds]
    head = bytes([0, len(filters)]) + b"".join(bytes([k, 8 if size == 2400 else 3 if size == 900 else 4])
                                               for k in filters)
    (out / f"filters-{name}").write_bytes(head + b"\0" + struct.pack("<H", size - 1) +
                                          (folder / f"{name}.chunk").read_bytes())
node = text("/X") + text("dataset") + text("float32") + u32(2) + b"".join(u64(x) for x in (7, 7, 2, 3, 3, 3))
node += flag(True) + text("chunked") + text("shuffle") + u64(55) + text("2-D dataset") + u64(7) + u64(3) + text("odd")
(out / "tree").write_bytes(b"\1" + u64(512) + flag(False) + u64(1) + node)
(out / "request").write_bytes(b"\1" + flag(True) + text("/X") + u64(2) + text("/y") + text("w") + u64(1 << 30))
