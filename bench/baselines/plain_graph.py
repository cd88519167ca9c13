"""An ONNX graph of static shapes that is being rewritten (plain_onnx.py). Needs onnx and numpy."""

import collections
import itertools
import math
import os

import numpy
import onnx
import onnx.numpy_helper


STANDARD = ("", "ai.onnx")


class Unsuitable(Exception):
    """A model in which nothing is rewritten."""


LEAST_OPSET = 11  # the operators that are written are of this one, but for ReduceMean (reduce_mean())
LEAST_IR = 4  # earlier ones want every initialiser among the inputs


class Graph:
    """A model's graph with its static shapes, from which nodes are taken and to which others are added. Raises
    Unsuitable.

    `shapes` and `types` (TensorProto's numbers) know the tensors all of whose extents are known and above 0.
    """

    def __init__(self, path):
        self.directory = os.path.dirname(os.path.abspath(path))  # where large weights lie beside the model
        self.model = onnx.shape_inference.infer_shapes(onnx.load(path, load_external_data=False))
        self.graph = self.model.graph
        self.opset = max((entry.version for entry in self.model.opset_import if entry.domain in STANDARD), default=0)
        if self.opset < LEAST_OPSET or self.model.ir_version < LEAST_IR:
            raise Unsuitable(f"opset {self.opset}, IR {self.model.ir_version}")
        if any(item.HasField("g") or item.graphs for node in self.graph.node for item in node.attribute):
            raise Unsuitable("subgraphs, which read what they like")
        inputs = {value.name for value in self.graph.input}
        self.constants = {tensor.name: tensor for tensor in self.graph.initializer if tensor.name not in inputs}
        self.shapes = {name: tuple(tensor.dims) for name, tensor in self.constants.items()}
        self.types = {name: tensor.data_type for name, tensor in self.constants.items()}
        for value in [*self.graph.input, *self.graph.output, *self.graph.value_info]:
            kind = value.type.tensor_type
            if kind.HasField("shape") and all(dim.dim_value > 0 for dim in kind.shape.dim):
                self.shapes[value.name] = tuple(dim.dim_value for dim in kind.shape.dim)
                self.types[value.name] = kind.elem_type
        del self.graph.value_info[:]  # of rewritten tensors they would be wrong
        self.rewritten = collections.Counter()
        self.numbers = []  # places of inputs that became f32
        taken = {name for node in self.graph.node for name in [*node.input, *node.output]} | set(self.shapes) | inputs
        self._names = (name for name in map("plain_{}".format, itertools.count()) if name not in taken)
        self._nodes = []

    def value(self, name):
        """A constant's value, or None. Large ones may be read from a file: ask for their shape first."""
        if name not in self.constants:
            return None
        tensor = onnx.TensorProto()  # to_array() of some releases writes into what it is given
        tensor.CopyFrom(self.constants[name])
        return onnx.numpy_helper.to_array(tensor, self.directory)

    def single(self, name):
        """The value of a constant of one element, or None."""
        return self.value(name) if name in self.constants and math.prod(self.shapes[name]) == 1 else None

    def constant(self, values):
        name = next(self._names)
        self.constants[name] = onnx.numpy_helper.from_array(numpy.asarray(values), name)
        self.shapes[name] = self.value(name).shape
        self.graph.initializer.append(self.constants[name])
        return name

    def add(self, kind, inputs, shape, output=None, **attributes):
        """Emits a node with one result and returns that one's name."""
        output = output or next(self._names)
        self._nodes.append(onnx.helper.make_node(kind, inputs, [output], **attributes))
        self.shapes[output] = tuple(int(extent) for extent in shape)
        return output

    def reshape(self, source, shape, output=None):
        if output is None and self.shapes[source] == tuple(shape):
            return source
        return self.add("Reshape", [source, self.constant(numpy.array(shape, numpy.int64))], shape, output)

    def transpose(self, source, order, output=None):
        shape = [self.shapes[source][axis] for axis in order]
        return self.add("Transpose", [source], shape, output, perm=list(order))

    def slice(self, source, axis, begin, end):
        shape = list(self.shapes[source])
        shape[axis] = end - begin
        numbers = [self.constant(numpy.array([number], numpy.int64)) for number in (begin, end, axis)]
        return self.add("Slice", [source, *numbers], shape)

    def reduce_mean(self, source, axes, keep, shape):
        numbers = axes.tolist()
        if self.opset < 18:
            return self.add("ReduceMean", [source], shape, axes=numbers, keepdims=keep)
        return self.add("ReduceMean", [source, self.constant(axes)], shape, keepdims=keep)

    def knows(self, node):
        """Whether it is an operator of ONNX itself whose tensors all have known shapes."""
        return node.domain in STANDARD and all(name in self.shapes for name in [*node.input, *node.output] if name)

    def rewrite(self, rule, *kinds):
        """Calls rule(node) for each node of these kinds that it knows, in order: the rule emits what stands in its
        place, or nothing and returns False."""
        for node in list(self.graph.node):
            if node.op_type not in kinds or not self.knows(node) or not rule(node):
                self._nodes.append(node)
        del self.graph.node[:]
        self.graph.node.extend(self._nodes)
        self._nodes = []

    def without_unused(self):
        used, kept = {value.name for value in self.graph.output}, []
        for node in reversed(self.graph.node):
            if used.intersection(node.output):
                kept.append(node)
                used.update(node.input)
        del self.graph.node[:]
        self.graph.node.extend(reversed(kept))
        inputs = {value.name for value in self.graph.input}
        constants = [tensor for tensor in self.graph.initializer if tensor.name in used | inputs]
        del self.graph.initializer[:]
        self.graph.initializer.extend(constants)


def attributes_of(node):
    return {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
