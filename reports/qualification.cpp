// A/A launches become a verdict about the device.
#include "reports/qualification.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/statistics/distributions.hpp"

namespace hetscope {

std::string_view to_string(Fitness fitness) {
  switch (fitness) {
    case Fitness::qualified:
      return "QUALIFIED";
    case Fitness::restricted:
      return "RESTRICTED";
    case Fitness::rejected:
      return "REJECTED";
  }
  return "";
}

ProbeFitness judge_probe(std::string processor, std::string line, std::span<const Launch> launches, double margin) {
  ProbeFitness probe;
  probe.processor = std::move(processor);
  probe.line = std::move(line);
  const LaunchComparison all = compare_launches(launches, margin);
  probe.launches = all.launches;
  probe.failed = all.failed;
  probe.reason = all.reason;
  if (!all.ratios.empty()) {
    probe.ratio = all.ratios.front().estimate;
    probe.verdict = all.ratios.front().verdict;
  }
  std::vector<double> deviations;
  for (std::size_t i = 0; i < launches.size(); ++i) {
    // Twice the same launch, because a ratio needs two: its centre is that launch's.
    const Launch twice[] = {launches[i], launches[i]};
    const LaunchComparison one = compare_launches(twice, margin);
    if (!one.ratios.empty()) deviations.push_back(std::abs(one.ratios.front().estimate.ratio - 1));
  }
  probe.noise_floor = quantile(deviations, 0.95);
  constexpr auto kBlock = static_cast<std::size_t>(kMinLaunches);
  for (std::size_t begin = 0; begin + kBlock <= launches.size(); begin += kBlock) {
    const Verdict verdict = compare_launches(launches.subspan(begin, kBlock), margin).verdict();
    ++probe.judged;
    if (verdict == Verdict::faster || verdict == Verdict::slower) ++probe.false_verdicts;
  }
  return probe;
}

Qualification qualify(std::vector<ProbeFitness> probes, const std::string& energy_missing) {
  Qualification result;
  int judged = 0;
  int wrong = 0;
  bool has_same = false;
  bool is_biased = false;
  for (const ProbeFitness& probe : probes) {
    judged += probe.judged;
    wrong += probe.false_verdicts;
    has_same = has_same || probe.verdict == Verdict::same;
    if (probe.verdict == Verdict::same) continue;
    if (probe.verdict == Verdict::unclear) {
      result.reasons.push_back(
          "latency of '" + probe.line + "' is not decided" +
          (probe.reason.empty() ? std::string(": its noise is too large for the margin") : ": " + probe.reason));
    } else {
      is_biased = true;
      result.reasons.push_back("two equal sides of '" + probe.line + "' came out " +
                               std::string(to_string(probe.verdict)));
    }
  }
  result.probes = std::move(probes);
  result.false_rate = clopper_pearson(wrong, judged);
  if (is_biased || !has_same) {
    result.fitness = Fitness::rejected;
    if (!has_same && !is_biased) result.reasons.insert(result.reasons.begin(), "no probe came out SAME");
    return result;
  }
  if (!energy_missing.empty()) result.reasons.push_back("no energy and no EDP: " + energy_missing);
  result.fitness = result.reasons.empty() ? Fitness::qualified : Fitness::restricted;
  return result;
}

}  // namespace hetscope
