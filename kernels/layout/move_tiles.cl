// The host puts the functions `source_base` and `target_base` before this text: where a plane starts for position z of a
// box's outer loops, printed from index expressions. ELEMENT is an unsigned type of the element's width: moving needs no
// arithmetic, and so no fp16 extension.

// A plane of rows (target stride 1 or the least) and columns (the least source stride), tile by tile through local
// memory: a group of TILE x GROUP_ROWS items moves one TILE x TILE tile; reads are along rows, writes along columns. The
// local tile has one column more than it needs, so that reading a column of it meets every bank once.
// `fill` zeros follow the last row in each column of the target.
__kernel void move_tiles(__global const ELEMENT* restrict source, __global ELEMENT* restrict target, const uint rows,
                         const uint columns, const uint4 strides, const uint fill) {
  __local ELEMENT tile[TILE][TILE + 1];
  const uint x = (uint)get_local_id(0);
  const uint y = (uint)get_local_id(1);
  const uint first_column = (uint)get_group_id(0) * TILE;
  const uint first_row = (uint)get_group_id(1) * TILE;
  const uint from = source_base(get_global_id(2));
  const uint to = target_base(get_global_id(2));

  for (uint i = y; i < TILE; i += GROUP_ROWS) {
    const uint row = first_row + i;
    const uint column = first_column + x;
    if (row < rows && column < columns) tile[i][x] = source[from + row * strides.x + column * strides.y];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (uint i = y; i < TILE; i += GROUP_ROWS) {
    const uint row = first_row + x;
    const uint column = first_column + i;
    if (row < rows && column < columns) {
      const uint at = to + row * strides.z + column * strides.w;
      target[at] = tile[x][i];
      if (row + 1 == rows) {
        for (uint f = 1; f <= fill; ++f) target[at + f] = 0;
      }
    }
  }
}
