// Detectors that look at any rows: D5, D11, D12, D13, D14 (spinning), D15, D16, D17, D18.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/case_words.hpp"
#include "reports/detectors/detector_rows.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/latency_series.hpp"
#include "reports/row_values.hpp"
#include "reports/transfer_lines.hpp"

namespace hetscope {
namespace {

constexpr double kNsPerS = 1e9;

const EnergyRecord* measured_energy(const Record& record) {
  const EnergyRecord* energy = energy_of(record);
  return energy != nullptr && energy->kind != "modelled" && *energy->value_j > 0 ? energy : nullptr;
}

std::vector<Measured> of_each_metric(const Summary& summary, const char* name) {
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    if (const auto value = metric_of(*row.record, name)) values.push_back({*value, row.line});
  }
  return values;
}

// Every number of threads beside the fastest of the smaller numbers.
void append_collapses(const std::map<std::int64_t, const Row*>& by_threads, std::vector<Measured>& values) {
  const LatencyRecord* best = nullptr;
  std::int64_t best_threads = 0;
  for (const auto& [threads, row] : by_threads) {
    const LatencyRecord& latency = *row->record->latency();
    if (!(latency.ci95_high_ns > 0)) continue;
    if (best != nullptr) {
      values.push_back({latency.ci95_low_ns / best->ci95_high_ns, row->line,
                        fmt::format("threads={} beside threads={}", threads, best_threads)});
    }
    if (best != nullptr && latency.ci95_high_ns >= best->ci95_high_ns) continue;
    best = &latency;
    best_threads = threads;
  }
}

}  // namespace

std::vector<Measured> hidden_copies(const Summary& summary) {
  std::vector<Measured> values;
  const auto lines = transfer_lines(summary);
  for (const auto& [way, line] : lines) {
    const TransferLine* copy = copy_beside(lines, way);
    const std::string& sharing = std::get<4>(way);
    if (sharing == kOpenCopy || sharing == kImageCopy || copy == nullptr || !line.fit) continue;
    values.push_back({line.fit->slope_interval.low / copy->fit->slope_interval.high, line.evidence});
  }
  return values;
}

std::vector<Measured> frequency_differences(const Summary& summary) {
  std::vector<Measured> values;
  for (const Comparison& comparison : summary.comparisons) {
    if (comparison.baseline == nullptr) continue;
    const auto& ours = comparison.candidate->record->conditions.freq_khz;
    const auto& theirs = comparison.baseline->record->conditions.freq_khz;
    std::optional<double> largest;
    for (const auto& [cpu, khz] : ours) {
      const auto other = theirs.find(cpu);
      if (other == theirs.end() || khz <= 0 || other->second <= 0) continue;
      const double difference = std::abs(std::log(static_cast<double>(khz) / static_cast<double>(other->second)));
      largest = std::max(largest.value_or(0), std::expm1(difference));
    }
    if (largest) values.push_back({*largest, comparison.candidate->line});
  }
  return values;
}

std::vector<Measured> drifts(const Summary& summary) { return of_each_metric(summary, "soak_drift_low"); }

std::vector<Measured> spinning_waiters(const Summary& summary) { return of_each_metric(summary, "waiting_cpu_share"); }

std::vector<Measured> energy_inversions(const Summary& summary) {
  std::vector<Measured> values;
  for (const auto& [name, rows] : timed_groups(summary)) {
    // Energies of another kind, meter or scope are no alternatives.
    std::map<std::string, std::vector<const Row*>> by_meter;
    for (const Row* row : rows) {
      if (const EnergyRecord* energy = measured_energy(*row->record)) {
        by_meter[energy->kind + "\n" + energy->meter + "\n" + energy->scope + "\n" + row->record->clock].push_back(row);
      }
    }
    for (const auto& [meter, metered] : by_meter) {
      if (metered.size() < 2) continue;
      const Row* fastest = *std::min_element(metered.begin(), metered.end(), [](const Row* a, const Row* b) {
        return a->record->latency()->figure_ns() < b->record->latency()->figure_ns();
      });
      double least = INFINITY;
      for (const Row* row : metered) least = std::min(least, *measured_energy(*row->record)->value_j);
      values.push_back({*measured_energy(*fastest->record)->value_j / least, fastest->line});
    }
  }
  return values;
}

std::vector<Measured> collapses_of_threads(const Summary& summary) {
  std::vector<Measured> values;
  for (const auto& [name, rows] : timed_groups(summary)) {
    // Rows that differ in nothing but their threads.
    std::map<std::string, std::map<std::int64_t, const Row*>> families;
    for (const Row* row : rows) {
      const std::int64_t threads = row->record->item.integer_or("threads", 0);
      if (threads < 1 || row->record->item.processors().size() != 1) continue;
      const CaseWords words = words_without(words_of(row->record->item), "threads");
      families[row->record->clock + "\n" + words_text(words)][threads] = row;
    }
    for (const auto& [words, by_threads] : families) append_collapses(by_threads, values);
  }
  return values;
}

// Opening a library and preparing come before the first run. Making a session (`load`) is part of preparing, so that
// the longer of the two counts.
std::vector<Measured> cold_costs(const Summary& summary) {
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const auto first_s = metric_of(*row.record, "first_run");
    const LatencyRecord* latency = row.record->latency();
    if (!first_s || latency == nullptr || !(latency->figure_ns() > 0)) continue;
    const double library_s = metric_of(*row.record, "library_load").value_or(0);
    const double prepared_s = std::isfinite(row.record->prepare_ns) ? row.record->prepare_ns / kNsPerS : 0;
    const double preparing_s = std::max(prepared_s, metric_of(*row.record, "load").value_or(0));
    const std::string library = library_s > 0 ? "library " + format_ns(library_s * kNsPerS) + ", " : "";
    values.push_back(
        {(library_s + preparing_s + *first_s) * kNsPerS / latency->figure_ns(), row.line,
         fmt::format("{}preparing {}, first run {}, a steady one {}", library, format_ns(preparing_s * kNsPerS),
                     format_ns(*first_s * kNsPerS), format_ns(latency->figure_ns()))});
  }
  return values;
}

// What a row asked for, where the same row shows whether it came: the host's own pointer for a mapping, and a part of
// the work for every processor.
std::vector<Measured> unheeded_options(const Summary& summary) {
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    const auto elsewhere = metric_of(record, "mapped_elsewhere");
    const bool asks_for_pointer = axis_value<std::string>(record, "sharing") == "use_host_ptr";
    const auto ratio = axis_value<double>(record, "ratio");
    const auto share = metric_of(record, "share_of_first");
    const bool asks_for_parts = ratio && *ratio > 0 && *ratio < 1;
    if (!(elsewhere && asks_for_pointer) && !(share && asks_for_parts)) continue;
    double unheeded = 0;
    if (elsewhere && asks_for_pointer && *elsewhere > 0) ++unheeded;
    if (share && asks_for_parts && (*share <= 0 || *share >= 1)) ++unheeded;
    values.push_back({unheeded, row.line});
  }
  return values;
}

// Of single frames only, and of enough of them that the percentile is not one frame's.
std::vector<Measured> stutters(const Summary& summary) {
  const double least_frames = limit_of("D18", "frames");
  const auto frames_of = [least_frames](const Row& row) -> const LatencyRecord* {
    const auto found = row.record->latencies.find("frame");
    if (!has_time(*row.record) || found == row.record->latencies.end()) return nullptr;
    const LatencyRecord& frames = found->second;
    const bool is_single = std::ranges::all_of(frames.iterations, [](auto n) { return n == 1; });
    return is_single && static_cast<double>(frames.n) >= least_frames ? &frames : nullptr;
  };
  std::vector<Measured> values;
  for (const auto& [key, rows] : timed_groups(summary)) {
    for (const Row* loaded : rows) {
      const LatencyRecord* beside = frames_of(*loaded);
      if (beside == nullptr || !loaded->record->item.has(kLoadWord)) continue;
      for (const Row* calm : rows) {
        const LatencyRecord* alone = frames_of(*calm);
        if (alone == nullptr || calm->record->item.has(kLoadWord) ||
            differing_words(words_of(loaded->record->item), words_of(calm->record->item)) !=
                std::vector<std::string>{kLoadWord}) {
          continue;
        }
        values.push_back({beside->p95_ns / alone->p95_ns, loaded->line});
      }
    }
  }
  return values;
}

}  // namespace hetscope
