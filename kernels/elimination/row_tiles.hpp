// Rows of a pass in tiles of one form: boxes of rows that are small enough to be turned in the first cache, and as wide
// in the storage that is not in rows as its lines are. Rows of a tile need not follow each other.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/elimination/offset_pattern.hpp"
#include "kernels/elimination/pair_plan.hpp"

namespace hetscope {

// Steps from row to row; a tile has `tile` of them, which divides their count.
struct TiledLoop {
  PairedLoop steps;
  std::int64_t tile = 1;
};

// The places of one row in one storage. A unit is one row, or a few whose places only repeat together.
struct RowForm {
  std::int64_t length = 1;             // elements of a row
  OffsetPattern unit;                  // all elements of the first unit
  std::vector<std::int64_t> elements;  // instead, where nothing repeats: of every element of every row
  // Rows may be used where they lie, whole ones, or in parts of a multiple of so many elements; 0: they may not.
  std::int64_t at_once = 0;

  // Elements of a row that follow each other, as many as divide it; 0 where nothing repeats.
  std::int64_t run() const;
  bool is_in_runs() const { return run() == length; }
  // Elements of the parts in which a row is used where it lies; 0 where it goes through a panel.
  std::int64_t part() const { return at_once > 0 && (is_in_runs() || run() % at_once == 0) ? run() : 0; }
};

struct RowRegion {
  std::vector<TiledLoop> loops;  // from unit to unit
  std::int64_t unit_rows = 1;
  RowForm read;
  RowForm write;

  std::int64_t tiles() const;
  std::int64_t tile_rows() const;
  // Where the elements of a row are read, from its first one on, if the next row of a tile is the next element; else
  // none.
  std::vector<std::int64_t> elements_of_lanes() const;
};

// Together all rows of `pass`, each once. Where every stage works on single elements, or there is none, a row is
// whatever lies together in what is read.
std::vector<RowRegion> row_regions(const PairPass& pass);

// Whether a movement of these loops reads or writes neighbours at listed places and turns them: tiles then go through a
// panel.
bool turns_listed_places(const std::vector<PairedLoop>& loops);

}  // namespace hetscope
