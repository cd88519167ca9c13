// Is this device fit to decide anything? Judged from A/A launches, in which both sides are the same kernel, so that
// every difference is the device's own noise and every verdict but SAME is a false one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/launch_comparison.hpp"

namespace hetscope {

enum class Fitness { qualified, restricted, rejected };
std::string_view to_string(Fitness fitness);  // "QUALIFIED" ...

// The A/A launches of one probe on one processor.
struct ProbeFitness {
  std::string processor;
  std::string line;  // the case
  int launches = 0;
  int failed = 0;
  std::string reason;  // of the first launch that measured nothing
  // The ratio of the two sides over all launches, and its verdict at the margin.
  std::optional<RatioEstimate> ratio;
  Verdict verdict = Verdict::unclear;
  // 95 % of single launches lie within 1 -/+ this.
  double noise_floor = 0;
  // Blocks of kMinLaunches launches judged as `ab` judges at its first look, and how many came out FASTER or SLOWER.
  int judged = 0;
  int false_verdicts = 0;
};

ProbeFitness judge_probe(std::string processor, std::string line, std::span<const Launch> launches, double margin);

struct Qualification {
  Fitness fitness = Fitness::rejected;
  std::vector<std::string> reasons;  // what restricts or rejects; empty when qualified
  std::vector<ProbeFitness> probes;
  Interval false_rate;  // Clopper and Pearson, over all judged blocks
};

// REJECTED: a probe's two equal sides differ beyond the margin, or no probe came out SAME. RESTRICTED: a probe is
// UNCLEAR (the latency of that kind of kernel cannot be decided here at this margin), or `energy_missing` says why
// energy and EDP cannot be measured. QUALIFIED: neither.
Qualification qualify(std::vector<ProbeFitness> probes, const std::string& energy_missing);

}  // namespace hetscope
