// The host puts the functions `source_base` and `target_base` before this text: where a plane starts for position z of a
// box's outer loops, printed from index expressions. ELEMENT is an unsigned type of the element's width and VECTOR4 its
// vector: moving needs no arithmetic, and so no fp16 extension.

// A plane of rows (the least target stride) and columns (the least source stride): an item moves BLOCK_ROWS x BLOCK_COLUMNS
// elements through its registers, 4 columns by 4 rows at a time. For devices whose items are a CPU's loop: nothing is
// gained there by items that share local memory.
// A pass over the rows moves PASS_COLUMNS columns: many, so that long pieces of the source are read; 4, so that few lines
// of the target are written at once.
// `fill` zeros follow the last row in each column of the target.

// PAST_CACHES: what is moved does not fit into them, and lines of the target are written whole. OpenCL C has no name for
// such stores, clang has.
#define STORE4(value, at) vstore4(value, 0, at)
#if defined(PAST_CACHES) && defined(__has_builtin)
#if __has_builtin(__builtin_nontemporal_store)
#undef STORE4
#define STORE4(value, at) __builtin_nontemporal_store(value, (__global VECTOR4*)(at))
#endif
#endif

// Elements are loaded one by one: vectors that are taken apart again become shuffles that Oclgrind's search for
// uninitialised values does not survive, and compilers for CPUs make vectors of them all the same.
void move_4(__global const ELEMENT* restrict read, __global ELEMENT* restrict write, const uint row_stride,
            const uint column_stride) {
  __global const ELEMENT* row0 = read;
  __global const ELEMENT* row1 = read + row_stride;
  __global const ELEMENT* row2 = read + 2 * row_stride;
  __global const ELEMENT* row3 = read + 3 * row_stride;
  const VECTOR4 column0 = (VECTOR4)(row0[0], row1[0], row2[0], row3[0]);
  const VECTOR4 column1 = (VECTOR4)(row0[1], row1[1], row2[1], row3[1]);
  const VECTOR4 column2 = (VECTOR4)(row0[2], row1[2], row2[2], row3[2]);
  const VECTOR4 column3 = (VECTOR4)(row0[3], row1[3], row2[3], row3[3]);
  STORE4(column0, write);
  STORE4(column1, write + column_stride);
  STORE4(column2, write + 2 * column_stride);
  STORE4(column3, write + 3 * column_stride);
}

void move_each(__global const ELEMENT* restrict read, __global ELEMENT* restrict write, const uint rows,
               const uint columns, const uint read_row, const uint read_column, const uint write_row,
               const uint write_column) {
  for (uint column = 0; column < columns; ++column) {
    for (uint row = 0; row < rows; ++row) {
      write[row * write_row + column * write_column] = read[row * read_row + column * read_column];
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

  const uint whole_rows = row_count / 4 * 4;
  const uint whole_columns = strides.y == 1 && strides.z == 1 ? column_count / 4 * 4 : 0;
  for (uint pass = 0; pass < whole_columns; pass += PASS_COLUMNS) {
    const uint end = min(pass + PASS_COLUMNS, whole_columns);
    for (uint row = 0; row < whole_rows; row += 4) {
      for (uint column = pass; column < end; column += 4) {
        move_4(read + row * strides.x + column, write + row + column * strides.w, strides.x, strides.w);
      }
    }
    if (whole_rows == row_count) continue;
    move_each(read + whole_rows * strides.x + pass, write + whole_rows + pass * strides.w, row_count - whole_rows,
              end - pass, strides.x, strides.y, strides.z, strides.w);
  }
  move_each(read + whole_columns * strides.y, write + whole_columns * strides.w, row_count,
            column_count - whole_columns, strides.x, strides.y, strides.z, strides.w);
  if (first_row + row_count < rows) return;
  for (uint column = 0; column < column_count && fill > 0; ++column) {
    for (uint f = 0; f < fill; ++f) write[row_count * strides.z + column * strides.w + f] = 0;
  }
}
