import json
import sys

made, report = json.load(sys.stdin), json.load(open("r.json", encoding="utf-8"))
print(made["kind"], made["rows"] == report["rows"], made["model"] == report["model"])
print(all(report["metrics"][name] == value for name, value in made["metrics"].items()),
      [name for name in made["metrics"] if "[" in name], "state" in made, "accuracy" in made["metrics"])
