"""make_h5.py - one table in every layout, type and storage of HDF5; models, and what they predict.

Run with Python 3.11, numpy 2.4.6, scikit-learn 1.9.1, h5py 3.16.0 (HDF5 2.0.0), hdf5plugin 7.1.0,
PyTables 3.11.1, pandas 2.3.3, anndata 0.12.19:
    python testdata/recipes/make_h5.py

Writes h5/: the tables as CSV, models, expected predictions, the files, and cases.json, which lists each
cell: file, options, model, the CSV file of the same numbers, and whether predictions or an error are
expected. Files of pandas, PyTables and AnnData hold times: they differ from run to run in some bytes.
"""
import json
import os
import shutil
import subprocess
import warnings

import h5py
import numpy as np
from h5py import h5t

import h5_bad
import h5_frames
import h5_tables as tab
from h5_storage import Storage, many_chunks, put, s, sparse, storages

FOLDER = tab.FOLDER
NEW, OLD = ("v110", "v110"), ("earliest", "v110")
BOOL = h5py.enum_dtype({"FALSE": 0, "TRUE": 1}, basetype="i1")
TEXT = h5py.string_dtype()
PLAIN = Storage("contiguous")


class Cases:
    """cases.json."""

    def __init__(self):
        self.list = []

    def add(self, name, layout, kind, storage, file, where, model="model.json", csv="table.csv",
            args=(), csv_args=None, error=None):
        """where: options of the HDF5 file alone; args: of both; csv_args: instead of args for the CSV."""
        case = {"name": name, "layout": layout, "type": kind, "storage": storage, "file": file, "model": model,
                "csv": csv, "where": list(where), "args": list(args),
                "csv_args": list(args if csv_args is None else csv_args), "result": "predictions"}
        if error:
            case["result"] = "error"
            case["status"], case["fragments"] = error[0], list(error[1:])
        self.list.append(case)

    def write(self, tables):
        lines = ",\n".join("  " + json.dumps(c, ensure_ascii=False) for c in self.list)
        text = f'{{"tables": {json.dumps(tables)},\n "cases": [\n{lines}\n]}}\n'
        (FOLDER / "cases.json").write_text(text, encoding="utf-8")


def open_h5(name, libver=NEW, **rest):
    return h5py.File(FOLDER / name, "w", libver=libver, **rest)


def fixed(values, padding=h5t.STR_NULLPAD, size=None):
    """Values as bytes, and the type of the file."""
    data = np.array([v.encode() for v in values])
    data = data.astype(f"S{size or data.itemsize}")
    if padding == h5t.STR_SPACEPAD:
        data = np.char.ljust(data, data.itemsize)
    kind = h5t.C_S1.copy()
    kind.set_size(data.itemsize)
    kind.set_strpad(padding)
    kind.set_cset(h5t.CSET_UTF8)
    return data, kind


def put_text(group, name, values, storage=PLAIN, padding=None, size=None):
    if padding is None:
        return put(group, name, np.array(values, dtype=object), storage, h5t.py_create(TEXT, logical=True),
                   h5t.py_create(TEXT))
    data, kind = fixed(values, padding, size)
    return put(group, name, data, storage, kind)


def put_bool(group, name, values, storage=PLAIN):
    return put(group, name, values.astype("i1"), storage, h5t.py_create(BOOL, logical=True))


def put_beside(group, table):
    """What stands beside a matrix."""
    put(group, "y", table["y"].astype("i4"), PLAIN)
    put(group, "w", table["w"].astype("<f4"), PLAIN)
    put_text(group, "id", table["id"], padding=h5t.STR_NULLPAD)


def name_columns(dataset, names, attribute="columns", is_fixed=False):
    dataset.attrs[attribute] = np.array(names, dtype="S" if is_fixed else TEXT)


# 2-D datasets

def matrix_storages(cases, table, ints):
    """Each storage in two types of floats with missing cells and in one of integers."""
    x = tab.matrix(table)
    extra = {"scaleoffset": s("scaleoffset", filters=("scaleoffset",)),
             "scaleoffset, deflate": s("scaleoffset, deflate", most="r",
                                       filters=("scaleoffset", "shuffle", "deflate"))}
    for name, libver, is_old in (("matrix.h5", NEW, False), ("matrix-old.h5", OLD, True)):
        with open_h5(name, libver) as f:
            for kind in ("<f4", ">f8", "<i2"):
                g = f.create_group(kind)
                is_int = kind == "<i2"
                if not is_int:
                    put_beside(g, table)
                for st in {**storages(), **(extra if is_int else {})}.values():
                    if st.old == is_old:
                        d = put(g, st.name, (ints if is_int else x).astype(kind), st)
                        name_columns(d, [f"p{k}" for k in range(5)] if is_int else tab.FEATURES)
                        add_matrix(cases, name, kind, st.name)


def add_matrix(cases, file, kind, storage):
    where = ["--dataset", f"/{kind}/{storage}"]
    if kind == "<i2":
        cases.add(f"2-D, int16, {storage}", "2-D", "int16", storage, file, where, "model.ints.json", "ints.csv")
        return
    text = {"<f4": "float32", ">f8": "float64 BE"}[kind]
    also = ["--truth", "y"]
    if storage in ("contiguous", "B-tree 1", "extensible array, deflate"):
        also += ["--id", "id", "--weight", "w", "--keep", "n,a"]
    cases.add(f"2-D, {text}, {storage}", "2-D", text, storage, file, where, args=also)
    if storage == "columns split":
        cases.add(f"2-D, {text}, {storage}, float32 model", "2-D", text, storage, file, where, "model.f32.json",
                  args=also)


def matrix_types(cases, ints):
    """Integers of 0 to 100 in each type of numbers, in both byte orders."""
    kinds = [f"{order}{t}" for t in ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8") for order in "<>"]
    with open_h5("types.h5") as f:
        for kind in ["i1", "u1", *kinds]:
            dtype = np.dtype(kind)
            text = dtype.name + (" BE" if kind[0] == ">" else "")
            # float64 and int64 are long
            for st in [PLAIN, storages()["zstd"]][dtype.itemsize == 8:]:
                d = put(f, f"{kind} {st.name}", ints.astype(kind), st)
                name_columns(d, [f"p{k}" for k in range(5)], "feature_names", is_fixed=True)
                cases.add(f"2-D, {text}, {st.name}", "2-D", text, st.name, "types.h5",
                          ["--dataset", f"{kind} {st.name}"], "model.ints.json", "ints.csv", ["--keep", "all"])


def matrix_many(cases, ints):
    for name, libver, is_old in (("many.h5", NEW, False), ("many-old.h5", OLD, True)):
        with open_h5(name, libver) as f:
            for st in many_chunks().values():
                if st.old == is_old:
                    put(f, st.name, ints.astype("u1"), st)
                    cases.add(f"2-D, uint8, {st.name}", "2-D", "uint8", st.name, name, ["--dataset", f"/{st.name}"],
                              "model.ints.positional.json", "ints.csv")


def matrix_sparse(cases, table):
    """Chunks without address read as the fill value; the CSV file is what h5py reads."""
    x = tab.matrix(table)
    read = {}
    for name, libver, is_old in (("sparse.h5", NEW, False), ("sparse-old.h5", OLD, True)):
        with open_h5(name, libver) as f:
            for st in sparse().values():
                if st.old == is_old:
                    d = put(f, st.name, x.astype("<f4"), st)
                    read[st.name] = d[()].astype(float)
                    csv = "fill.csv" if st.chunk is None else "sparse.csv"
                    cases.add(f"2-D, float32, {st.name}", "2-D", "float32", st.name, name,
                              ["--dataset", st.name], "model.positional.json", csv)
    filled = read.pop("contiguous, missing chunks")
    values = list(read.values())
    assert all(np.array_equal(values[0], v, equal_nan=True) for v in values) and (filled == 0.75).all()
    tab.write_csv("sparse.csv", dict(zip(tab.FEATURES, values[0].T)))
    tab.write_csv("fill.csv", dict(zip(tab.FEATURES, filled.T)))
    return values[0]


def matrix_names(cases, table):
    """Names by attribute, by a dataset beside it, or none; the only candidate; no rows; user block."""
    x = tab.matrix(table)
    for name, block in (("named.h5", 0), ("user-block.h5", 512)):
        with open_h5(name, OLD, userblock_size=block) as f:
            put(f, "X", x.astype("<f4"), storages()["extensible array, deflate"])
            put_text(f, "columns", tab.FEATURES)
            put_beside(f, table)
            storage = f"user block {block}" if block else "names beside it"
            cases.add(f"2-D, {storage}", "2-D", "float32", storage, name, ["--dataset", "X"],
                      args=["--truth", "y", "--id", "id", "--weight", "w"])
    with open(FOLDER / "user-block.h5", "r+b") as f:
        f.write(b"a user block".ljust(512, b"."))
    with open_h5("alone.h5", OLD) as f:
        put(f.create_group("deep").create_group("er"), "numbers", x.astype("<f8"), PLAIN)
    both = ["--columns", ",".join(tab.FEATURES)]
    cases.add("2-D, the only candidate, unnamed", "2-D", "float64", "contiguous", "alone.h5", [],
              "model.positional.json", csv_args=both)
    cases.add("2-D, unnamed, --columns by position", "2-D", "float64", "contiguous", "alone.h5",
              ["--columns", "1,2,3,4,5"], "model.positional.json", csv_args=both)
    with open_h5("empty.h5") as f:
        for st in ("contiguous", "extensible array", "B-tree 2, deflate", "zstd, shuffle"):
            name_columns(put(f, st, x[:0].astype("<f4"), storages()[st]), tab.FEATURES)
            cases.add(f"2-D, float32, no rows, {st}", "2-D", "float32", "no rows", "empty.h5", ["--dataset", st],
                      csv="empty.csv")
    tab.write_csv("empty.csv", {n: [] for n in tab.FEATURES})


def refused_rows(cases, table):
    """Rows without b, which the model refuses: left out, left empty, or the end."""
    x = tab.matrix(table)
    x[[3, 17, 70, 95], 1] = np.nan
    with open_h5("holes.h5") as f:
        name_columns(put(f, "X", x.astype("<f4"), storages()["columns split"]), tab.FEATURES)
        put_beside(f, table)
    tab.write_csv("holes.csv", {**dict(zip(tab.FEATURES, x.T)), "id": table["id"], "y": table["y"]})
    for way in ("null", "skip"):
        cases.add(f"2-D, refused rows, {way}", "2-D", "float32", "columns split", "holes.h5", ["--dataset", "X"],
                  csv="holes.csv", args=["--on-error", way, "--id", "id", "--truth", "y"])
    cases.add("bad: a row without b", "refused", "rows", "missing cell", "holes.h5", ["--dataset", "X"],
              error=((3,), "row 4", "b", "missing"))


# Groups of columns

ALL = ["--id", "id", "--truth", "label", "--keep", "kind,flag,n"]
RANK_1 = ("contiguous", "compact", "implicit", "fixed array", "extensible array", "all of them", "zstd", "lz4",
          "szip", "plain edges", "filter masks", "larger than the table", "B-tree 1, deflate", "B-tree 1")


def put_columns(group, table, storage_of):
    """One dataset a column, each in a type of its own."""
    for name, kind in (("a", "<f2"), ("b", ">f4"), ("n", ">i2"), ("w", ">f8")):
        put(group, name, table[name].astype(kind), storage_of(name))
    put_bool(group, "flag", table["flag"], storage_of("flag"))
    put_text(group, "kind", table["kind"], storage_of("kind"), h5t.STR_NULLPAD)
    put_text(group, "label", table["label"], storage_of("label"), h5t.STR_SPACEPAD, 6)
    put_text(group, "id", table["id"], storage_of("id"), h5t.STR_NULLTERM, 4)


def columns_storages(cases, table):
    kinds = storages()
    for file, libver, is_old in (("columns.h5", NEW, False), ("columns-old.h5", OLD, True)):
        with open_h5(file, libver) as f:
            for name in RANK_1:
                if kinds[name].old == is_old:
                    # szip takes no elements of 3 or 6 bytes
                    odd = ("kind", "label", "id") if name == "szip" else ()
                    put_columns(f.create_group(name), table,
                                lambda n, st=kinds[name], odd=odd: PLAIN if n in odd else st)
                    cases.add(f"columns, {name}", "columns", "mixed", name, file, ["--dataset", name],
                              "model.category.json", args=ALL)
    odd = {"a": s("", 7, most="r"), "b": s("", 33, filters=("deflate",)), "flag": s("", 96), "kind": s("", 10),
           "label": s("", 64, most="r", filters=("zstd",)), "id": Storage("", compact=True)}
    with open_h5("unaligned.h5") as f:
        g = f.create_group("t")
        put_columns(g, table, lambda name: odd.get(name, PLAIN))
        put_text(g, "words", table["kind"], s("", 11, most="r", filters=("shuffle", "deflate")))
        put_text(g, "tags", table["id"])
    for found, where in (("", ["--dataset", "/t"]), (", found", [])):
        cases.add(f"columns that do not line up{found}", "columns", "mixed", "unaligned", "unaligned.h5", where,
                  "model.category.json", args=[*ALL, "--weight", "w"])
    cases.add("columns, variable text", "columns", "variable text", "unaligned", "unaligned.h5",
              ["--map", "kind=words"], "model.category.json", csv="table.csv", args=["--truth", "label"])


def one_column(cases):
    cases.add("one dataset is one column", "1-D", "float32 BE", "deflate", "unaligned.h5", ["--dataset", "/t/b"],
              "model.one.json")


def columns_limits(cases):
    """What each type holds at most, in both byte orders, as columns and as a compound."""
    table = tab.limits()
    with open_h5("limits.h5", OLD) as f:
        for order, text in (("<", "little"), (">", "big")):
            kinds = {n: v.dtype.newbyteorder(order) for n, v in table.items()}
            g = f.create_group(text)
            for name, values in table.items():
                if name == "bool":
                    put_bool(g, name, values)
                else:
                    put(g, name, values.astype(kinds[name]), PLAIN)
            records = np.zeros(10, dtype=[(n, BOOL if n == "bool" else kinds[n]) for n in table])
            for name, values in table.items():
                records[name] = values
            put(f, f"{text} compound", records, storages()["extensible array, deflate"])
            for path, layout in ((text, "columns"), (f"{text} compound", "compound")):
                for model, keep in (("limits", "int8,uint64,int64,float64,bool"), ("limits.f32", "int64")):
                    cases.add(f"{layout}, limits, {text}, {model}", layout, f"limits {text}",
                              "contiguous" if layout == "columns" else "extensible array, deflate", "limits.h5",
                              ["--dataset", path], f"model.{model}.json", "limits.csv", ["--keep", keep])
    return table


# Compounds

def records_of(table, is_variable=False):
    text = (lambda size: TEXT) if is_variable else (lambda size: f"S{size}")
    dtype = np.dtype([("id", text(4)), ("a", "<f2"), ("b", ">f8"), ("flag", BOOL), ("c", "<f4"), ("n", "<i2"),
                      ("m", "u1"), ("kind", text(7)), ("label", text(3)), ("y", "i1"), ("w", ">f4")],
                     align=not is_variable)
    records = np.zeros(tab.N, dtype)
    for name in dtype.names:
        values = table[name]
        if not is_variable and values.dtype == object:
            values = [v.encode() for v in values]
        records[name] = values
    return records


def compounds(cases, table):
    records, kinds = records_of(table), storages()
    keep = ["--id", "id", "--truth", "label", "--weight", "w", "--keep", "kind,flag,n,a"]
    for file, libver, is_old in (("compound.h5", NEW, False), ("compound-old.h5", OLD, True)):
        with open_h5(file, libver) as f:
            for name in RANK_1:
                if kinds[name].old == is_old and name != "szip":
                    put(f, name, records, kinds[name])
                    cases.add(f"compound, {name}", "compound", "mixed", name, file, ["--dataset", name],
                              "model.category.json", args=keep)
            if not is_old:
                put(f, "beside", records[["a", "b", "c", "n", "m"]].copy(), PLAIN)
                put(f, "truth", table["y"].astype("<u2"), kinds["extensible array, deflate"])
                cases.add("compound, truth in a dataset beside it", "compound", "mixed", "contiguous", file,
                          ["--dataset", "beside", "--truth", "/truth"], args=[], csv_args=["--truth", "y"])
    with open_h5("compound-text.h5", OLD) as f:
        records = records_of(table, is_variable=True)
        put(f, "t", records, storages()["extensible array, deflate"], memory=h5t.py_create(records.dtype))
    cases.add("compound, variable text", "compound", "variable text", "extensible array, deflate", "compound-text.h5",
              [], "model.category.json", args=keep)


def matlab(cases, table):
    """As MATLAB 7.3 writes: a user block, dimensions reversed, attributes."""
    names = {"double": "<f8", "single": "<f4", "int16": "<i2"}
    with open_h5("matlab.mat", OLD, userblock_size=512) as f:
        x = tab.matrix(table)
        refs = f.create_group("#refs#")
        for kind, dtype in names.items():
            data = x if kind != "int16" else np.nan_to_num(x, nan=0).astype("<i2")
            name = {"double": "X", "single": "Xs", "int16": "Xi"}[kind]
            st = s("", 2, 30, filters=("deflate",)) if kind == "double" else PLAIN
            d = put(f, name, np.ascontiguousarray(data.T.astype(dtype)), st)
            d.attrs["MATLAB_class"] = np.bytes_(kind)
        for name, values, kind, dtype in (("y", table["y"], "double", "<f8"), ("w", table["w"], "single", "<f4"),
                                          ("flag", table["flag"], "logical", "u1")):
            d = put(f, name, values.astype(dtype)[None, :], PLAIN)
            d.attrs["MATLAB_class"] = np.bytes_(kind)
            if kind == "logical":
                d.attrs["MATLAB_int_decode"] = np.int32(1)
        struct = f.create_group("s")
        struct.attrs["MATLAB_class"] = np.bytes_("struct")
        for name in (*tab.FEATURES, "y", "w", "flag"):
            is_flag = name == "flag"
            d = put(struct, name, table[name].astype("u1" if is_flag else "<f8")[None, :], PLAIN)
            d.attrs["MATLAB_class"] = np.bytes_("logical" if is_flag else "double")
        cells = f.create_dataset("names", (5, 1), h5py.ref_dtype)
        cells.attrs["MATLAB_class"] = np.bytes_("cell")
        for k, name in enumerate(tab.FEATURES):
            d = put(refs, "abcde"[k], np.array([[ord(name)]], "u2"), PLAIN)
            d.attrs["MATLAB_class"], d.attrs["MATLAB_int_decode"] = np.bytes_("char"), np.int32(2)
            cells[k, 0] = d.ref
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jan  1 00:00:00 1970 HDF5 schema 1.00 ."
    fields = ["--truth", "y", "--weight", "w", "--keep", "n,flag"]
    cases.add("MATLAB struct", "MATLAB", "struct", "contiguous, user block 512", "matlab.mat", ["--dataset", "/s"],
              args=fields)
    with open(FOLDER / "matlab.mat", "r+b") as f:
        f.write(text.ljust(116) + bytes(8) + b"\x00\x02IM" + bytes(384))
    for name, kind, storage in (("X", "float64", "B-tree 1, deflate"), ("Xs", "float32", "contiguous")):
        cases.add(f"MATLAB, {kind}", "MATLAB", kind, f"{storage}, user block 512", "matlab.mat",
                  ["--dataset", f"/{name}", "--truth", "/y", "--weight", "/w"], "model.positional.json",
                  csv_args=["--columns", ",".join(tab.FEATURES), "--truth", "y", "--weight", "w"])


def pack_large():
    """Much of what pandas writes is empty: files of more than 64 KiB are kept as .zst."""
    for path in sorted(FOLDER.glob("*.*")):
        if path.suffix in (".h5", ".h5ad", ".mat") and path.stat().st_size > 1 << 16:
            subprocess.run(["zstd", "-19", "-q", "--rm", path], check=True)


def main():
    warnings.simplefilter("ignore")
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER / "bad")
    cases, table, ints = Cases(), tab.main_table(), tab.ints()
    tab.write_csv("table.csv", table)
    matrix_storages(cases, table, ints)
    matrix_types(cases, ints)
    matrix_many(cases, ints)
    sparse_values = matrix_sparse(cases, table)
    matrix_names(cases, table)
    refused_rows(cases, table)
    columns_storages(cases, table)
    one_column(cases)
    limits = columns_limits(cases)
    compounds(cases, table)
    matlab(cases, table)
    h5_frames.make(cases, table)
    tab.make_numbers(table, sparse_values)
    tab.make_category(table)
    tab.make_one()
    tab.make_ints(ints)
    tab.make_limits(limits)
    h5_bad.make(cases, table)
    h5_frames.make_bad(cases, h5_frames.frame_of(table))
    pack_large()
    cases.write([[f"{csv}.csv", f"model{model}.json", f"expected.{expected}.csv"] for csv, model, expected in (
        ("table", "", "table"), ("table", ".f32", "table"), ("sparse", ".positional", "sparse"),
        ("table", ".category", "category"), ("ints", ".ints", "ints"), ("limits", ".limits", "limits"),
        ("limits", ".limits.f32", "limits.f32"))])


if __name__ == "__main__":
    main()
