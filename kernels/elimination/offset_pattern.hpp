// Offsets of consecutive elements as blocks of one form: loops of constant strides around each block's first offset.
// What lets a CPU read through an index map without computing an index.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/tensor/index_map.hpp"

namespace hetscope {

struct OffsetLoop {
  std::int64_t count = 1;
  std::int64_t stride = 0;

  friend bool operator==(const OffsetLoop&, const OffsetLoop&) = default;
};

struct OffsetPattern {
  std::int64_t block = 1;           // elements
  std::vector<OffsetLoop> loops;    // within a block, the last one is the fastest
  std::vector<std::int64_t> bases;  // of each block, in order

  // The same offsets in blocks of `size` elements; nullopt where they are not loops of constant strides, or not the
  // same ones in each block.
  std::optional<OffsetPattern> in_blocks_of(std::int64_t size) const;
};

// The largest blocks there are.
OffsetPattern offset_pattern(std::span<const std::int64_t> offsets);

// Of a map into one storage of rank 1, in the order of its output.
std::vector<std::int64_t> offsets_of(const IndexMap& map);

}  // namespace hetscope
