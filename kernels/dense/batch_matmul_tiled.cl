// For each head y (m x n) = a (m x k) b, behind product_tile.cl; the heads are the third dimension of the launch.
//
//   a: row-major, as it is: an activation is not packed
//   b: k x n, or with TRANSPOSED n x k, row-major
#ifdef TRANSPOSED
// Work-items side by side read this many elements of a row of b, which lie in one line of memory, and only as many of
// their stores meet in one bank of local memory.
#define NEIGHBOURS 4

// Columns [k0, k0 + rows) of the stored b become rows of the tile; every work-item of the group calls it.
void bring_turned_tile(__global const ELEMENT* restrict b, __local float* tile, uint k0, uint rows, uint k, uint n) {
  const uint item = (uint)get_local_id(1) * GROUP_X + (uint)get_local_id(0);
  const uint padded_rows = (rows + NEIGHBOURS - 1) / NEIGHBOURS * NEIGHBOURS;
  b += (size_t)first_column_of_tile(n) * k + k0;
  for (uint i = item; i < padded_rows * TILE_COLUMNS; i += GROUP_X * GROUP_Y) {
    const uint row = i / (NEIGHBOURS * TILE_COLUMNS) * NEIGHBOURS + i % NEIGHBOURS;
    const uint column = i / NEIGHBOURS % TILE_COLUMNS;
    if (row < rows) tile[row * TILE_COLUMNS + column] = READ_ONE(b + (size_t)column * k + row);
  }
}
#endif

__kernel __attribute__((reqd_work_group_size(GROUP_X, GROUP_Y, 1))) void batch_matmul_tiled(
    B_PARAMETER, __global RESULT* restrict y, const uint m, const uint n, const uint k,
    __global const ELEMENT* restrict a) {
  TILE_OF_B(n)
  const size_t head = get_global_id(2);
  a += head * m * k;
  b += head * k * n;
  y += head * m * n;
  const uint panel = (uint)get_global_id(1);
  // A work-item without rows still loads its share of the tile; it reads the last row and writes nothing.
  size_t left[ROWS];
#pragma unroll
  for (int row = 0; row < ROWS; ++row) left[row] = (size_t)min(panel * ROWS + row, m - 1) * k;

  TOTAL sums[ROWS][VECTORS];
  begin_sums(sums);
  for (uint k0 = 0; k0 < k; k0 += TILE_K) {
    const uint rows_of_b = min((uint)TILE_K, k - k0);
#ifdef TRANSPOSED
    bring_turned_tile(b, tile, k0, rows_of_b, k, n);
    barrier(CLK_LOCAL_MEM_FENCE);
#else
    BRING_TILE(k0, rows_of_b, n)
#endif

    VECTOR part[ROWS][VECTORS];
    set_to_zero(part);
    for (uint step = 0; step < rows_of_b; ++step) {
      VECTOR b_row[VECTORS];
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) b_row[v] = read_tile(TILE_ARGUMENTS, step, v);
#pragma unroll
      for (int row = 0; row < ROWS; ++row) {
        const VECTOR factor = (VECTOR)(READ_ONE(a + left[row] + k0 + step));
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) part[row][v] = MULTIPLY_ADD(factor, b_row[v], part[row][v]);
      }
    }
    add_part(sums, part);
    LEAVE_TILE
  }
  if (panel <= (m - 1) / ROWS) write_rows(sums, y, panel, m, n);
}
