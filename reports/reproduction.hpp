// Did a row come out again? A record against the same case measured in later launches, with everything that differs
// between then and now. It checks a reproduction; it is not the verdict of a comparison: one side is one old session.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/record/journal.hpp"
#include "harness/statistics/statistics.hpp"

namespace hetscope {

// Fixed before any result was seen; wider than the margin of a comparison, because launches and boots differ by more
// than the rounds of one launch do.
inline constexpr double kReproductionMargin = 0.05;

enum class Reproduction { same, different, not_comparable };
std::string_view to_string(Reproduction verdict);  // "SAME", "DIFFERENT", "NOT COMPARABLE"

struct Difference {
  std::string what;
  std::string then;
  std::string now;
};

struct ReproductionCheck {
  Reproduction verdict = Reproduction::not_comparable;
  std::string reason;
  std::string clock;
  // Time now over time then, from the lowest end to the highest end of all sessions' intervals.
  std::optional<Interval> ratio;
  std::vector<Difference> differences;
};

// A row and the run it is of: run.json's text (may be "") and how many rows were measured with it.
struct ReproducedRow {
  Record record;
  std::string run_json;
  std::size_t group_size = 1;
};

// Why `record` cannot come out again on this device, whatever is measured: it was imported, or another device measured
// it. "" when it can.
std::string why_not_reproducible(const Record& record, std::string_view device_model, std::string_view device_unit);

// `now`: the same case, one record a session; none when it was not run again. SAME: all statuses are equal and, where
// there are times on one clock, the whole interval of the ratio lies within 1 -/+ margin. DIFFERENT: another status, or
// the whole interval lies outside. NOT COMPARABLE: all else, with the reason. margin in (0, 1), else Error.
ReproductionCheck check_reproduction(const ReproducedRow& then, const std::vector<ReproducedRow>& now, double margin);

}  // namespace hetscope
