#!/usr/bin/env python3
"""Converts models for baselines ahead of a run, without the time limit that a run has, and prints what came of it.

usage: scripts/baselines/convert.py [--baseline NAME]... [--threads N] MODEL... | all
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "bench" / "baselines"
NETWORKS = ROOT / "scenarios" / "models" / "networks"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hetscope"


def place(variable, name):
    return Path(os.environ.get(variable) or CACHE / name)


def load_request(model, precision, threads, work):
    inputs = []
    for number, tensor in enumerate(model["inputs"]):
        path = Path(work) / f"input-{number}.bin"
        path.write_bytes(bytes(4 * math.prod(tensor.get("shape", []))))
        dtype = "f32" if tensor["dtype"] in ("f32", "f16") else "i32"
        inputs.append({"name": tensor["name"], "dtype": dtype, "shape": tensor.get("shape", []), "path": str(path)})
    return {"request": "load", "protocol": "hetscope/baseline/1",
            "model": {"path": str(place("HETSCOPE_MODELS", "models") / model["file"]), "sha256": model["sha256"]},
            "inputs": inputs,
            "outputs": [{"name": t["name"], "shape": t.get("shape", [])} for t in model["outputs"]],
            "precision": precision, "device": "cpu", "threads": threads, "affinity": [], "work": str(work),
            "conversions": str(place("HETSCOPE_CONVERSIONS", "conversions"))}


def convert(baseline, model, threads):
    environment = place("HETSCOPE_BASELINE_ENVIRONMENTS", "baselines") / baseline.get("environment", "")
    words = [word.replace("{here}", str(HERE)).replace("{environment}", str(environment))
             for word in baseline["program"]]
    if "environment" in baseline and not (environment / "installed").exists():
        return "not installed"
    with tempfile.TemporaryDirectory() as work:
        request = load_request(model, "f32", threads, work)
        if not Path(request["model"]["path"]).exists():
            return "the model is not here: run scripts/models/get.sh"
        done = subprocess.run(words, input=json.dumps(request) + "\n", text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False,
                              env={**os.environ, "HETSCOPE_CONVERSION_SECONDS": "3600"})
    for line in done.stdout.splitlines():
        if line.startswith('{"answer"'):
            answer = json.loads(line)
            return answer["answer"] + (f": {answer['reason'][:200]}" if "reason" in answer else "")
    return f"ended with {done.returncode} and without an answer"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--baseline", action="append")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    models = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(NETWORKS.glob("*.json"))}
    chosen = list(models) if options.models == ["all"] else options.models
    for name in chosen:
        if name not in models:
            sys.exit(f"convert: unknown model '{name}'; there are: {', '.join(models)}")
    for baseline in json.loads((HERE / "baselines.json").read_text(encoding="utf-8"))["baselines"]:
        if options.baseline and baseline["name"] not in options.baseline:
            continue
        for name in chosen:
            print(f"{baseline['name']:12} {name:16} {convert(baseline, models[name], options.threads)}", flush=True)


if __name__ == "__main__":
    main()
