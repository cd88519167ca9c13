// y (m x n) = a (m x k) b (k x n), behind product_tile.cl; a is sparse.
// With SLOTS it is the slots of a series of N:M terms, all terms of a tile of b one after the other, so that a further
// term costs its slots and nothing else. TILE_K is a multiple of every term's M: a slot refers to a row of the tile.
//   values, b_rows: [panel][slot][row] of ROWS rows, the slots of a tile behind those of the tile before; b_rows count
//                   from the tile's first row; rows beyond m are zero and refer to the tile's first row
//   The work-items of a row of the group read the same slots, and local memory without conflicts.
// With RESIDUAL entries of a tile follow its slots, or are all there is, as compressed rows:
//   rest_starts: [panel][tile][row], where the entries begin in rest_values and rest_rows; the next one is their end
#if defined(SLOTS)
void add_slots(VECTOR part[ROWS][VECTORS], TILE_PARAMETERS, __global const ELEMENT* restrict value,
               __global const ushort* restrict b_row, uint slots) {
  for (uint slot = 0; slot < slots; ++slot) {
#pragma unroll
    for (int row = 0; row < ROWS; ++row) {
      const VECTOR factor = (VECTOR)(READ_ONE(value + row));
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        part[row][v] = MULTIPLY_ADD(factor, read_tile(TILE_ARGUMENTS, b_row[row], v), part[row][v]);
      }
    }
    value += ROWS;
    b_row += ROWS;
  }
}
#define SLOT_PARAMETERS , __global const ELEMENT *restrict values, __global const ushort *restrict b_rows
#define SLOT_NUMBERS , const uint slots_of_row, const uint slots_of_tile
#else
#define SLOT_PARAMETERS
#define SLOT_NUMBERS
#endif

#if defined(RESIDUAL)
void add_rest(VECTOR part[ROWS][VECTORS], TILE_PARAMETERS, __global const ELEMENT* restrict values,
              __global const ushort* restrict b_rows, __global const uint* restrict starts) {
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
    for (uint i = starts[row]; i < starts[row + 1]; ++i) {
      const VECTOR factor = (VECTOR)(READ_ONE(values + i));
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        part[row][v] = MULTIPLY_ADD(factor, read_tile(TILE_ARGUMENTS, b_rows[i], v), part[row][v]);
      }
    }
  }
}
#define REST_PARAMETERS                                                                      \
  , __global const ELEMENT *restrict rest_values, __global const ushort *restrict rest_rows, \
      __global const uint *restrict rest_starts
#else
#define REST_PARAMETERS
#endif

__kernel __attribute__((reqd_work_group_size(GROUP_X, GROUP_Y, 1))) void sparse_tiled(
    B_PARAMETER, __global RESULT* restrict y, const uint m, const uint n,
    const uint k SLOT_PARAMETERS REST_PARAMETERS SLOT_NUMBERS) {
  TILE_OF_B(n)
  const uint panel = (uint)get_global_id(1);
  // A work-item without rows still loads its share of the tile; it reads the last panel and writes nothing.
  const uint last_panel = (m - 1) / ROWS;
#if defined(SLOTS)
  const size_t first_slot = (size_t)min(panel, last_panel) * slots_of_row * ROWS;
  uint done = 0;
#endif
#if defined(RESIDUAL)
  const uint tiles = (k + TILE_K - 1) / TILE_K;
  __global const uint* starts = rest_starts + (size_t)min(panel, last_panel) * tiles * ROWS;
#endif

  TOTAL sums[ROWS][VECTORS];
  begin_sums(sums);
  for (uint k0 = 0; k0 < k; k0 += TILE_K) {
    BRING_TILE(k0, min((uint)TILE_K, k - k0), n)
    VECTOR part[ROWS][VECTORS];
    set_to_zero(part);
#if defined(SLOTS)
    const uint slots = min(slots_of_tile, slots_of_row - done);
    const size_t at = first_slot + (size_t)done * ROWS;
    add_slots(part, TILE_ARGUMENTS, values + at, b_rows + at, slots);
    done += slots;
#endif
#if defined(RESIDUAL)
    add_rest(part, TILE_ARGUMENTS, rest_values, rest_rows, starts);
    starts += ROWS;
#endif
    add_part(sums, part);
    LEAVE_TILE
  }
  if (panel <= last_panel) write_rows(sums, y, panel, m, n);
}
