#!/usr/bin/env python3
"""Exports architectures as ONNX graphs without weights: scenarios/models/graphs/NAME.onnx.gz and their descriptions.

Needs PyTorch, timm, transformers, diffusers and onnx (scripts/baselines/setup.sh export) and, for folding constants,
the environment of scripts/models/get.sh. Whoever only runs models needs none of it: scripts/models/get.sh makes the full
ONNX from the committed graph and its seed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ROOT / "scenarios" / "models" / "networks"
GRAPHS = ROOT / "scenarios" / "models" / "graphs"
OPSET = 17


def export(name, path):
    """The graph as PyTorch writes it, weights included."""
    import torch

    from architectures import ARCHITECTURES

    torch.manual_seed(0)
    title, module, inputs, fills, row = ARCHITECTURES[name]()
    module.eval()
    with torch.no_grad():
        torch.onnx.export(module, tuple(inputs.values()), str(path), input_names=list(inputs), output_names=["y"],
                          opset_version=OPSET, dynamo=False, do_constant_folding=True)
    return {"title": title, "fills": fills, "row": row, "torch": torch.__version__}


def slim_graph(path, name):
    """The exported graph, folded and without its weights."""
    import onnx
    import onnxslim

    import onnx_graph
    import weightless

    exported = onnx.load(path)
    # What folds writes a model to look at it, which above 2 GB is refused: its weights are out of the way by then.
    parked = weightless.park(weightless.strip(exported, name)) if weightless.is_too_large(exported) else []
    most_bytes = 4 * onnx_graph.LARGEST_FOLDED
    folded = onnx_graph.fold(onnxslim.slim(exported, size_threshold=most_bytes))
    model = onnxslim.slim(folded, size_threshold=most_bytes)
    weightless.unpark(model, parked)
    return weightless.strip(model, name)


def finish(name, path, facts):
    """Folds, strips and describes; runs in the environment of get.sh."""
    import onnx_graph
    import weightless
    from get import set_output_shapes, sha256_of_file, write_description

    model = slim_graph(path, name)
    GRAPHS.mkdir(parents=True, exist_ok=True)
    graph = GRAPHS / f"{name}.onnx.gz"
    whole = Path(path).with_name(f"{name}.onnx")
    weightless.save(model, graph)
    weightless.materialise(graph, whole)
    set_output_shapes(model, whole)
    # The outputs' shapes belong to the graph.
    weightless.save(model, graph)
    weightless.materialise(graph, whole)
    bytes_on_disk = sum(file.stat().st_size for file in (whole, weightless.data_file(whole)) if file.exists())
    inputs = onnx_graph.tensors(model.graph.input)
    for tensor in inputs:
        tensor["fill"] = facts["fills"][tensor["name"]]
    write_description({
        "schema": "hetscope/model/1", "name": name, "title": facts["title"], "origin": "architecture",
        "file": f"{name}.onnx", "sha256": sha256_of_file(whole), "bytes": bytes_on_disk,
        "source": f"exported by scripts/models/export.py with torch {facts['torch']}, opset {OPSET}; weights from a seed",
        "licence": "Apache-2.0", "opset": OPSET, **({"published": facts["row"]} if facts["row"] else {}),
        **onnx_graph.facts(model), "inputs": inputs, "outputs": onnx_graph.tensors(model.graph.output)})
    print(f"{name}: {graph.stat().st_size / 1024:.0f} KiB without weights, {bytes_on_disk / 1e6:.1f} MB with",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--finish", nargs=3, metavar=("NAME", "ONNX", "FACTS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.finish:
        name, path, facts = options.finish
        finish(name, path, json.loads(facts))
        return
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hetscope" / "baselines"
    python = Path(os.environ.get("HETSCOPE_BASELINE_ENVIRONMENTS") or cache) / "models" / "bin" / "python"
    from architectures import ARCHITECTURES

    for name in options.names or ARCHITECTURES:
        if name not in ARCHITECTURES:
            sys.exit(f"export: unknown architecture '{name}'; there are: {', '.join(ARCHITECTURES)}")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "exported.onnx"
            facts = export(name, path)
            subprocess.run([python, __file__, "--finish", name, path, json.dumps(facts)], check=True)


if __name__ == "__main__":
    main()
