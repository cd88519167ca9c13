// Series whose median is known, through the same functions that judge a record's samples.
#include "bench/trust/coverage.hpp"

#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "harness/core/random.hpp"
#include "harness/measure/stop_rule.hpp"
#include "harness/statistics/dependence.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {
namespace {

constexpr double kCentre = 100;  // the true median of every series

// The next sample of a series.
using Source = std::function<double(Random&)>;

Source independent_normal() {
  return [](Random& random) { return kCentre + 3 * random.normal(); };
}

// Log-normal, as times with a long tail are.
Source independent_skewed() {
  return [](Random& random) { return kCentre * std::exp(0.3 * random.normal()); };
}

// Two levels, as of a placement that is drawn anew; 60 and 40 %, overlapping, and the median solved for.
Source independent_bimodal() {
  // The x at which 0.6 Phi(x / 3) + 0.4 Phi((x - 8) / 3) is 1/2 is where the median lies without the shift.
  const auto below = [](double x) {
    return 0.3 * std::erfc(-x / 3 / std::sqrt(2.0)) + 0.2 * std::erfc(-(x - 8) / 3 / std::sqrt(2.0));
  };
  double low = 0;
  double high = 8;
  for (int i = 0; i < 100; ++i) (below((low + high) / 2) < 0.5 ? low : high) = (low + high) / 2;
  const double shift = low;
  return [shift](Random& random) {
    const double level = random.uniform() < 0.6 ? 0.0 : 8.0;
    return kCentre + level + 3 * random.normal() - shift;
  };
}

Source autoregressive(double rho, Random& random) {
  double state = random.normal() / std::sqrt(1 - rho * rho);
  return [rho, state](Random& source) mutable {
    const double value = kCentre + 3 * std::sqrt(1 - rho * rho) * state;
    state = rho * state + source.normal();
    return value;
  };
}

struct Kind {
  std::string name;
  std::function<Source(Random&)> source;
  int n = 0;  // samples; 0: by the stop rule
};

Interval interval_of(const std::vector<double>& samples, std::uint64_t seed) {
  std::vector<std::int32_t> rounds(samples.size());
  std::iota(rounds.begin(), rounds.end(), 0);
  return median_interval_by_round(samples, rounds, seed);
}

// As Session stops: looked at on the geometric schedule, until narrow enough or 2,000 samples.
std::vector<double> until_stopped(const Source& source, Random& random, std::uint64_t seed) {
  const StopRule rule;
  std::vector<double> samples;
  std::vector<std::int32_t> rounds;
  int look = rule.min_samples;
  for (;;) {
    while (static_cast<int>(samples.size()) < std::min(look, rule.max_samples)) {
      rounds.push_back(static_cast<std::int32_t>(samples.size()));
      samples.push_back(source(random));
    }
    if (look >= rule.max_samples || rule.is_converged(samples, rounds, seed)) return samples;
    look = rule.next_look(look + 1);
  }
}

}  // namespace

void print_coverage(int trials) {
  const auto fixed = [](const Source& source) { return [source](Random&) { return source; }; };
  const auto ar = [](double rho) { return [rho](Random& random) { return autoregressive(rho, random); }; };
  std::vector<Kind> kinds;
  for (const int n : {30, 100, 400}) {
    const std::string size = " n=" + std::to_string(n);
    kinds.push_back({"normal" + size, fixed(independent_normal()), n});
    kinds.push_back({"skewed" + size, fixed(independent_skewed()), n});
    kinds.push_back({"bimodal" + size, fixed(independent_bimodal()), n});
  }
  kinds.push_back({"normal, stop rule", fixed(independent_normal()), 0});
  kinds.push_back({"skewed, stop rule", fixed(independent_skewed()), 0});
  kinds.push_back({"bimodal, stop rule", fixed(independent_bimodal()), 0});
  kinds.push_back({"AR(1) rho=0.5 n=320 (effective about 107)", ar(0.5), 320});
  kinds.push_back({"AR(1) rho=0.5 n=800", ar(0.5), 800});
  kinds.push_back({"AR(1) rho=0.5, stop rule", ar(0.5), 0});
  kinds.push_back({"AR(1) rho=0.9 n=200 (effective about 11)", ar(0.9), 200});

  nlohmann::json rows = nlohmann::json::array();
  for (const Kind& kind : kinds) {
    Random random(seed_from(kind.name));
    int covered = 0;
    int refused = 0;
    double samples_used = 0;
    for (int trial = 0; trial < trials; ++trial) {
      const Source source = kind.source(random);
      const auto seed = static_cast<std::uint64_t>(trial) + 1;
      std::vector<double> samples;
      if (kind.n > 0) {
        for (int i = 0; i < kind.n; ++i) samples.push_back(source(random));
      } else {
        samples = until_stopped(source, random, seed);
      }
      samples_used += static_cast<double>(samples.size());
      if (effective_sample_size(samples) < kMinEffectiveSize) {
        ++refused;
        continue;
      }
      const Interval interval = interval_of(samples, seed);
      if (interval.low <= kCentre && kCentre <= interval.high) ++covered;
    }
    rows.push_back({{"series", kind.name},
                    {"trials", trials},
                    {"covered", covered},
                    {"refused", refused},
                    {"mean_samples", samples_used / trials}});
  }
  std::printf("%s\n", rows.dump(2).c_str());
}

}  // namespace hetscope
