"""h5_storage.py - one dataset in every way that HDF5 can store it; used by make_h5.py."""
import ctypes
import dataclasses
import zlib

import h5py
import hdf5plugin
import numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

OPTIONAL, MANDATORY = h5z.FLAG_OPTIONAL, h5z.FLAG_MANDATORY
ROWS = 20  # of a chunk: the last one is cut by the end of the table
FILTERS = {
    "shuffle": lambda d: d.set_shuffle(),
    "deflate": lambda d: d.set_deflate(6),
    "fletcher32": lambda d: d.set_fletcher32(),
    "szip": lambda d: d.set_szip(h5z.SZIP_NN_OPTION_MASK, 8),
    "nbit": lambda d: d.set_filter(h5z.FILTER_NBIT, OPTIONAL, ()),
    "scaleoffset": lambda d: d.set_scaleoffset(h5z.SO_INT, 0),
    "zstd": lambda d: d.set_filter(32015, OPTIONAL, (5,)),
    "lz4": lambda d: d.set_filter(32004, OPTIONAL, ()),
    "lz4 blocks": lambda d: d.set_filter(32004, OPTIONAL, (256,)),
    "lzf": lambda d: d.set_filter(32000, OPTIONAL, ()),
    "blosc": lambda d: d.set_filter(*blosc(hdf5plugin.Blosc(cname="lz4", clevel=1))),
    "blosc2": lambda d: d.set_filter(*blosc(hdf5plugin.Blosc2(cname="lz4", clevel=1))),
    "bitshuffle": lambda d: d.set_filter(32008, OPTIONAL, (0, 2)),
}


def blosc(plugin):
    return plugin["compression"], OPTIONAL, tuple(plugin["compression_opts"])


@dataclasses.dataclass
class Storage:
    """chunk: rows, columns (None: all of them); None is contiguous. most: see `limits`."""

    name: str
    chunk: tuple = None
    most: str = ""  # axes without a limit: "r", "rc"
    filters: tuple = ()
    early: bool = False
    compact: bool = False
    fill: object = None
    n_written: int = None  # only the first chunks of the grid, one of two afterwards
    has_plain_edges: bool = False
    masked: bool = False  # chunk k without the filters of mask k % 4
    old: bool = False  # chunks under a B-tree of version 1
    at_least: int = 1  # the rank it needs
    is_empty: bool = False

    def chunk_of(self, shape):
        if self.chunk is None:
            return None
        rows, columns = self.chunk
        return (rows or max(shape[0], 1), columns or shape[1])[:len(shape)] if len(shape) > 1 else \
            (rows or max(shape[0], 1),)


def s(name, rows=ROWS, columns=None, **rest):
    return Storage(name, (rows, columns), **rest)


def storages():
    """By name. Without `most` and with filters the index is a fixed array."""
    out = [
        Storage("contiguous"), Storage("compact", compact=True), Storage("contiguous, early", early=True),
        s("single chunk", None), s("single chunk, deflate", None, filters=("shuffle", "deflate")),
        s("implicit", early=True), s("fixed array"), s("extensible array", most="r"),
        s("B-tree 2", most="rc", at_least=2), s("B-tree 1", most="r", old=True),
        s("fixed array, deflate", filters=("deflate",)),
        s("extensible array, deflate", most="r", filters=("shuffle", "deflate")),
        s("B-tree 2, deflate", most="rc", filters=("shuffle", "deflate"), at_least=2),
        s("B-tree 1, deflate", old=True, filters=("shuffle", "deflate")),
        s("shuffle", filters=("shuffle",)), s("fletcher32", filters=("fletcher32",)),
        s("all of them", filters=("shuffle", "deflate", "fletcher32")),
        s("fletcher32 first", filters=("fletcher32", "shuffle", "deflate")),
        s("deflate twice", filters=("deflate", "deflate")),
        s("zstd", filters=("zstd",)), s("zstd, shuffle", most="r", filters=("shuffle", "zstd", "fletcher32")),
        s("lz4", filters=("lz4",)), s("lz4, blocks", filters=("shuffle", "lz4 blocks")),
        s("szip", filters=("szip",)), s("nbit", filters=("nbit",)), s("nbit, deflate", filters=("nbit", "deflate")),
        s("filter masks", filters=("shuffle", "deflate", "fletcher32"), masked=True),
        s("filter masks, B-tree 1", filters=("shuffle", "deflate", "fletcher32"), masked=True, old=True),
        s("plain edges", filters=("shuffle", "deflate"), has_plain_edges=True),
        s("plain edges, extensible", filters=("deflate",), has_plain_edges=True, most="r"),
        s("larger than the table", 200, most="r"), s("one row", 1, filters=("deflate",)),
        s("whole chunks", 24, filters=("deflate",)),
        s("columns split", ROWS, 2, filters=("shuffle", "deflate"), at_least=2),
        s("columns split, B-tree 1", ROWS, 3, old=True, at_least=2),
        s("columns split, B-tree 2", 7, 4, most="rc", at_least=2),
        s("chunk of one column", None, 1, filters=("deflate",), at_least=2),
    ]
    return {x.name: x for x in out}


def many_chunks():
    """1,200 chunks of one element: pages of arrays, nodes of trees."""
    kinds = {"fixed array": {}, "fixed array, deflate": {"filters": ("deflate",)}, "extensible array": {"most": "r"},
             "implicit": {"early": True}, "B-tree 2": {"most": "rc"}, "B-tree 1": {"old": True}}
    return {n: s(f"{n}, 1,200 chunks", 1, 1, at_least=2, **k) for n, k in kinds.items()}


def sparse():
    """Chunks that were never written."""
    kinds = {"contiguous": {"chunk": None}, "fixed array": {}, "extensible array": {"most": "r"},
             "B-tree 2": {"most": "rc"}, "B-tree 1": {"old": True},
             "fixed array, deflate": {"filters": ("shuffle", "deflate")},
             "B-tree 1, deflate": {"filters": ("shuffle", "deflate"), "old": True}}
    return {n: Storage(f"{n}, missing chunks", **{"chunk": (16, 2), "at_least": 2, "fill": 0.75, "n_written": 4, **k})
            for n, k in kinds.items()}


def plain_edges(dcpl):
    """H5Pset_chunk_opts, which h5py does not have, by the library that it has loaded."""
    with open("/proc/self/maps", encoding="utf-8") as f:
        (path,) = {line.split()[-1] for line in f if "h5py.libs/libhdf5-" in line}
    call = ctypes.CDLL(path).H5Pset_chunk_opts
    call.argtypes = [ctypes.c_int64, ctypes.c_uint]
    assert call(dcpl.id, 2) == 0


def encode(chunk, mask):
    """shuffle, then deflate, without those of the mask."""
    data = chunk.tobytes()
    if not mask & 1:
        data = np.frombuffer(data, np.uint8).reshape(-1, chunk.itemsize).T.tobytes()
    return data if mask & 2 else zlib.compress(data)


def grid(shape, chunk):
    return [tuple(int(i) * c for i, c in zip(at, chunk))
            for at in np.ndindex(*(-(-n // c) for n, c in zip(shape, chunk)))]


def write_part(made, data, at, chunk, kind):
    piece = np.ascontiguousarray(data[tuple(slice(i, i + c) for i, c in zip(at, chunk))])
    space = made.get_space()
    space.select_hyperslab(at, piece.shape)
    made.write(h5s.create_simple(piece.shape), space, piece, kind)


def write_masked(made, data, chunk, kind):
    """All chunks but the first, which the library writes with its checksum."""
    first, *others = grid(data.shape, chunk)
    write_part(made, data, first, chunk, kind)
    for k, at in enumerate(others, 1):
        whole = np.zeros(chunk, data.dtype)
        piece = data[tuple(slice(i, i + c) for i, c in zip(at, chunk))]
        whole[tuple(slice(0, n) for n in piece.shape)] = piece
        made.write_direct_chunk(at, encode(whole, k % 4), filter_mask=4 | k % 4)


def write_some(made, data, chunk, kind, n_written):
    for k, at in enumerate(grid(data.shape, chunk)):
        if k < n_written or k % 2 and k > 8:
            write_part(made, data, at, chunk, kind)


def creation(storage, shape, dtype, chunk):
    dcpl = h5p.create(h5p.DATASET_CREATE)
    if chunk:
        dcpl.set_chunk(chunk)
    elif storage.compact:
        dcpl.set_layout(h5d.COMPACT)
    for name in storage.filters:
        FILTERS[name](dcpl)
    if storage.has_plain_edges:
        plain_edges(dcpl)
    if storage.early:
        dcpl.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    if storage.fill is not None:
        dcpl.set_fill_value(np.array(storage.fill, dtype))
    dcpl.set_obj_track_times(False)
    return dcpl


def put(group, name, data, storage, kind=None, memory=None):
    """Writes an array; the dataset as h5py sees it. The type is that of its elements unless `kind` is
    given; `memory` is that of variable texts, which are objects of Python."""
    shape = data.shape
    chunk = storage.chunk_of(shape)
    most = tuple(h5s.UNLIMITED if axis in storage.most and chunk else n for axis, n in zip("rc123", shape))
    kind = kind or h5t.py_create(data.dtype, logical=True)
    dcpl = creation(storage, shape, data.dtype, chunk)
    made = h5d.create(group.id, name.encode(), kind, h5s.create_simple(shape, most), dcpl)
    dataset = h5py.Dataset(made)
    if storage.is_empty or 0 in shape:
        return dataset
    if storage.masked:
        write_masked(made, data, chunk, kind)
    elif storage.n_written is not None:
        if chunk:
            write_some(made, data, chunk, kind, storage.n_written)
    else:
        made.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(data), memory or kind)
    return dataset
