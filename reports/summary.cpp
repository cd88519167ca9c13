// Sorting the records of a report; see summary.hpp.
#include "reports/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>
#include <unordered_map>

#include "reports/latency_series.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

bool is_same_row(const Record& a, const Record& b) {
  if (a.status != b.status || a.reason != b.reason || a.clock != b.clock || a.group != b.group) return false;
  return std::equal(a.latencies.begin(), a.latencies.end(), b.latencies.begin(), b.latencies.end(),
                    [](const auto& x, const auto& y) {
                      return x.first == y.first && x.second.figure_ns() == y.second.figure_ns() &&
                             x.second.rounds == y.second.rounds && x.second.totals_ns == y.second.totals_ns;
                    });
}

// Rows of the input without exact repetitions: the same run may be given twice, and counted once.
std::size_t collect_rows(const ReportInput& input, Summary& summary) {
  std::unordered_multimap<std::string, const Record*> seen;
  std::size_t repeated = 0;
  for (std::size_t run = 0; run < input.runs.size(); ++run) {
    for (const Record& record : input.runs[run].records) {
      std::string line = record.item.line();
      if (!record.run_uuid.empty()) {
        const std::string key = record.run_uuid + "\n" + record.session + "\n" + line;
        const auto [begin, end] = seen.equal_range(key);
        if (std::any_of(begin, end, [&](const auto& known) { return is_same_row(*known.second, record); })) {
          ++repeated;
          continue;
        }
        seen.emplace(key, &record);
      }
      summary.rows.push_back({&record, run, std::move(line)});
    }
  }
  return repeated;
}

void sort_into_sections(Summary& summary) {
  using Key = std::tuple<std::size_t, std::string, std::string>;
  std::map<Key, std::size_t> places[2];
  std::map<std::tuple<Status, std::string>, std::size_t> reasons;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    ++summary.counts[record.status];
    if (record.status != Status::ok) {
      const auto [place, is_new] = reasons.try_emplace({record.status, record.reason}, summary.problems.size());
      if (is_new) summary.problems.push_back({record.status, record.reason, {}});
      summary.problems[place->second].rows.push_back(&row);
      continue;
    }
    const bool is_roof = is_roof_operation(record.item.operation());
    std::vector<RowSection>& sections = is_roof ? summary.roofs : summary.results;
    const Key key{row.run, record.scenario, record.item.operation()};
    const auto [place, is_new] = places[is_roof ? 1 : 0].try_emplace(key, sections.size());
    if (is_new) sections.push_back({row.run, record.scenario, record.item.operation(), {}});
    sections[place->second].rows.push_back(&row);
  }
  // What is wrong comes before what merely does not exist.
  constexpr std::array<Status, 6> kOrder = {Status::mismatch, Status::failed,      Status::mistrusted,
                                            Status::unstable, Status::unsupported, Status::skipped};
  const auto rank = [&kOrder](const ReasonGroup& group) {
    return std::find(kOrder.begin(), kOrder.end(), group.status) - kOrder.begin();
  };
  std::stable_sort(summary.problems.begin(), summary.problems.end(), [&rank](const auto& a, const auto& b) {
    return std::tuple(rank(a), b.rows.size()) < std::tuple(rank(b), a.rows.size());
  });
}

// An OpenCL device that is the host's CPU must never be read as evidence about a GPU, nor such a provider about an NPU.
void caution_about_processors(Summary& summary) {
  std::set<std::string> host_cpus;
  std::set<std::string> stand_ins;
  std::set<std::string> unknown;
  for (const Row& row : summary.rows) {
    for (const std::string& name : row.record->item.processors()) {
      const ProcessorFacts* facts = summary.runs[row.run].processor(name);
      if (name.rfind("npu", 0) == 0 && facts != nullptr && facts->runs_on_host_cpu) stand_ins.insert(name);
      if (name.rfind("opencl", 0) != 0) continue;
      if (facts == nullptr) {
        unknown.insert(name);
      } else if (facts->runs_on_host_cpu) {
        host_cpus.insert(name + " (" + facts->model + ")");
      }
    }
  }
  if (!host_cpus.empty()) {
    summary.cautions.push_back("OpenCL on the host's CPU: " + joined_names(host_cpus) +
                               ". These rows run on the CPU and say nothing about any GPU.");
  }
  if (!stand_ins.empty()) {
    summary.cautions.push_back("Execution providers on the host's CPU: " + joined_names(stand_ins) +
                               ". No NPU was involved in these rows.");
  }
  if (!unknown.empty()) {
    summary.cautions.push_back("What kind of device is behind " + joined_names(unknown) +
                               " was not recorded: nothing here is evidence about a GPU.");
  }
}

void caution_about_load(Summary& summary) {
  const auto busy =
      static_cast<std::size_t>(std::count_if(summary.rows.begin(), summary.rows.end(), [](const Row& row) {
        return row.record->latency() != nullptr && row.record->conditions.load > kBusyLoad;
      }));
  if (busy > 0) {
    summary.cautions.push_back(count_of(busy, "row was", "rows were") +
                               " measured while other processes used more than 10 % of all CPUs.");
  }
  // Another tool's row never tells it.
  const auto unknown =
      static_cast<std::size_t>(std::count_if(summary.rows.begin(), summary.rows.end(), [](const Row& row) {
        return row.record->latency() != nullptr && !row.record->source && std::isnan(row.record->conditions.load);
      }));
  if (unknown > 0) {
    summary.cautions.push_back("What other processes used while " + count_of(unknown, "row was", "rows were") +
                               " measured could not be read.");
  }
}

void caution_about_identity(Summary& summary, std::size_t repeated) {
  std::set<std::string> sessions;
  std::set<std::string> units;
  std::set<std::string> devices;
  std::map<std::string, std::set<std::size_t>> runs_of_uuid;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    sessions.insert(record.run_uuid + "/" + record.session);
    units.insert(record.device_unit.empty() ? record.device_model : record.device_unit);
    devices.insert((record.device_model.empty() ? "unnamed device" : record.device_model) +
                   (record.device_unit.empty() ? "" : " [" + record.device_unit.substr(0, 8) + "]"));
    if (!record.run_uuid.empty()) runs_of_uuid[record.run_uuid].insert(row.run);
  }
  summary.sessions = sessions.size();
  summary.device_units = units.size();
  if (units.size() > 1) {
    summary.cautions.push_back("Mixed devices: these rows come from " + std::to_string(units.size()) +
                               " different devices (" + joined_names(devices) +
                               "). Times of different devices are not compared here; no ratio crosses a run.");
  }
  if (repeated > 0) {
    summary.cautions.push_back(count_of(repeated, "row was", "rows were") +
                               " given more than once (same run, same content) and counted once.");
  }
  for (const auto& [uuid, runs] : runs_of_uuid) {
    if (runs.size() > 1) {
      summary.cautions.push_back("Run id " + uuid + " occurs in " + std::to_string(runs.size()) +
                                 " of the inputs with different rows: was one of them changed, or is it a part?");
    }
  }
}

void caution_about_verification(Summary& summary) {
  const auto unverified = static_cast<std::size_t>(
      std::ranges::count_if(summary.rows, [](const Row& row) { return is_unverified(*row.record); }));
  if (unverified > 0) summary.cautions.push_back(unverified_caution(unverified));
}

// Another tool's figure has its own clock and no interval.
void caution_about_imports(Summary& summary) {
  std::set<std::string> tools;
  std::size_t imported = 0;
  for (const Row& row : summary.rows) {
    if (!row.record->source) continue;
    ++imported;
    tools.insert(row.record->source->tool);
  }
  if (imported == 0) return;
  summary.cautions.push_back(count_of(imported, "row was", "rows were") + " imported from the output of " +
                             joined_names(tools) +
                             ". Each tool times something else under a clock of its own, and no interval is known: "
                             "such a row stands beside what hetscope measured and decides nothing.");
}

}  // namespace

std::string Summary::run_prefix(std::size_t run) const {
  return runs.size() > 1 ? "run " + std::to_string(run + 1) + ": " : "";
}

const EnergyRecord* energy_of(const Record& record) {
  for (const EnergyRecord& energy : record.energies) {
    if (energy.value_j && std::isfinite(*energy.value_j) && energy.kind != "none") return &energy;
  }
  return nullptr;
}

bool is_roof_operation(const std::string& operation) {
  constexpr std::array<const char*, 3> kRoofs = {"copy_bandwidth", "multiply_add_peak", "empty_launch"};
  return std::find(kRoofs.begin(), kRoofs.end(), operation) != kRoofs.end();
}

Summary summarise(const ReportInput& input) {
  Summary summary;
  for (const PublishedSet& set : input.published) summary.published.push_back(&set);
  for (const LoadedRun& run : input.runs) {
    summary.runs.push_back(read_run_info(run));
    const std::string place = run.directory.empty() ? std::string() : run.directory + ": ";
    for (const std::string& fault : run.faults) summary.faults.push_back(place + fault);
    for (const std::string& fault : summary.runs.back().faults) summary.faults.push_back(place + fault);
  }
  const std::size_t repeated = collect_rows(input, summary);
  sort_into_sections(summary);
  summary.comparisons = compare_rows(summary.rows);
  caution_about_identity(summary, repeated);
  caution_about_processors(summary);
  caution_about_load(summary);
  caution_about_verification(summary);
  caution_about_imports(summary);
  return summary;
}

}  // namespace hetscope
