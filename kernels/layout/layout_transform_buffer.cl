// Batched transpose through local memory: target[b][column][row] = source[b][row][column].
// A group of TILE x GROUP_ROWS items moves one TILE x TILE tile; reads and writes of global memory are both along rows.
// The local tile has one column more than it needs, so that reading a column of it meets every bank once.
// ELEMENT is an unsigned type of the element's width: moving needs no arithmetic, and so no fp16 extension.
__kernel void transpose(__global const ELEMENT* restrict source, __global ELEMENT* restrict target, const uint rows,
                        const uint columns) {
  __local ELEMENT tile[TILE][TILE + 1];
  const uint x = (uint)get_local_id(0);
  const uint y = (uint)get_local_id(1);
  const uint first_column = (uint)get_group_id(0) * TILE;
  const uint first_row = (uint)get_group_id(1) * TILE;
  const size_t matrix = (size_t)get_global_id(2) * rows * columns;

  for (uint i = y; i < TILE; i += GROUP_ROWS) {
    const uint row = first_row + i;
    const uint column = first_column + x;
    if (row < rows && column < columns) tile[i][x] = source[matrix + (size_t)row * columns + column];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (uint i = y; i < TILE; i += GROUP_ROWS) {
    const uint row = first_row + x;
    const uint column = first_column + i;
    if (row < rows && column < columns) target[matrix + (size_t)column * rows + row] = tile[x][i];
  }
}
