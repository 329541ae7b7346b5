"""h5_bad.py - files that are refused; used by make_h5.py.

Those of bad/outside lead out of the file, to SECRET, or to ABSENT, which never is there, or to their
like beside the file: each in 5 ways, as the table and as its truth. The test puts the secrets there.
"""
import zlib

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

import h5_tables as tab
from h5_storage import Storage, put, s

SECRET, ABSENT = "/tmp/rowcast-test-secret", "/tmp/rowcast-test-absent"
FOLDER = tab.FOLDER / "bad"
OLD, NEW = ("earliest", "v110"), ("v110", "v110")
RECORD = np.dtype([("a", "<f8"), ("b", "<f8"), ("c", "<f8"), ("n", "<f8"), ("m", "<f8"), ("word", "S24")])
PLAIN = Storage("contiguous")
FOREIGN = {"lzf": 32000, "blosc": 32001, "bitshuffle": 32008, "blosc2": 32026}


def secret_records():
    records = np.zeros(8, RECORD)
    records["a"], records["word"] = 0.25, b"the-secret-of-the-file"
    return records


def external(f, name, kind, target):
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_external(target.encode(), 0, 8 * kind.itemsize)
    h5d.create(f.id, name.encode(), h5t.py_create(kind), h5s.create_simple((8,)), dcpl)


def virtual(f, name, kind, target, path):
    layout = h5py.VirtualLayout((8,), kind)
    layout[:] = h5py.VirtualSource(target, path, (8,))
    f.create_virtual_dataset(name, layout)


# path of the table, of the truth, what it is, and what the message must say
WAYS_OUT = (("external link", "external link y", "external link", "external link"),
            ("soft link", "soft link y", "soft link to one", "soft link"),
            ("middle/t", "middle/y", "link in the middle", "external link"),
            ("external storage", "external storage y", "external storage", "external"),
            ("virtual", "virtual y", "virtual dataset", "virtual"))


def write_secret(path):
    with h5py.File(path, "w", libver=OLD) as f:
        for group in (f, f.create_group("g")):
            put(group, "t", secret_records(), PLAIN)
            put(group, "y", np.arange(8.0) % 2, PLAIN)


def write_outside(path, target):
    """A table of its own, and each way out to a table and to a truth."""
    with h5py.File(path, "w", libver=NEW) as f:
        put(f, "here", secret_records()[["a", "b", "c", "n", "m"]].copy(), PLAIN)
        f["middle"] = h5py.ExternalLink(target, "/g")
        for end, kind in (("", RECORD), (" y", np.dtype("<f8"))):
            inside = "/y" if end else "/t"
            f[f"external link{end}"] = h5py.ExternalLink(target, inside)
            f[f"soft link{end}"] = h5py.SoftLink(f"/external link{end}")
            external(f, f"external storage{end}", kind, target.replace(".h5", ".bin"))
            virtual(f, f"virtual{end}", kind, target, inside)


def outside(cases):
    (FOLDER / "outside").mkdir(exist_ok=True)
    write_secret(FOLDER / "outside" / "secret.h5")
    places = {"absolute": f"{SECRET}/secret.h5", "absolute, missing": f"{ABSENT}/absent.h5", "relative": "secret.h5",
              "relative, missing": "absent.h5"}
    for where, target in places.items():
        file = f"bad/outside/{where.replace(', ', '-')}.h5"
        write_outside(tab.FOLDER / file, target)
        for table, truth, what, fragment in WAYS_OUT:
            for layout, options, path in (("table", ["--dataset", f"/{table}", "--keep", "all"], table),
                                          ("truth", ["--dataset", "/here", "--truth", f"/{truth}"], truth)):
                cases.add(f"outside: {layout} by {what}, {where}", f"{layout} outside", what, where, file, options,
                          error=((3,), f"/{path.split('/')[0]}", fragment))


def refuse(cases, what, group, file, path, *fragments, status=(3,), also=(), model="model.positional.json"):
    """A case that names its path and the fragments."""
    where = ["--dataset", path] if path else []
    cases.add(f"bad: {what}", "refused", group, what, f"bad/{file}", [*where, *also], model,
              error=(status, *([path] if path else []), *fragments))


def odd_float():
    kind = h5t.IEEE_F32LE.copy()
    kind.set_fields(31, 24, 7, 0, 24)
    return kind


def types(cases, x):
    """Types that are no table. Most are without data: what is refused is the type."""
    numpy_types = {"complex": np.dtype("<c8"), "opaque": np.dtype("V5")}
    types_of_file = {"references": h5t.STD_REF_OBJ, "bits": h5t.STD_B16LE, "odd float": odd_float(),
                     "wide float": h5t.NATIVE_LDOUBLE, "lists": h5t.vlen_create(h5t.NATIVE_INT32)}
    nested = np.dtype([("a", "<f4"), ("in", [("b", "<f4"), ("c", "<f4")]), ("n", "<f4"), ("m", "<f4")])
    with h5py.File(FOLDER / "types.h5", "w", libver=OLD) as f:
        for name, kind in numpy_types.items():
            put(f, name, np.zeros((20, 5), kind), PLAIN)
        for name, kind in types_of_file.items():
            h5d.create(f.id, name.encode(), kind, h5s.create_simple((20,) if name == "lists" else (20, 5)))
        for name, space in (("scalar", h5s.create(h5s.SCALAR)), ("null", h5s.create(h5s.NULL))):
            h5d.create(f.id, name.encode(), h5t.IEEE_F32LE, space)
        put(f, "rank 3", np.zeros((4, 5, 5), "<f4"), PLAIN)
        put(f, "nested", np.zeros(20, nested), PLAIN)
        sparse = f.create_group("csr")
        sparse.attrs["encoding-type"], sparse.attrs["encoding-version"] = "csr_matrix", "0.1.0"
        sparse.attrs["shape"] = np.array([tab.N, 5])
        for name, values in (("data", x[:, 0]), ("indices", np.zeros(tab.N, "i4")), ("indptr", np.arange(tab.N + 1))):
            put(sparse, name, np.ascontiguousarray(values), PLAIN)
    for name in (*numpy_types, *types_of_file, "scalar", "null"):
        refuse(cases, name, "odd types", "types.h5", f"/{name}")
    refuse(cases, "rank 3", "odd types", "types.h5", "/rank 3", "3")
    cases.add("bad: nested", "refused", "odd types", "nested", "bad/types.h5", ["--dataset", "/nested"],
              error=((3,), "'b'", "'c'"))
    refuse(cases, "sparse matrix", "layouts", "types.h5", "/csr", "sparse")


def precisions(cases, x):
    """Integers of 4 bytes whose precision is another: the library's conversion has crashed on such."""
    for name, bits in (("short", 12), ("none", 0), ("long", 4096)):
        path = FOLDER / f"precision-{name}.h5"
        with h5py.File(path, "w", libver=OLD) as f:
            put(f, "x", np.nan_to_num(x).astype("<i4"), s("", filters=("shuffle", "deflate")))
        data = path.read_bytes()
        wanted = bytes.fromhex("10080000 04000000 0000 2000")  # signed, 4 bytes, offset 0, 32 bits
        assert data.count(wanted) == 1
        path.write_bytes(data.replace(wanted, wanted[:10] + bits.to_bytes(2, "little")))
        refuse(cases, f"{bits} of 32 bits", "odd types", path.name, None)


def filters(cases, x):
    """Of which the message tells number, name, dataset and remedy."""
    with h5py.File(FOLDER / "filters.h5", "w", libver=OLD) as f:
        for name, number in FOREIGN.items():
            put(f, name, np.zeros((200, 5), "f4") + x[0, 1], s(name, 100, filters=(name,)))
            assert f[name].id.get_create_plist().get_nfilters() == 1
            refuse(cases, f"filter {name}", "foreign filters", "filters.h5", f"/{name}", str(number), name,
                   "h5repack")


def choices(cases, x, table):
    with h5py.File(FOLDER / "several.h5", "w", libver=OLD) as f:
        put(f, "left", x.astype("f4"), PLAIN)
        put(f.create_group("deep"), "right", x[:50].astype("f4"), PLAIN)
        f["a soft link"] = h5py.SoftLink("/left")
        put(f, "short", table["y"][:95].astype("i4"), PLAIN)
    with h5py.File(FOLDER / "none.h5", "w", libver=OLD) as f:
        f.create_group("empty")
        put(f, "words", np.zeros((3, 3, 3), "u1"), PLAIN)
    rest = {"status": (2, 3)}
    refuse(cases, "several tables", "choices", "several.h5", None, "/left", "/deep/right", "96", "50", "--dataset",
           **rest)
    refuse(cases, "a truth of another length", "choices", "several.h5", "/left", "/short", "95", "96",
           also=["--truth", "/short"], **rest)
    refuse(cases, "no such dataset", "choices", "several.h5", "/deep/wrong", **rest)
    refuse(cases, "a soft link", "choices", "several.h5", "/a soft link", "soft link", **rest)
    refuse(cases, "below a dataset", "choices", "several.h5", "/left/x", **rest)
    refuse(cases, "no table", "choices", "none.h5", None, "no table")


def bombs(cases):
    """Little on disk, much in memory."""
    with h5py.File(FOLDER / "large.h5", "w", libver=NEW) as f:
        zeros = np.zeros((300000, 5), "f4")
        put(f, "chunk", zeros, s("", 300000, filters=("deflate", "deflate")))
        put(f, "gigabytes", zeros[:10], Storage("", (1 << 27, 5), most="r", is_empty=True))
        put(f, "filtered", zeros[:10], Storage("", (1 << 27, 5), most="r", filters=("deflate",), is_empty=True))
        h5d.create(f.id, b"terabytes", h5t.IEEE_F64LE, h5s.create_simple((1 << 38, 4)))
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_chunk((1 << 16, 5))
        h5d.create(f.id, b"chunks", h5t.IEEE_F64LE, h5s.create_simple((1 << 38, 5)), dcpl)
    too_large = ("--max-memory", "h5repack", "-l")
    refuse(cases, "chunk", "bombs", "large.h5", "/chunk", *too_large, also=["--max-memory", "1M"])
    for name in ("gigabytes", "filtered"):
        refuse(cases, name, "bombs", "large.h5", f"/{name}", *too_large)
    for name in ("terabytes", "chunks"):
        refuse(cases, name, "bombs", "large.h5", f"/{name}")


def damaged(cases, x):
    """Checksums that do not match, streams that do not inflate, or that inflate to another size."""
    data = x.astype("<f4")
    kinds = {"checksum": "fletcher32", "stream": "deflate", "short": "deflate", "long": "deflate", "zstd": "zstd",
             "lz4": "lz4"}
    with h5py.File(FOLDER / "damaged.h5", "w", libver=OLD) as f:
        for name, chain in kinds.items():
            d = put(f, name, data, s("", 20, filters=(chain,)))
            stored = bytearray(d.id.read_direct_chunk((20, 0))[1])
            piece = data[20:40].tobytes()
            if name in ("short", "long"):
                stored = zlib.compress(piece[:-4] if name == "short" else piece + bytes(100000))
            else:
                stored[len(stored) // 2] ^= 0x55
                stored[12] ^= 0x81
            d.id.write_direct_chunk((20, 0), bytes(stored))
            refuse(cases, f"damaged, {name}", "damage", "damaged.h5", f"/{name}", "chunk at row 21")


def make(cases, table):
    x = tab.matrix(table)
    outside(cases)
    types(cases, x)
    precisions(cases, x)
    filters(cases, x)
    choices(cases, x, table)
    bombs(cases)
    damaged(cases, x)
