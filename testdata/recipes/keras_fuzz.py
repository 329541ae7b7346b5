#!/usr/bin/env python3
"""keras_fuzz.py - seeds of tests/fuzz/fuzz_keras.c: the configurations of the models of testdata/keras
(h5py 3.16), with the shapes of their weights, and those of tests/cli/keras_refused.py.

    keras_fuzz.py ROOT OUT [MORE.h5 MORE.keras ...]"""

import hashlib
import io
import json
import pathlib
import sys
import tarfile
import zipfile

import h5py

MOST_BYTES = 12000
DROPPED = ("initializer", "regularizer", "constraint", "build_config", "kernel_", "bias_", "optimizer")


def slim(value):
    if isinstance(value, dict):
        return {k: slim(v) for k, v in value.items() if not any(word in k for word in DROPPED) and k != "module" or
                k == "module" and "ops" in str(v)}
    return [slim(v) for v in value] if isinstance(value, list) else value


def arrays_of(group, is_v3):
    found = {}
    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.size <= 4096 and item.ndim <= 4:
            parts = name.split("/")
            leaf = parts[-1].split(":")[0]
            layer = item.parent.attrs.get("name", parts[-3] if len(parts) > 2 else parts[0]) if is_v3 else parts[0]
            found.setdefault(layer, {})[leaf] = list(item.shape)
    group.visititems(visit)
    return found


def of_h5(content, architecture=None):
    with h5py.File(io.BytesIO(content)) as f:
        config = f.attrs.get("model_config")
        if config is None:
            return None
        seed = slim(json.loads(config))
        training = json.loads(f.attrs.get("training_config", "{}"))
        version = f.attrs.get("keras_version", "2")
        version = version.decode() if isinstance(version, bytes) else version
        return {**seed, "weights": arrays_of(f["model_weights"], False), "loss": training.get("loss") or "mse",
                "major": int(version[0]), "layout": 0}


def of_keras(content):
    with zipfile.ZipFile(io.BytesIO(content)) as z:
        seed = slim(json.loads(z.read("config.json")))
        with h5py.File(io.BytesIO(z.read("model.weights.h5"))) as f:
            weights = arrays_of(f, True)
        assets = {pathlib.Path(n).parent.name: z.read(n).decode() for n in z.namelist() if n.endswith("vocabulary.txt")}
        loss = (seed.pop("compile_config", None) or {}).get("loss") or "mse"
        return {**seed, "weights": weights, "assets": assets, "loss": loss, "major": 3, "layout": 2}


def main():
    root, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    sys.path.insert(0, str(root / "tests/cli"))
    import keras_refused
    seeds = {f"refused-{name}": {**config, "weights": {"dense_1": {"kernel": [4, 5], "bias": [5]}, "dense_2": {"kernel": [5, 1], "bias": [1]}}}
             for name, config, _ in keras_refused.LAYERS}
    files = [(p.name, p.read_bytes()) for p in sorted((root / "testdata/keras").glob("*.*"))]
    files += [(pathlib.Path(p).name, pathlib.Path(p).read_bytes()) for p in sys.argv[3:]]
    with tarfile.open(root / "testdata/keras/layers.tar.xz") as tar:
        files += [(m.name, tar.extractfile(m).read()) for m in tar if m.isfile()]
    for name, content in files:
        seed = None
        if name.endswith(".h5") and not name.endswith(".weights.h5"):
            seed = of_h5(content)
        if name.endswith(".keras"):
            seed = of_keras(content)
        if seed is not None:
            seeds[name] = seed
    out.mkdir(parents=True, exist_ok=True)
    seen = set()
    for name, seed in seeds.items():
        text = json.dumps(seed, separators=(",", ":")).encode()
        mark = hashlib.sha256(text).digest()
        if len(text) <= MOST_BYTES and mark not in seen:
            seen.add(mark)
            (out / name.replace(" ", "-").replace("'", "").replace(".", "-")).write_bytes(text)


if __name__ == "__main__":
    main()
