// What products by tiles share, in front of each kernel's own text. A work group computes GROUP_Y panels of ROWS rows
// times GROUP_X blocks of COLUMNS = WIDTH * VECTORS columns of y (m x n, row-major), TILE_K rows of b (k x n) at a time.
// Elements are f32, or HALVES or BYTES; products are summed in f32 within a tile. A tile's sums begin at zero and are
// added to the total, which also keeps rounding errors small: exactly, in i32, those of BYTES, which f32 holds. With a
// FACTOR y is the total times it, in bytes again.
//
// b lies in a buffer, row-major; the group brings the tile to local memory, without gaps, so that far strides meet the
// address translation once per tile and not once per work-item. Columns of the last tile begin at n - TILE_COLUMNS (n is
// never less): what the tile before computed is computed again and not written again.
//
// Or b lies in an IMAGE, WIDTH = 4 columns a texel, whose caches stand for local memory. Texels beyond the last one
// repeat it; their columns are not written.
#if defined(FP_FAST_FMAF)
#define MULTIPLY_ADD(x, a, b) fma(x, a, b)
#elif defined(BYTES)
#define MULTIPLY_ADD(x, a, b) ((x) * (a) + (b))  // mad may be inexact
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

// What a and b hold, and y, and how one and WIDTH of them are read as f32 and written.
#if defined(HALVES)
#define ELEMENT half
#define RESULT half
#define READ_ONE(pointer) vload_half(0, pointer)
#define READ(pointer) LANES_OF(vload_half)(0, pointer)
#define WRITE_ONE(sum, pointer) vstore_half_rte(sum, 0, pointer)
#define WRITE(total, pointer) JOIN(LANES_OF(vstore_half), _rte)(total, 0, pointer)
#elif defined(BYTES)
#define ELEMENT char
#define READ_ONE(pointer) ((float)*(pointer))
#define READ(pointer) LANES_OF(convert_float)(LOAD(pointer))
#if defined(FACTOR)
#define RESULT char
#define WRITE_ONE(sum, pointer) (*(pointer) = convert_char_sat_rte(convert_float(sum) * FACTOR))
#define WRITE(total, pointer) \
  STORE(JOIN(LANES_OF(convert_char), _sat_rte)(LANES_OF(convert_float)(total) * FACTOR), pointer)
#else
#define RESULT int
#define WRITE_ONE(sum, pointer) (*(pointer) = (sum))
#define WRITE(total, pointer) STORE(total, pointer)
#endif
#else
#define ELEMENT float
#define RESULT float
#define READ_ONE(pointer) (*(pointer))
#define READ(pointer) LOAD(pointer)
#define WRITE_ONE(sum, pointer) (*(pointer) = (sum))
#define WRITE(total, pointer) STORE(total, pointer)
#endif
// The total of all tiles, a lane of it and all of them, and what a tile's part adds to it.
#if defined(BYTES)
#define SUM int
#define TOTAL LANES_OF(int)
#define ADDEND(part) LANES_OF(convert_int)(part)
#else
#define SUM float
#define TOTAL VECTOR
#define ADDEND(part) (part)
#endif

// A kernel takes b as B_PARAMETER and says TILE_OF_B at its beginning; for each tile it says BRING_TILE, reads rows of
// the tile in its own columns by read_tile(TILE_ARGUMENTS, row, vector), and says LEAVE_TILE. Functions in between take
// TILE_PARAMETERS.
#if defined(IMAGE)
__constant sampler_t kTexels = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE | CLK_FILTER_NEAREST;

uint first_column_of_tile(uint n) { return (uint)get_group_id(0) * TILE_COLUMNS; }

#if defined(BYTES)
#define READ_TEXEL(image, place) convert_float4(read_imagei(image, kTexels, place))
#define WRITE_TEXEL(image, place, texel) write_imagei(image, place, convert_int4(texel))
#else
#define READ_TEXEL(image, place) read_imagef(image, kTexels, place)
#define WRITE_TEXEL(image, place, texel) write_imagef(image, place, texel)
#endif
#define B_PARAMETER __read_only image2d_t b
#define TILE_OF_B(n) const int first_texel = (int)(first_column_of_tile(n) / WIDTH + (uint)get_local_id(0) * VECTORS);
#define BRING_TILE(k0, rows, n) const int2 corner = (int2)(first_texel, (int)(k0));
#define LEAVE_TILE
#define TILE_PARAMETERS __read_only image2d_t b, const int2 corner
#define TILE_ARGUMENTS b, corner

VECTOR read_tile(TILE_PARAMETERS, uint row, int vector) {
  return READ_TEXEL(b, corner + (int2)(vector, (int)row));
}

// Brings b to the image; an item a texel, of which the last of a row is filled up with zeros.
__kernel void pack_texels(__global const ELEMENT* restrict b, __write_only image2d_t texels, const uint n) {
  const uint column = (uint)get_global_id(0) * WIDTH;
  if (column >= n) return;
  const size_t row = get_global_id(1);
  __global const ELEMENT* from = b + row * n + column;
  VECTOR texel;
  if (column + WIDTH <= n) {
    texel = READ(from);
  } else {
    float lanes[WIDTH];
    for (uint lane = 0; lane < WIDTH; ++lane) lanes[lane] = column + lane < n ? READ_ONE(from + lane) : 0.0f;
    texel = LOAD(lanes);
  }
  WRITE_TEXEL(texels, (int2)((int)get_global_id(0), (int)row), texel);
}
#else
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

#define B_PARAMETER __global const ELEMENT* restrict b
#define TILE_OF_B(n)                         \
  __local float tile[TILE_K * TILE_COLUMNS]; \
  __local const float* columns = tile + (uint)get_local_id(0) * COLUMNS;
#define BRING_TILE(k0, rows, n)     \
  bring_tile(b, tile, k0, rows, n); \
  barrier(CLK_LOCAL_MEM_FENCE);
#define LEAVE_TILE barrier(CLK_LOCAL_MEM_FENCE);
#define TILE_PARAMETERS __local const float* columns
#define TILE_ARGUMENTS columns

VECTOR read_tile(TILE_PARAMETERS, uint row, int vector) { return LOAD(columns + row * TILE_COLUMNS + vector * WIDTH); }
#endif

void set_to_zero(VECTOR part[ROWS][VECTORS]) {
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) part[row][v] = (VECTOR)(0.0f);
  }
}

void begin_sums(TOTAL sums[ROWS][VECTORS]) {
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) sums[row][v] = (TOTAL)(0);
  }
}

void add_part(TOTAL sums[ROWS][VECTORS], VECTOR part[ROWS][VECTORS]) {
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) sums[row][v] += ADDEND(part[row][v]);
  }
}

// The rows of `panel` that there are, in the columns of the calling work-item.
void write_rows(TOTAL sums[ROWS][VECTORS], __global RESULT* restrict y, uint panel, uint m, uint n) {
  const uint first_row = panel * ROWS;
  const uint first_column = first_column_of_tile(n) + (uint)get_local_id(0) * COLUMNS;
  const uint first_unwritten = (uint)get_group_id(0) * TILE_COLUMNS;
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
    if (first_row + row < m) {
      __global RESULT* target = y + (size_t)(first_row + row) * n;
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        const uint column = first_column + v * WIDTH;
        if (column >= first_unwritten && column + WIDTH <= n) {
          WRITE(sums[row][v], target + column);
        } else {
          SUM lanes[WIDTH];
          STORE(sums[row][v], lanes);
          for (uint lane = 0; lane < WIDTH; ++lane) {
            const uint at = column + lane;
            if (at >= first_unwritten && at < n) WRITE_ONE(lanes[lane], target + at);
          }
        }
      }
    }
  }
}
