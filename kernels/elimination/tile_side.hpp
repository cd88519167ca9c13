// One storage of a pass as its tiles of rows see it: rows that lie together are used where they are, others go through
// a panel by transposes and copies of runs, and element by element only where nothing lies together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/elimination/piece_mover.hpp"
#include "kernels/elimination/row_tiles.hpp"

namespace hetscope {

enum class PanelEnd { source, target };

class TileSide {
 public:
  // A panel holds a tile's rows one behind the other; it is the `panel` of the two ends of a movement.
  // `way` of what turns.
  TileSide(const RowRegion& region, PanelEnd panel, TransposeWay way);

  bool is_direct() const noexcept { return part_ > 0; }
  bool turns() const { return mover_.turns(); }
  // Elements of a direct side's row that follow each other, and the places of all such parts of a tile's rows.
  std::int64_t part() const noexcept { return part_; }
  std::size_t parts_of_tile() const noexcept { return places_.size(); }
  // The first element of a tile's first row, where rows are no list of elements.
  std::int64_t start_of(std::int64_t tile) const { return starts_[static_cast<std::size_t>(tile)]; }
  void point_at_parts(float* storage, std::int64_t tile, float** parts) const;
  // Any other side's tile into a panel, or out of one.
  void pack(const float* storage, std::int64_t tile, float* panel) const;
  void unpack(const float* panel, std::int64_t tile, float* storage) const;
  // Its lists, which each of these reads.
  std::vector<std::span<const std::byte>> storage() const {
    return {std::as_bytes(std::span(starts_)), std::as_bytes(std::span(pieces_)), std::as_bytes(std::span(places_))};
  }

 private:
  struct Loop;
  std::vector<Loop> tile_loops(const RowRegion& region, const RowForm& form) const;
  void list_pieces(const RowRegion& region, const RowForm& form, const std::vector<Loop>& loops, TransposeWay way);
  void list_elements(const RowRegion& region, const RowForm& form);
  const std::int64_t* pieces_of(std::int64_t tile) const;

  PanelEnd panel_;
  std::int64_t part_ = 0;
  std::vector<std::int64_t> starts_;  // of tiles
  // From there on, what is moved at once, or a part of a row; for each tile where they differ.
  std::vector<std::int64_t> pieces_;
  std::vector<std::int64_t> places_;               // of pieces in the panel
  PieceMover mover_{{}, TransposeStores::cached};  // of a piece
};

}  // namespace hetscope
