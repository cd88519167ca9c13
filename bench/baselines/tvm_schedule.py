"""Schedules for TVM's functions on a CPU, by rules and without tuning: what a user writes who knows the vectors' width.

Convolutions and products keep a tile of their result in registers, and their constant operand is packed in the order in
which the tile reads it; reductions over rows stay in the row; all else is a parallel loop around vectors. A function to
which no rule applies stays as TVM made it. The numbers behind the rules need no TVM.
"""

import contextlib
import math

try:
    import tvm
    import tvm_ffi
    from tvm import s_tir, tirx
except ImportError:  # register_tile() works without
    tvm = None

RULES = 2  # goes up with every change of the rules: conversions by older ones are not taken
STACK_BYTES = 1023  # TVM keeps smaller arrays on the stack, from where LLVM moves them to registers
PARALLEL_WORK = 1 << 15  # elements read or multiply-adds, below which waking a thread costs more than it computes
PACKED = "meta_schedule.layout_rewrite_preproc"  # TVM's mark of blocks that SplitLayoutRewritePreproc takes out


class NoRule(Exception):
    """The rule does not apply to this function."""


# Numbers -----------------------------------------------------------------------------------------------------------


def register_tile(rows, columns, lanes, accumulators, may_pad=False):
    """Rows, vectors and lanes a vector of the tile that stays in registers, for `rows` x `columns` results.

    A tile of r x v vectors loads r numbers and v vectors, which come from farther away, for r * v multiply-adds.
    Without `may_pad` it divides the result; with it the result grows to a multiple of the tile, at a tenth more for the
    copies.
    """
    best = None
    widths = [lanes >> shift for shift in range(lanes.bit_length())]
    for width in widths[:1] if may_pad else widths:
        for height in range(1, min(rows, accumulators) + 1):
            for vectors in range(1, accumulators // height + 1):
                padded = (-(-rows // height) * height, -(-columns // (vectors * width)) * vectors * width)
                if padded != (rows, columns) and not may_pad:
                    continue
                cost = padded[0] * padded[1] / width * (1 + (height / 2 + 2 * vectors) / (height * vectors))
                cost *= 1.1 if padded != (rows, columns) else 1
                if best is None or cost < best[0]:
                    best = (cost, height, vectors, width)
    return best[1:]


class Machine:
    """What the rules know of the target: lanes of f32 in a vector, and how many of them hold sums."""

    def __init__(self, target):
        bits = tvm.target.codegen.llvm_get_vector_width(target)
        self.lanes = max(bits, 128) // 32
        registers = 16 if bits == 256 else 32  # AVX2 has half as many as AVX-512 and NEON
        self.accumulators = min(registers * 3 // 4, STACK_BYTES // (self.lanes * 4))


# Looking at functions ----------------------------------------------------------------------------------------------


def _blocks(sch):
    return sch.get_child_blocks(sch.get_sblock("root"))


def _extent(sch, loop):
    extent = sch.get(loop).extent
    if not isinstance(extent, tirx.IntImm):
        raise NoRule("an extent is not known")
    return int(extent)


def _work(sch, block):
    return math.prod(_extent(sch, loop) for loop in sch.get_loops(block))


def _is_spatial(sch, block):
    return all(axis.iter_type == tirx.IterVar.DataPar for axis in sch.get(block).iter_vars)


def _variables(expression):
    found = set()
    tvm_ffi.structural_walk(expression, (tirx.Var, found.add), order="post")
    return found


def _group_width(index, column):
    """c of every `column // c` in an index of a grouped convolution, or None."""
    widths = set()

    def visit(node):
        if node.a.same_as(column) and isinstance(node.b, tirx.IntImm):
            widths.add(int(node.b))

    tvm_ffi.structural_walk(index, (tirx.FloorDiv, visit), order="post")
    return widths.pop() if len(widths) == 1 else None


def _index(region):
    return [part.min for part in region.region]


def _inline(sch):
    """Puts each element-wise block into those that read it when all of them are element-wise, too."""
    changed = True
    while changed:
        changed = False
        for block in _blocks(sch):
            readers = sch.get_consumers(block)
            if readers and _is_spatial(sch, block) and all(_is_spatial(sch, reader) for reader in readers):
                with contextlib.suppress(s_tir.ScheduleError):
                    sch.compute_inline(block)
                    changed = True
                    break
    return _blocks(sch)


# Rules -------------------------------------------------------------------------------------------------------------


def _vectorise(sch, loop, lanes):
    """Vectors of the most lanes that divide the loop; without any LLVM looks for them."""
    extent = _extent(sch, loop)
    while lanes > 2 and extent % lanes:
        lanes //= 2
    if lanes > 2:
        sch.vectorize(sch.split(loop, [None, lanes])[-1])


def _spread(sch, block, machine):
    """An element-wise block: outer loops over threads, vectors along the last one."""
    work, loops = _work(sch, block), sch.get_loops(block)
    written, *others = map(_index, [*sch.get(block).writes, *sch.get(block).reads])
    if all(len(index) == len(written) and all(map(lambda a, b: a.same_as(b), index, written)) for index in others):
        flat = sch.fuse(*loops)
        loops = sch.split(flat, [None, math.gcd(work, 1024)])
    _vectorise(sch, loops[-1], machine.lanes)
    if len(loops) > 1 and work >= PARALLEL_WORK:
        sch.parallel(sch.fuse(*loops[:-1]))


def _kinds(sch, block):
    """S for each axis of the block that is kept, R for each that is reduced."""
    return "".join("S" if axis.iter_type == tirx.IterVar.DataPar else "R" for axis in sch.get(block).iter_vars)


def _leading(kinds):
    return len(kinds) - len(kinds.lstrip("S"))


def _spread_all(sch, machine):
    """Whatever is left: every block by itself, results over threads."""
    for block in _inline(sch):
        kinds = _kinds(sch, block)
        if "R" not in kinds:
            _spread(sch, block, machine)
        elif _leading(kinds) and _work(sch, block) >= PARALLEL_WORK:
            sch.parallel(sch.fuse(*sch.get_loops(block)[:_leading(kinds)]))
            sch.decompose_reduction(block, sch.get_loops(block)[1])


def _reduce_rows(sch, machine):
    """Softmax and the like: every block of a row follows the one before it, rows go over threads."""
    blocks = _inline(sch)
    kinds = [_kinds(sch, block) for block in blocks]
    leading = min(map(_leading, kinds))
    if not leading or "R" not in "".join(kinds):
        raise NoRule("there are no rows to reduce")
    work = sum(_work(sch, block) for block in blocks)
    rows = sch.fuse(*sch.get_loops(blocks[-1])[:leading])
    for block in reversed(blocks[:-1]):
        sch.compute_at(block, rows, preserve_unit_loops=True)
    if sum(_work(sch, block) for block in blocks) > 2 * work:
        raise NoRule("rows share what they read")
    if work >= PARALLEL_WORK:
        sch.parallel(rows)
    for block, kind in zip(blocks, kinds):
        inner = sch.get_loops(block)[1:]
        if "R" in kind:
            sch.decompose_reduction(block, inner[-kind.count("R")])
        elif inner:
            _vectorise(sch, inner[-1], machine.lanes)


class _Contraction:
    """A convolution, product or pooling: which axis lies along vectors, which other one shares what they hold."""

    def __init__(self, sch, block, constants):
        stated = sch.get(block)
        self.axes = [axis.var for axis in stated.iter_vars]
        self.extents = [int(axis.dom.extent) for axis in stated.iter_vars]
        spatial = [axis.var for axis in stated.iter_vars if axis.iter_type == tirx.IterVar.DataPar]
        indices = [_index(read) for read in stated.reads]
        written = _index(stated.writes[0])
        self.column = written[-1]
        if not any(self.column.same_as(axis) for axis in spatial) or self.extent(self.column) == 1:
            raise NoRule("the last axis is reduced")
        self.group, holders = None, []
        for position, (index, read) in enumerate(zip(indices, stated.reads)):
            if self._lies_along(index, any(read.source.same_as(constant) for constant in constants)):
                holders.append(position)
        if not holders:
            raise NoRule("nothing lies along vectors")
        uses = [set().union(*map(_variables, indices[position])) for position in holders]
        fewest = min(range(len(holders)), key=lambda i: sum(axis in uses[i] for axis in spatial))
        self.operand, self.operand_index = holders[fewest], indices[holders[fewest]]
        others = [axis for axis in spatial if not axis.same_as(self.column)]
        self.held = [axis for axis in others if axis in uses[fewest]]
        self.sharing = [axis for axis in others if axis not in uses[fewest]]
        wide = [axis for axis in self.sharing if self.extent(axis) > 1]
        self.row = wide[-1] if wide else None
        self.reduced = [axis for axis in self.axes if not any(axis.same_as(other) for other in spatial)]
        self.reuses = len(holders) < len(indices)
        plain = all(isinstance(part, tirx.Var) for index in [*indices, written] for part in index)
        self.may_pad = plain and len(indices) == 2 and self.group is None

    def extent(self, axis):
        return next(extent for other, extent in zip(self.axes, self.extents) if other.same_as(axis))

    def _lies_along(self, index, constant):
        """Whether neighbouring columns read neighbours, or will (constants are packed); else all read the same."""
        users = [place for place, part in enumerate(index) if self.column in _variables(part)]
        if not users:
            return False
        if constant and len(users) == 1 and index[users[0]].same_as(self.column):
            return True
        last = index[-1]
        rest = tvm.sym.Analyzer().simplify(last - self.column) if users == [len(index) - 1] else last
        if self.column not in _variables(rest):
            return True
        width = _group_width(index[users[0]], self.column)
        if len(users) > 1 or width is None or self.group not in (None, width):
            raise NoRule("columns are read out of order")
        self.group = width
        return False


def _fill(sch, block, depth, lanes):
    """Vectors along the innermost loop; nothing but them is left of the loops from `depth` on."""
    _vectorise(sch, sch.get_loops(block)[-1], lanes)
    for loop in sch.get_loops(block)[depth:]:
        if sch.get(loop).kind == tirx.ForKind.SERIAL:
            sch.unroll(loop)


def _pack(sch, block, shape, width, constants):
    """Constants in the order in which the tile reads them: `width` columns of all that is reduced, then the next."""
    position, index = shape.operand, shape.operand_index
    used = [[number for number, axis in enumerate(shape.axes) if axis in _variables(part)] for part in index]
    place = next((place for place, part in enumerate(index) if part.same_as(shape.column)), None)
    if place is None:
        return
    order = sorted((other for other in range(len(index)) if other != place),
                   key=lambda other: max(used[other], default=0))
    buffer = sch.get(block).reads[position].source
    if any(buffer.same_as(constant) for constant in constants):
        copy = sch.cache_read(block, position, "global")
    else:
        copies = [producer for producer in sch.get_producers(block)
                  if sch.get(producer).writes[0].source.same_as(buffer)]
        if not copies or not any(sch.get(copies[0]).reads[0].source.same_as(constant) for constant in constants):
            return
        copy, = copies
    sch.annotate(copy, PACKED, 1)
    sch.transform_layout(block, ("read", position),
                         lambda *at: [at[place] // width, *(at[other] for other in order), at[place] % width])


def _tile(sch, machine, constants):
    """A tile of the result in registers, the reduction around it, tiles over threads."""
    reductions = [block for block in _inline(sch) if not _is_spatial(sch, block)]
    if len(reductions) != 1:
        raise NoRule("not one reduction")
    block, = reductions
    shape = _Contraction(sch, block, constants)
    work = math.prod(shape.extents)
    rows, columns = shape.extent(shape.row) if shape.row is not None else 1, shape.group or shape.extent(shape.column)
    height, vectors, lanes = register_tile(rows, columns, machine.lanes, machine.accumulators, shape.may_pad)
    width = vectors * lanes
    padded_rows, padded_columns = rows % height != 0, columns % width != 0
    if padded_rows or padded_columns:
        sch.pad_einsum(block, [height if shape.row is not None and axis.same_as(shape.row) else
                               width if axis.same_as(shape.column) else 1 for axis in shape.axes])
        _inline(sch)
    _pack(sch, block, shape, width, constants)

    loops = sch.get_loops(block)

    def loop_of(axis):
        return next(loop for other, loop in zip(shape.axes, loops) if other.same_as(axis))

    *outer_columns, vector, lane = sch.split(loop_of(shape.column), [None, -(-columns // width), vectors, lanes])
    tile_rows = []
    outer_rows = [loop_of(axis) for axis in shape.sharing]
    if shape.row is not None:
        at = next(i for i, axis in enumerate(shape.sharing) if axis.same_as(shape.row))
        outer_rows[at], inner = sch.split(outer_rows[at], [None, height])
        tile_rows = [inner]
    held, reduced = [loop_of(axis) for axis in shape.held], [loop_of(axis) for axis in shape.reduced]
    outer = [*held, *outer_columns, *outer_rows] if shape.reuses else [*held, *outer_rows, *outer_columns]
    sch.reorder(*outer, *reduced, *tile_rows, vector, lane)
    tile = sch.fuse(*outer)

    readers = sch.get_consumers(block)
    # A reader that repeats the result (a gate over the pixels of its channel) would be unrolled with the tile.
    results = math.prod(map(shape.extent, [*shape.held, *shape.sharing, shape.column]))
    last = readers[0] if len(readers) == 1 and not padded_columns and _work(sch, readers[0]) == results else None
    try:
        if last is not None:
            sch.reverse_compute_at(last, tile)
    except s_tir.ScheduleError:
        last = None
    if last is None:
        last = sch.cache_write(block, 0, "global")
        sch.reverse_compute_at(last, tile)
    if work >= PARALLEL_WORK:
        sch.parallel(tile)
    _fill(sch, block, 1 + len(reduced), lanes)
    _fill(sch, last, 1, lanes)
    first = sch.decompose_reduction(block, reduced[0])
    _fill(sch, first, 1, lanes)
    done = [sch.get(piece) for piece in (first, block, last)]
    for other in _blocks(sch):
        stated = sch.get(other)
        if PACKED not in stated.annotations and not any(stated.same_as(piece) for piece in done):
            _spread(sch, other, machine)


def scheduled(function, machine, rules=("tile", "rows", "spread")):
    """The function by the first of the rules that applies to it, or as it is; and that rule's name, or none."""
    free = function.attrs.get("layout_free_buffers", []) if function.attrs else []
    constants = [function.params[int(number)] for number in free]
    for name, rule in (("tile", lambda sch: _tile(sch, machine, constants)),
                       ("rows", lambda sch: _reduce_rows(sch, machine)),
                       ("spread", lambda sch: _spread_all(sch, machine))):
        if name not in rules:
            continue
        try:
            sch = s_tir.Schedule(function, debug_mask="none", error_render_level="none")
            rule(sch)
            return sch.mod["main"], name
        except Exception:  # whatever a rule trips over, the next one is simpler
            continue
    return function, "none"
