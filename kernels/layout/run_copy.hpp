// Copies of many short runs of bytes with the widest vectors of the running CPU.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hetscope {

struct RunLoop {
  std::int64_t count = 1;
  std::int64_t source_stride = 0;  // bytes
  std::int64_t target_stride = 0;
};

// Runs of `run_bytes` (at least 1), each followed by `fill_bytes` zeros in the target: for each step of `outer`, all
// steps of `inner`. Source and target do not overlap.
struct RunPlane {
  std::int64_t run_bytes = 0;
  std::int64_t fill_bytes = 0;
  RunLoop outer;
  RunLoop inner;
};

void copy_runs(const std::byte* source, std::byte* target, const RunPlane& plane);

}  // namespace hetscope
