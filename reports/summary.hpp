// What the writers of a report share: the records sorted into comparisons, roofs, results and rows without a result.
// Every record of the input is in exactly one of roofs, results and problems (or is a stated exact repetition).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/record/record.hpp"
#include "harness/statistics/verdict.hpp"
#include "reports/report.hpp"
#include "reports/run_info.hpp"

namespace hetscope {

// Fixed before any result was seen.
inline constexpr double kMargin = 0.02;
// Share of false ones among the FASTER and SLOWER of a report (Benjamini and Hochberg).
inline constexpr double kFalseDiscoveryRate = 0.05;
// Share of all CPUs used by other processes above which a time is doubtful.
inline constexpr double kBusyLoad = 0.10;

struct Row {
  const Record* record = nullptr;
  std::size_t run = 0;  // index into Summary::runs
  std::string line;     // of the case
};

// candidate time / baseline time on one clock, from the rounds that both shared.
struct Comparison {
  const Row* candidate = nullptr;
  const Row* baseline = nullptr;  // nullptr when its row is missing
  std::string clock;
  std::optional<RatioEstimate> ratio;  // none: not compared, with the reason
  Verdict verdict = Verdict::unclear;
  std::string reason;
  // Without intervals, and only between energies of one kind, meter and scope.
  std::optional<double> energy_ratio;
  std::optional<double> edp_ratio;
  std::string energy_kind;
  std::string edp_kind;
};

// Rows of one run, scenario and operation.
struct RowSection {
  std::size_t run = 0;
  std::string scenario;
  std::string operation;
  std::vector<const Row*> rows;
};

struct ReasonGroup {
  Status status = Status::failed;
  std::string reason;
  std::vector<const Row*> rows;
};

struct Summary {
  Summary() = default;
  Summary(Summary&&) = default;
  Summary& operator=(Summary&&) = default;
  // The sections point into `rows`, the published sets into the input.
  Summary(const Summary&) = delete;
  Summary& operator=(const Summary&) = delete;

  std::vector<RunInfo> runs;
  std::vector<Row> rows;
  std::map<Status, std::size_t> counts;
  std::vector<Comparison> comparisons;
  std::vector<RowSection> roofs;
  std::vector<RowSection> results;
  std::vector<ReasonGroup> problems;
  std::vector<const PublishedSet*> published;
  std::vector<std::string> faults;    // of loading
  std::vector<std::string> cautions;  // what the reader must know before the numbers
  std::size_t sessions = 0;
  std::size_t device_units = 0;

  // "run 2: " when there are several, else "".
  std::string run_prefix(std::size_t run) const;
};

// Keeps pointers into `input`, which must outlive the result.
Summary summarise(const ReportInput& input);

// The first energy that has a value, nullptr when none has.
const EnergyRecord* energy_of(const Record& record);
// Is this a row whose operation limits what others can reach?
bool is_roof_operation(const std::string& operation);

// comparison.cpp: the comparisons of all rows that name a baseline.
std::vector<Comparison> compare_rows(const std::vector<Row>& rows);
// One pair by itself, whatever baseline the rows name; not corrected for the number of comparisons.
Comparison compare_pair(const Row& candidate, const Row& baseline);

}  // namespace hetscope
