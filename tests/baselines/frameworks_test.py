#!/usr/bin/env python3
"""Real frameworks through hetscope: a good model, and files that are none. Run by scripts/baselines/test.sh."""

import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HETSCOPE = sys.argv[1]
NAMES = sys.argv[2:]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hetscope"
MODELS = Path(os.environ.get("HETSCOPE_MODELS") or CACHE / "models")
ENVIRONMENTS = Path(os.environ.get("HETSCOPE_BASELINE_ENVIRONMENTS") or CACHE / "baselines")
PYTHON = ENVIRONMENTS / "onnxruntime" / "bin" / "python"
failures = []


def check(condition, what):
    print(("ok    " if condition else "FAILED  ") + what, flush=True)
    if not condition:
        failures.append(what)


def rows_of(model, directory, models=MODELS, names=NAMES, budget_s=1, **variables):
    """One group of all frameworks on one model: kernel -> record."""
    scenario = Path(directory) / f"{model}.json"
    scenario.write_text(json.dumps({
        "schema": "hetscope/scenario/1", "name": "frameworks", "budget_s": budget_s, "roofs": False,
        "experiments": [{"operation": "model_inference", "kernels": names, "processors": ["cpu"],
                         "axes": {"model": [model]}, "compare_by": ["kernel"]}]}))
    out = Path(directory) / f"{model}.out"
    done = subprocess.run([HETSCOPE, "run", scenario, "--out", out, "--meter", "none"], capture_output=True, text=True,
                          env={**os.environ, "HETSCOPE_MODELS": str(models), **variables}, check=False)
    if not (out / "records.jsonl").exists():
        print(done.stderr)
        return {}
    return {record["kernel"]: record for record in map(json.loads, (out / "records.jsonl").read_text().splitlines())}


def test_good(directory):
    for name, record in rows_of("ppocr_cls", directory).items():
        check(record["status"] in ("ok", "unstable"), f"{name} runs ppocr_cls: {record['reason']}")
        check("framework_call" in record["latencies"], f"{name} reports its own clock")
        check(record["verify"] is not None and record["verify"]["max_scaled_error"] <= 1, f"{name} is right")
        check(bool(record["notes"].get("version")) and bool(record["placement"]), f"{name} says its version and place")


def test_tool(directory):
    """OpenVINO's own program, which its package brings, beside the package."""
    program = ENVIRONMENTS / "openvino" / "bin" / "benchmark_app"
    directory = Path(directory) / "tools"
    directory.mkdir()
    tools = directory / "tools.json"
    tools.write_text(json.dumps({"schema": "hetscope/baselines/1", "baselines": [{
        "kind": "tool", "name": "benchmark_app", "title": "OpenVINO's benchmark_app", "importer": "openvino_benchmark_app",
        "program": [str(program), "-m", "{model}", "-d", "CPU", "-hint", "none", "-api", "sync", "-niter",
                    "{iterations}", "-nthreads", "{threads}", "-infer_precision", "{precision}"],
        "iterations": 100, "precisions": {"f32": "f32"}, "times": "one synchronous request", "licence": "Apache-2.0",
        "publish": "yes"}]}))
    rows = rows_of("ppocr_cls", directory, names=["openvino", "benchmark_app"], budget_s=20,
                   HETSCOPE_BASELINES=str(tools))
    for name, record in rows.items():
        check(record["status"] in ("ok", "unstable"), f"{name} beside the other: {record['reason']}")
        check("framework_call" in record["latencies"], f"{name} reports the framework's call")
    check(rows["benchmark_app"]["verify"] is None and "not_verified" in rows["benchmark_app"]["notes"],
          "benchmark_app is not verified")


# Makes ONNX files that are none, dynamic, or hold an operator that nobody has.
MAKER = """
import onnx, sys
from onnx import helper, TensorProto
folder = sys.argv[1]
def save(name, node, shape):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    graph = helper.make_graph([node], "g", [x], [y])
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("nowhere", 1)]
    open(f"{folder}/{name}.onnx", "wb").write(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
save("unknown", helper.make_node("Frobnicate", ["x"], ["y"], domain="nowhere"), [1, 8])
save("dynamic", helper.make_node("Relu", ["x"], ["y"]), ["batch", 8])
save("nan", helper.make_node("Log", ["x"], ["y"]), [1, 8])
save("good", helper.make_node("Relu", ["x"], ["y"]), [1, 8])
"""


def test_bad(directory):
    models = Path(directory) / "models"
    models.mkdir()
    subprocess.run([PYTHON, "-c", MAKER, models], check=True)
    good = (models / "good.onnx").read_bytes()
    (models / "truncated.onnx").write_bytes(good[: len(good) // 2])
    (models / "hostile.onnx").write_bytes(struct.pack("<B", 0x3A) + b"\xff\xff\xff\xff\x7f" + os.urandom(4096))
    (models / "empty.onnx").write_bytes(b"")
    for name in ("unknown", "dynamic", "nan", "truncated", "hostile", "empty"):
        tensor = {"dtype": "f32", "shape": [1, 8]}
        (models / f"{name}.json").write_text(json.dumps({
            "schema": "hetscope/model/1", "name": name, "origin": "trained", "file": f"{name}.onnx", "source": "a test",
            "licence": "none", "inputs": [{"name": "x", **tensor}], "outputs": [{"name": "y", **tensor}]}))
    for name in ("unknown", "nan", "truncated", "hostile", "empty"):
        rows = rows_of(name, directory, models)
        check(set(rows) == set(NAMES), f"{name}: a row for each framework")
        for kernel, record in rows.items():
            check(record["status"] == "failed" and record["reason"] and not record["latencies"],
                  f"{name}, {kernel}: {record['status']}: {record['reason'][:120]}")
    for kernel, record in rows_of("dynamic", directory, models).items():
        check(record["status"] in ("ok", "unstable", "unsupported", "skipped") and
              (record["reason"] or record["status"] == "ok"),
              f"dynamic, {kernel}: {record['status']}: {record['reason'][:120]}")


with tempfile.TemporaryDirectory() as folder:
    test_good(folder)
    if "openvino" in NAMES:
        test_tool(folder)
    test_bad(folder)
print(f"{len(failures)} failed")
sys.exit(1 if failures else 0)
