// Candidates against their baselines, within one run and on one clock.
#include <cmath>
#include <unordered_map>

#include "harness/core/error.hpp"
#include "harness/core/parallel.hpp"
#include "harness/core/random.hpp"
#include "harness/statistics/multiple_tests.hpp"
#include "reports/latency_series.hpp"
#include "reports/summary.hpp"

namespace hetscope {
namespace {

std::string why_not(const Comparison& comparison) {
  if (comparison.baseline == nullptr) return "the baseline has no row in this run";
  const Record& candidate = *comparison.candidate->record;
  const Record& baseline = *comparison.baseline->record;
  // An unstable time may still have a good ratio: what made it drift met both sides of a round.
  if (!has_time(candidate)) return "the candidate is " + std::string(to_string(candidate.status));
  if (!has_time(baseline)) return "the baseline is " + std::string(to_string(baseline.status));
  if (baseline.group != candidate.group) return "the baseline was measured in another group";
  if (baseline.session != candidate.session) return "measured in different sessions, so no round is shared";
  if (comparison.clock.empty()) return "no clock in common";
  return "";
}

void compare_energy(Comparison& comparison) {
  const Record& candidate = *comparison.candidate->record;
  const Record& baseline = *comparison.baseline->record;
  const EnergyRecord* ours = energy_of(candidate);
  const EnergyRecord* theirs = energy_of(baseline);
  if (ours == nullptr || theirs == nullptr || ours->kind != theirs->kind || ours->meter != theirs->meter ||
      ours->scope != theirs->scope) {
    return;
  }
  if (*theirs->value_j > 0) {
    comparison.energy_ratio = *ours->value_j / *theirs->value_j;
    comparison.energy_kind = ours->kind;
  }
  if (candidate.edp && baseline.edp && candidate.edp->kind == baseline.edp->kind && baseline.edp->value_js > 0) {
    comparison.edp_ratio = candidate.edp->value_js / baseline.edp->value_js;
    comparison.edp_kind = candidate.edp->kind;
  }
}

void compare(Comparison& comparison) {
  if (comparison.baseline != nullptr) {
    comparison.clock = common_clock(*comparison.candidate->record, *comparison.baseline->record);
  }
  comparison.reason = why_not(comparison);
  if (!comparison.reason.empty()) return;
  const LatencySeries ours = series_of(comparison.candidate->record->latencies.at(comparison.clock));
  const LatencySeries theirs = series_of(comparison.baseline->record->latencies.at(comparison.clock));
  try {
    comparison.ratio = ratio_of_rounds(
        ours.per_iteration_ns, ours.rounds, theirs.per_iteration_ns, theirs.rounds,
        seed_from(comparison.candidate->line + "\n" + comparison.baseline->line + "\n" + comparison.clock));
  } catch (const Error& error) {
    comparison.reason = error.problem();
    return;
  }
  comparison.verdict = judge(*comparison.ratio, kMargin);
  if (comparison.ratio->rounds < kMinRounds) {
    comparison.reason = "only " + std::to_string(comparison.ratio->rounds) + " shared rounds";
  }
  compare_energy(comparison);
}

// Of many comparisons some look decided by chance alone: FASTER and SLOWER must also be discoveries at a false
// discovery rate of kFalseDiscoveryRate among all comparisons of this report.
void correct_for_number(std::vector<Comparison>& comparisons) {
  std::vector<double> p_values;
  for (const Comparison& comparison : comparisons)
    p_values.push_back(comparison.ratio ? comparison.ratio->p_value : NAN);
  const std::vector<bool> is_discovery = discoveries(p_values, kFalseDiscoveryRate);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    Comparison& comparison = comparisons[i];
    if (is_discovery[i] || (comparison.verdict != Verdict::faster && comparison.verdict != Verdict::slower)) continue;
    comparison.reason = std::string(to_string(comparison.verdict)) + " alone, but not among " +
                        std::to_string(comparisons.size()) + " comparisons";
    comparison.verdict = Verdict::unclear;
  }
}

}  // namespace

Comparison compare_pair(const Row& candidate, const Row& baseline) {
  Comparison comparison;
  comparison.candidate = &candidate;
  comparison.baseline = &baseline;
  compare(comparison);
  return comparison;
}

std::vector<Comparison> compare_rows(const std::vector<Row>& rows) {
  // Within one run only: two runs share no rounds.
  std::vector<std::unordered_map<std::string, const Row*>> by_line;
  for (const Row& row : rows) {
    if (by_line.size() <= row.run) by_line.resize(row.run + 1);
    by_line[row.run][row.line] = &row;
  }
  std::vector<Comparison> comparisons;
  for (const Row& row : rows) {
    const Record& record = *row.record;
    if (record.group.empty() || record.baseline_case.empty() || record.baseline_case == row.line) continue;
    Comparison comparison;
    comparison.candidate = &row;
    if (const auto found = by_line[row.run].find(record.baseline_case); found != by_line[row.run].end()) {
      comparison.baseline = found->second;
    }
    comparisons.push_back(std::move(comparison));
  }
  // Each bootstrap has a seed of its own, so that the order in which they are done changes nothing.
  for_each_index(comparisons.size(), [&comparisons](std::size_t i) { compare(comparisons[i]); });
  correct_for_number(comparisons);
  return comparisons;
}

}  // namespace hetscope
