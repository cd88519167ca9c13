// One row of a result: everything that is known about one case in one session. The names are the contract of
// docs/record.md and record-1.json; what is missing is empty here and null there, with a reason, never zero.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/case.hpp"

namespace hetscope {

inline constexpr std::string_view kRecordSchema = "hetscope/record/1";

// unsupported: cannot run here, by the kernel's own word. skipped: not tried (budget, an optional part missing).
// mismatch: wrong answer, no latency. unstable: too few effective samples. mistrusted: above its roof.
// failed: an error, a crash or a time-out.
enum class Status { ok, unsupported, skipped, mismatch, unstable, mistrusted, failed };
std::string_view to_string(Status status);
Status parse_status(std::string_view name);  // throws Error

// The figure that stands for a latency. Only another tool's row has a mean: hetscope's own are medians.
enum class Statistic { median, mean };
std::string_view to_string(Statistic statistic);

// Every own measurement has all figures. An imported one has what the other tool printed: a figure that it did not
// print is NaN (null in JSON), except the one that `statistic` names.
struct LatencyRecord {
  Statistic statistic = Statistic::median;
  double median_ns = 0;
  double p05_ns = 0;
  double p95_ns = 0;
  double mean_ns = 0;
  double ci95_low_ns = 0;
  double ci95_high_ns = 0;
  std::int64_t n = 0;  // 0: the other tool does not say
  // As many independent samples tell as much as the n do; nothing in rows of other tools and of earlier versions.
  std::optional<double> effective_n;
  bool converged = false;
  bool steady = false;
  std::string stop_rule;
  std::int64_t discarded = 0;
  // One entry per kept sample (at most 2,000).
  std::vector<std::int32_t> rounds;
  std::vector<std::int32_t> order;
  std::vector<std::int64_t> iterations;
  std::vector<double> totals_ns;

  // The median or, where the tool says nothing else, the mean.
  double figure_ns() const { return statistic == Statistic::mean ? mean_ns : median_ns; }
};

struct VerifyRecord {
  double max_abs_error = 0;
  double max_scaled_error = 0;
  double atol = 0;
  double rtol = 0;
  std::int64_t checked = 0;
};

struct EnergyModelRecord {
  std::string name;
  std::string version;
  std::string source;  // where its numbers come from
  std::string sha256;  // of its file
};

struct EnergyRecord {
  std::optional<double> value_j;
  std::string kind = "none";  // EnergyKind's names
  std::string meter = "none";
  std::string scope;
  std::optional<double> window_s;
  std::optional<std::int64_t> runs;
  std::optional<double> idle_w;
  std::optional<double> dynamic_j;
  std::string reason;
  std::string method = {};                               // how a joule came about, in a phrase
  std::optional<std::pair<double, double>> ci95_j = {};  // of value_j
  std::optional<double> period_s = {};                   // of the meter's updates
  std::optional<std::int64_t> updates = {};              // in the window
  bool aligned = false;                                  // segments begin and end at an update
  std::optional<double> idle_before_w = {};
  std::optional<double> idle_after_w = {};
  std::optional<double> background_load = {};
  // One entry per segment of the window.
  std::vector<double> segment_j = {};
  std::vector<double> segment_ns = {};
  std::vector<std::int64_t> segment_runs = {};
  std::optional<EnergyModelRecord> model = {};  // of a modelled value
};

struct EdpRecord {
  double value_js = 0;
  std::string kind;  // of the energy it was formed with
  std::optional<std::pair<double, double>> ci95_js = {};
};

struct MetricRecord {
  double value = 0;
  std::string unit;
  std::string roof;
};

struct PlacementRecord {
  std::string requested;
  std::string actual;
  std::string evidence;
};

// Where the figures of an imported row come from.
struct SourceRecord {
  std::string tool;          // "benchncnn"
  std::string tool_version;  // "" when the tool does not print it
  std::string parser;        // "benchncnn/1": which reading of the file made this row
  std::string file_sha256;
  std::int64_t line = 0;  // of the file, counted from 1; 0 when the file has no lines
  std::string timer;      // what the tool times, in words
};

struct BatteryRecord {
  std::optional<std::int64_t> percent;
  std::string status;
  std::optional<double> temp_c;
};

// Whether the processors kept their speed, by reference loops beside each block.
struct BlockSpeedRecord {
  std::int64_t blocks = 0;
  std::int64_t slow = 0;
  std::int64_t discarded = 0;
  double slowest = 1;
  double cooled_s = 0;
  bool gave_up_cooling = false;
};

struct ConditionsRecord {
  std::string launch;
  std::vector<int> affinity;
  std::map<std::string, std::int64_t> freq_khz;
  std::map<std::string, double> temp_c;
  double load = 0;
  std::string governor;
  // "" and empty: not readable, or written before these were known.
  std::map<std::string, std::int64_t> before_khz = {};
  std::map<std::string, std::int64_t> lowest_khz = {};
  std::map<std::string, double> before_c = {};
  std::map<std::string, double> hottest_c = {};
  std::vector<std::string> cooling = {};  // what the kernel did against heat
  std::optional<BatteryRecord> battery = {};
  std::string screen = {};
  std::string cpuset = {};
  std::string thermal_status = {};
  std::optional<BlockSpeedRecord> speed = {};
};

struct Record {
  std::string run_uuid;
  std::string session;
  std::string boot;
  std::string device_model;
  std::string device_unit;

  Case item;
  std::string group;
  std::string baseline_case;  // "" : none
  std::string scenario;       // its name
  Status status = Status::failed;
  std::string reason;

  std::optional<VerifyRecord> verify;
  std::string clock;  // the principal one; "" without latencies
  std::map<std::string, LatencyRecord> latencies;
  std::map<std::string, double> stages_ns;
  double prepare_ns = 0;
  std::int64_t prepare_bytes = 0;
  std::vector<EnergyRecord> energies;
  std::optional<EdpRecord> edp;
  std::int64_t useful_bytes = 0;
  std::int64_t useful_flops = 0;
  std::int64_t executed_bytes = 0;
  std::int64_t executed_flops = 0;
  std::map<std::string, MetricRecord> metrics;
  std::map<std::string, std::string> notes;
  std::vector<PlacementRecord> placement;
  ConditionsRecord conditions;
  std::optional<SourceRecord> source;  // nothing: measured by hetscope itself

  // The principal latency, nullptr when there is none.
  const LatencyRecord* latency() const;
};

}  // namespace hetscope
