"""Rewrites an ONNX model of static shapes in plainer operators, for converters that do not know all of them. Needs onnx
and numpy.

usage: plain_onnx.py SOURCE TARGET WISH...
  lstm       a recurrent layer as its steps
  rows       a product of a matrix with ones at given places as a choice of its rows
  bounds     the greater of something and minus infinity as that something
  biases     a product's third operand of one row as a vector
  scalars    a constant operand of one element as a scalar
  means      sums over dimensions as their mean times its number
  ranks      movements through more than four dimensions as movements of at most four
  unsqueeze  Unsqueeze that adds several dimensions as Reshape
  slices     a slice along dimensions of which it leaves something out, one by one
  integers   inputs of integers that are only converted to f32 as inputs of f32, those that choose rows as i64

Writes TARGET.json, for the record: what was rewritten is part of what is timed. TARGET is written where something was,
and where weights lie in files of their own, which are then beside it.
The same numbers are computed, but for the rounding of an LSTM's and a mean's sums; tests/baselines compares both. (A
number that stands for no row is out of bounds where it gave zeros.) Only what has known shapes is rewritten, and
nothing in models with subgraphs, before opset 11 or before IR 4.
"""

import json
import math
import os
import shutil
import sys

import numpy
import onnx
from plain_graph import Graph, Unsuitable, attributes_of
from plain_movements import cut_what_is_cut, lower_ranks

LONGEST_LSTM = 64  # steps that are written out
INTEGERS = (onnx.TensorProto.INT32, onnx.TensorProto.INT64)


# Recurrent layers --------------------------------------------------------------------------------------------------


def _write_out_lstm(graph, node):
    """One direction of an LSTM as its steps: two products, three sigmoids, two tangents each."""
    attributes = attributes_of(node)
    inputs = list(node.input) + [""] * (8 - len(node.input))
    data, weights, recurrent, bias, lengths, first_h, first_c, peepholes = inputs
    needed = [name for name in (weights, recurrent, bias) if name]
    if (any(name not in graph.constants for name in needed) or lengths or peepholes or
            set(attributes) - {"hidden_size", "direction", "layout"} or attributes.get("layout", 0) or
            attributes.get("direction", b"forward") != b"forward" or graph.shapes[data][0] > LONGEST_LSTM or
            graph.types[data] != onnx.TensorProto.FLOAT):
        return False
    given = [graph.value(name) for name in (weights, recurrent)]
    steps, batch, width = graph.shapes[data]
    hidden = given[1].shape[-1]
    sums = numpy.zeros(4 * hidden, numpy.float32)
    if bias:
        sums = graph.value(bias)[0, :4 * hidden] + graph.value(bias)[0, 4 * hidden:]
    w, r, b = graph.constant(given[0][0]), graph.constant(given[1][0]), graph.constant(sums)
    zero = graph.constant(numpy.zeros((batch, hidden), numpy.float32))
    h, c = (graph.reshape(name, (batch, hidden)) if name else zero for name in (first_h, first_c))
    flat, part, results = (batch, 4 * hidden), (batch, hidden), []
    for step in range(steps):
        row = graph.slice(data, 0, step, step + 1) if steps > 1 else data
        row = graph.reshape(row, (batch, width))
        gates = graph.add("Add", [graph.add("Gemm", [row, w, b], flat, transB=1),
                                  graph.add("Gemm", [h, r], flat, transB=1)], flat)
        i, o, f = (graph.add("Sigmoid", [graph.slice(gates, 1, k * hidden, (k + 1) * hidden)], part) for k in range(3))
        new = graph.add("Tanh", [graph.slice(gates, 1, 3 * hidden, 4 * hidden)], part)
        c = graph.add("Add", [graph.add("Mul", [f, c], part), graph.add("Mul", [i, new], part)], part)
        h = graph.add("Mul", [o, graph.add("Tanh", [c], part)], part)
        results.append(h)
    wanted = list(node.output) + [""] * (3 - len(node.output))
    if wanted[0]:
        whole = results[0] if steps == 1 else graph.add(
            "Concat", [graph.reshape(h, (1, batch, hidden)) for h in results], (steps, batch, hidden), axis=0)
        graph.reshape(whole, (steps, 1, batch, hidden), wanted[0])
    for name, value in zip(wanted[1:], (h, c)):
        if name:
            graph.reshape(value, (1, batch, hidden), name)
    graph.rewritten["LSTM"] += 1
    return True


# Numbers that stand for rows ---------------------------------------------------------------------------------------


def _look_rows_up(graph):
    """A product of a matrix with ones at given numbers (Equal with 0, 1, 2 ..., Cast, MatMul) as Gather of its rows.

    Numbers outside give zeros before and are out of bounds afterwards: models that are given this promise none."""
    makers = {name: node for node in graph.graph.node for name in node.output}

    def rule(node):
        cast = makers.get(node.input[0])
        equal = makers.get(cast.input[0]) if cast is not None and cast.op_type == "Cast" else None
        table = node.input[1]
        if equal is None or equal.op_type != "Equal" or not graph.knows(equal) or table not in graph.constants:
            return False
        numbers, ones = equal.input
        shape, rows = graph.shapes[numbers], graph.shapes[table][0]
        is_column = len(shape) > 1 and shape[-1] == 1 and graph.types[numbers] in INTEGERS
        is_row = graph.shapes[ones][-1:] == (rows,) == (math.prod(graph.shapes[ones]),)
        if (len(graph.shapes[table]) != 2 or not is_column or not is_row or ones not in graph.constants or
                len(graph.shapes[ones]) > len(shape) or graph.value(ones).ravel().tolist() != list(range(rows))):
            return False
        flat = graph.reshape(numbers, shape[:-1])
        graph.add("Gather", [table, flat], graph.shapes[node.output[0]], node.output[0])
        graph.rewritten["MatMul of ones"] += 1
        return True

    graph.rewrite(rule, "MatMul")


# Operators that are another one's case -----------------------------------------------------------------------------


def _reshape_instead(graph, node):
    """An Unsqueeze that adds several dimensions as Reshape."""
    shape = graph.shapes[node.output[0]]
    if len(shape) < 2 + len(graph.shapes[node.input[0]]):
        return False
    graph.reshape(node.input[0], shape, node.output[0])
    graph.rewritten["Unsqueeze"] += 1
    return True


def _average(graph, node):
    """Sums over dimensions as their mean times its number."""
    axes = graph.value(node.input[1]) if len(node.input) == 2 else None
    if axes is None or not axes.size or graph.types[node.input[0]] != onnx.TensorProto.FLOAT:
        return False
    shape = graph.shapes[node.output[0]]
    count = math.prod(graph.shapes[node.input[0]][axis] for axis in axes.tolist())
    mean = graph.reduce_mean(node.input[0], axes, attributes_of(node).get("keepdims", 1), shape)
    graph.add("Mul", [mean, graph.constant(numpy.float32(count))], shape, node.output[0])
    graph.rewritten["ReduceSum"] += 1
    return True


def _leave_out_bounds(graph, node):
    """The greater of something and minus infinity as that something."""
    values = [graph.single(name) for name in node.input]
    bounds = [value is not None and value.item() == -math.inf for value in values]
    if sorted(bounds) != [False, True]:
        return False
    other = node.input[bounds.index(False)]
    if graph.shapes[other] != graph.shapes[node.output[0]]:
        return False
    graph.add("Identity", [other], graph.shapes[other], node.output[0])
    graph.rewritten["Max"] += 1
    return True


def _flatten_biases(graph, node):
    """A product's constant third operand of one row as a vector."""
    bias = graph.value(node.input[2]) if len(node.input) == 3 else None
    if bias is None or bias.ndim < 2 or bias.size != bias.shape[-1]:
        return False
    graph.add("Gemm", [*node.input[:2], graph.constant(bias.ravel())], graph.shapes[node.output[0]], node.output[0],
              **attributes_of(node))
    graph.rewritten["Gemm"] += 1
    return True


def _name_scalars(graph, node):
    """A constant operand of one element as a scalar."""
    small = [graph.single(name) if len(graph.shapes[name]) > 0 else None for name in node.input]
    rank = len(graph.shapes[node.output[0]])
    ranks = [len(graph.shapes[name]) for name, value in zip(node.input, small) if value is None]
    if rank not in ranks or len(ranks) == len(small):
        return False
    inputs = [name if value is None else graph.constant(value.reshape(())) for name, value in zip(node.input, small)]
    graph.add(node.op_type, inputs, graph.shapes[node.output[0]], node.output[0])
    graph.rewritten[node.op_type] += 1
    return True


# What is asked for -------------------------------------------------------------------------------------------------


def _readers(graph, name):
    """(node, operand) of what reads a tensor, through what only renames its elements; (None, 0): it is a result."""
    outputs, waiting = {value.name for value in graph.graph.output}, [name]
    while waiting:
        tensor = waiting.pop()
        if tensor in outputs:
            yield None, 0
        for node in graph.graph.node:
            for operand in (place for place, read in enumerate(node.input) if read == tensor):
                if node.op_type in ("Unsqueeze", "Reshape", "Squeeze") and operand == 0:
                    waiting.append(node.output[0])
                else:
                    yield node, operand


def _retype_inputs(graph):
    """Inputs of integers that are only read as numbers become inputs of f32, those that only choose rows inputs of i64:
    pnnx knows no conversion, and runs a model of i32 on whatever its memory held."""
    def is_conversion(node):
        return node is not None and node.op_type == "Cast" and attributes_of(node)["to"] == onnx.TensorProto.FLOAT

    for place, value in enumerate(graph.graph.input):
        kind, readers = value.type.tensor_type, list(_readers(graph, value.name))
        if kind.elem_type not in INTEGERS or not readers:
            continue
        if all(node is not None and node.op_type == "Gather" and operand == 1 for node, operand in readers):
            if kind.elem_type == onnx.TensorProto.INT32:
                kind.elem_type = onnx.TensorProto.INT64
                graph.rewritten["input"] += 1
        elif all(is_conversion(node) for node, _ in readers):
            kind.elem_type = onnx.TensorProto.FLOAT
            for node, _ in readers:
                node.op_type = "Identity"
                del node.attribute[:]
            graph.numbers.append(place)
            graph.rewritten["Cast"] += 1


def _each(rule, *kinds):
    """A rule for single nodes of these kinds as one for a graph."""
    return lambda graph: graph.rewrite(lambda node: rule(graph, node), *kinds)


RULES = {
    "lstm": _each(_write_out_lstm, "LSTM"),
    "rows": _look_rows_up,
    "bounds": _each(_leave_out_bounds, "Max"),
    "biases": _each(_flatten_biases, "Gemm"),
    "scalars": _each(_name_scalars, "Add", "Mul", "Sub", "Div", "Max", "Min", "Pow"),
    "means": _each(_average, "ReduceSum"),
    "ranks": lower_ranks,
    "unsqueeze": _each(_reshape_instead, "Unsqueeze"),
    "slices": _each(cut_what_is_cut, "Slice"),
    "integers": _retype_inputs,
}


def _places_of_weights(graph):
    """Files that weights lie in, below the model's directory. Raises Unsuitable for others: they are a hostile model's."""
    places = {entry.value for tensor in graph.graph.initializer for entry in tensor.external_data
              if entry.key == "location"}
    for place in places:
        if os.path.isabs(place) or ".." in place.split("/"):
            raise Unsuitable(f"weights in '{place}'")
    return places


def _take_weights_along(graph, places, directory):
    """Weights that lie in files of their own are copied: readers refuse symbolic links, and files outside of the
    directory that they run in."""
    for place in places:
        os.makedirs(os.path.dirname(os.path.join(directory, place)), exist_ok=True)
        shutil.copyfile(os.path.join(graph.directory, place), os.path.join(directory, place))


def plainer(source, target, wishes):
    """Writes `target` when a wish applies to `source`. Returns notes for the record: what was rewritten, and the places
    of inputs that are of f32 now."""
    try:
        graph = Graph(source)
        places = _places_of_weights(graph)
    except Unsuitable:
        return {}
    for wish in wishes:
        RULES[wish](graph)
        graph.without_unused()
    if not graph.rewritten and not places:
        return {}
    _take_weights_along(graph, places, os.path.dirname(os.path.abspath(target)))
    onnx.save(graph.model, target)
    onnx.checker.check_model(target, full_check=True)
    notes = {}
    if graph.rewritten:
        notes["rewritten"] = ", ".join(f"{kind} {count}" for kind, count in sorted(graph.rewritten.items()))
    if graph.numbers:
        notes["inputs_as_f32"] = " ".join(map(str, graph.numbers))
    return notes


def main():
    source, target, *wishes = sys.argv[1:]
    notes = plainer(source, target, wishes)
    with open(target + ".json", "w", encoding="utf-8") as file:
        json.dump(notes, file)


if __name__ == "__main__":
    main()
