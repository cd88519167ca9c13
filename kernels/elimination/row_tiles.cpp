// A tile grows along the loops that are nearest to each other in the storage that is not in rows; what is left of a
// loop that no tile divides becomes a region of its own.
#include "kernels/elimination/row_tiles.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <utility>

#include "harness/core/divided_up.hpp"
#include "kernels/elimination/row_stages.hpp"

namespace hetscope {
namespace {

// Half of a first cache of 32 KiB, so that what is read and written for a tile stays there, too.
constexpr std::int64_t kNearElements = 4 * 1024;
constexpr std::int64_t kLineElements = 16;
constexpr std::int64_t kMostTileRows = 64;

// At most `most` of `count`, in equal parts.
std::int64_t even_tile_of(std::int64_t count, std::int64_t most) {
  return divided_up(count, divided_up(count, std::clamp<std::int64_t>(most, 1, count)));
}

// The same in whole lines, where there is a choice.
std::int64_t tile_of(std::int64_t count, std::int64_t most) {
  if (count <= most) return count;
  if (most <= kLineElements) return std::max<std::int64_t>(most, 1);
  return divided_up(even_tile_of(count, most / kLineElements * kLineElements), kLineElements) * kLineElements;
}

std::int64_t distance(const OffsetLoop& loop) {
  return loop.is_table() ? std::numeric_limits<std::int64_t>::max() : std::abs(loop.stride);
}

bool lies_in_rows(const RowForm& form) { return form.is_in_runs() || form.part() > 0; }

void choose_tiles(RowRegion& region, std::int64_t most_rows) {
  const bool needs_panel = region.read.part() == 0 || region.write.part() == 0;
  if (!lies_in_rows(region.write)) {
    std::ranges::stable_sort(region.loops, std::greater<>{},
                             [](const TiledLoop& l) { return distance(l.steps.write); });
  } else if (!lies_in_rows(region.read)) {
    std::ranges::stable_sort(region.loops, std::greater<>{}, [](const TiledLoop& l) { return distance(l.steps.read); });
  }
  std::int64_t most = most_rows / region.unit_rows;
  for (std::size_t i = region.loops.size(); i-- > 0;) {
    const std::int64_t count = region.loops[i].steps.count();
    region.loops[i].tile = needs_panel ? tile_of(count, most) : even_tile_of(count, most);
    most /= region.loops[i].tile;
  }
}

void go_on(RowForm& form, const OffsetLoop& loop, std::int64_t steps) {
  if (form.elements.empty()) {
    form.unit.first += loop.offset(steps);
  } else {
    form.elements.erase(form.elements.begin(), form.elements.begin() + steps * form.length);
  }
}

PairedLoop part_of(const PairedLoop& loop, std::int64_t begin, std::int64_t steps) {
  return {loop.read.part(begin, steps), loop.write.part(begin, steps)};
}

// The rows of `region` in tiles that divide their loops.
void append_whole_tiles(const RowRegion& region, std::vector<RowRegion>& regions) {
  for (std::size_t i = 0; i < region.loops.size(); ++i) {
    const auto& [steps, tile] = region.loops[i];
    const std::int64_t rest = steps.count() % tile;
    if (rest == 0) continue;
    const std::int64_t whole = steps.count() - rest;
    RowRegion part = region;
    part.loops[i].steps = part_of(steps, 0, whole);
    append_whole_tiles(part, regions);
    part.loops[i] = {part_of(steps, whole, rest), rest};
    go_on(part.read, steps.read, whole);
    go_on(part.write, steps.write, whole);
    return append_whole_tiles(part, regions);
  }
  regions.push_back(region);
}

// Every `step`-th of `offsets`.
OffsetPattern pattern_of_every(const std::vector<std::int64_t>& offsets, std::int64_t step) {
  std::vector<std::int64_t> heads;
  for (std::size_t i = 0; i < offsets.size(); i += static_cast<std::size_t>(step)) heads.push_back(offsets[i]);
  return offset_pattern(heads);
}

void set_loops(RowRegion& region, const OffsetPattern& read, const OffsetPattern& write) {
  for (PairedLoop& loop : paired_loops(read, write)) region.loops.push_back({std::move(loop), 1});
}

// Of operators that need their rows as they are.
RowRegion rows_of(const std::vector<std::int64_t>& read, const std::vector<std::int64_t>& write, std::int64_t in,
                  std::int64_t out) {
  const std::int64_t rows = static_cast<std::int64_t>(read.size()) / in;
  RowRegion region;
  for (std::int64_t unit = 1; unit <= std::min(rows, kMostTileRows); ++unit) {
    if (rows % unit != 0 || !repeats_every(read, unit * in) || !repeats_every(write, unit * out)) continue;
    const auto unit_of = [&](const std::vector<std::int64_t>& offsets, std::int64_t length) -> RowForm {
      return {length, offset_pattern(std::span(offsets).first(static_cast<std::size_t>(unit * length))), {}, 0};
    };
    region.unit_rows = unit;
    region.read = unit_of(read, in);
    region.write = unit_of(write, out);
    set_loops(region, pattern_of_every(read, unit * in), pattern_of_every(write, unit * out));
    return region;
  }
  region.read = {in, {}, read, 0};
  region.write = {out, {}, write, 0};
  if (rows > 1) region.loops.push_back({{{rows, 0, {}}, {rows, 0, {}}}, 1});
  return region;
}

// The offsets of all steps of `loops`, the last one the fastest.
std::vector<std::int64_t> places_of(std::int64_t first, const std::vector<OffsetLoop>& loops) {
  std::vector<std::int64_t> places = {first};
  for (const OffsetLoop& loop : loops) {
    std::vector<std::int64_t> expanded;
    for (const std::int64_t place : places) {
      for (std::int64_t i = 0; i < loop.count; ++i) expanded.push_back(place + loop.offset(i));
    }
    places = std::move(expanded);
  }
  return places;
}

// A loop that steps within a row, `tile` of its steps.
struct RowLoop {
  std::size_t loop = 0;
  std::int64_t tile = 1;
};

// How far from each other neighbours are read; of listed places the mean.
std::int64_t read_distance(const PairedLoop& loop) {
  if (!loop.read.is_table()) return std::abs(loop.read.stride);
  const auto [least, most] = std::ranges::minmax(loop.read.places);
  return (most - least) / loop.count();
}

std::size_t nearest_read(const std::vector<PairedLoop>& loops) {
  return static_cast<std::size_t>(std::ranges::min_element(loops, {}, read_distance) - loops.begin());
}

// Of loops but `other`; their number where there are none.
std::size_t nearest_written(const std::vector<PairedLoop>& loops, std::size_t other) {
  std::size_t nearest = loops.size();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    if (i == other) continue;
    if (nearest == loops.size() || distance(loops[i].write) < distance(loops[nearest].write)) nearest = i;
  }
  return nearest;
}

// A row for operators on single elements: loops that read on where the one before ends, the fastest first, as far as
// they leave enough of a panel for lines of what is written.
std::vector<RowLoop> choose_row(const std::vector<PairedLoop>& loops) {
  if (loops.empty()) return {};
  const auto reads_on = [&](std::int64_t length) {
    std::size_t i = 0;
    while (i < loops.size() && (loops[i].read.is_table() || loops[i].read.stride != length)) ++i;
    return i;
  };
  std::size_t next = reads_on(1);
  const bool is_in_run = next < loops.size();
  if (!is_in_run) next = nearest_read(loops);
  const bool is_in_place = distance(loops[next].write) == 1 && loops[next].count() >= kLineElements;
  const std::size_t lines = nearest_written(loops, next);
  std::vector<RowLoop> row;
  std::int64_t length = 1;
  std::int64_t room = kNearElements;
  if (!is_in_place && lines < loops.size()) room /= std::min(loops[lines].count(), kMostTileRows);
  while (next < loops.size()) {
    const PairedLoop& loop = loops[next];
    if (next == lines) room = kNearElements;
    // Rows of a whole loop follow each other, which is worth half of the lines.
    const bool is_whole = loop.is_table() || loop.count() <= 2 * room / length;
    row.push_back({next, is_whole ? loop.count() : tile_of(loop.count(), room / length)});
    length *= row.back().tile;
    if (!is_in_run || is_in_place || row.back().tile < loop.count()) break;
    next = reads_on(length);
    if (next < loops.size() && loops[next].write.is_table()) break;
  }
  return row;
}

// `uses_rows`: rows that lie together are used where they are.
void append_free_rows(std::int64_t read_first, std::int64_t write_first, std::vector<PairedLoop> loops, bool uses_rows,
                      std::vector<RowRegion>& regions) {
  std::erase_if(loops, [](const PairedLoop& loop) { return loop.count() == 1; });
  const std::vector<RowLoop> row = choose_row(loops);
  for (const auto& [at, tile] : row) {
    const PairedLoop loop = loops[at];
    const std::int64_t rest = loop.count() % tile;
    if (rest == 0) continue;
    const std::int64_t whole = loop.count() - rest;
    loops[at] = part_of(loop, 0, whole);
    append_free_rows(read_first, write_first, loops, uses_rows, regions);
    loops[at] = part_of(loop, whole, rest);
    return append_free_rows(read_first + loop.read.offset(whole), write_first + loop.write.offset(whole), loops,
                            uses_rows, regions);
  }
  std::vector<OffsetLoop> read;
  std::vector<OffsetLoop> write;
  std::int64_t length = 1;
  for (const auto& [at, tile] : row) {
    PairedLoop& loop = loops[at];
    const PairedLoop inside = part_of(loop, 0, tile);
    read.insert(read.begin(), inside.read);
    write.insert(write.begin(), inside.write);
    length *= tile;
    // Tables are in a row as a whole.
    loop = {{loop.count() / tile, loop.read.stride * tile, {}}, {loop.count() / tile, loop.write.stride * tile, {}}};
  }
  RowRegion region;
  const std::int64_t at_once = uses_rows ? length : 0;
  region.read = {length, offset_pattern(places_of(read_first, read)), {}, at_once};
  region.write = {length, offset_pattern(places_of(write_first, write)), {}, at_once};
  for (const PairedLoop& loop : loops) {
    if (loop.count() > 1) region.loops.push_back({loop, 1});
  }
  choose_tiles(region, std::max<std::int64_t>(kNearElements / length, 1));
  append_whole_tiles(region, regions);
}

}  // namespace

std::int64_t RowForm::run() const {
  if (!elements.empty()) return 0;
  if (unit.loops.empty()) return 1;
  const OffsetLoop& fastest = unit.loops.back();
  return !fastest.is_table() && fastest.stride == 1 ? std::gcd(fastest.count, length) : 1;
}

std::int64_t RowRegion::tiles() const {
  std::int64_t count = 1;
  for (const TiledLoop& loop : loops) count *= loop.steps.count() / loop.tile;
  return count;
}

std::int64_t RowRegion::tile_rows() const {
  std::int64_t count = unit_rows;
  for (const TiledLoop& loop : loops) count *= loop.tile;
  return count;
}

std::vector<std::int64_t> RowRegion::elements_of_lanes() const {
  const auto is_one_row = [](const TiledLoop& loop) { return loop.tile == 1; };
  const auto lanes = std::ranges::find_if_not(loops, is_one_row);
  if (unit_rows != 1 || !read.elements.empty() || lanes == loops.end() || lanes->steps.read.is_table() ||
      lanes->steps.read.stride != 1 || !std::all_of(lanes + 1, loops.end(), is_one_row)) {
    return {};
  }
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < read.length; ++i) result.push_back(read.unit.offset(i) - read.unit.first);
  return result;
}

bool turns_listed_places(const std::vector<PairedLoop>& loops) {
  if (loops.size() < 2) return false;
  const std::size_t read = nearest_read(loops);
  const std::size_t written = nearest_written(loops, loops.size());
  return read != written && (loops[read].is_table() || loops[written].is_table());
}

std::vector<RowRegion> row_regions(const PairPass& pass) {
  const std::vector<std::int64_t> read = offsets_of(pass.read);
  const std::vector<std::int64_t> write = offsets_of(pass.write);
  std::vector<RowRegion> regions;
  if (std::ranges::all_of(pass.stages, [](const RowStage& stage) { return works_on_elements(stage.kind); })) {
    const OffsetPattern from = offset_pattern(read);
    const OffsetPattern to = offset_pattern(write);
    append_free_rows(from.first, to.first, paired_loops(from, to), !pass.stages.empty(), regions);
    return regions;
  }
  RowRegion rows = rows_of(read, write, pass.stages.front().in, pass.stages.back().out);
  rows.read.at_once = rows.read.length;
  rows.write.at_once = written_at_once(pass.stages.back());
  std::int64_t longest = rows.write.part() > 0 ? 0 : rows.write.length;  // of what stays near
  for (const RowStage& stage : pass.stages) longest = std::max(longest, stage.in);
  choose_tiles(rows, std::clamp(kNearElements / longest, kLineElements, kMostTileRows));
  append_whole_tiles(rows, regions);
  return regions;
}

}  // namespace hetscope
