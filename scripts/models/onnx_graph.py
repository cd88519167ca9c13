"""What an ONNX graph holds: operators, operators that only move elements, multiply-adds, parameters. Needs onnx and numpy."""

import math

import numpy
import onnx
import onnx.numpy_helper
import onnx.reference

# Operators that only move or rename elements; bench/baselines/hetscope_baseline.py counts the same.
LAYOUT_OPERATORS = frozenset(
    "Reshape Transpose Slice Split Concat Squeeze Unsqueeze Flatten Expand Gather GatherND GatherElements Pad Tile "
    "DepthToSpace SpaceToDepth ScatterND Identity".split())


def shapes_of(model):
    """Name -> list of extents, of everything whose shape inference knows it as numbers."""
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=False)
    graph = inferred.graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for value in [*graph.input, *graph.output, *graph.value_info]:
        if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
            continue
        dims = [d.dim_value if d.HasField("dim_value") else 0 for d in value.type.tensor_type.shape.dim]
        if all(dims):
            shapes[value.name] = dims
    return shapes


def attribute(node, name, default=None):
    for item in node.attribute:
        if item.name == name:
            return onnx.helper.get_attribute_value(item)
    return default


# Results of folding that are larger stay operators: tables of weights are not to be multiplied out.
LARGEST_FOLDED = 1 << 16


def fold(model):
    """Computes what depends on nothing but shapes and constants, until nothing is left to compute. Returns `model`."""
    while True:
        shapes = shapes_of(model)
        known = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer
                 if math.prod(tensor.dims) <= LARGEST_FOLDED}
        kept, folded = [], 0
        for node in model.graph.node:
            values = _constant(node, known, shapes)
            if values is None:
                kept.append(node)
                continue
            folded += 1
            for name, value in zip(node.output, values):
                known[name] = value
                model.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
        if not folded:
            return _without_unused(model)
        del model.graph.node[:]
        model.graph.node.extend(kept)
        del model.graph.value_info[:]


def _constant(node, known, shapes):
    if node.op_type == "Shape" and not node.attribute and node.input[0] in shapes:
        return [numpy.array(shapes[node.input[0]], dtype=numpy.int64)]
    if node.op_type.startswith("Random") or any(item.HasField("g") for item in node.attribute):
        return None
    names = [name for name in node.input if name]
    if not all(name in known for name in names):
        return None
    values = onnx.reference.ReferenceEvaluator(node).run(None, {name: known[name] for name in names})
    values = [numpy.asarray(value) for value in values]
    return values if all(value.size <= LARGEST_FOLDED for value in values) else None


def _without_unused(model):
    used = {name for node in _nodes(model.graph) for name in node.input} | {v.name for v in model.graph.output}
    unused = [tensor for tensor in model.graph.initializer if tensor.name not in used]
    for tensor in unused:
        model.graph.initializer.remove(tensor)
    return model


def _node_macs(node, shapes):
    kind = node.op_type
    ins = [shapes.get(name) for name in node.input]
    out = shapes.get(node.output[0]) if node.output else None
    if kind == "Conv" and out and ins[1]:
        return math.prod(out) * math.prod(ins[1][1:])
    if kind == "ConvTranspose" and ins[0] and ins[1]:
        return math.prod(ins[0]) * math.prod(ins[1][1:])
    if kind == "MatMul" and out and ins[0]:
        return math.prod(out) * ins[0][-1]
    if kind == "Gemm" and out and ins[0]:
        return math.prod(out) * ins[0][0 if attribute(node, "transA", 0) else 1]
    if kind in ("LSTM", "GRU", "RNN") and ins[0] and ins[1] and ins[2]:
        return ins[0][0] * ins[0][1] * (math.prod(ins[1]) + math.prod(ins[2]))
    return 0


def _nodes(graph):
    """Those of subgraphs (If, Loop) too."""
    for node in graph.node:
        yield node
        for item in node.attribute:
            if item.type == onnx.AttributeProto.GRAPH:
                yield from _nodes(item.g)


def facts(model):
    """operators, layout_operators, macs, parameters of a ModelProto."""
    shapes = shapes_of(model)
    kinds = [node.op_type for node in _nodes(model.graph) if node.op_type != "Constant"]
    return {
        "macs": sum(_node_macs(node, shapes) for node in _nodes(model.graph)),
        "parameters": sum(math.prod(t.dims) for t in model.graph.initializer
                          if t.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)),
        "operators": len(kinds),
        "layout_operators": sum(1 for kind in kinds if kind in LAYOUT_OPERATORS),
    }


DTYPES = {onnx.TensorProto.FLOAT: "f32", onnx.TensorProto.FLOAT16: "f16", onnx.TensorProto.INT32: "i32",
          onnx.TensorProto.INT64: "i64", onnx.TensorProto.BOOL: "bool"}


def tensors(values):
    """name, dtype and shape of a graph's inputs or outputs, as descriptions of models have them."""
    result = []
    for value in values:
        kind = value.type.tensor_type
        entry = {"name": value.name, "dtype": DTYPES[kind.elem_type]}
        dims = [d.dim_value for d in kind.shape.dim]
        if dims:
            entry["shape"] = dims
        result.append(entry)
    return result
