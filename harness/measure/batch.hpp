// The innermost piece of measuring: a batch of iterations between two readings of the clock. The latency pass and the
// energy pass share it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/core/clock.hpp"
#include "harness/kernel/runnable.hpp"

namespace hetscope {

// enter() now, leave() at the end of the block, also when the Runnable throws.
class EnteredRunnable {
 public:
  explicit EnteredRunnable(Runnable& runnable) : runnable_(runnable) { runnable_.enter(); }
  ~EnteredRunnable() { runnable_.leave(); }
  EnteredRunnable(const EnteredRunnable&) = delete;
  EnteredRunnable& operator=(const EnteredRunnable&) = delete;

 private:
  Runnable& runnable_;
};

// Of a processor that is kept busy and looked at in between: long beside a look, short beside what is waited for.
inline constexpr std::int64_t kShortBatchNs = 1'000'000;

inline std::int64_t time_batch(const Clock& clock, Runnable& runnable, std::int64_t iterations) {
  const std::int64_t begin_ns = clock.now_ns();
  runnable.run(iterations);
  return clock.now_ns() - begin_ns;
}

// The next batch size after one of `iterations` took `elapsed_ns`, too little: towards the target with a tenth to
// spare, at least doubled, at most tenfold, because the first batches are cold and overestimate.
inline std::int64_t grown_batch(std::int64_t iterations, std::int64_t elapsed_ns, std::int64_t target_ns) {
  const double wanted = 1.1 * static_cast<double>(iterations) * static_cast<double>(target_ns) /
                        static_cast<double>(std::max<std::int64_t>(elapsed_ns, 1));
  const auto limited =
      std::clamp(wanted, 2.0 * static_cast<double>(iterations), 10.0 * static_cast<double>(iterations));
  return static_cast<std::int64_t>(std::min(limited, 1e9));
}

}  // namespace hetscope
