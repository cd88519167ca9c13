// From the inside out: the longest run of one stride that all blocks share becomes a loop, and the first offsets of its
// blocks are what is left.
#include "kernels/elimination/offset_pattern.hpp"

#include <algorithm>
#include <cassert>

#include "harness/tensor/host_tensor.hpp"

namespace hetscope {
namespace {

bool are_runs_of(std::span<const std::int64_t> heads, std::size_t count, std::int64_t stride) {
  for (std::size_t first = 0; first < heads.size(); first += count) {
    for (std::size_t i = 1; i < count; ++i) {
      if (heads[first + i] - heads[first + i - 1] != stride) return false;
    }
  }
  return true;
}

// The longest loop that divides `heads`; a count of 1: there is none.
OffsetLoop longest_loop(std::span<const std::int64_t> heads) {
  if (heads.size() < 2) return {};
  const std::int64_t stride = heads[1] - heads[0];
  std::size_t longest = 2;
  while (longest < heads.size() && heads[longest] - heads[longest - 1] == stride) ++longest;
  for (std::size_t count = longest; count > 1; --count) {
    if (heads.size() % count == 0 && are_runs_of(heads, count, stride)) {
      return {static_cast<std::int64_t>(count), stride};
    }
  }
  return {};
}

}  // namespace

OffsetPattern offset_pattern(std::span<const std::int64_t> offsets) {
  OffsetPattern pattern;
  pattern.bases.assign(offsets.begin(), offsets.end());
  while (true) {
    const OffsetLoop loop = longest_loop(pattern.bases);
    if (loop.count == 1) return pattern;
    pattern.loops.insert(pattern.loops.begin(), loop);
    pattern.block *= loop.count;
    const auto step = static_cast<std::size_t>(loop.count);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pattern.bases.size(); i += step) pattern.bases[kept++] = pattern.bases[i];
    pattern.bases.resize(kept);
  }
}

std::optional<OffsetPattern> OffsetPattern::in_blocks_of(std::int64_t size) const {
  OffsetPattern result;
  std::vector<OffsetLoop> outer;
  for (std::size_t i = loops.size(); i-- > 0;) {
    const OffsetLoop& loop = loops[i];
    if (result.block == size) {
      outer.insert(outer.begin(), loop);
      continue;
    }
    if (size % result.block != 0) return std::nullopt;
    const std::int64_t wanted = std::min(loop.count, size / result.block);
    if (loop.count % wanted != 0) return std::nullopt;
    result.loops.insert(result.loops.begin(), {wanted, loop.stride});
    result.block *= wanted;
    if (wanted < loop.count) outer.insert(outer.begin(), {loop.count / wanted, loop.stride * wanted});
  }
  if (result.block != size) return std::nullopt;
  result.bases = bases;
  for (const OffsetLoop& loop : outer) {
    std::vector<std::int64_t> expanded;
    expanded.reserve(result.bases.size() * static_cast<std::size_t>(loop.count));
    for (const std::int64_t base : result.bases) {
      for (std::int64_t i = 0; i < loop.count; ++i) expanded.push_back(base + i * loop.stride);
    }
    result.bases = std::move(expanded);
  }
  return result;
}

std::vector<std::int64_t> offsets_of(const IndexMap& map) {
  assert(map.sources().size() == 1 && map.sources().front().rank() == 1);
  std::vector<std::int64_t> offsets;
  offsets.reserve(static_cast<std::size_t>(map.output().element_count()));
  IndexMapEvaluator evaluator(map);
  for_each_index(map.output(),
                 [&](std::span<const std::int64_t> index) { offsets.push_back(evaluator.at(index).coordinates[0]); });
  return offsets;
}

}  // namespace hetscope
