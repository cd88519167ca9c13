// The ratio of two sides that shared no rounds: their sessions are what is compared. Levels of chance are the device
// unit, the session (a launch) and the round; each is resampled (Kalibera and Jones 2013, after Davison and Hinkley
// 1997, section 3.8).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {

// Fewer sessions on a side decide nothing.
inline constexpr int kMinSessions = 3;

// What one session says: a value (a time, a joule) for each round.
struct SessionValues {
  std::string unit;  // of the device
  std::vector<double> rounds;
};

struct SessionsRatio {
  double ratio = 0;  // candidate / base: ratio of the means over units of the means over sessions of log medians
  Interval interval;
  int sessions_base = 0, sessions_candidate = 0;
  // Largest relative difference between the units of one side; 0 for one unit a side.
  double unit_spread = 0;
};

// The interval is centre -/+ t times the standard deviation of the resampled log ratio, widened by sqrt(n / (n - 1)),
// with n the smaller number of replicates of the top level that varies (units when there are several on both sides,
// else sessions) and t of n - 1 degrees of freedom: a percentile interval of three sessions would claim too much
// (Hesterberg 2015, section 4.3). Sessions without a positive finite value are left out. Throws Error for a side
// without a session.
SessionsRatio ratio_of_sessions(std::span<const SessionValues> base, std::span<const SessionValues> candidate,
                                std::uint64_t seed, double confidence = 0.95, int resamples = kBootstrapResamples);

}  // namespace hetscope
