"""Weights of one Dense layer (4 x 5) in the layout of Keras 3, each with one odd or damaged array.

h5py 3.14; writes testdata/keras/bad/*.h5."""

import pathlib

import h5py
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent.parent / "keras" / "bad"
KERNEL, BIAS = np.arange(20, dtype="f4").reshape(4, 5), np.zeros(5, "f4")


def write(name, fill):
    with h5py.File(OUT / f"{name}.weights.h5", "w", libver="latest") as file:
        group = file.create_group("layers/dense/vars")
        fill(group)


def both(kernel, **how):
    def fill(group):
        group.create_dataset("0", data=kernel, **how)
        group.create_dataset("1", data=BIAS)
    return fill


def huge(group):
    group.create_dataset("0", shape=(1 << 20, 1 << 20), dtype="f4", chunks=(1, 1024))


def main():
    OUT.mkdir(exist_ok=True)
    write("rank", both(np.zeros((1, 1, 1, 4, 5), "f4")))
    write("huge", huge)
    write("text", both(np.array([b"a", b"b"])))
    with h5py.File(OUT / "many.weights.h5", "w", libver="latest") as file:  # the layout of Keras 2
        file.attrs["layer_names"] = [b"dense"]
        file.create_group("dense").attrs["weight_names"] = [b"kernel:0"] * 1001
        file["dense"].create_dataset("kernel:0", data=KERNEL)
    write("no-bias", lambda group: group.create_dataset("0", data=KERNEL))
    with h5py.File(OUT / "two-texts.weights.h5", "w", libver="latest") as file:
        file.attrs["model_config"] = [b"{}", b"{}"]
    with h5py.File(OUT / "twice.weights.h5", "w", libver="latest") as file:
        file.attrs["layer_names"] = [b"inner"]
        file.create_group("inner").attrs["weight_names"] = [b"d/kernel:0"] * 2
        file["inner"].create_dataset("d/kernel:0", data=KERNEL)
    write("damaged", both(KERNEL, compression="gzip", fletcher32=True))
    path = OUT / "damaged.weights.h5"
    with h5py.File(path) as file:
        at = file["layers/dense/vars/0"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[at + 4] ^= 0xFF
    path.write_bytes(content)


if __name__ == "__main__":
    main()
