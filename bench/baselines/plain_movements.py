"""Movements of elements in an ONNX graph (plain_onnx.py) as strided views, and views as other movements."""

import collections
import math

from plain_graph import attributes_of

MOST_DIMENSIONS = 4  # what a tensor may have, for ncnn
MOVEMENTS = ("Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Transpose", "Split", "Slice", "Gather")
Atom = collections.namedtuple("Atom", "length stride")  # steps of so many elements of the source


class View:
    """A tensor that holds elements of `source`, which has `count`: from `offset` on, for each dimension the atoms that
    it runs over, the outermost first."""

    def __init__(self, source, count, offset, dimensions):
        self.source = source
        self.count = count
        self.offset = offset
        self.dimensions = dimensions

    @staticmethod
    def of(source, shape):
        count = math.prod(shape)
        return View(source, count, 0, [[Atom(count, 1)]]).reshaped(shape)

    def transposed(self, order):
        return self._with([self.dimensions[axis] for axis in order])

    def reshaped(self, shape):
        """None where a dimension of the result would hold a part of two atoms that do not follow each other."""
        waiting = collections.deque(_joined(atom for atoms in self.dimensions for atom in atoms))
        dimensions = []
        for extent in shape:
            atoms, left = [], extent
            while left > 1:
                atom = waiting.popleft()
                if left % atom.length == 0:
                    atoms.append(atom)
                    left //= atom.length
                elif atom.length % left == 0:
                    inner = atom.length // left
                    atoms.append(Atom(left, atom.stride * inner))
                    waiting.appendleft(Atom(inner, atom.stride))
                    left = 1
                else:
                    return None
            dimensions.append(atoms)
        return self._with(dimensions)

    def sliced(self, axis, begin, end):
        """None where the slice cuts through several atoms."""
        atoms, offset = _joined(self.dimensions[axis]), self.offset
        while len(atoms) > 1:
            inner = math.prod(atom.length for atom in atoms[1:])
            if begin % inner == 0 and end % inner == 0:
                begin, end = begin // inner, end // inner
                break
            if begin // inner != (end - 1) // inner:
                return None
            offset += begin // inner * atoms[0].stride
            begin, end, atoms = begin % inner, (end - 1) % inner + 1, atoms[1:]
        if atoms:
            offset += begin * atoms[0].stride
            atoms = [Atom(end - begin, atoms[0].stride), *atoms[1:]]
        dimensions = [*self.dimensions[:axis], atoms, *self.dimensions[axis + 1:]]
        return View(self.source, self.count, offset, dimensions)._if_it_is_a_box()

    def atoms(self):
        """Those with more than one element, in the view's order."""
        return [atom for atoms in self.dimensions for atom in atoms if atom.length > 1]

    def box(self):
        """What is cut out of the source as (extent, begin, length) for each of the dimensions that it can be taken for,
        the outermost first; None where there are no such dimensions."""
        extents, left, offset = [], self.count, self.offset
        for atom in sorted(self.atoms(), key=lambda atom: -atom.stride):
            if left % atom.stride:
                return None
            extents.append((left // atom.stride, offset // atom.stride, atom.length))
            left, offset = atom.stride, offset % atom.stride
        extents.append((left, offset, 1))
        return extents if all(begin + length <= extent for extent, begin, length in extents) else None

    def _with(self, dimensions):
        return View(self.source, self.count, self.offset, dimensions)._if_it_is_a_box()

    def _if_it_is_a_box(self):
        return self if self.box() else None


def _joined(atoms):
    """The same with those in one that follow each other without a gap."""
    joined = []
    for atom in atoms:
        if atom.length == 1:
            continue
        if joined and joined[-1].stride == atom.length * atom.stride:
            atom = Atom(joined.pop().length * atom.length, atom.stride)
        joined.append(atom)
    return joined


def _cuts(graph, node):
    """(dimension, begin, end) of a Slice with constant places and steps of 1; None of another."""
    before = graph.shapes[node.input[0]]
    starts, ends, axes, steps = (graph.value(name) for name in [*node.input[1:], *[""] * (5 - len(node.input))])
    if starts is None or ends is None or (steps is not None and set(steps.tolist()) != {1}):
        return None
    axes = range(len(starts)) if axes is None else axes.tolist()
    ranges = (slice(int(start), int(end)).indices(before[axis]) for start, end, axis in zip(starts, ends, axes))
    return [(axis % len(before), begin, end) for axis, (begin, end, _) in zip(axes, ranges)]


def cut_what_is_cut(graph, node):
    """A slice along several dimensions as slices along those that it cuts."""
    cuts = _cuts(graph, node)
    if cuts is None or len(cuts) < 2 or not all(begin < end for _, begin, end in cuts):
        return False
    source = node.input[0]
    for axis, begin, end in cuts:
        if end - begin < graph.shapes[source][axis]:
            source = graph.slice(source, axis, begin, end)
    graph.add("Identity", [source], graph.shapes[source], node.output[0])
    graph.rewritten["Slice"] += 1
    return True


def _moved(graph, node, view):
    """The views that a movement makes of its operand's, by result; {} where there are none."""
    kind, attributes = node.op_type, attributes_of(node)
    before = graph.shapes[node.input[0]]
    if kind not in MOVEMENTS or not before:
        return {}
    if kind in MOVEMENTS[:5]:
        return {node.output[0]: view.reshaped(graph.shapes[node.output[0]])}
    if kind == "Transpose":
        return {node.output[0]: view.transposed(attributes.get("perm", range(len(before))[::-1]))}
    if kind == "Split":
        axis, begin, views = attributes.get("axis", 0) % len(before), 0, {}
        for name in node.output:
            length = graph.shapes[name][axis]
            views[name] = view.sliced(axis, begin, begin + length)
            begin += length
        return views
    if kind == "Slice":
        cuts = _cuts(graph, node)
        for axis, begin, end in cuts or []:
            view = view and view.sliced(axis, begin, end)
        return {} if cuts is None else {node.output[0]: view}
    if kind == "Gather" and graph.single(node.input[1]) is not None:
        axis = attributes.get("axis", 0) % len(before)
        place = int(graph.single(node.input[1]).item()) % before[axis]
        row = view.sliced(axis, place, place + 1)
        return {node.output[0]: row and row.reshaped(graph.shapes[node.output[0]])}
    return {}


def _steps(order):
    """Orders of four parts each (kept, left out, brought forward, rest) that sort `order` position by position."""
    current, steps = sorted(order), []
    for place, wanted in enumerate(order):
        at = current.index(wanted)
        if at != place:
            stop = at + 1
            while stop < len(current) and stop - at + place < len(order) and current[stop] == order[stop - at + place]:
                stop += 1
            steps.append((place, at, stop))
            current[place:stop] = current[at:stop] + current[place:at]
    return steps


def _cut_dimensions(graph, source, box):
    """What of a box is a range of one of the source's own dimensions, cut there: a Reshape may be a copy. Returns the
    tensor that is left, and the box in it."""
    tensor, shape, left = source, graph.shapes[source], []
    for number, (extent, begin, length) in enumerate(box):
        stride = math.prod(whole for whole, _, _ in box[number + 1:])
        for axis, whole in enumerate(shape):
            step = math.prod(shape[axis + 1:])
            if length < extent and stride * extent == step * whole and stride % step == 0:
                tensor = graph.slice(tensor, axis, begin * stride // step, (begin + length) * stride // step)
                extent, begin = length, 0
        left.append((extent, begin, length))
    return tensor, left


def _emit(graph, view, shape, output):
    """The view's elements by slices, reshapes and transposes of at most four dimensions."""
    tensor, box = _cut_dimensions(graph, view.source, view.box())
    for number, (extent, begin, length) in enumerate(box):
        if length < extent:
            before = math.prod(kept for _, _, kept in box[:number])
            after = math.prod(whole for whole, _, _ in box[number + 1:])
            tensor = graph.slice(graph.reshape(tensor, (before, extent, after)), 1, begin, begin + length)
    wanted = _joined(view.atoms())
    source = sorted(wanted, key=lambda atom: -atom.stride)
    current = list(range(len(source)))
    for place, at, stop in _steps([source.index(atom) for atom in wanted]):
        parts = [part for part in (current[:place], current[place:at], current[at:stop], current[stop:]) if part]
        first = 1 if place else 0
        order = [*range(first), first + 1, first, *range(first + 2, len(parts))]
        extents = [math.prod(source[rank].length for rank in part) for part in parts]
        tensor = graph.transpose(graph.reshape(tensor, extents), order)
        current = [rank for part in order for rank in parts[part]]
    graph.reshape(tensor, shape, output)


def lower_ranks(graph):
    """Movements through tensors of more than four dimensions, and choices of one slice, with at most four."""
    users = collections.defaultdict(list)
    for node in graph.graph.node:
        for name in node.input:
            users[name].append(node)
    views, deep, passed = {}, set(), set()  # passed: results of which only views are read
    for node in graph.graph.node:
        source = node.input[0] if node.input else ""
        if not graph.knows(node) or not source or "" in node.output or source in graph.constants:
            continue
        moved = _moved(graph, node, views[source] if source in passed else View.of(source, graph.shapes[source]))
        if not moved or any(view is None for view in moved.values()):
            continue
        views.update(moved)
        for name in moved:
            rank = len(graph.shapes[name])
            if rank > MOST_DIMENSIONS or source in deep & passed or node.op_type == "Gather":
                deep.add(name)
            # What several read is made once, where it has few enough dimensions.
            if rank > MOST_DIMENSIONS or len(users[name]) == 1:
                passed.add(name)
    outputs = {value.name for value in graph.graph.output}

    def rule(node):
        if not deep.intersection(node.output):
            return False
        for name in node.output:
            read = name not in passed or any(not deep.intersection(user.output) for user in users[name])
            if read or name in outputs:
                _emit(graph, views[name], graph.shapes[name], name)
                graph.rewritten["movement"] += 1
        return True

    graph.rewrite(rule, *MOVEMENTS)
    graph.rewrite(lambda node: _lower_operator(graph, node), "Add", "Mul", "Sub", "Div")


def _lower_operator(graph, node):
    """Sums and products by element whose tensors have a first dimension of 1 too many."""
    shape = graph.shapes[node.output[0]]
    if len(shape) <= MOST_DIMENSIONS or shape[0] != 1:
        return False
    inputs = [graph.reshape(name, graph.shapes[name][1:]) if len(graph.shapes[name]) == len(shape) else name
              for name in node.input]
    graph.reshape(graph.add(node.op_type, inputs, shape[1:]), shape, node.output[0])
    graph.rewritten[node.op_type] += 1
    return True
