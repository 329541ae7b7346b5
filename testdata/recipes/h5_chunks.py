"""h5_chunks.py - stored bytes of HDF5 chunks, one file a pipeline of filters, for tests of undoing them.

h5_chunks.py FOLDER      writes FOLDER/*.chunk, as made with h5py 3.16.0 (HDF5 2.0.0), hdf5plugin 7.1.0

Every chunk holds 100 x 3 elements (fletcher32-odd: 99 x 1); element i, row after row, is (37 * i) % 1000 / 8 as
float32, the same as float64, or 37 * i % 1000 as uint16; "noise" is what no filter makes shorter: bytes
i * i * 2654435761 >> 24."""
import pathlib
import sys

import h5py
import hdf5plugin
import numpy as np

steps = 37 * np.arange(300, dtype="u8") % 1000
f4 = (steps / 8).astype("<f4").reshape(100, 3)
f8 = f4.astype("<f8")
u2 = steps.astype("<u2").reshape(100, 3)
square = np.arange(1200, dtype="u8") ** 2 * np.uint64(2654435761)
noise = (square >> np.uint64(24)).astype("u1").view("<f4").reshape(100, 3)
odd = np.zeros(300, dtype=[("a", "u1"), ("b", "u1"), ("c", "u1")])
odd["a"], odd["b"], odd["c"] = steps % 251, steps // 251, steps % 7
odd = odd.reshape(100, 3)

deflate = (h5py.h5z.FILTER_DEFLATE, (4,))
shuffle = (h5py.h5z.FILTER_SHUFFLE, ())
fletcher32 = (h5py.h5z.FILTER_FLETCHER32, ())
zstd = (32015, (3,))
lz4 = (32004, (0,))
lz4_small = (32004, (256,))

cases = {
    "deflate": (f4, [deflate]),
    "shuffle-deflate": (f4, [shuffle, deflate]),
    "shuffle-deflate-fletcher32": (f8, [shuffle, deflate, fletcher32]),
    "fletcher32": (u2, [fletcher32]),
    "fletcher32-odd": (odd[:99, :1], [fletcher32]),
    "fletcher32-shuffle-deflate": (f8, [fletcher32, shuffle, deflate]),
    "deflate-shuffle": (f4, [deflate, shuffle]),
    "shuffle-2": (u2, [shuffle]),
    "shuffle-3": (odd, [shuffle]),
    "shuffle-8": (f8, [shuffle]),
    "shuffle-zstd": (f4, [shuffle, zstd]),
    "zstd-deflate": (f4, [zstd, deflate]),
    "lz4": (f8, [lz4]),
    "lz4-blocks": (f8, [lz4_small]),
    "lz4-stored": (noise, [lz4]),
}

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, (data, filters) in cases.items():
    with h5py.File("chunks.h5", "w", driver="core", backing_store=False) as file:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk(data.shape)
        for number, values in filters:
            if number == h5py.h5z.FILTER_SHUFFLE:
                plist.set_shuffle()
            else:
                plist.set_filter(number, h5py.h5z.FLAG_MANDATORY, values)
        space = h5py.h5s.create_simple(data.shape)
        dataset = h5py.h5d.create(file.id, b"x", h5py.h5t.py_create(data.dtype), space, plist)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(data))
        file.flush()
        mask, stored = dataset.read_direct_chunk((0, 0))
        assert mask == 0, name
        (folder / f"{name}.chunk").write_bytes(stored)
        print(f"{name}: {data.nbytes} bytes as {len(stored)}")
