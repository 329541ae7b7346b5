import json
import sys

common = {"op", "out", "in", "width_in", "width_out", "fate", "into", "parameters"}
for step in json.load(sys.stdin)["steps"]:
    rest = {key: value for key, value in step.items() if key not in common}
    print(step["op"], step["width_in"], step["width_out"], step["parameters"], json.dumps(rest))
