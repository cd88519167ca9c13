// y (m x n) = a (m x k) b (k x n), f32. A work group computes GROUP_Y panels of ROWS rows times GROUP_X blocks of
// COLUMNS = WIDTH * VECTORS columns; it brings TILE_K rows of b at a time to local memory, without gaps, so that far
// strides meet the address translation once per tile and not once per work-item.
//
//   a_panels: a in panels of ROWS rows, [panel][k][row], rows beyond m are zero (packed when it is prepared)
//   b, y:     row-major, n columns
//
// Columns of the last tile begin at n - TILE_COLUMNS (n is never less): what the tile before computed is computed again
// and not written again. A tile's sums begin at zero and are added to the total, which also keeps rounding errors small.
#ifdef FP_FAST_FMAF
#define MULTIPLY_ADD(x, a, b) fma(x, a, b)
#else
#define MULTIPLY_ADD(x, a, b) mad(x, a, b)
#endif

#define COLUMNS (WIDTH * VECTORS)
#define TILE_COLUMNS (GROUP_X * COLUMNS)
#define TILE_VECTORS (TILE_COLUMNS / WIDTH)

#if WIDTH == 1
#define VECTOR float
#define LOAD(pointer) (*(pointer))
#define STORE(value, pointer) (*(pointer) = (value))
#else
#define JOIN_(name, lanes) name##lanes
#define JOIN(name, lanes) JOIN_(name, lanes)
#define VECTOR JOIN(float, WIDTH)
#define LOAD(pointer) JOIN(vload, WIDTH)(0, pointer)
#define STORE(value, pointer) JOIN(vstore, WIDTH)(value, 0, pointer)
#endif

__kernel __attribute__((reqd_work_group_size(GROUP_X, GROUP_Y, 1))) void matmul_tiled(
    __global const float* restrict a_panels, __global const float* restrict b, __global float* restrict y, const uint m,
    const uint n, const uint k) {
  __local float tile[TILE_K * TILE_COLUMNS];
  const uint local_x = (uint)get_local_id(0);
  const uint item = (uint)get_local_id(1) * GROUP_X + local_x;
  const uint first_column = min((uint)get_group_id(0) * TILE_COLUMNS, n - TILE_COLUMNS);
  const uint panel = (uint)get_global_id(1);
  // A work-item without rows still loads its share of the tile; it reads the last panel and writes nothing.
  const uint last_panel = (m - 1) / ROWS;
  __global const float* panel_of_a = a_panels + (size_t)min(panel, last_panel) * k * ROWS;

  VECTOR sums[ROWS][VECTORS];
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) sums[row][v] = (VECTOR)(0.0f);
  }

  for (uint k0 = 0; k0 < k; k0 += TILE_K) {
    const uint rows_of_b = min((uint)TILE_K, k - k0);
    for (uint i = item; i < rows_of_b * TILE_VECTORS; i += GROUP_X * GROUP_Y) {
      const uint row = i / TILE_VECTORS;
      const uint column = i % TILE_VECTORS * WIDTH;
      STORE(LOAD(b + (size_t)(k0 + row) * n + first_column + column), tile + row * TILE_COLUMNS + column);
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    VECTOR part[ROWS][VECTORS];
#pragma unroll
    for (int row = 0; row < ROWS; ++row) {
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) part[row][v] = (VECTOR)(0.0f);
    }
    __global const float* left = panel_of_a + (size_t)k0 * ROWS;
    __local const float* right = tile + local_x * COLUMNS;
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
#pragma unroll
    for (int row = 0; row < ROWS; ++row) {
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) sums[row][v] += part[row][v];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  if (panel > last_panel) return;
  const uint first_row = panel * ROWS;
  const uint column = first_column + local_x * COLUMNS;
  const uint first_unwritten = (uint)get_group_id(0) * TILE_COLUMNS;
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
    if (first_row + row < m) {
      __global float* target = y + (size_t)(first_row + row) * n + column;
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        if (column + v * WIDTH >= first_unwritten) {
          STORE(sums[row][v], target + v * WIDTH);
        } else {
          float lanes[WIDTH];
          STORE(sums[row][v], lanes);
          for (uint lane = 0; lane < WIDTH; ++lane) {
            if (column + v * WIDTH + lane >= first_unwritten) target[v * WIDTH + lane] = lanes[lane];
          }
        }
      }
    }
  }
}
