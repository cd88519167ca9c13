// What products by tiles share, in front of each kernel's own text. A work group computes GROUP_Y panels of ROWS rows
// times GROUP_X blocks of COLUMNS = WIDTH * VECTORS columns of y (m x n, row-major); it brings TILE_K rows of b (k x n,
// row-major) at a time to local memory, without gaps, so that far strides meet the address translation once per tile and
// not once per work-item.
//
// Columns of the last tile begin at n - TILE_COLUMNS (n is never less): what the tile before computed is computed again
// and not written again. A tile's sums begin at zero and are added to the total, which also keeps rounding errors small.
// In memory operands and y are f32 or, with HALVES, f16; in local memory and registers all is f32.
#ifdef FP_FAST_FMAF
#define MULTIPLY_ADD(x, a, b) fma(x, a, b)
#else
#define MULTIPLY_ADD(x, a, b) mad(x, a, b)
#endif

#define COLUMNS (WIDTH * VECTORS)
#define TILE_COLUMNS (GROUP_X * COLUMNS)
#define TILE_VECTORS (TILE_COLUMNS / WIDTH)

#define JOIN_(name, suffix) name##suffix
#define JOIN(name, suffix) JOIN_(name, suffix)
#if WIDTH == 1
#define LANES_OF(name) name
#define LOAD(pointer) (*(pointer))
#define STORE(value, pointer) (*(pointer) = (value))
#else
#define LANES_OF(name) JOIN(name, WIDTH)
#define LOAD(pointer) LANES_OF(vload)(0, pointer)
#define STORE(value, pointer) LANES_OF(vstore)(value, 0, pointer)
#endif
#define VECTOR LANES_OF(float)

#ifdef HALVES
#define ELEMENT half
#define READ(pointer) LANES_OF(vload_half)(0, pointer)
#define WRITE(value, pointer) JOIN(LANES_OF(vstore_half), _rte)(value, 0, pointer)
#define READ_ONE(pointer) vload_half(0, pointer)
#define WRITE_ONE(value, pointer) vstore_half_rte(value, 0, pointer)
#else
#define ELEMENT float
#define READ(pointer) LOAD(pointer)
#define WRITE(value, pointer) STORE(value, pointer)
#define READ_ONE(pointer) (*(pointer))
#define WRITE_ONE(value, pointer) (*(pointer) = (value))
#endif

uint first_column_of_tile(uint n) { return min((uint)get_group_id(0) * TILE_COLUMNS, n - TILE_COLUMNS); }

// Rows [k0, k0 + rows) of b; every work-item of the group calls it.
void bring_tile(__global const ELEMENT* restrict b, __local float* tile, uint k0, uint rows, uint n) {
  const uint item = (uint)get_local_id(1) * GROUP_X + (uint)get_local_id(0);
  const uint first_column = first_column_of_tile(n);
  for (uint i = item; i < rows * TILE_VECTORS; i += GROUP_X * GROUP_Y) {
    const uint row = i / TILE_VECTORS;
    const uint column = i % TILE_VECTORS * WIDTH;
    STORE(READ(b + (size_t)(k0 + row) * n + first_column + column), tile + row * TILE_COLUMNS + column);
  }
}

void set_to_zero(VECTOR sums[ROWS][VECTORS]) {
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) sums[row][v] = (VECTOR)(0.0f);
  }
}

void add_part(VECTOR sums[ROWS][VECTORS], VECTOR part[ROWS][VECTORS]) {
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) sums[row][v] += part[row][v];
  }
}

// The rows of `panel` that there are, in the columns of the calling work-item.
void write_rows(VECTOR sums[ROWS][VECTORS], __global ELEMENT* restrict y, uint panel, uint m, uint n) {
  const uint first_row = panel * ROWS;
  const uint column = first_column_of_tile(n) + (uint)get_local_id(0) * COLUMNS;
  const uint first_unwritten = (uint)get_group_id(0) * TILE_COLUMNS;
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
    if (first_row + row < m) {
      __global ELEMENT* target = y + (size_t)(first_row + row) * n + column;
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        if (column + v * WIDTH >= first_unwritten) {
          WRITE(sums[row][v], target + v * WIDTH);
        } else {
          float lanes[WIDTH];
          STORE(sums[row][v], lanes);
          for (uint lane = 0; lane < WIDTH; ++lane) {
            if (column + v * WIDTH + lane >= first_unwritten) WRITE_ONE(lanes[lane], target + v * WIDTH + lane);
          }
        }
      }
    }
  }
}
