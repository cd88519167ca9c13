// From the inside out: the shortest part that all elements repeat becomes a loop, and the first offsets of its repeats
// are what is left. Loops of strides that follow each other are one.
#include "kernels/elimination/offset_pattern.hpp"

#include <algorithm>
#include <cassert>

#include "harness/tensor/host_tensor.hpp"

namespace hetscope {
namespace {

OffsetLoop loop_through(std::span<const std::int64_t> offsets) {
  OffsetLoop loop{static_cast<std::int64_t>(offsets.size()), offsets.size() > 1 ? offsets[1] - offsets[0] : 0, {}};
  bool is_regular = true;
  for (std::size_t i = 1; i < offsets.size(); ++i) is_regular &= offsets[i] - offsets[i - 1] == loop.stride;
  if (is_regular) return loop;
  loop.stride = 0;
  for (const std::int64_t offset : offsets) loop.places.push_back(offset - offsets[0]);
  return loop;
}

// Whether a loop begins at a multiple of `elements`, or can be cut there.
bool can_cut(const OffsetPattern& pattern, std::int64_t elements) {
  std::int64_t inside = 1;
  for (std::size_t i = pattern.loops.size(); i-- > 0;) {
    const OffsetLoop& loop = pattern.loops[i];
    if (elements == inside) return true;
    if (elements < inside * loop.count) {
      return !loop.is_table() && elements % inside == 0 && loop.count % (elements / inside) == 0;
    }
    inside *= loop.count;
  }
  return elements == inside;
}

// Where the loops of `pattern` begin, in elements.
void append_cuts(const OffsetPattern& pattern, std::vector<std::int64_t>& cuts) {
  std::int64_t inside = 1;
  for (std::size_t i = pattern.loops.size(); i-- > 0;) {
    inside *= pattern.loops[i].count;
    cuts.push_back(inside);
  }
}

// The loop over every `step`-th element, `count` of them.
OffsetLoop loop_over(const OffsetPattern& pattern, std::int64_t step, std::int64_t count) {
  std::vector<std::int64_t> offsets;
  offsets.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) offsets.push_back(pattern.offset(i * step));
  return loop_through(offsets);
}

}  // namespace

OffsetLoop OffsetLoop::part(std::int64_t begin, std::int64_t steps) const {
  if (!is_table()) return {steps, stride, {}};
  return loop_through(std::span(places).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(steps)));
}

std::int64_t OffsetPattern::offset(std::int64_t element) const {
  std::int64_t sum = first;
  for (std::size_t i = loops.size(); i-- > 0;) {
    sum += loops[i].offset(element % loops[i].count);
    element /= loops[i].count;
  }
  return sum;
}

bool repeats_every(std::span<const std::int64_t> offsets, std::int64_t count) {
  const auto step = static_cast<std::size_t>(count);
  for (std::size_t first = step; first < offsets.size(); first += step) {
    for (std::size_t i = 1; i < step; ++i) {
      if (offsets[first + i] - offsets[first] != offsets[i] - offsets[0]) return false;
    }
  }
  return true;
}

OffsetPattern offset_pattern(std::span<const std::int64_t> offsets) {
  OffsetPattern pattern{offsets.front(), {}};
  std::vector<std::int64_t> heads(offsets.begin(), offsets.end());
  while (heads.size() > 1) {
    std::size_t count = 2;
    while (heads.size() % count != 0 || !repeats_every(heads, static_cast<std::int64_t>(count))) ++count;
    OffsetLoop loop = loop_through(std::span(heads).first(count));
    OffsetLoop* inner = pattern.loops.empty() ? nullptr : &pattern.loops.front();
    if (inner != nullptr && !loop.is_table() && !inner->is_table() && loop.stride == inner->stride * inner->count) {
      inner->count *= loop.count;
    } else {
      pattern.loops.insert(pattern.loops.begin(), std::move(loop));
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < heads.size(); i += count) heads[kept++] = heads[i];
    heads.resize(kept);
  }
  return pattern;
}

std::vector<PairedLoop> paired_loops(const OffsetPattern& read, const OffsetPattern& write) {
  std::vector<std::int64_t> cuts;
  append_cuts(read, cuts);
  append_cuts(write, cuts);
  std::ranges::sort(cuts);
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  std::erase_if(cuts, [&](std::int64_t cut) { return !can_cut(read, cut) || !can_cut(write, cut); });
  std::vector<PairedLoop> loops;
  std::int64_t inside = 1;
  for (const std::int64_t cut : cuts) {
    loops.insert(loops.begin(), {loop_over(read, inside, cut / inside), loop_over(write, inside, cut / inside)});
    inside = cut;
  }
  return loops;
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

std::vector<std::int64_t> offsets_of(const TensorView& view) { return offsets_of(view.offsets().simplified()); }

}  // namespace hetscope
