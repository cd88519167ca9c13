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

Writes TARGET.json, for the record: what was rewritten is part of what is timed. TARGET is written where something was.
The same numbers are computed, but for the rounding of an LSTM's and a mean's sums; tests/baselines compares both.
"""

import json
import math
import os
import shutil
import sys

import numpy
import onnx
from plain_graph import Graph, attributes_of
from plain_movements import cut_what_is_cut, lower_ranks

LONGEST_LSTM = 64  # steps that are written out


# Recurrent layers --------------------------------------------------------------------------------------------------


def _write_out_lstm(graph, node):
    """One direction of an LSTM as its steps: two products, three sigmoids, two tangents each."""
    attributes = attributes_of(node)
    inputs = list(node.input) + [""] * (8 - len(node.input))
    data, weights, recurrent, bias, lengths, first_h, first_c, peepholes = inputs
    given = [graph.value(name) for name in (weights, recurrent)]
    known = {"hidden_size", "direction", "layout"}
    if (node.op_type != "LSTM" or any(value is None for value in given) or lengths or peepholes or
            set(attributes) - known or attributes.get("direction", b"forward") != b"forward" or
            attributes.get("layout", 0) or graph.shapes[data][0] > LONGEST_LSTM):
        return False
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

    Numbers outside give zeros before and are out of bounds afterwards: converters that are given this promise none."""
    makers = {name: node for node in graph.graph.node for name in node.output}

    def rule(node):
        cast = makers.get(node.input[0]) if node.op_type == "MatMul" else None
        equal = makers.get(cast.input[0]) if cast is not None and cast.op_type == "Cast" else None
        if equal is None or equal.op_type != "Equal" or graph.value(node.input[1]) is None:
            return False
        numbers, ones = equal.input[0], graph.value(equal.input[1])
        rows = graph.shapes[node.input[1]][0]
        shape = graph.shapes[numbers]
        if ones is None or ones.ravel().tolist() != list(range(rows)) or ones.shape[-1] != rows or shape[-1] != 1:
            return False
        flat = graph.reshape(numbers, shape[:-1])
        graph.add("Gather", [node.input[1], flat], graph.shapes[node.output[0]], node.output[0])
        graph.rewritten["MatMul of ones"] += 1
        return True

    graph.rewrite(rule)


# Operators that are another one's case -----------------------------------------------------------------------------


def _name_shapes(graph):
    """An Unsqueeze that adds several dimensions as Reshape."""
    def rule(node):
        shape = graph.shapes.get(node.output[0], ()) if node.op_type == "Unsqueeze" else ()
        if len(shape) < 2 + len(graph.shapes.get(node.input[0], ())):
            return False
        graph.reshape(node.input[0], graph.shapes[node.output[0]], node.output[0])
        graph.rewritten["Unsqueeze"] += 1
        return True

    graph.rewrite(rule)


def _average(graph):
    """Sums over dimensions as their mean times its number."""
    def rule(node):
        axes = graph.value(node.input[1]) if node.op_type == "ReduceSum" and len(node.input) == 2 else None
        if axes is None or not axes.size:
            return False
        shape = graph.shapes[node.output[0]]
        count = math.prod(graph.shapes[node.input[0]][axis] for axis in axes.tolist())
        mean = graph.add("ReduceMean", [node.input[0]], shape, axes=axes.tolist(),
                         keepdims=attributes_of(node).get("keepdims", 1))
        graph.add("Mul", [mean, graph.constant(numpy.float32(count))], shape, node.output[0])
        graph.rewritten["ReduceSum"] += 1
        return True

    graph.rewrite(rule)


def _leave_out_bounds(graph):
    """The greater of something and minus infinity as that something."""
    def rule(node):
        values = [graph.value(name) for name in node.input]
        bounds = [value is not None and value.size == 1 and value.item() == -math.inf for value in values]
        if node.op_type != "Max" or sorted(bounds) != [False, True]:
            return False
        other = node.input[bounds.index(False)]
        if graph.shapes[other] != graph.shapes[node.output[0]]:
            return False
        graph.add("Identity", [other], graph.shapes[other], node.output[0])
        graph.rewritten["Max"] += 1
        return True

    graph.rewrite(rule)


def _flatten_biases(graph):
    """A product's constant third operand of one row as a vector."""
    def rule(node):
        bias = graph.value(node.input[2]) if node.op_type == "Gemm" and len(node.input) == 3 else None
        if bias is None or bias.ndim < 2 or bias.size != bias.shape[-1]:
            return False
        graph.add("Gemm", [*node.input[:2], graph.constant(bias.ravel())], graph.shapes[node.output[0]], node.output[0],
                  **attributes_of(node))
        graph.rewritten["Gemm"] += 1
        return True

    graph.rewrite(rule)


def _name_scalars(graph):
    """A constant operand of one element as a scalar."""
    def rule(node):
        if node.op_type not in ("Add", "Mul", "Sub", "Div", "Max", "Min", "Pow"):
            return False
        small = [graph.value(name) is not None and graph.value(name).size == 1 and len(graph.shapes[name]) > 0
                 for name in node.input]
        rank = len(graph.shapes[node.output[0]])
        ranks = [len(graph.shapes[name]) for name, one in zip(node.input, small) if not one]
        if not any(small) or rank not in ranks:
            return False
        inputs = [graph.constant(graph.value(name).reshape(())) if one else name
                  for name, one in zip(node.input, small)]
        graph.add(node.op_type, inputs, graph.shapes[node.output[0]], node.output[0])
        graph.rewritten[node.op_type] += 1
        return True

    graph.rewrite(rule)


# What is asked for -------------------------------------------------------------------------------------------------


def _readers(graph, name):
    """(node, operand) of what reads a tensor, through what only renames its elements."""
    for node in graph.graph.node:
        for operand, read in enumerate(node.input):
            if read == name and node.op_type in ("Unsqueeze", "Reshape", "Squeeze") and operand == 0:
                yield from _readers(graph, node.output[0])
            elif read == name:
                yield node, operand


def _retype_inputs(graph):
    """Inputs of integers that are only read as numbers become inputs of f32, those that only choose rows inputs of i64:
    pnnx knows no conversion, and runs a model of i32 on whatever its memory held."""
    for value in graph.graph.input:
        kind, readers = value.type.tensor_type, list(_readers(graph, value.name))
        if kind.elem_type not in (onnx.TensorProto.INT32, onnx.TensorProto.INT64) or not readers:
            continue
        if all(node.op_type == "Gather" and operand == 1 for node, operand in readers):
            if kind.elem_type == onnx.TensorProto.INT32:
                kind.elem_type = onnx.TensorProto.INT64
                graph.rewritten["input"] += 1
        elif all(node.op_type == "Cast" and attributes_of(node)["to"] == onnx.TensorProto.FLOAT for node, _ in readers):
            kind.elem_type = onnx.TensorProto.FLOAT
            for node, _ in readers:
                node.op_type = "Identity"
                del node.attribute[:]
            graph.numbers.append(value.name)
            graph.rewritten["Cast"] += 1


def _lay_beside(file, directory):
    other = os.path.join(directory, os.path.basename(file))
    if not os.path.exists(other):
        try:
            os.link(file, other)  # readers refuse symbolic links
        except OSError:
            shutil.copyfile(file, other)


RULES = {
    "lstm": lambda graph: graph.rewrite(lambda node: _write_out_lstm(graph, node)),
    "rows": _look_rows_up,
    "bounds": _leave_out_bounds,
    "biases": _flatten_biases,
    "scalars": _name_scalars,
    "means": _average,
    "ranks": lower_ranks,
    "unsqueeze": _name_shapes,
    "slices": cut_what_is_cut,
    "integers": _retype_inputs,
}


def plainer(source, target, wishes):
    """Writes `target` when a wish applies to `source`. Returns notes for the record: what was rewritten, and which
    inputs are of f32 now."""
    graph = Graph(source)
    for wish in wishes:
        RULES[wish](graph)
        graph.without_unused()
    if not graph.rewritten:
        return {}
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":  # weights that lie beside the model lie beside what is written, too
                _lay_beside(os.path.join(graph.directory, entry.value), os.path.dirname(os.path.abspath(target)))
    onnx.checker.check_model(graph.model)
    onnx.save(graph.model, target)
    notes = {"rewritten": ", ".join(f"{kind} {count}" for kind, count in sorted(graph.rewritten.items()))}
    return {**notes, "inputs_as_f32": " ".join(graph.numbers)} if graph.numbers else notes


def main():
    source, target, *wishes = sys.argv[1:]
    notes = plainer(source, target, wishes)
    with open(target + ".json", "w", encoding="utf-8") as file:
        json.dump(notes, file)


if __name__ == "__main__":
    main()
