// The host puts the functions `source_base` and `target_base` before this text: where a plane starts for position z of a
// box's outer loops, printed from index expressions. ELEMENT is an unsigned type of the element's width, VECTOR4 and
// VECTOR16 its vectors: moving needs no arithmetic, and so no fp16 extension.

// A plane of rows (the least target stride) and columns (the least source stride): an item moves BLOCK_ROWS x BLOCK_COLUMNS
// elements through its registers, 4 columns by 16 or 4 rows at a time. For devices whose items are a CPU's loop: nothing is
// gained there by items that share local memory.
// `fill` zeros follow the last row in each column of the target.
#define BLOCK_ROWS 16
#define BLOCK_COLUMNS 64

// Four columns of rows row .. row+3 of `read`.
typedef struct {
  VECTOR4 first, second, third, fourth;
} Columns;

Columns load_turned(__global const ELEMENT* restrict read, const uint row, const uint stride) {
  const VECTOR4 a = vload4(0, read + row * stride);
  const VECTOR4 b = vload4(0, read + (row + 1) * stride);
  const VECTOR4 c = vload4(0, read + (row + 2) * stride);
  const VECTOR4 d = vload4(0, read + (row + 3) * stride);
  Columns turned;
  turned.first = (VECTOR4)(a.x, b.x, c.x, d.x);
  turned.second = (VECTOR4)(a.y, b.y, c.y, d.y);
  turned.third = (VECTOR4)(a.z, b.z, c.z, d.z);
  turned.fourth = (VECTOR4)(a.w, b.w, c.w, d.w);
  return turned;
}

void move_4(__global const ELEMENT* restrict read, __global ELEMENT* restrict write, const uint4 strides) {
  const Columns a = load_turned(read, 0, strides.x);
  vstore4(a.first, 0, write);
  vstore4(a.second, 0, write + strides.w);
  vstore4(a.third, 0, write + 2 * strides.w);
  vstore4(a.fourth, 0, write + 3 * strides.w);
}

void move_16(__global const ELEMENT* restrict read, __global ELEMENT* restrict write, const uint4 strides) {
  const Columns a = load_turned(read, 0, strides.x);
  const Columns b = load_turned(read, 4, strides.x);
  const Columns c = load_turned(read, 8, strides.x);
  const Columns d = load_turned(read, 12, strides.x);
  vstore16((VECTOR16)(a.first, b.first, c.first, d.first), 0, write);
  vstore16((VECTOR16)(a.second, b.second, c.second, d.second), 0, write + strides.w);
  vstore16((VECTOR16)(a.third, b.third, c.third, d.third), 0, write + 2 * strides.w);
  vstore16((VECTOR16)(a.fourth, b.fourth, c.fourth, d.fourth), 0, write + 3 * strides.w);
}

void move_each(__global const ELEMENT* restrict read, __global ELEMENT* restrict write, const uint rows,
               const uint columns, const uint4 strides) {
  for (uint column = 0; column < columns; ++column) {
    for (uint row = 0; row < rows; ++row) {
      write[row * strides.z + column * strides.w] = read[row * strides.x + column * strides.y];
    }
  }
}

__kernel void move_blocks(__global const ELEMENT* restrict source, __global ELEMENT* restrict target, const uint rows,
                          const uint columns, const uint4 strides, const uint fill) {
  const uint first_column = (uint)get_global_id(0) * BLOCK_COLUMNS;
  const uint first_row = (uint)get_global_id(1) * BLOCK_ROWS;
  if (first_column >= columns || first_row >= rows) return;
  const uint column_count = min((uint)BLOCK_COLUMNS, columns - first_column);
  const uint row_count = min((uint)BLOCK_ROWS, rows - first_row);
  __global const ELEMENT* read = source + source_base(get_global_id(2)) + first_row * strides.x + first_column * strides.y;
  __global ELEMENT* write = target + target_base(get_global_id(2)) + first_row * strides.z + first_column * strides.w;

  const bool has_vectors = strides.y == 1 && strides.z == 1;
  const uint quads = has_vectors ? column_count / 4 : 0;
  for (uint quad = 0; quad < quads; ++quad) {
    __global const ELEMENT* from = read + 4 * quad;
    __global ELEMENT* to = write + 4 * quad * strides.w;
    if (row_count == BLOCK_ROWS) {
      move_16(from, to, strides);
      continue;
    }
    uint row = 0;
    for (; row + 4 <= row_count; row += 4) move_4(from + row * strides.x, to + row, strides);
    move_each(from + row * strides.x, to + row, row_count - row, 4, strides);
  }
  move_each(read + 4 * quads * strides.y, write + 4 * quads * strides.w, row_count, column_count - 4 * quads, strides);
  if (first_row + row_count < rows) return;
  for (uint column = 0; column < column_count && fill > 0; ++column) {
    for (uint f = 0; f < fill; ++f) write[row_count * strides.z + column * strides.w + f] = 0;
  }
}
