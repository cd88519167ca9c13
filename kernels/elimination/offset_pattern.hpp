// Offsets of consecutive elements as nested loops, each of a constant stride or, where there is none, of listed places.
// What lets a CPU read through an index map without computing an index.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/tensor/index_map.hpp"
#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

struct OffsetLoop {
  std::int64_t count = 1;
  std::int64_t stride = 0;
  std::vector<std::int64_t> places;  // of each step, the first one 0, where no stride is constant; empty where one is

  bool is_table() const noexcept { return !places.empty(); }
  std::int64_t offset(std::int64_t step) const {
    return is_table() ? places[static_cast<std::size_t>(step)] : step * stride;
  }
  // Steps [begin, begin + steps), from the place of the first of them on.
  OffsetLoop part(std::int64_t begin, std::int64_t steps) const;

  friend bool operator==(const OffsetLoop&, const OffsetLoop&) = default;
};

struct OffsetPattern {
  std::int64_t first = 0;         // offset of the first element
  std::vector<OffsetLoop> loops;  // the last one is the fastest; none has a count of 1

  std::int64_t offset(std::int64_t element) const;
};

// Whether each `count` of `offsets`, which divides them, lie around their first one as the first `count` do.
bool repeats_every(std::span<const std::int64_t> offsets, std::int64_t count);

// Every list has such a form; the worst one is a table of everything.
OffsetPattern offset_pattern(std::span<const std::int64_t> offsets);

// Steps in two storages at once.
struct PairedLoop {
  OffsetLoop read;
  OffsetLoop write;

  std::int64_t count() const noexcept { return read.count; }
  bool is_table() const noexcept { return read.is_table() || write.is_table(); }
};

// Two patterns of as many elements, in the same order, as loops of the same counts.
std::vector<PairedLoop> paired_loops(const OffsetPattern& read, const OffsetPattern& write);

// Of a map into one storage of rank 1, in the order of its output.
std::vector<std::int64_t> offsets_of(const IndexMap& map);
// Of what a view shows of its one storage, in the order of its indices.
std::vector<std::int64_t> offsets_of(const TensorView& view);

}  // namespace hetscope
