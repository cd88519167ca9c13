// Resampling units, sessions and rounds; see hierarchy.hpp.
#include "harness/statistics/hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/statistics/distributions.hpp"

namespace hetscope {
namespace {

// Log medians by unit and session, with the rounds that they come from.
struct Side {
  std::vector<std::vector<std::vector<double>>> units;  // unit, session, round
  int sessions = 0;
};

Side side_of(std::span<const SessionValues> sessions, const char* name) {
  std::map<std::string, std::vector<std::vector<double>>> by_unit;
  Side side;
  for (const SessionValues& session : sessions) {
    std::vector<double> logs;
    for (const double value : session.rounds) {
      if (value > 0 && std::isfinite(value)) logs.push_back(std::log(value));
    }
    if (logs.empty()) continue;
    by_unit[session.unit].push_back(std::move(logs));
    ++side.sessions;
  }
  if (side.sessions == 0) throw Error(std::string("the ") + name + " has no session with a value");
  for (auto& [unit, logs] : by_unit) side.units.push_back(std::move(logs));
  return side;
}

double mean_of_sessions(const std::vector<std::vector<double>>& sessions) {
  double sum = 0;
  for (const auto& rounds : sessions) sum += median(rounds);
  return sum / static_cast<double>(sessions.size());
}

double centre_of(const Side& side) {
  double sum = 0;
  for (const auto& sessions : side.units) sum += mean_of_sessions(sessions);
  return sum / static_cast<double>(side.units.size());
}

double resampled(const Side& side, Random& random) {
  double sum = 0;
  std::vector<double> rounds;
  for (std::size_t u = 0; u < side.units.size(); ++u) {
    const auto& sessions = side.units[random.below(side.units.size())];
    double unit_sum = 0;
    for (std::size_t s = 0; s < sessions.size(); ++s) {
      const auto& session = sessions[random.below(sessions.size())];
      rounds.clear();
      for (std::size_t r = 0; r < session.size(); ++r) rounds.push_back(session[random.below(session.size())]);
      unit_sum += median(rounds);
    }
    sum += unit_sum / static_cast<double>(sessions.size());
  }
  return sum / static_cast<double>(side.units.size());
}

double spread_of(const Side& side) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const auto& sessions : side.units) {
    const double centre = mean_of_sessions(sessions);
    low = std::min(low, centre);
    high = std::max(high, centre);
  }
  return std::expm1(high - low);
}

}  // namespace

SessionsRatio ratio_of_sessions(std::span<const SessionValues> base, std::span<const SessionValues> candidate,
                                std::uint64_t seed, double confidence, int resamples) {
  const Side ours = side_of(candidate, "candidate");
  const Side theirs = side_of(base, "base");
  SessionsRatio result;
  result.sessions_base = theirs.sessions;
  result.sessions_candidate = ours.sessions;
  result.unit_spread = std::max(spread_of(ours), spread_of(theirs));
  const double centre = centre_of(ours) - centre_of(theirs);
  result.ratio = std::exp(centre);

  const bool by_unit = ours.units.size() > 1 && theirs.units.size() > 1;
  const auto replicates =
      static_cast<double>(by_unit ? std::min(ours.units.size(), theirs.units.size())
                                  : static_cast<std::size_t>(std::min(ours.sessions, theirs.sessions)));
  if (replicates < 2) {
    result.interval = {0, std::numeric_limits<double>::infinity()};
    return result;
  }
  Random random(seed);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < resamples; ++i) {
    const double deviation = resampled(ours, random) - resampled(theirs, random) - centre;
    sum += deviation;
    squares += deviation * deviation;
  }
  const double mean_deviation = sum / resamples;
  const double variance = std::max(0.0, squares / resamples - mean_deviation * mean_deviation);
  const double half_width =
      student_t_quantile((1 - confidence) / 2, replicates - 1) * std::sqrt(variance * replicates / (replicates - 1));
  result.interval = {std::exp(centre - half_width), std::exp(centre + half_width)};
  return result;
}

}  // namespace hetscope
