// Five kinds of passes: movements by strides, also of elements that change, gathers by a computed index, operators on
// rows, and sums of rows.
#include "kernels/elimination/host_passes.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "kernels/elimination/chunked_movement.hpp"
#include "kernels/elimination/index_blocks.hpp"
#include "kernels/elimination/piece_mover.hpp"
#include "kernels/elimination/row_stages.hpp"
#include "kernels/elimination/row_sums.hpp"
#include "kernels/elimination/row_tiles.hpp"
#include "kernels/elimination/tile_side.hpp"
#include "kernels/layout/timed_movement.hpp"

namespace hetscope {
namespace {

// Loops of constant strides.
class BoxPass final : public HostPass {
 public:
  explicit BoxPass(MovementBox box) : movement_({{merged(std::move(box))}}, static_cast<std::int64_t>(sizeof(float))) {}

  void choose(const float* source, float* target, ThreadPool& pool) override {
    movement_.choose(reinterpret_cast<const std::byte*>(source), reinterpret_cast<std::byte*>(target), pool);
  }
  void run(const float* source, float* target, ThreadPool& pool) override {
    movement_.move(reinterpret_cast<const std::byte*>(source), reinterpret_cast<std::byte*>(target), pool);
  }

 private:
  TimedMovement movement_;
};

// One box, at each step of the loops that have no constant stride.
class PiecesPass final : public HostPass {
 public:
  PiecesPass(std::int64_t read_first, const std::vector<PairedLoop>& loops)
      : PiecesPass(read_first, loops, box_of(loops)) {}

  void run(const float* source, float* target, ThreadPool& pool) override {
    pool.parallel_for(static_cast<std::int64_t>(sources_.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        mover_.move(source + sources_[i], target + targets_[i]);
      }
    });
  }
  std::vector<std::span<const std::byte>> storage() const override {
    return {std::as_bytes(std::span(sources_)), std::as_bytes(std::span(targets_))};
  }

 private:
  PiecesPass(std::int64_t read_first, const std::vector<PairedLoop>& loops, MovementBox box)
      : sources_{read_first}, targets_{0}, mover_(box, TransposeStores::fetched) {
    for (const PairedLoop& loop : loops) {
      if (box.loops.empty() || loop.is_table()) append_steps(loop);
    }
  }

  // Nothing where elements would go one by one anyway.
  static MovementBox box_of(const std::vector<PairedLoop>& loops) {
    MovementBox box = box_without_tables(loops);
    if (!has_neighbours(box)) box.loops.clear();
    return box;
  }
  void append_steps(const PairedLoop& loop) {
    std::vector<std::int64_t> sources;
    std::vector<std::int64_t> targets;
    for (std::size_t piece = 0; piece < sources_.size(); ++piece) {
      for (std::int64_t i = 0; i < loop.count(); ++i) {
        sources.push_back(sources_[piece] + loop.read.offset(i));
        targets.push_back(targets_[piece] + loop.write.offset(i));
      }
    }
    sources_ = std::move(sources);
    targets_ = std::move(targets);
  }

  std::vector<std::int64_t> sources_;  // of each piece
  std::vector<std::int64_t> targets_;
  PieceMover mover_;
};

class GatherPass final : public HostPass {
 public:
  GatherPass(const IndexMap& map, int threads) : count_(map.output().element_count()), index_(map) {
    for (int i = 0; i < threads; ++i) memory_.push_back(index_.make_memory());
  }

  void run(const float* source, float* target, ThreadPool& pool) override {
    pool.run([&](int worker) {
      const auto [begin, end] = ThreadPool::share_of(worker, pool.size(), count_, IndexBlocks::kBlock);
      auto& memory = memory_[static_cast<std::size_t>(worker)];
      for (std::int64_t at = begin; at < end; at += IndexBlocks::kBlock) {
        const std::int64_t count = std::min(IndexBlocks::kBlock, end - at);
        const IndexBlocks::Values& offsets = index_.evaluate(at, count, memory);
        for (std::int64_t i = 0; i < count; ++i) target[at + i] = source[offsets[static_cast<std::size_t>(i)]];
      }
    });
  }

 private:
  std::int64_t count_;
  IndexBlocks index_;
  std::vector<std::vector<IndexBlocks::Values>> memory_;  // of each worker
};

// Operators on rows, tile by tile; without operators, a movement whose tiles go through a panel.
class RowPass final : public HostPass {
 public:
  RowPass(const PairPass& pass, std::vector<const float*> weights, int threads) : weights_(std::move(weights)) {
    const std::vector<RowRegion> regions = row_regions(pass);
    for (const TransposeWay way : kPanelWays) {
      ways_.emplace_back();
      for (const RowRegion& region : regions) ways_.back().emplace_back(region, pass.stages, way);
      if (std::ranges::none_of(ways_.back(), &Region::turns)) break;
    }
    std::size_t elements = 0;
    std::size_t places = 0;
    for (const std::vector<Region>& way : ways_) {
      for (const Region& region : way) {
        elements = std::max(elements, region.levels() * static_cast<std::size_t>(region.rows * region.longest()));
        places = std::max(places, region.places());
      }
    }
    for (int i = 0; i < threads; ++i) {
      memory_.push_back({std::vector<float>(elements), std::vector<float*>(places), std::vector<RowMoments>(places)});
    }
  }

  void choose(const float* source, float* target, ThreadPool& pool) override {
    std::vector<TimedWay> trials;
    for (const std::vector<Region>& way : ways_) trials.push_back({[&] { run_regions(way, source, target, pool); }});
    ways_ = {std::move(ways_[fastest_of(trials)])};
  }
  void run(const float* source, float* target, ThreadPool& pool) override {
    run_regions(ways_.front(), source, target, pool);
  }
  std::vector<std::span<const std::byte>> storage() const override {
    std::vector<std::span<const std::byte>> result;
    for (const Region& region : ways_.front()) {
      result.push_back(std::as_bytes(std::span(region.lanes)));
      for (const TileSide* side : {&region.read, &region.write}) {
        std::ranges::copy(side->storage(), std::back_inserter(result));
      }
    }
    return result;
  }

 private:
  // Those that are the fastest into or out of some panel.
  static constexpr std::array kPanelWays = {
      TransposeWay(TransposeStores::fetched),
      TransposeWay(TransposeStores::cached),
      TransposeWay(TransposeStores::cached, TransposeOrder::down),
      TransposeWay(TransposeStores::cached, TransposeOrder::along),
      TransposeWay(TransposeStores::fetched, TransposeOrder::along),
      TransposeWay(TransposeStores::cached, TransposeOrder::along, TransposeVectors::half)};

  struct Region {
    // `way` of what turns on its way into a panel or out of one.
    Region(const RowRegion& region, std::vector<RowStage> stages_of_pass, TransposeWay way)
        : stages(fitted(std::move(stages_of_pass), region.read.length)),
          tiles(region.tiles()),
          rows(region.tile_rows()),
          length(region.read.length),
          read(region, PanelEnd::target, way),
          write(region, PanelEnd::source, way) {
      const bool is_normalised = !stages.empty() && stages.front().kind == OperatorKind::layer_norm;
      if (is_normalised && read.turns()) lanes = region.elements_of_lanes();
    }

    // An operator on single elements takes any row.
    static std::vector<RowStage> fitted(std::vector<RowStage> stages, std::int64_t length) {
      for (RowStage& stage : stages) {
        if (works_on_elements(stage.kind)) stage.in = stage.out = length;
        length = stage.out;
      }
      return stages;
    }
    bool turns() const { return read.turns() || write.turns(); }
    // What stands before the first stage, between stages, and behind the last one.
    std::size_t levels() const { return stages.size() + 1; }
    std::int64_t length_of(std::size_t level) const { return level == 0 ? length : stages[level - 1].out; }
    // Of the rows of all levels, or of what a direct write has in their place.
    std::size_t places() const {
      const auto of_level = static_cast<std::size_t>(rows);
      return (levels() - 1) * of_level + std::max(of_level, write.is_direct() ? write.parts_of_tile() : 0);
    }
    std::int64_t part_of(std::size_t level) const {
      return level + 1 == levels() && write.is_direct() ? write.part() : length_of(level);
    }
    std::int64_t longest() const {
      std::int64_t most = length;
      for (const RowStage& stage : stages) most = std::max({most, stage.in, stage.out});
      return most;
    }

    std::vector<RowStage> stages;
    std::int64_t tiles;
    std::int64_t rows;    // of a tile
    std::int64_t length;  // of what is read
    TileSide read;
    TileSide write;
    std::vector<std::int64_t> lanes;  // of rows that layer normalisation reads side by side: see elements_of_lanes()
  };

  // Panels of all levels; `rows` points into them.
  struct Memory {
    std::vector<float> panels;
    std::vector<float*> rows;
    std::vector<RowMoments> moments;  // of a tile's rows
  };

  void run_regions(const std::vector<Region>& regions, const float* source, float* target, ThreadPool& pool) {
    pool.run([&](int worker) {
      for (const Region& region : regions) {
        const auto [begin, end] = ThreadPool::share_of(worker, pool.size(), region.tiles, 1);
        if (begin < end) run_tiles(region, source, target, begin, end, memory_[static_cast<std::size_t>(worker)]);
      }
    });
  }
  void run_tiles(const Region& region, const float* source, float* target, std::int64_t begin, std::int64_t end,
                 Memory& memory) const {
    const auto rows_at = [&](std::size_t level) { return &memory.rows[level * static_cast<std::size_t>(region.rows)]; };
    for (std::size_t level = 0; level < region.levels(); ++level) {
      float* panel = memory.panels.data() + static_cast<std::int64_t>(level) * region.rows * region.longest();
      for (std::int64_t row = 0; row < region.rows; ++row) rows_at(level)[row] = panel + row * region.length_of(level);
    }
    const std::size_t last = region.stages.size();
    const std::span<RowMoments> moments = std::span(memory.moments).first(static_cast<std::size_t>(region.rows));
    for (std::int64_t tile = begin; tile < end; ++tile) {
      if (region.read.is_direct()) {
        // Read only, as apply_stage() takes the first rows.
        region.read.point_at_parts(const_cast<float*>(source), tile, rows_at(0));
      } else {
        region.read.pack(source, tile, *rows_at(0));
      }
      if (region.write.is_direct()) region.write.point_at_parts(target, tile, rows_at(last));
      if (!region.lanes.empty()) {
        moments_across(source + region.read.start_of(tile), region.lanes, moments);
        normalise(moments, rows_at(0), rows_at(1), region.length);
      }
      for (std::size_t stage = region.lanes.empty() ? 0 : 1; stage < last; ++stage) {
        apply_stage(region.stages[stage], weights_[stage], rows_at(stage), rows_at(stage + 1),
                    region.part_of(stage + 1), region.rows);
      }
      if (!region.write.is_direct()) region.write.unpack(*rows_at(last), tile, target);
    }
  }

  std::vector<const float*> weights_;
  std::vector<std::vector<Region>> ways_;  // all regions in each; one, once it is chosen
  std::vector<Memory> memory_;             // of each worker
};

class SumPass final : public HostPass {
 public:
  explicit SumPass(RowSums sums) : sums_(std::move(sums)) {}

  void run(const float* source, float* target, ThreadPool& pool) override {
    pool.run([&](int worker) {
      const auto [begin, end] = ThreadPool::share_of(worker, pool.size(), sums_.groups(), 1);
      sums_.run(source, target, begin, end);
    });
  }
  std::vector<std::span<const std::byte>> storage() const override { return sums_.storage(); }

 private:
  RowSums sums_;
};

class ChunkedPass final : public HostPass {
 public:
  explicit ChunkedPass(ChunkedMovement chunked) : movement_(std::move(chunked)) {}

  void choose(const float* source, float* target, ThreadPool& pool) override { movement_.choose(source, target, pool); }
  void run(const float* source, float* target, ThreadPool& pool) override { movement_.run(source, target, pool); }
  std::vector<std::span<const std::byte>> storage() const override { return movement_.storage(); }

 private:
  ChunkedMovement movement_;
};

bool is_sum(const PairPass& pass) { return pass.stages.size() == 1 && pass.stages[0].kind == OperatorKind::sum; }

}  // namespace

std::unique_ptr<HostPass> make_host_pass(const PairPass& pass, std::vector<const float*> weights, int threads) {
  if (is_sum(pass)) {
    if (auto sums = RowSums::of(pass, threads)) return std::make_unique<SumPass>(*std::move(sums));
  }
  if (!pass.stages.empty()) {
    if (auto chunked = ChunkedMovement::of(pass)) return std::make_unique<ChunkedPass>(*std::move(chunked));
    return std::make_unique<RowPass>(pass, std::move(weights), threads);
  }
  if (pass.is_gather) {
    const IndexMap offsets = pass.read.offsets();
    return std::make_unique<GatherPass>(pass.simplifies ? offsets.simplified() : offsets, threads);
  }
  const OffsetPattern read = offset_pattern(offsets_of(pass.read));
  const std::vector<PairedLoop> loops = paired_loops(read, offset_pattern(offsets_of(pass.write)));
  if (turns_listed_places(loops)) return std::make_unique<RowPass>(pass, std::move(weights), threads);
  if (std::ranges::any_of(loops, &PairedLoop::is_table)) return std::make_unique<PiecesPass>(read.first, loops);
  MovementBox box = box_without_tables(loops);
  box.source_offset = read.first;
  return std::make_unique<BoxPass>(std::move(box));
}

}  // namespace hetscope
