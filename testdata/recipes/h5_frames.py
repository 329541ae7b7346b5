"""h5_frames.py - the table as pandas, PyTables and AnnData write it; used by make_h5.py."""
import anndata
import h5py
import numpy as np
import pandas as pd
import tables

import h5_tables as tab

FOLDER = tab.FOLDER
CATEGORY = "model.category.json"
NUMBERS = ["a", "b", "c", "n", "m", "y", "w"]
PACKED = "B-tree 1, deflate, shuffle, fletcher32"


def frame_of(table):
    """float32, float64, small integers, bool, text."""
    kinds = {"a": "f4", "b": "f8", "c": "f4", "n": "i2", "m": "i8", "y": "i4", "w": "f8", "flag": bool}
    return pd.DataFrame({n: v.astype(kinds[n]) if n in kinds else v for n, v in table.items()})


def by_position(names):
    return ["--columns", ",".join(names)]


def pandas_fixed(cases, frame):
    with pd.HDFStore(FOLDER / "pandas-fixed.h5", "w") as store:
        store.put("numbers", frame[[*NUMBERS, "flag"]])
        store.put("words", frame[["a", "b", "n", "flag", "kind"]])
        store.put("none", frame[NUMBERS][:0])
    with pd.HDFStore(FOLDER / "pandas-packed.h5", "w", complevel=6, complib="zlib", fletcher32=True) as store:
        store.put("packed", frame[NUMBERS])
    for name, storage in (("numbers", "contiguous"), ("packed", PACKED)):
        file = f"pandas-{'packed' if name == 'packed' else 'fixed'}.h5"
        cases.add(f"pandas fixed, {name}", "pandas fixed", "mixed", storage, file, ["--dataset", name],
                  args=["--truth", "y", "--weight", "w", "--keep", "n"])
    cases.add("pandas fixed, no rows", "pandas fixed", "mixed", "no rows", "pandas-fixed.h5", ["--dataset", "none"],
              csv="empty.csv")
    cases.add("pandas fixed, text is pickled", "pandas fixed", "pickled text", "contiguous", "pandas-fixed.h5",
              ["--dataset", "/words"], CATEGORY, error=((3,), "kind", "pickle"))


def pandas_table(cases, frame):
    """One file a table: pandas writes them so."""
    also = ["--id", "id", "--truth", "label", "--weight", "w"]
    categories = frame.assign(kind=pd.Categorical(frame["kind"].replace("", None), tab.KINDS),
                              label=pd.Categorical(frame["label"]))
    plain = {"data_columns": True, "index": False}
    ways = {"columns": (frame, plain),
            "indexed": (frame, {"data_columns": ["kind", "label", "a"]}),
            "sized": (frame, {"data_columns": True, "index": False, "min_itemsize": {"kind": 12, "label": 8}}),
            "blocks": (frame[NUMBERS], {"index": False}),
            "categories": (categories, plain),
            "packed": (frame, plain)}
    for way, (data, how) in ways.items():
        name = f"pandas-table-{way}.h5"
        packed = {"complevel": 9, "complib": "zlib", "fletcher32": True} if way == "packed" else {}
        with pd.HDFStore(FOLDER / name, "w", **packed) as store:
            store.append("deep/frame", data, **how)
        where = [] if way in ("columns", "packed", "blocks") else ["--dataset", "/deep/frame"]
        storage = PACKED if way == "packed" else "B-tree 1"
        args = ["--truth", "y", "--weight", "w", "--keep", "m,n"]
        if way not in ("blocks", "indexed"):
            args = [*also, "--keep", "kind,n"] if way == "categories" else also
        elif way == "indexed":
            args = ["--truth", "label"]
        cases.add(f"pandas table, {way}", "pandas table", way, storage, name, where,
                  "model.json" if way == "blocks" else CATEGORY, args=args)


class Row(tables.IsDescription):
    """Members in the order of pos; PyTables' own sizes of text."""
    id = tables.StringCol(8, pos=0)
    a = tables.Float16Col(pos=1)
    b = tables.Float64Col(pos=2)
    c = tables.Float32Col(pos=3)
    n = tables.Int8Col(pos=4)
    m = tables.UInt16Col(pos=5)
    flag = tables.BoolCol(pos=6)
    kind = tables.StringCol(6, pos=7)
    label = tables.StringCol(3, pos=8)
    y = tables.UInt8Col(pos=9)
    w = tables.Float32Col(pos=10)


def py_table(file, name, table, filters, byteorder=None):
    t = file.create_table("/", name, Row, "the rows", filters, chunkshape=(17,), byteorder=byteorder)
    for k in range(tab.N):
        for column in t.colnames:
            value = table[column][k]
            t.row[column] = value.encode() if isinstance(value, str) else value
        t.row.append()
    t.flush()


def pytables(cases, table):
    ways = {"plain": (None, None, "B-tree 1"), "big": (None, "big", "B-tree 1"),
            "zlib": (tables.Filters(5, "zlib", True, False, True), None, PACKED),
            "blosc": (tables.Filters(5, "blosc"), None, "blosc")}
    with tables.open_file(str(FOLDER / "pytables.h5"), "w") as file:
        for way, (filters, byteorder, _) in ways.items():
            py_table(file, way, table, filters, byteorder)
        x = tab.matrix(table).astype("f4")
        file.create_carray("/", "carray", obj=x, filters=ways["zlib"][0])
        file.create_earray("/", "earray", obj=x, chunkshape=(40, 5))
    for way, (_, _, storage) in ways.items():
        args = ["--id", "id", "--truth", "label", "--keep", "kind,flag,n"]
        cases.add(f"PyTables, {way}", "PyTables table", "mixed" + " BE" * (way == "big"), storage, "pytables.h5",
                  ["--dataset", f"/{way}"], CATEGORY, args=args,
                  error=((3,), "/blosc", "32001", "blosc", "h5repack") if way == "blosc" else None)
    for way in ("carray", "earray"):
        cases.add(f"PyTables, {way}", "PyTables array", "float32", "B-tree 1", "pytables.h5", ["--dataset", way],
                  "model.positional.json", csv_args=by_position(tab.FEATURES))


def nullable(frame):
    """Columns with masks beside plain ones; under the masks stand numbers that are none of the table."""
    missing = frame["a"].isna().to_numpy()
    a = np.where(missing, 12345, frame["a"] * 64).astype("i4")
    return pd.DataFrame({"a": pd.arrays.IntegerArray(a, missing), "b": frame["b"], "n": frame["n"].astype("Int16"),
                         "flag": pd.arrays.BooleanArray(frame["flag"].to_numpy(), np.arange(tab.N) % 9 == 8),
                         "label": frame["label"],
                         "kind": pd.Categorical(frame["kind"].replace("", None), tab.KINDS)})


def anndata_files(cases, frame, table):
    obs = frame[["flag", "y", "w", "label", "a", "b", "n"]].set_index(pd.Index(frame["id"], name="cell"))
    obs["kind"] = pd.Categorical(frame["kind"].replace("", None), tab.KINDS)
    data = anndata.AnnData(tab.matrix(table).astype("f4"), obs, pd.DataFrame(index=tab.FEATURES))
    data.write_h5ad(FOLDER / "anndata.h5ad", compression="gzip")
    cases.add("AnnData, X", "AnnData X", "float32", "deflate", "anndata.h5ad",
              ["--dataset", "/X", "--truth", "/obs/y"], "model.positional.json",
              csv_args=[*by_position(tab.FEATURES), "--truth", "y"])
    cases.add("AnnData, X by the names of var", "AnnData X", "float32", "deflate", "anndata.h5ad",
              ["--dataset", "/X", "--truth", "/obs/y"], csv_args=["--truth", "y"])
    cases.add("AnnData, obs", "AnnData frame", "mixed, categorical", "deflate", "anndata.h5ad", ["--dataset", "/obs"],
              CATEGORY, args=["--truth", "label", "--weight", "w", "--keep", "kind,flag,n"])
    anndata.settings.allow_write_nullable_strings = True
    with h5py.File(FOLDER / "frame.h5", "w", libver=("earliest", "v110")) as f:
        anndata.io.write_elem(f, "frame", nullable(frame))
        words = frame[["a", "b", "n", "flag", "label"]].assign(
            kind=pd.array(frame["kind"].replace("", None), dtype="string"))
        anndata.io.write_elem(f, "words", words)
    flags = ["" if k % 9 == 8 else bool(v) for k, v in enumerate(table["flag"])]
    tab.write_csv("nullable.csv", {"a": table["a"] * 64, **{n: table[n] for n in ("b", "n", "label", "kind")},
                                   "flag": flags})
    cases.add("AnnData frame, masks", "AnnData frame", "nullable, categorical", "contiguous", "frame.h5",
              ["--dataset", "/frame"], CATEGORY, "nullable.csv", ["--truth", "label", "--keep", "kind,flag,a"])
    cases.add("AnnData frame, texts", "AnnData frame", "nullable text", "contiguous", "frame.h5",
              ["--dataset", "words"], CATEGORY, args=["--truth", "label", "--keep", "kind"])


def make_bad(cases, frame):
    """A code beyond the categories, in the 6th row."""
    frame = frame[["a", "b", "n", "flag"]].assign(kind=pd.Categorical(frame["kind"].replace("", None), tab.KINDS))
    with h5py.File(FOLDER / "bad" / "codes.h5", "w", libver=("earliest", "v110")) as f:
        anndata.io.write_elem(f, "frame", frame)
        f["frame/kind/codes"][5] = 77
    cases.add("bad: a code beyond the categories", "refused", "rows", "code", "bad/codes.h5", ["--dataset", "frame"],
              CATEGORY, error=((3,), "row 6", "kind"))


def make(cases, table):
    frame = frame_of(table)
    pandas_fixed(cases, frame)
    pandas_table(cases, frame)
    pytables(cases, table)
    anndata_files(cases, frame, table)
