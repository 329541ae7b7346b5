#!/usr/bin/env python3
"""make_fuzz_zip.py - testdata/fuzz/keras_zip: small archives of each kind, as seeds.

    python3 make_fuzz_zip.py ../fuzz/keras_zip"""

import io
import pathlib
import sys
import warnings
import zipfile

OUT = pathlib.Path(sys.argv[1])
MEMBERS = [("metadata.json", b'{"keras_version": "3.15.1"}'), ("config.json", b'{"class_name": "Sequential"}' * 9),
           ("model.weights.h5", bytes(range(64)) * 2), ("assets/layers/string_lookup/vocabulary.txt", b"a\nb")]


def archive(how, members=MEMBERS, comment=b"", zip64=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as z:
        z.comment = comment
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = how
            with z.open(info, "w", force_zip64=zip64) as f:
                f.write(content)
    return out.getvalue()


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    stored, packed = archive(zipfile.ZIP_STORED), archive(zipfile.ZIP_DEFLATED)
    seeds = {"stored": stored, "deflated": packed, "comment": archive(zipfile.ZIP_STORED, comment=b"PK\5\6" * 9),
             "zip64": archive(zipfile.ZIP_DEFLATED, zip64=True), "bzip2": archive(zipfile.ZIP_BZIP2),
             "twice": archive(zipfile.ZIP_STORED, [("a", b"1"), ("a", b"2")]), "up": archive(zipfile.ZIP_STORED, [("../a", b"1")]),
             "empty": archive(zipfile.ZIP_STORED, []), "nothing": archive(zipfile.ZIP_DEFLATED, [("a", b""), ("b/", b"")]),
             "cut": packed[:-9], "behind": b"PK\3\4" + bytes(40) + stored,
             "checksum": stored.replace(b"Sequential", b"sequential", 1),
             "bomb": archive(zipfile.ZIP_DEFLATED, [("a", bytes(1 << 19))])}
    for name, content in seeds.items():
        (OUT / f"{name}.zip").write_bytes(content)


if __name__ == "__main__":
    main()
