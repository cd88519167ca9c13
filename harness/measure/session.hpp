// The one timing loop. It measures a group of prepared Runnables in rounds: each round visits all of them in random
// order, each visit is a block of samples, a sample is a batch of iterations long enough for the timer. A single case
// is a group of one. A member may carry a load: another Runnable that is kept running elsewhere during its samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/kernel/runnable.hpp"
#include "harness/measure/energy_window.hpp"
#include "harness/measure/stop_rule.hpp"
#include "harness/measure/throttle_guard.hpp"

namespace hetscope {

class LoadReader;

inline constexpr const char* kHostClock = "host_monotonic";
inline constexpr const char* kHostMinusLaunchClock = "host_minus_empty_launch";

struct MeasureOptions {
  StopRule stop;
  std::int64_t budget_ns = 5'000'000'000;  // for the whole group, warm-up included
  std::int64_t min_sample_ns = 200'000;    // and at least 1000 timer resolutions
  std::int64_t block_ns = 5'000'000;       // length of one visit
  int max_samples_per_block = 10;
  std::int64_t warm_up_ns = 100'000'000;  // at most, for each Runnable (and at most a quarter of the budget)
  std::uint64_t seed = 1;                 // of the order of visits and of the bootstrap
  ThrottleOptions throttle;               // matters for subjects that have reference loops
  // A soak: to the end of the budget whatever the intervals are, in samples long enough that they fit max_samples,
  // without waiting for the device to cool and with every block kept.
  bool soak = false;
  // Of groups in which a member carries a load, so that a visit lasts many executions of the load.
  std::int64_t loaded_block_ns = 50'000'000;
  std::int64_t loaded_sample_ns = 5'000'000;
};

// One prepared member of a group.
struct Subject {
  Runnable* runnable = nullptr;
  bool cold = false;  // evict before each sample; samples are single iterations
  // Of the processors that it runs on: run before and after each block to see whether they kept their speed.
  std::span<ReferenceLoop* const> references = {};
  // Runs during this member's samples. Each visit then has three blocks: the member alone, the load alone, both.
  Runnable* load = nullptr;
};

// Whether the processors of one member kept their speed.
struct BlockSpeed {
  std::int64_t blocks = 0;
  std::int64_t slow = 0;       // a reference loop beside the block was slower than at the start by more than the limit
  std::int64_t discarded = 0;  // slow ones that were thrown away
  double slowest = 1;          // of the reference loops relative to the start
};

// What a member and its load do to each other: one entry per visit, the pace of each alone and together.
struct LoadedVisits {
  std::vector<std::int32_t> rounds;
  std::vector<double> case_alone_ns;  // of one execution, the median of the block's samples
  std::vector<double> case_together_ns;
  std::vector<double> load_alone_per_s;  // executions
  std::vector<double> load_together_per_s;
};

// Told outside the clock which member runs next, so that a supervisor knows which one brought the process down.
class MeasureObserver {
 public:
  virtual ~MeasureObserver() = default;
  virtual void visiting(std::size_t subject) = 0;
};

// Raw result of one member; index i of each list is sample i, in the order of measurement.
struct Measurement {
  std::vector<std::int32_t> rounds;
  std::vector<std::int32_t> order;  // position of the visit in its round
  std::vector<std::int64_t> iterations;
  std::map<std::string, std::vector<double>> totals_ns;  // by clock; NaN where an own clock could not be read
  std::string principal_clock = kHostClock;
  std::map<std::string, double> stages_ns;
  std::string no_stages;  // what measuring them threw
  bool converged = false;
  bool settled = false;        // the warm-up reached a steady level
  std::int64_t discarded = 0;  // samples of slow blocks, thrown away when the slow ones are the exception
  BlockSpeed speed;
  std::int64_t cooled_ns = 0;  // waited for the device to cool, of the whole group
  bool gave_up_cooling = false;
  LoadedVisits loaded;  // of a member that carries a load
  std::string failure;  // why this member could not be measured (eviction refused), else empty

  std::vector<double> per_iteration_ns(const std::string& clock) const;
};

class Session {
 public:
  explicit Session(const Clock& clock);

  // Measures every member of `group`. Exceptions of a Runnable pass through, but for those of its stages; those of a
  // load come as Error during the visit of the member that carries it.
  std::vector<Measurement> measure(std::span<const Subject> group, const MeasureOptions& options,
                                   MeasureObserver* observer = nullptr);

  // A pass of its own on one member, long enough for the meter; see energy_window.hpp. A meter that fails leaves its
  // reason in the result; what the Runnable throws passes through. Without `load` nobody looks at what others use.
  EnergyMeasurement measure_energy(const Subject& subject, EnergyMeter& meter, const EnergyWindowOptions& options,
                                   double latency_ns, LoadReader* load = nullptr);

  const TimerQuality& timer() const noexcept { return timer_; }

 private:
  const Clock& clock_;
  TimerQuality timer_;
};

}  // namespace hetscope
