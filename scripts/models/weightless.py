"""ONNX graphs without their weights, and the weights again from a seed. Needs onnx and numpy.

A float initialiser above 1 KiB is replaced by how it is drawn: its dims stay, its data goes, and its doc_string says
{"normal": [mean, deviation]} or {"near": value}. The draw depends on the graph's name, the initialiser's name and
nothing else (PCG64 seeded with their SHA-256, sums of uniform numbers only, so that no library's logarithm can differ).
"""

import contextlib
import gzip
import hashlib
import json
import math

import numpy
import onnx
from onnx import numpy_helper

LARGEST_KEPT_BYTES = 1024
ONNX_LIMIT_BYTES = 2_000_000_000  # a protobuf cannot be larger
PAGE_BYTES = 4096  # weights in a file of their own begin at pages, so that frameworks can map them
DATA_SHA256 = "data_sha256"  # the hash of the model thereby covers that file, too


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
    """Takes the weights out of `model`, in place; what has none already stays as it is."""
    model.graph.name = name
    model.producer_name, model.producer_version, model.doc_string = "hetscope", "", ""
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del model.metadata_props[:]
    for tensor in model.graph.initializer:
        has_data = tensor.raw_data or tensor.float_data
        if has_data:
            tensor.doc_string = ""  # the exporter's
        if not has_data or tensor.data_type != onnx.TensorProto.FLOAT:
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


def park(model):
    """Makes inputs of what has no data, so that nobody folds it. Returns the initializers for unpark()."""
    parked = [tensor for tensor in model.graph.initializer if tensor.doc_string]
    for tensor in parked:
        model.graph.initializer.remove(tensor)
        model.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return parked


def unpark(model, parked):
    """Those that are still read become initializers again."""
    used = {name for node in model.graph.node for name in node.input}
    names = {tensor.name for tensor in parked}
    inputs = [value for value in model.graph.input if value.name not in names]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.graph.initializer.extend(tensor for tensor in parked if tensor.name in used)


def save(model, path):
    # No time in it: the same graph is the same file.
    path.write_bytes(gzip.compress(model.SerializeToString(deterministic=True), 9, mtime=0))


def load(path):
    """The model of a weightless file, still without weights."""
    return onnx.load_model_from_string(gzip.decompress(path.read_bytes()))


def data_file(target):
    """Where the weights of a model lie that is too large for one file."""
    return target.with_name(target.name + ".data")


def is_too_large(model):
    return sum(4 * math.prod(tensor.dims) for tensor in model.graph.initializer) >= ONNX_LIMIT_BYTES


def materialise(path, target):
    """Writes the whole model to `target`; above 2 GB the weights to TARGET.data beside it, whose hash it has."""
    model = load(path)
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(_DataFile(data_file(target))) if is_too_large(model) else None
        for tensor in model.graph.initializer:
            if not tensor.doc_string:
                continue
            values = draw(json.loads(tensor.doc_string), math.prod(tensor.dims), model.graph.name, tensor.name)
            tensor.doc_string = ""
            if data:
                data.take(tensor, values)
            else:
                tensor.raw_data = values.tobytes()
    if data:
        onnx.helper.set_model_props(model, {DATA_SHA256: data.digest.hexdigest()})
    partial = target.with_suffix(".part")
    partial.write_bytes(model.SerializeToString(deterministic=True))
    partial.rename(target)


def has_its_data(target):
    """Whether the weights beside a large model are those that it was written with."""
    wanted = {item.key: item.value for item in onnx.load(target, load_external_data=False).metadata_props}
    if not data_file(target).exists():
        return False
    with open(data_file(target), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wanted.get(DATA_SHA256)


class _DataFile:
    """Weights written one by one, so that one of them is in memory at a time; under its name once it is whole."""

    def __init__(self, path):
        self.path, self.partial = path, path.with_suffix(".data.part")
        self.digest, self.size = hashlib.sha256(), 0

    def __enter__(self):
        self.file = open(self.partial, "wb")
        return self

    def take(self, tensor, values):
        self._write(bytes(-self.size % PAGE_BYTES))
        tensor.data_location = onnx.TensorProto.EXTERNAL
        place = {"location": self.path.name, "offset": self.size, "length": values.nbytes}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self._write(memoryview(values).cast("B"))

    def _write(self, data):
        self.file.write(data)
        self.digest.update(data)
        self.size += len(data)

    def __exit__(self, error, *_):
        self.file.close()
        if error is None:
            self.partial.rename(self.path)
        else:
            self.partial.unlink()
