"""ONNX graphs without their weights, and the weights again from a seed. Needs onnx and numpy.

A float initialiser above 1 KiB is replaced by how it is drawn: its dims stay, its data goes, and its doc_string says
{"normal": [mean, deviation]} or {"near": value}. The draw depends on the graph's name, the initialiser's name and
nothing else (PCG64 seeded with their SHA-256, sums of uniform numbers only, so that no library's logarithm can differ).
"""

import gzip
import hashlib
import json

import numpy
import onnx
from onnx import numpy_helper

LARGEST_KEPT_BYTES = 1024
ONNX_LIMIT_BYTES = 2_000_000_000  # a protobuf cannot be larger


def recipe(values):
    """How to draw something like `values`, or None for what has a structure (a mask, a table of frequencies)."""
    kinds = numpy.unique(values)
    if kinds.size == 1:
        value = float(kinds[0])
        # A bias of zero or a layer scale of 1e-6 would make whole branches count for nothing.
        return {"normal": [0.0, 0.05]} if abs(value) < 0.01 else {"near": value}
    if kinds.size < values.size // 4:
        return None
    return {"normal": [float(f"{values.mean():.3g}"), float(f"{values.std():.3g}")]}


def draw(how, count, graph, name):
    seed = int.from_bytes(hashlib.sha256(f"{graph}/{name}".encode()).digest()[:16], "little")
    generator = numpy.random.Generator(numpy.random.PCG64(seed))
    # Four uniform numbers of variance 1/12 make a bell of variance 1/3.
    bell = generator.random((4, count), dtype=numpy.float32).sum(axis=0, dtype=numpy.float32) - numpy.float32(2)
    bell *= numpy.float32(3 ** 0.5)
    if "normal" in how:
        mean, deviation = how["normal"]
        return bell * numpy.float32(deviation) + numpy.float32(mean)
    return numpy.float32(how["near"]) * (1 + numpy.float32(0.05) * bell)


def strip(model, name):
    """Takes the weights out of `model`, in place."""
    model.graph.name = name
    model.producer_name, model.producer_version, model.doc_string = "hetscope", "", ""
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del model.metadata_props[:]
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        if values.nbytes <= LARGEST_KEPT_BYTES:
            continue
        how = recipe(values)
        if how is None:
            continue
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.doc_string = json.dumps(how)
    return model


def save(model, path):
    # No time in it: the same graph is the same file.
    path.write_bytes(gzip.compress(model.SerializeToString(deterministic=True), 9, mtime=0))


def filled(path):
    """The whole model of a weightless file."""
    model = onnx.load_model_from_string(gzip.decompress(path.read_bytes()))
    for tensor in model.graph.initializer:
        if not tensor.doc_string:
            continue
        count = int(numpy.prod(tensor.dims, dtype=numpy.int64))
        tensor.raw_data = draw(json.loads(tensor.doc_string), count, model.graph.name, tensor.name).tobytes()
        tensor.doc_string = ""
    return model


def materialise(path, target):
    """Writes the whole model to `target`; above 2 GB its weights to TARGET.data beside it."""
    model = filled(path)
    partial = target.with_suffix(".part")
    if sum(len(tensor.raw_data) for tensor in model.graph.initializer) < ONNX_LIMIT_BYTES:
        partial.write_bytes(model.SerializeToString(deterministic=True))
    else:
        onnx.save_model(model, str(partial), save_as_external_data=True, location=target.name + ".data")
    partial.rename(target)
