// A candidate against its base over several launches, each of which measured both: the verdict of `hetscope ab`, formed
// from records alone so that anyone can form it again.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/record/record.hpp"
#include "harness/statistics/verdict.hpp"

namespace hetscope {

// Fewer launches decide nothing; the looks of launch_look() begin here.
inline constexpr int kMinLaunches = 8;
// The number of launches at the first look at or after `launches`: 8, 12, 18, 27, 41, ... Looking rarely keeps the
// share of false verdicts near that of one look.
int launch_look(int launches);

// About as many launches more than `estimate.rounds` would decide it, judged by today's spread, and `fewest` in all;
// nothing when no number would (the ratio lies on the margin).
std::optional<int> launches_to_decide(const RatioEstimate& estimate, double margin, int fewest);

// The rows of one launch.
struct Launch {
  const Record* base = nullptr;
  const Record* candidate = nullptr;
};

// candidate / base of one quantity.
struct LaunchRatio {
  std::string quantity;    // "latency", "energy", "EDP"
  std::string source;      // clock or meter
  RatioEstimate estimate;  // its rounds are the launches that have both
  Verdict verdict = Verdict::unclear;
  double base = 0;  // medians over the launches, in ns, J or J s
  double candidate = 0;
  // By launches_to_decide(); nothing when it is decided.
  std::optional<int> more_launches;
};

struct LaunchComparison {
  std::vector<LaunchRatio> ratios;  // latency first; a quantity that fewer than 2 launches have is left out
  int launches = 0;
  int failed = 0;      // launches without a latency of both
  std::string reason;  // the first row that had none, "" when all had
  Verdict verdict() const { return ratios.empty() ? Verdict::unclear : ratios.front().verdict; }
};

// Each launch counts once, by the median of its shared rounds' ratios where both rows share rounds (are of one group
// and one session), else by the ratio of their medians. The interval is the bootstrap of the median over launches.
// Energies are compared where kind, meter and scope agree in all launches.
LaunchComparison compare_launches(std::span<const Launch> launches, double margin, std::uint64_t seed = 1);

// Seconds for which a launch measures each side at first, and those between which best_launch_seconds() chooses.
inline constexpr double kLaunchSeconds = 0.4;
inline constexpr double kShortestLaunchSeconds = 0.05;

// For how long further launches should measure each side so that a budget decides the most, judged by launches that
// measured for `seconds` and took `overhead_s` besides. What a launch draws once is drawn oftener by short launches,
// what differs within one is averaged by long ones: sqrt(c w / 2 b) with c the overhead, w the variance of the log
// ratio within a launch times its seconds, and b that between launches (two-stage sampling: Cochran, Sampling
// Techniques, 1977, chapter 10; Kalibera and Jones, ISMM 2013). Never so short that a median has fewer than 30 runs.
double best_launch_seconds(std::span<const Launch> launches, double seconds, double overhead_s);

// Launches in the order of the records: a row without a baseline case is a base, the next row of the same session that
// names it is its candidate.
std::vector<Launch> launches_of(std::span<const Record> records);

}  // namespace hetscope
