import json
import struct

text = json.dumps({
    "format": "rowcast-model", "version": 1, "dtype": "float32",
    "inputs": [{"name": "x", "type": "number"}],
    "steps": [{"op": "dense", "out": "z",
               "weights": {"at": 0, "shape": [1, 2], "dtype": "float64"}}],
    "output": {"task": "regression", "from": "z", "link": "identity"}}).encode()
text += b" " * (-len(text) % 8)
with open("m.rcm", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + struct.pack("<dd", 1, 1e300))
