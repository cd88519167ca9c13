// The verdict of a comparison: from the interval of a ratio against a margin fixed beforehand.
#pragma once

#include <string_view>

#include "harness/statistics/statistics.hpp"

namespace hetscope {

enum class Verdict { faster, slower, same, unclear };
std::string_view to_string(Verdict verdict);  // "FASTER" ...

// `ratio` is candidate time / base time. FASTER: high < 1 - margin. SLOWER: low > 1 + margin. SAME: the interval lies
// within 1 -/+ margin. Else, and for an interval that is NaN, UNCLEAR. margin in (0, 1), else Error.
Verdict judge(const Interval& ratio, double margin);
// The same, but UNCLEAR when the estimate has fewer than kMinRounds rounds: its interval claims more than it knows.
Verdict judge(const RatioEstimate& estimate, double margin);

}  // namespace hetscope
