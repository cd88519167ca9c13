"""An ONNX graph of static shapes that is being rewritten (plain_onnx.py). Needs onnx and numpy."""

import collections
import itertools
import os

import numpy
import onnx
import onnx.numpy_helper


class Graph:
    """A model's graph with its static shapes, from which nodes are taken and to which nodes are added."""

    def __init__(self, path):
        self.directory = os.path.dirname(os.path.abspath(path))  # where large weights lie beside the model
        self.model = onnx.shape_inference.infer_shapes(onnx.load(path, load_external_data=False))
        self.graph = self.model.graph
        self.constants = {tensor.name: tensor for tensor in self.graph.initializer}
        self.shapes = {name: tuple(tensor.dims) for name, tensor in self.constants.items()}
        for value in [*self.graph.input, *self.graph.output, *self.graph.value_info]:
            self.shapes[value.name] = tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        del self.graph.value_info[:]  # of rewritten tensors they would be wrong
        self.rewritten = collections.Counter()
        self.numbers = []  # inputs that became f32
        self._names = (f"plain_{number}" for number in itertools.count())
        self._nodes = []

    def value(self, name):
        """A constant's value, or None."""
        tensor = self.constants.get(name)
        return None if tensor is None else onnx.numpy_helper.to_array(tensor, self.directory)

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

    def rewrite(self, rule):
        """Calls rule(node) for each node in order: it emits what stands in its place, or nothing and returns False."""
        for node in list(self.graph.node):
            if not rule(node):
                self._nodes.append(node)
        del self.graph.node[:]
        self.graph.node.extend(self._nodes)
        self._nodes = []

    def without_unused(self):
        outputs = {value.name for value in self.graph.output}
        while True:
            used = outputs | {name for node in self.graph.node for name in node.input}
            kept = [node for node in self.graph.node if used.intersection(node.output)]
            if len(kept) == len(self.graph.node):
                break
            del self.graph.node[:]
            self.graph.node.extend(kept)
        constants = [tensor for tensor in self.graph.initializer if tensor.name in used]
        del self.graph.initializer[:]
        self.graph.initializer.extend(constants)


def attributes_of(node):
    return {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
