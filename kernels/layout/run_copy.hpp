// Copies of many short runs of bytes with the widest vectors of the running CPU.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/layout/byte_loops.hpp"

namespace hetscope {

// Runs of `run_bytes` (at least 1), each followed by `fill_bytes` zeros in the target: for each step of `outer`, all
// steps of `inner`. Source and target do not overlap.
struct RunPlane {
  std::int64_t run_bytes = 0;
  std::int64_t fill_bytes = 0;
  ByteLoop outer;
  ByteLoop inner;
};

// The planes that start at each position of `batch`.
void copy_runs(const std::byte* source, std::byte* target, const RunPlane& plane, const LoopRange& batch = {});

}  // namespace hetscope
