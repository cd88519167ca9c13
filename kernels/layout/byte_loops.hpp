// Nested loops over memory whose strides are in bytes, and a walk over their positions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hetscope {

// Of a cache, on all processors that this is written for.
inline constexpr std::int64_t kLineBytes = 64;

// Copies of runs that lie apart ask for the lines of later runs, kAheadBytes ahead of the one that is copied. Of longer
// runs than kLongestFetchedRun nothing is asked for, and of fewer bytes in all than kFetchedBytes neither: it costs
// short runs up to a fifth of their time, and what lies in the second- or third-level cache comes in time without.
inline constexpr std::int64_t kAheadBytes = 1024;
inline constexpr std::int64_t kLongestFetchedRun = 8 * kLineBytes;
inline constexpr std::int64_t kFetchedBytes = std::int64_t{4} << 20;

inline std::int64_t fetched_runs_ahead(std::int64_t run_bytes) {
  return std::max<std::int64_t>(1, kAheadBytes / run_bytes);
}

struct ByteLoop {
  std::int64_t count = 1;
  std::int64_t source_stride = 0;
  std::int64_t target_stride = 0;
};

// Positions [begin, end) of `loops`, the last of which is the fastest.
struct LoopRange {
  std::span<const ByteLoop> loops;
  std::int64_t begin = 0;
  std::int64_t end = 1;
};

class LoopWalk {
 public:
  static constexpr std::size_t kMaxLoops = 32;  // as many of two steps would have 4 Gi positions

  explicit LoopWalk(const LoopRange& range) : loops_(range.loops), left_(range.end - range.begin) {
    std::int64_t rest = range.begin;
    for (std::size_t i = loops_.size(); i-- > 0;) {
      index_[i] = rest % loops_[i].count;
      rest /= loops_[i].count;
      source_ += index_[i] * loops_[i].source_stride;
      target_ += index_[i] * loops_[i].target_stride;
    }
  }

  bool is_over() const noexcept { return left_ <= 0; }
  // Offsets of this position.
  std::int64_t source() const noexcept { return source_; }
  std::int64_t target() const noexcept { return target_; }

  void step() noexcept {
    --left_;
    for (std::size_t i = loops_.size(); i-- > 0;) {
      source_ += loops_[i].source_stride;
      target_ += loops_[i].target_stride;
      if (++index_[i] < loops_[i].count) return;
      source_ -= index_[i] * loops_[i].source_stride;
      target_ -= index_[i] * loops_[i].target_stride;
      index_[i] = 0;
    }
  }

 private:
  std::span<const ByteLoop> loops_;
  std::int64_t left_;
  std::int64_t source_ = 0;
  std::int64_t target_ = 0;
  std::array<std::int64_t, kMaxLoops> index_;  // as many as there are loops
};

}  // namespace hetscope
