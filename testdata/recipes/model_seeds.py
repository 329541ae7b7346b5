"""Seeds of the fuzz targets onnx and keras, out of what is in testdata; h5py 3.14.

testdata/fuzz/onnx: a model of each operator in onnx/ops.json. testdata/fuzz/keras: the configuration of each
layer in keras/layers.tar.xz and of the models in keras/, where the name of a layer is followed by the shapes
of its arrays, as fuzz_keras.c plays them."""

import base64
import io
import json
import pathlib
import tarfile
import zipfile

import h5py

TESTDATA = pathlib.Path(__file__).resolve().parent.parent
MOST_BYTES = 6000


def onnx_seeds():
    folder = TESTDATA / "fuzz" / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    seen = set()
    for case in json.loads((TESTDATA / "onnx" / "ops.json").read_text(encoding="utf-8")):
        content = base64.b64decode(case["model"])
        if case["op"] not in seen and len(content) < MOST_BYTES:
            seen.add(case["op"])
            (folder / f"{case['op'].lower()}.onnx").write_bytes(content)


def shapes_of(file):
    """name of a layer -> its shapes, "4x5_5"."""
    shapes = {}

    def visit(path, item):
        if not isinstance(item, h5py.Group):
            return
        names = item.attrs.get("weight_names")
        if names is not None and len(names):
            arrays = [item[n] for n in names]
            name = path.split("/")[-1]
        elif path.endswith("/vars") and len(item):
            arrays = [item[k] for k in sorted(item, key=int)]
            name = item.parent.attrs.get("name", item.attrs.get("name", path.split("/")[-2]))
        else:
            return
        shapes[name if isinstance(name, str) else name.decode()] = "_".join(
            "x".join(map(str, a.shape)) for a in arrays if a.shape)
    file.visititems(visit)
    return shapes


def parts_of(content):
    """(configuration, file of weights)"""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return json.loads(archive.read("config.json")), h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    file = h5py.File(io.BytesIO(content))
    if "model_config" not in file.attrs:
        return None, file
    config = json.loads(file.attrs["model_config"])
    config["keras_version"] = "2.4.0"
    if "training_config" in file.attrs:
        config["compile_config"] = json.loads(file.attrs["training_config"])
    return config, file


def models():
    for path in sorted([*(TESTDATA / "keras").glob("*.keras"), *(TESTDATA / "keras").glob("*.h5")]):
        yield path.name, path.read_bytes()
    with tarfile.open(TESTDATA / "keras" / "layers.tar.xz") as archive:
        for member in archive:
            if member.isfile() and member.name.endswith((".keras", ".h5")):
                yield member.name.replace("/", "-"), archive.extractfile(member).read()


def strip(value):
    """Without what nobody reads when a model is scored."""
    if isinstance(value, list):
        return [strip(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: strip(v) for k, v in value.items()
            if not k.endswith(("_initializer", "_regularizer", "_constraint", "registered_name", "trainable"))}


def keras_seeds():
    folder = TESTDATA / "fuzz" / "keras"
    folder.mkdir(parents=True, exist_ok=True)
    seen = set()
    for name, content in models():
        config, file = parts_of(content)
        if config is None:
            continue
        text = json.dumps({k: strip(v) for k, v in config.items() if k in
                           ("class_name", "config", "compile_config", "keras_version")}, separators=(",", ":"))
        for layer, shape in shapes_of(file).items():
            text = text.replace(f'"{layer}"', f'"{layer.rstrip("0123456789_") or "n"} {shape}"')
        layers = config["config"]["layers"] if isinstance(config["config"], dict) else config["config"]
        key = (*sorted({layer["class_name"] for layer in layers}), "keras_version" in config)
        if key not in seen and len(text) < MOST_BYTES:
            seen.add(key)
            (folder / f"{name.rsplit('.', 1)[0]}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    onnx_seeds()
    keras_seeds()
