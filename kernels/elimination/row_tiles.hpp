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

  // Whether the elements of each row follow each other.
  bool is_in_runs() const;
};

struct RowRegion {
  std::vector<TiledLoop> loops;  // from unit to unit
  std::int64_t unit_rows = 1;
  RowForm read;
  RowForm write;

  std::int64_t tiles() const;
  std::int64_t tile_rows() const;
};

// Together all rows of `pass`, each once. Where every stage works on single elements, or there is none, a row is
// whatever lies together in what is read.
std::vector<RowRegion> row_regions(const PairPass& pass);

// Whether a movement of these loops reads or writes neighbours at listed places and turns them: tiles then go through a
// panel.
bool turns_listed_places(const std::vector<PairedLoop>& loops);

}  // namespace hetscope
