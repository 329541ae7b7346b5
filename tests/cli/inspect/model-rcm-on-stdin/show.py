import json
import sys

made = json.load(sys.stdin)
print(list(made))
print(made["path"], made["bytes"], made["format"], made["dtype"], made["parameters"])
print(len(made["inputs"]), made["inputs"][63], made["output"])
for step in made["steps"]:
    print(step["op"], step["out"], len(step["in"]), step["in"][0], step["arrays"], step["parameters"])
