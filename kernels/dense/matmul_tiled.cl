// y (m x n) = a (m x k) b (k x n), behind product_tile.cl.
//
//   a_panels: a in panels of ROWS rows, [panel][k][row], rows beyond m are zero (packed when it is prepared)
__kernel __attribute__((reqd_work_group_size(GROUP_X, GROUP_Y, 1))) void matmul_tiled(
    B_PARAMETER, __global RESULT* restrict y, const uint m, const uint n, const uint k,
    __global const ELEMENT* restrict a_panels) {
  TILE_OF_B(n)
  const uint panel = (uint)get_global_id(1);
  // A work-item without rows still loads its share of the tile; it reads the last panel and writes nothing.
  const uint last_panel = (m - 1) / ROWS;
  __global const ELEMENT* left = a_panels + (size_t)min(panel, last_panel) * k * ROWS;

  TOTAL sums[ROWS][VECTORS];
  begin_sums(sums);
  for (uint k0 = 0; k0 < k; k0 += TILE_K) {
    const uint rows_of_b = min((uint)TILE_K, k - k0);
    BRING_TILE(k0, rows_of_b, n)

    VECTOR part[ROWS][VECTORS];
    set_to_zero(part);
    for (uint step = 0; step < rows_of_b; ++step) {
      VECTOR b_row[VECTORS];
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) b_row[v] = read_tile(TILE_ARGUMENTS, step, v);
#pragma unroll
      for (int row = 0; row < ROWS; ++row) {
        const VECTOR factor = (VECTOR)(READ_ONE(left + row));
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) part[row][v] = MULTIPLY_ADD(factor, b_row[v], part[row][v]);
      }
      left += ROWS;
    }
    add_part(sums, part);
    LEAVE_TILE
  }
  if (panel <= last_panel) write_rows(sums, y, panel, m, n);
}
