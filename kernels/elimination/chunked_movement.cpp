#include "kernels/elimination/chunked_movement.hpp"

#include <algorithm>
#include <utility>

#include "harness/core/divided_up.hpp"
#include "kernels/activation/activate.hpp"
#include "kernels/elimination/offset_pattern.hpp"
#include "kernels/elimination/piece_mover.hpp"
#include "kernels/layout/timed_movement.hpp"

namespace hetscope {
namespace {

// Together with what it is made of half of a second-level cache of 256 KiB.
constexpr std::int64_t kChunkElements = 16 * 1024;
constexpr std::int64_t kElementsOfLine = 16;
constexpr auto kElementBytes = static_cast<std::int64_t>(sizeof(float));

bool is_one_piece(const MovementBox& box) {
  std::int64_t inside = 1;
  for (std::size_t i = box.loops.size(); i-- > 0; inside *= box.loops[i].count) {
    if (box.loops[i].target_stride != inside) return false;
  }
  return true;
}

// Steps of a loop of `count` in a chunk, of `inside` elements each: in equal parts, and whole lines where it is one.
std::int64_t steps_of_chunk(std::int64_t count, std::int64_t inside) {
  const std::int64_t most = std::max<std::int64_t>(kChunkElements / inside, 1);
  const std::int64_t even = divided_up(count, divided_up(count, most));
  return std::min(count, even < kElementsOfLine ? even : divided_up(even, kElementsOfLine) * kElementsOfLine);
}

}  // namespace

std::optional<ChunkedMovement> ChunkedMovement::of(const PairPass& pass) {
  ChunkedMovement result;
  for (const RowStage& stage : pass.stages) {
    if (!works_on_elements(stage.kind)) return std::nullopt;
    result.functions_.push_back(stage.kind);
  }
  const OffsetPattern read = offset_pattern(offsets_of(pass.read));
  const OffsetPattern write = offset_pattern(offsets_of(pass.write));
  const std::vector<PairedLoop> loops = paired_loops(read, write);
  if (std::ranges::any_of(loops, &PairedLoop::is_table)) return std::nullopt;
  const MovementBox box = merged(box_without_tables(loops));
  if (box.loops.empty() || !is_one_piece(box) || !BoxMover(box, kElementBytes, TransposeStores::cached).way()) {
    return std::nullopt;
  }
  std::size_t level = box.loops.size() - 1;
  std::int64_t inside = 1;
  for (; level > 0 && inside * box.loops[level].count <= kChunkElements; --level) inside *= box.loops[level].count;
  const MovementLoop& cut = box.loops[level];
  const std::int64_t steps = steps_of_chunk(cut.count, inside);

  const auto part = [&](std::int64_t count) {
    MovementBox chunk;
    chunk.loops.assign(box.loops.begin() + static_cast<std::ptrdiff_t>(level), box.loops.end());
    chunk.loops.front().count = std::max<std::int64_t>(count, 1);
    return merged(std::move(chunk));
  };
  for (const TransposeWay way : kTransposeWays) {
    if (way.stores == TransposeStores::streaming) continue;
    Way movers{BoxMover(part(steps), kElementBytes, way), BoxMover(part(cut.count % steps), kElementBytes, way)};
    const auto has_effect = [](const Way& w) { return std::pair(w.whole.way(), w.rest.way()); };
    if (std::ranges::find(result.ways_, has_effect(movers), has_effect) == result.ways_.end()) {
      result.ways_.push_back(std::move(movers));
    }
  }

  std::vector<ByteLoop> outer;  // in elements
  std::int64_t positions = 1;
  for (std::size_t i = 0; i < level; ++i) {
    const MovementLoop& loop = box.loops[i];
    outer.push_back({loop.count, loop.source_stride, loop.target_stride});
    positions *= loop.count;
  }
  for (LoopWalk at({outer, 0, positions}); !at.is_over(); at.step()) {
    for (std::int64_t step = 0; step < cut.count; step += steps) {
      const std::int64_t count = std::min(steps, cut.count - step);
      result.chunks_.push_back({read.first + at.source() + step * cut.source_stride,
                                write.first + at.target() + step * cut.target_stride, count * inside, count < steps});
    }
  }
  return result;
}

void ChunkedMovement::choose(const float* source, float* target, ThreadPool& pool) {
  std::vector<TimedWay> trials;
  for (const Way& way : ways_) trials.push_back({[&] { run_in(way, source, target, pool); }});
  ways_ = {std::move(ways_[fastest_of(trials)])};
}

void ChunkedMovement::run_in(const Way& way, const float* source, float* target, ThreadPool& pool) const {
  pool.parallel_for(static_cast<std::int64_t>(chunks_.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      const Chunk& chunk = chunks_[i];
      auto* made = reinterpret_cast<std::byte*>(target + chunk.target);
      (chunk.is_rest ? way.rest : way.whole)
          .move(reinterpret_cast<const std::byte*>(source + chunk.source), made, 0, 1);
      for (const OperatorKind function : functions_) activate(function, DType::f32, made, made, chunk.count);
    }
  });
}

}  // namespace hetscope
