// What has a constant stride is left to the mover; what has none is listed when the side is made.
#include "kernels/elimination/tile_side.hpp"

#include <algorithm>
#include <utility>

namespace hetscope {

// A loop within a tile.
struct TileSide::Loop {
  OffsetLoop far;  // in the storage, all its steps
  std::int64_t count = 1;
  std::int64_t panel_stride = 0;
  std::size_t row_loop = kNone;  // of the region, whose tiles begin at different steps

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  bool differs_by_tile() const { return row_loop != kNone && far.is_table(); }
};

namespace {

const OffsetLoop& side_of(const PairedLoop& loop, PanelEnd panel) {
  return panel == PanelEnd::target ? loop.read : loop.write;
}

// The first step of each loop in tile `tile`.
std::vector<std::int64_t> first_steps(const RowRegion& region, std::int64_t tile) {
  std::vector<std::int64_t> steps(region.loops.size());
  for (std::size_t i = steps.size(); i-- > 0;) {
    const std::int64_t tiles = region.loops[i].steps.count() / region.loops[i].tile;
    steps[i] = tile % tiles * region.loops[i].tile;
    tile /= tiles;
  }
  return steps;
}

// Adds each of `count` steps to each of `sums`, which become so many more.
template <class Step>
void expand(std::vector<std::int64_t>& sums, std::int64_t count, Step&& step) {
  std::vector<std::int64_t> expanded;
  expanded.reserve(sums.size() * static_cast<std::size_t>(count));
  for (const std::int64_t sum : sums) {
    for (std::int64_t i = 0; i < count; ++i) expanded.push_back(sum + step(i));
  }
  sums = std::move(expanded);
}

}  // namespace

TileSide::TileSide(const RowRegion& region, PanelEnd panel, TransposeWay way) : panel_(panel) {
  const RowForm& form = panel == PanelEnd::target ? region.read : region.write;
  part_ = form.part();
  if (form.elements.empty()) {
    list_pieces(region, form, tile_loops(region, form), way);
  } else {
    list_elements(region, form);
  }
}

// All loops but those of a direct side's parts.
std::vector<TileSide::Loop> TileSide::tile_loops(const RowRegion& region, const RowForm& form) const {
  std::vector<Loop> loops;
  std::int64_t inside = 1;
  for (std::size_t i = form.unit.loops.size(); !is_direct() && i-- > 0;) {
    const OffsetLoop& loop = form.unit.loops[i];
    loops.insert(loops.begin(), {loop, loop.count, inside, Loop::kNone});
    inside *= loop.count;
  }
  if (is_direct()) {
    std::vector<std::int64_t> parts;
    for (std::int64_t i = 0; i < region.unit_rows * form.length; i += part_) parts.push_back(form.unit.offset(i));
    const OffsetPattern pattern = offset_pattern(parts);
    for (const OffsetLoop& loop : pattern.loops) loops.push_back({loop, loop.count, 0, Loop::kNone});
  }
  for (std::size_t i = region.loops.size(); i-- > 0;) {
    const TiledLoop& loop = region.loops[i];
    if (loop.tile > 1) loops.insert(loops.begin(), {side_of(loop.steps, panel_), loop.tile, inside, i});
    inside *= loop.tile;
  }
  return loops;
}

void TileSide::list_pieces(const RowRegion& region, const RowForm& form, const std::vector<Loop>& loops,
                           TransposeWay way) {
  MovementBox box;
  std::vector<Loop> listed;
  for (const Loop& loop : loops) {
    if (is_direct() || loop.far.is_table()) {
      listed.push_back(loop);
    } else if (panel_ == PanelEnd::target) {
      box.loops.push_back({loop.count, loop.far.stride, loop.panel_stride});
    } else {
      box.loops.push_back({loop.count, loop.panel_stride, loop.far.stride});
    }
  }
  if (!listed.empty() && !has_neighbours(box)) {
    listed = loops;
    box.loops.clear();
  }
  mover_ = PieceMover(std::move(box), way);
  places_ = {0};
  for (const Loop& loop : listed) {
    expand(places_, loop.count, [&](std::int64_t i) { return i * loop.panel_stride; });
  }
  const bool differs = std::ranges::any_of(listed, &Loop::differs_by_tile);
  for (std::int64_t tile = 0; tile < region.tiles(); ++tile) {
    const std::vector<std::int64_t> first = first_steps(region, tile);
    std::int64_t start = form.unit.first;
    for (std::size_t i = 0; i < first.size(); ++i) start += side_of(region.loops[i].steps, panel_).offset(first[i]);
    starts_.push_back(start);
    if (tile > 0 && !differs) continue;
    std::vector<std::int64_t> pieces = {0};
    for (const Loop& loop : listed) {
      const std::int64_t begin = loop.row_loop == Loop::kNone ? 0 : first[loop.row_loop];
      expand(pieces, loop.count, [&](std::int64_t i) { return loop.far.offset(begin + i) - loop.far.offset(begin); });
    }
    pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  }
}

void TileSide::list_elements(const RowRegion& region, const RowForm& form) {
  places_ = {0};
  expand(places_, region.tile_rows() * form.length, [](std::int64_t i) { return i; });
  starts_.assign(static_cast<std::size_t>(region.tiles()), 0);
  pieces_.assign(form.elements.begin(), form.elements.begin() + region.tiles() * region.tile_rows() * form.length);
}

const std::int64_t* TileSide::pieces_of(std::int64_t tile) const {
  const bool is_shared = pieces_.size() == places_.size();
  return pieces_.data() + (is_shared ? 0 : static_cast<std::size_t>(tile) * places_.size());
}

void TileSide::point_at_parts(float* storage, std::int64_t tile, float** parts) const {
  const std::int64_t* pieces = pieces_of(tile);
  storage += starts_[static_cast<std::size_t>(tile)];
  for (std::size_t i = 0; i < places_.size(); ++i) parts[i] = storage + pieces[i];
}

void TileSide::pack(const float* storage, std::int64_t tile, float* panel) const {
  const std::int64_t* pieces = pieces_of(tile);
  storage += starts_[static_cast<std::size_t>(tile)];
  for (std::size_t i = 0; i < places_.size(); ++i) mover_.move(storage + pieces[i], panel + places_[i]);
}

void TileSide::unpack(const float* panel, std::int64_t tile, float* storage) const {
  const std::int64_t* pieces = pieces_of(tile);
  storage += starts_[static_cast<std::size_t>(tile)];
  for (std::size_t i = 0; i < places_.size(); ++i) mover_.move(panel + places_[i], storage + pieces[i]);
}

}  // namespace hetscope
