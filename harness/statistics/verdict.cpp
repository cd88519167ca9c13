// Verdicts from intervals; see verdict.hpp.
#include "harness/statistics/verdict.hpp"

#include <cassert>
#include <string>

#include "harness/core/error.hpp"

namespace hetscope {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::faster:
      return "FASTER";
    case Verdict::slower:
      return "SLOWER";
    case Verdict::same:
      return "SAME";
    case Verdict::unclear:
      return "UNCLEAR";
  }
  assert(false);
  return "";
}

Verdict judge(const Interval& ratio, double margin) {
  if (!(margin > 0 && margin < 1)) {
    throw Error("margin " + std::to_string(margin) + " is not between 0 and 1", {}, "2 % is 0.02");
  }
  // Comparisons with NaN are false, so an interval that is not known stays unclear.
  if (ratio.high < 1 - margin && ratio.low <= ratio.high) return Verdict::faster;
  if (ratio.low > 1 + margin && ratio.low <= ratio.high) return Verdict::slower;
  if (ratio.low >= 1 - margin && ratio.high <= 1 + margin) return Verdict::same;
  return Verdict::unclear;
}

Verdict judge(const RatioEstimate& estimate, double margin) {
  const Verdict verdict = judge(estimate.interval, margin);
  return estimate.rounds < kMinRounds ? Verdict::unclear : verdict;
}

}  // namespace hetscope
