// y (m x n) = a (m x k) b (k x n), f32, behind product_tile.cl.
//
//   a_panels: a in panels of ROWS rows, [panel][k][row], rows beyond m are zero (packed when it is prepared)
__kernel __attribute__((reqd_work_group_size(GROUP_X, GROUP_Y, 1))) void matmul_tiled(
    __global const float* restrict b, __global float* restrict y, const uint m, const uint n, const uint k,
    __global const float* restrict a_panels) {
  __local float tile[TILE_K * TILE_COLUMNS];
  const uint panel = (uint)get_global_id(1);
  // A work-item without rows still loads its share of the tile; it reads the last panel and writes nothing.
  const uint last_panel = (m - 1) / ROWS;
  __global const float* panel_of_a = a_panels + (size_t)min(panel, last_panel) * k * ROWS;

  VECTOR sums[ROWS][VECTORS];
  set_to_zero(sums);
  for (uint k0 = 0; k0 < k; k0 += TILE_K) {
    const uint rows_of_b = min((uint)TILE_K, k - k0);
    bring_tile(b, tile, k0, rows_of_b, n);
    barrier(CLK_LOCAL_MEM_FENCE);

    VECTOR part[ROWS][VECTORS];
    set_to_zero(part);
    __global const float* left = panel_of_a + (size_t)k0 * ROWS;
    __local const float* right = tile + (uint)get_local_id(0) * COLUMNS;
    for (uint step = 0; step < rows_of_b; ++step) {
      VECTOR b_row[VECTORS];
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) b_row[v] = LOAD(right + v * WIDTH);
#pragma unroll
      for (int row = 0; row < ROWS; ++row) {
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) part[row][v] = MULTIPLY_ADD((VECTOR)(left[row]), b_row[v], part[row][v]);
      }
      left += ROWS;
      right += TILE_COLUMNS;
    }
    add_part(sums, part);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (panel <= last_panel) write_rows(sums, y, panel, m, n);
}
