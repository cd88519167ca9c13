// Levels of logarithms; a few dozen points, so the quadratic dynamic programme is instant.
#include "harness/statistics/knees.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hetscope {
namespace {

constexpr std::size_t kLeastPoints = 4;
constexpr double kReach = 1.96;  // standard errors to either side of 95 %

struct LogPoint {
  double x;
  double log_rate;
  double weight;
};

// The points [begin, end) as one level.
struct Level {
  std::size_t begin = 0;
  std::size_t end = 0;
  double weights = 0;
  double mean = 0;
  double cost = 0;  // weighted squares about the mean

  // Of the mean, wider where the points scatter more than their errors say.
  double sigma() const {
    const double degrees = static_cast<double>(end - begin) - 1;
    const double scatter = degrees > 0 ? std::max(1.0, cost / degrees) : 1.0;
    return std::sqrt(scatter / weights);
  }
};

Level level_of(std::span<const LogPoint> points, std::size_t begin, std::size_t end) {
  Level level{begin, end};
  for (std::size_t i = begin; i < end; ++i) {
    level.weights += points[i].weight;
    level.mean += points[i].weight * points[i].log_rate;
  }
  level.mean /= level.weights;
  for (std::size_t i = begin; i < end; ++i) {
    const double off = points[i].log_rate - level.mean;
    level.cost += points[i].weight * off * off;
  }
  return level;
}

std::vector<LogPoint> usable(std::span<const RatePoint> points) {
  std::vector<LogPoint> result;
  for (const RatePoint& point : points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.rate) || !(point.rate > 0)) continue;
    const double own = std::isfinite(point.relative_sigma) ? point.relative_sigma : 1;
    result.push_back({point.x, std::log(point.rate), 1 / (own * own + kLevelScatter * kLevelScatter)});
  }
  std::ranges::sort(result, {}, &LogPoint::x);
  return result;
}

std::vector<Level> best_levels(std::span<const LogPoint> points) {
  const std::size_t n = points.size();
  const double penalty = 2 * std::log(static_cast<double>(n));
  std::vector<double> cost(n + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> begin_of(n + 1, 0);
  cost[0] = -penalty;
  for (std::size_t end = 1; end <= n; ++end) {
    for (std::size_t begin = 0; begin < end; ++begin) {
      const double total = cost[begin] + level_of(points, begin, end).cost + penalty;
      if (total >= cost[end]) continue;
      cost[end] = total;
      begin_of[end] = begin;
    }
  }
  std::vector<Level> levels;
  for (std::size_t end = n; end > 0; end = begin_of[end]) levels.push_back(level_of(points, begin_of[end], end));
  std::ranges::reverse(levels);
  return levels;
}

Knee knee_between(std::span<const LogPoint> points, const Level& before, const Level& after) {
  const double change = after.mean - before.mean;
  const double reach = kReach * std::hypot(before.sigma(), after.sigma());
  return {points[before.end - 1].x,
          points[after.begin].x,
          std::exp(change),
          {std::exp(change - reach), std::exp(change + reach)}};
}

bool is_knee(const Knee& knee) {
  const bool is_large = knee.ratio >= kLeastKnee || knee.ratio <= 1 / kLeastKnee;
  return is_large && (knee.interval.low > 1 || knee.interval.high < 1);
}

// Makes one of two neighbours whose change is no knee, the smallest change first.
void merge_levels(std::span<const LogPoint> points, std::vector<Level>& levels) {
  while (true) {
    std::size_t merged = 0;
    double smallest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 1; i < levels.size(); ++i) {
      const double change = std::abs(levels[i].mean - levels[i - 1].mean);
      if (change >= smallest || is_knee(knee_between(points, levels[i - 1], levels[i]))) continue;
      smallest = change;
      merged = i;
    }
    if (merged == 0) return;
    levels[merged - 1] = level_of(points, levels[merged - 1].begin, levels[merged].end);
    levels.erase(levels.begin() + static_cast<std::ptrdiff_t>(merged));
  }
}

}  // namespace

std::optional<KneeSearch> find_knees(std::span<const RatePoint> points) {
  const std::vector<LogPoint> used = usable(points);
  if (used.size() < kLeastPoints) return std::nullopt;
  std::vector<Level> levels = best_levels(used);
  merge_levels(used, levels);
  KneeSearch search;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Level& level = levels[i];
    search.plateaus.push_back(
        {used[level.begin].x, used[level.end - 1].x, std::exp(level.mean), static_cast<int>(level.end - level.begin)});
    if (i > 0) search.knees.push_back(knee_between(used, levels[i - 1], level));
  }
  return search;
}

}  // namespace hetscope
