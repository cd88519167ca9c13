// Three kinds of passes: movements by strides, gathers by a computed index, and operators on rows.
#include "kernels/elimination/host_passes.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "harness/core/error.hpp"
#include "kernels/elimination/index_blocks.hpp"
#include "kernels/elimination/offset_pattern.hpp"
#include "kernels/elimination/row_stages.hpp"
#include "kernels/layout/box_mover.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kElementBytes = 4;

enum class PanelSide { source, target };

// The loops of a block as a box whose other side, a panel, is contiguous.
MovementBox box_of(const OffsetPattern& pattern, PanelSide panel) {
  MovementBox box;
  std::int64_t inside = pattern.block;
  for (const OffsetLoop& loop : pattern.loops) {
    inside /= loop.count;
    box.loops.push_back(panel == PanelSide::target ? MovementLoop{loop.count, loop.stride, inside}
                                                   : MovementLoop{loop.count, inside, loop.stride});
  }
  std::ranges::stable_sort(box.loops, std::greater<>{}, &MovementLoop::target_stride);
  return box;
}

const std::byte* bytes_of(const float* elements) { return reinterpret_cast<const std::byte*>(elements); }
std::byte* bytes_of(float* elements) { return reinterpret_cast<std::byte*>(elements); }

bool is_one_run(const OffsetPattern& pattern) {
  return pattern.block == 1 || (pattern.loops.size() == 1 && pattern.loops.front().stride == 1);
}

// Blocks of one form from anywhere to one behind the other.
class MovementPass final : public HostPass {
 public:
  explicit MovementPass(OffsetPattern pattern)
      : pattern_(std::move(pattern)), mover_(box_of(pattern_, PanelSide::target), kElementBytes, false) {}

  void run(const float* source, float* target, ThreadPool& pool) override {
    const auto blocks = static_cast<std::int64_t>(pattern_.bases.size());
    if (blocks == 1) {
      const std::byte* from = bytes_of(source + pattern_.bases[0]);
      pool.run([&](int worker) { mover_.move(from, bytes_of(target), worker, pool.size()); });
      return;
    }
    pool.parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end) { move(source, target, begin, end); });
  }

 private:
  void move(const float* source, float* target, std::int64_t begin, std::int64_t end) const {
    if (pattern_.block == 1) {
      for (std::int64_t i = begin; i < end; ++i) target[i] = source[pattern_.bases[static_cast<std::size_t>(i)]];
      return;
    }
    const bool is_run = is_one_run(pattern_);
    for (std::int64_t i = begin; i < end; ++i) {
      const float* from = source + pattern_.bases[static_cast<std::size_t>(i)];
      float* to = target + i * pattern_.block;
      if (is_run) {
        std::memcpy(to, from, static_cast<std::size_t>(pattern_.block * kElementBytes));
      } else {
        mover_.move(bytes_of(from), bytes_of(to), 0, 1);
      }
    }
  }

  OffsetPattern pattern_;
  BoxMover mover_;
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

// One side of a pass on rows, in blocks of rows.
class RowSide {
 public:
  // Lies together when each row is a run; else it needs blocks of `rows` rows of one form.
  RowSide(const IndexMap& offsets, std::int64_t row, PanelSide panel)
      : row_(row), panel_(panel), elements_(offsets_of(offsets)), pattern_(offset_pattern(elements_)) {
    std::optional<OffsetPattern> rows = pattern_.in_blocks_of(row);
    if (!rows || !is_one_run(*rows)) return;
    is_direct_ = true;
    bases_ = std::move(rows->bases);
    elements_.clear();
  }

  bool is_direct() const noexcept { return is_direct_; }
  bool has_blocks_of(std::int64_t rows) const { return is_direct_ || pattern_.in_blocks_of(rows * row_).has_value(); }
  // Where nothing better is left, elements go one by one.
  void settle(std::int64_t rows) {
    if (is_direct_) return;
    std::optional<OffsetPattern> blocks = pattern_.in_blocks_of(rows * row_);
    if (!blocks) return;
    mover_.emplace(box_of(*blocks, panel_), kElementBytes, false);
    bases_ = std::move(blocks->bases);
    elements_.clear();
  }

  // The offset of a row of a direct side.
  std::int64_t row_offset(std::int64_t row) const { return bases_[static_cast<std::size_t>(row)]; }
  // Block `block`, whose first row is `first`, into a panel, or out of one.
  void pack(const float* source, float* panel, std::int64_t block, std::int64_t first, std::int64_t rows) const {
    if (mover_) {
      mover_->move(bytes_of(source + bases_[static_cast<std::size_t>(block)]), bytes_of(panel), 0, 1);
      return;
    }
    const std::int64_t* offsets = elements_.data() + first * row_;
    for (std::int64_t i = 0; i < rows * row_; ++i) panel[i] = source[offsets[i]];
  }
  void unpack(const float* panel, float* target, std::int64_t block, std::int64_t first, std::int64_t rows) const {
    if (mover_) {
      mover_->move(bytes_of(panel), bytes_of(target + bases_[static_cast<std::size_t>(block)]), 0, 1);
      return;
    }
    const std::int64_t* offsets = elements_.data() + first * row_;
    for (std::int64_t i = 0; i < rows * row_; ++i) target[offsets[i]] = panel[i];
  }

 private:
  std::int64_t row_;
  PanelSide panel_;
  std::vector<std::int64_t> elements_;  // of a side whose blocks have no common form
  OffsetPattern pattern_;
  bool is_direct_ = false;
  std::vector<std::int64_t> bases_;  // of rows where direct, else of blocks
  std::optional<BoxMover> mover_;
};

// Rows of a block, and a panel so large that its rows and those it is read from and written to stay in the first cache.
std::int64_t choose_block(std::int64_t rows, std::int64_t longest_row, const RowSide& read, const RowSide& write) {
  constexpr std::int64_t kPanelBytes = 32 * 1024;
  constexpr std::int64_t kMostRows = 64;
  constexpr std::int64_t kLineElements = 16;
  const std::int64_t most =
      std::clamp<std::int64_t>(kPanelBytes / (longest_row * kElementBytes), kLineElements, kMostRows);
  if (read.is_direct() && write.is_direct()) return std::min(rows, most);
  // Whole lines of columns first.
  for (const bool wants_lines : {true, false}) {
    for (std::int64_t block = std::min(rows, most); block > 0; --block) {
      if (rows % block != 0 || (wants_lines && block % kLineElements != 0)) continue;
      if (read.has_blocks_of(block) && write.has_blocks_of(block)) return block;
    }
  }
  return std::min(rows, most);
}

class RowPass final : public HostPass {
 public:
  RowPass(const PairPass& pass, std::vector<const float*> weights, int threads)
      : stages_(pass.stages),
        weights_(std::move(weights)),
        rows_(pass.rows()),
        read_(pass.read.offsets().simplified(), pass.stages.front().in, PanelSide::target),
        write_(pass.write.offsets().simplified(), pass.stages.back().out, PanelSide::source) {
    std::int64_t longest = 0;
    for (const RowStage& stage : stages_) longest = std::max({longest, stage.in, stage.out});
    block_ = choose_block(rows_, longest, read_, write_);
    read_.settle(block_);
    write_.settle(block_);
    const std::size_t panels = stages_.size() + 1;
    for (int i = 0; i < threads; ++i) {
      memory_.push_back({std::vector<float>(panels * static_cast<std::size_t>(block_ * longest)),
                         std::vector<float*>(panels * static_cast<std::size_t>(block_))});
      set_rows(memory_.back(), longest);
    }
  }

  void run(const float* source, float* target, ThreadPool& pool) override {
    const std::int64_t blocks = (rows_ + block_ - 1) / block_;
    pool.run([&](int worker) {
      const auto [begin, end] = ThreadPool::share_of(worker, pool.size(), blocks, 1);
      for (std::int64_t block = begin; block < end; ++block) {
        run_block(source, target, block, memory_[static_cast<std::size_t>(worker)]);
      }
    });
  }

 private:
  // What stands before the first stage, between stages, and behind the last one; `rows` points into it, block_ rows
  // each.
  struct Memory {
    std::vector<float> panels;
    std::vector<float*> rows;
  };

  void set_rows(Memory& memory, std::int64_t longest) const {
    for (std::size_t level = 0; level <= stages_.size(); ++level) {
      const std::int64_t length = level == 0 ? stages_[0].in : stages_[level - 1].out;
      float* panel = memory.panels.data() + static_cast<std::int64_t>(level) * block_ * longest;
      for (std::int64_t row = 0; row < block_; ++row) memory.rows[row_number(level, row)] = panel + row * length;
    }
  }
  std::size_t row_number(std::size_t level, std::int64_t row) const {
    return level * static_cast<std::size_t>(block_) + static_cast<std::size_t>(row);
  }

  void run_block(const float* source, float* target, std::int64_t block, Memory& memory) const {
    const std::int64_t first = block * block_;
    const std::int64_t count = std::min(block_, rows_ - first);
    const std::size_t last = stages_.size();
    if (read_.is_direct()) {
      for (std::int64_t row = 0; row < count; ++row) {
        // Read only, as apply_stage() takes the first rows.
        memory.rows[row_number(0, row)] = const_cast<float*>(source) + read_.row_offset(first + row);
      }
    } else {
      read_.pack(source, memory.rows[0], block, first, count);
    }
    if (write_.is_direct()) {
      for (std::int64_t row = 0; row < count; ++row) {
        memory.rows[row_number(last, row)] = target + write_.row_offset(first + row);
      }
    }
    for (std::size_t stage = 0; stage < last; ++stage) {
      apply_stage(stages_[stage], weights_[stage], &memory.rows[row_number(stage, 0)],
                  &memory.rows[row_number(stage + 1, 0)], count);
    }
    if (!write_.is_direct()) write_.unpack(memory.rows[row_number(last, 0)], target, block, first, count);
  }

  std::vector<RowStage> stages_;
  std::vector<const float*> weights_;
  std::int64_t rows_;
  RowSide read_;
  RowSide write_;
  std::int64_t block_ = 1;
  std::vector<Memory> memory_;  // of each worker
};

}  // namespace

std::unique_ptr<HostPass> make_host_pass(const PairPass& pass, std::vector<const float*> weights, int threads) {
  if (!pass.stages.empty()) return std::make_unique<RowPass>(pass, std::move(weights), threads);
  const IndexMap offsets = pass.read.offsets();
  if (pass.is_gather) return std::make_unique<GatherPass>(pass.simplifies ? offsets.simplified() : offsets, threads);
  return std::make_unique<MovementPass>(offset_pattern(offsets_of(offsets.simplified())));
}

}  // namespace hetscope
