// Both sides are read at the same time, each into a table of cases; then each case has a ratio.
#include "reports/stored_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/core/parallel.hpp"
#include "harness/record/json.hpp"
#include "reports/stored_row.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

struct SessionFigure {
  std::uint32_t run = 0;
  double figure_ns = 0;
  Interval interval;
};

struct CaseFigures {
  std::string clock;
  bool has_one_clock = true;
  std::vector<SessionFigure> sessions;
};

// Numbers for texts that occur again and again.
class Names {
 public:
  std::uint32_t number(const std::string& name) {
    return numbers_.try_emplace(name, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

struct Side {
  std::unordered_map<std::string, CaseFigures> cases;
  std::set<std::string> models, launches;
  std::size_t records = 0;
  std::vector<std::string> faults;
  Names runs;
};

void read_side(const std::vector<std::string>& files, Side& side) {
  const auto add = [&side](StoredRow&& row, std::string_view) {
    ++side.records;
    const SessionFigure figure{side.runs.number(row.run), row.figure_ns, row.interval};
    // Of one run's case the last row counts, also where it has no time.
    if (const auto earlier = side.cases.find(row.line); earlier != side.cases.end()) {
      std::erase_if(earlier->second.sessions, [&figure](const SessionFigure& item) { return item.run == figure.run; });
    }
    if (!row.has_time || !(row.figure_ns > 0) || !std::isfinite(row.figure_ns)) return;
    side.models.insert(row.device_model);
    side.launches.insert(row.launch);
    CaseFigures& known_case = side.cases[std::move(row.line)];
    if (known_case.sessions.empty()) known_case = {row.clock, true, {}};
    known_case.has_one_clock = known_case.has_one_clock && known_case.clock == row.clock;
    known_case.sessions.push_back(figure);
  };
  for (const std::string& file : files) for_each_stored_row(file, add, side.faults);
}

double centre(const std::vector<SessionFigure>& figures) {
  std::vector<double> values;
  for (const SessionFigure& figure : figures) values.push_back(figure.figure_ns);
  return median(values);
}

// An interval that a record does not have leaves nothing known.
Interval hull(const std::vector<SessionFigure>& figures) {
  Interval result{std::numeric_limits<double>::infinity(), 0};
  for (const SessionFigure& figure : figures) {
    if (!std::isfinite(figure.interval.low) || !std::isfinite(figure.interval.high)) return {0, INFINITY};
    result.low = std::min(result.low, figure.interval.low);
    result.high = std::max(result.high, figure.interval.high);
  }
  return result;
}

}  // namespace

StoredSides compare_stored(const std::vector<std::string>& base, const std::vector<std::string>& candidate) {
  Side sides[2];
  for_each_index(2, [&](std::size_t i) { read_side(i == 0 ? base : candidate, sides[i]); });
  StoredSides result;
  for (Side& side : sides) {
    result.records += side.records;
    result.faults.insert(result.faults.end(), side.faults.begin(), side.faults.end());
  }
  if (sides[0].models != sides[1].models) {
    result.differences.push_back("device model: " + joined_names(sides[0].models) + " against " +
                                 joined_names(sides[1].models));
  }
  if (sides[0].launches != sides[1].launches) {
    result.differences.push_back("launch context: " + joined_names(sides[0].launches) + " against " +
                                 joined_names(sides[1].launches));
  }
  for (const auto& [line, candidate_case] : sides[1].cases) {
    const auto found = sides[0].cases.find(line);
    if (found == sides[0].cases.end()) continue;
    const std::vector<SessionFigure>& theirs = found->second.sessions;
    const std::vector<SessionFigure>& ours = candidate_case.sessions;
    if (theirs.empty() || ours.empty()) continue;
    const bool has_one_clock = candidate_case.has_one_clock && found->second.has_one_clock;
    if (!has_one_clock || candidate_case.clock != found->second.clock) continue;
    const Interval a = hull(ours);
    const Interval b = hull(theirs);
    result.rows.push_back({line,
                           centre(ours) / centre(theirs),
                           {a.low / b.high, a.high / b.low},
                           static_cast<int>(theirs.size()),
                           static_cast<int>(ours.size())});
  }
  // Equal differences stand in the order of their cases, so that two runs of this say the same.
  std::sort(result.rows.begin(), result.rows.end(), [](const StoredComparison& x, const StoredComparison& y) {
    const double left = std::abs(std::log(x.ratio));
    const double right = std::abs(std::log(y.ratio));
    return left != right ? left > right : x.line < y.line;
  });
  return result;
}

std::vector<Record> records_of_cases(const std::vector<std::string>& files, const std::vector<std::string>& lines,
                                     std::vector<std::string>& faults) {
  const std::unordered_set<std::string> wanted(lines.begin(), lines.end());
  std::vector<Record> records;
  const auto keep = [&](StoredRow&& row, std::string_view text) {
    if (wanted.count(row.line) == 0) return;
    try {
      records.push_back(record_from_json(parse_json(text, row.line), row.line));
    } catch (const Error& error) {
      faults.emplace_back(error.what());
    }
  };
  std::vector<std::string> told;  // by compare_stored() already
  for (const std::string& file : files) for_each_stored_row(file, keep, told);
  return records;
}

}  // namespace hetscope
