// Four kinds of passes: movements by strides, gathers by a computed index, operators on rows, and sums of rows.
#include "kernels/elimination/host_passes.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "kernels/elimination/index_blocks.hpp"
#include "kernels/elimination/piece_mover.hpp"
#include "kernels/elimination/row_stages.hpp"
#include "kernels/elimination/row_sums.hpp"
#include "kernels/elimination/row_tiles.hpp"
#include "kernels/elimination/tile_side.hpp"

namespace hetscope {
namespace {

// One box, at each step of the loops that have no constant stride.
class MovementPass final : public HostPass {
 public:
  MovementPass(std::int64_t read_first, const std::vector<PairedLoop>& loops)
      : MovementPass(read_first, loops, box_of(loops)) {}

  void run(const float* source, float* target, ThreadPool& pool) override {
    const auto pieces = static_cast<std::int64_t>(sources_.size());
    if (pieces == 1) {
      pool.run([&](int worker) { mover_.share(source + sources_[0], target + targets_[0], worker, pool.size()); });
      return;
    }
    pool.parallel_for(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        mover_.move(source + sources_[i], target + targets_[i]);
      }
    });
  }

 private:
  MovementPass(std::int64_t read_first, const std::vector<PairedLoop>& loops, MovementBox box)
      : sources_{read_first}, targets_{0}, mover_(box, TransposeStores::fetched) {
    for (const PairedLoop& loop : loops) {
      if (box.loops.empty() || loop.is_table()) append_steps(loop);
    }
  }

  // Nothing where elements would go one by one anyway.
  static MovementBox box_of(const std::vector<PairedLoop>& loops) {
    MovementBox box = box_without_tables(loops);
    if (box.loops.size() < loops.size() && !has_neighbours(box)) box.loops.clear();
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
    for (const RowRegion& region : row_regions(pass)) regions_.emplace_back(region, pass.stages);
    std::size_t elements = 0;
    std::size_t places = 0;
    for (const Region& region : regions_) {
      elements = std::max(elements, region.levels() * static_cast<std::size_t>(region.rows * region.longest()));
      places = std::max(places, region.places());
    }
    for (int i = 0; i < threads; ++i) memory_.push_back({std::vector<float>(elements), std::vector<float*>(places)});
  }

  void run(const float* source, float* target, ThreadPool& pool) override {
    pool.run([&](int worker) {
      for (const Region& region : regions_) {
        const auto [begin, end] = ThreadPool::share_of(worker, pool.size(), region.tiles, 1);
        if (begin < end) run_tiles(region, source, target, begin, end, memory_[static_cast<std::size_t>(worker)]);
      }
    });
  }

 private:
  struct Region {
    Region(const RowRegion& region, std::vector<RowStage> stages_of_pass)
        : stages(fitted(std::move(stages_of_pass), region.read.length)),
          tiles(region.tiles()),
          rows(region.tile_rows()),
          length(region.read.length),
          read(region, PanelEnd::target),
          write(region, PanelEnd::source) {}

    // An operator on single elements takes any row.
    static std::vector<RowStage> fitted(std::vector<RowStage> stages, std::int64_t length) {
      for (RowStage& stage : stages) {
        if (works_on_elements(stage.kind)) stage.in = stage.out = length;
        length = stage.out;
      }
      return stages;
    }
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
  };

  // Panels of all levels; `rows` points into them.
  struct Memory {
    std::vector<float> panels;
    std::vector<float*> rows;
  };

  void run_tiles(const Region& region, const float* source, float* target, std::int64_t begin, std::int64_t end,
                 Memory& memory) const {
    const auto rows_at = [&](std::size_t level) { return &memory.rows[level * static_cast<std::size_t>(region.rows)]; };
    for (std::size_t level = 0; level < region.levels(); ++level) {
      float* panel = memory.panels.data() + static_cast<std::int64_t>(level) * region.rows * region.longest();
      for (std::int64_t row = 0; row < region.rows; ++row) rows_at(level)[row] = panel + row * region.length_of(level);
    }
    const std::size_t last = region.stages.size();
    for (std::int64_t tile = begin; tile < end; ++tile) {
      if (region.read.is_direct()) {
        // Read only, as apply_stage() takes the first rows.
        region.read.point_at_parts(const_cast<float*>(source), tile, rows_at(0));
      } else {
        region.read.pack(source, tile, *rows_at(0));
      }
      if (region.write.is_direct()) region.write.point_at_parts(target, tile, rows_at(last));
      for (std::size_t stage = 0; stage < last; ++stage) {
        apply_stage(region.stages[stage], weights_[stage], rows_at(stage), rows_at(stage + 1),
                    region.part_of(stage + 1), region.rows);
      }
      if (!region.write.is_direct()) region.write.unpack(*rows_at(last), tile, target);
    }
  }

  std::vector<const float*> weights_;
  std::vector<Region> regions_;
  std::vector<Memory> memory_;  // of each worker
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

 private:
  RowSums sums_;
};

bool is_sum(const PairPass& pass) { return pass.stages.size() == 1 && pass.stages[0].kind == OperatorKind::sum; }

}  // namespace

std::unique_ptr<HostPass> make_host_pass(const PairPass& pass, std::vector<const float*> weights, int threads) {
  if (is_sum(pass)) {
    if (auto sums = RowSums::of(pass, threads)) return std::make_unique<SumPass>(*std::move(sums));
  }
  if (!pass.stages.empty()) return std::make_unique<RowPass>(pass, std::move(weights), threads);
  if (pass.is_gather) {
    const IndexMap offsets = pass.read.offsets();
    return std::make_unique<GatherPass>(pass.simplifies ? offsets.simplified() : offsets, threads);
  }
  const OffsetPattern read = offset_pattern(offsets_of(pass.read));
  const std::vector<PairedLoop> loops = paired_loops(read, offset_pattern(offsets_of(pass.write)));
  if (turns_listed_places(loops)) return std::make_unique<RowPass>(pass, std::move(weights), threads);
  return std::make_unique<MovementPass>(read.first, loops);
}

}  // namespace hetscope
