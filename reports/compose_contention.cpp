// What processors take from each other: for each pair of places a matrix of work against work, and whether the memory
// traffic of both together is possible.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/row_values.hpp"
#include "reports/stream_roof.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

struct LoadedPair {
  const Row* row = nullptr;
  Case load;
  std::string case_kind;
  std::string load_kind;
};

// {run, the case's place, the load's place}
using Places = std::tuple<std::size_t, std::string, std::string>;

std::string label_of(const Summary& summary, std::size_t run, const std::vector<std::string>& processors) {
  std::vector<std::string> labels;
  for (const std::string& name : processors) labels.push_back(summary.runs[run].processor_label(name));
  return fmt::format("{}", fmt::join(labels, ", "));
}

std::map<Places, std::vector<LoadedPair>> pairs_of(const Summary& summary) {
  std::map<Places, std::vector<LoadedPair>> result;
  for (const Row& row : summary.rows) {
    const std::optional<Case> load = load_of(*row.record);
    if (!load || !metric_of(*row.record, "retained")) continue;
    const Places places{row.run, label_of(summary, row.run, row.record->item.processors()),
                        label_of(summary, row.run, load->processors())};
    result[places].push_back({&row, *load, "", ""});
  }
  return result;
}

CaseWords words_without_load(const Case& item) { return words_without(words_of(item), kLoadWord); }

// An operation's name, and the words that tell its cases in one matrix apart.
void name_kinds(std::vector<LoadedPair>& pairs) {
  std::map<std::string, WordSpread> cases, loads;
  for (const LoadedPair& pair : pairs) {
    const Case& item = pair.row->record->item;
    cases[item.operation()].add(words_without_load(item));
    loads[pair.load.operation()].add(words_without_load(pair.load));
  }
  const auto name_of = [](const Case& item, const std::map<std::string, WordSpread>& spreads) {
    const std::string words = words_text(words_without_load(item), spreads.at(item.operation()).varying());
    return item.operation() + (words.empty() ? "" : " " + words);
  };
  for (LoadedPair& pair : pairs) {
    pair.case_kind = name_of(pair.row->record->item, cases);
    pair.load_kind = name_of(pair.load, loads);
  }
}

std::vector<std::string> kinds(const std::vector<LoadedPair>& pairs, std::string LoadedPair::*kind) {
  std::vector<std::string> result;
  for (const LoadedPair& pair : pairs) {
    if (std::find(result.begin(), result.end(), pair.*kind) == result.end()) result.push_back(pair.*kind);
  }
  return result;
}

std::string range_text(const Record& record, const std::string& name) {
  const auto centre = metric_of(record, name);
  const auto low = metric_of(record, name + "_low");
  const auto high = metric_of(record, name + "_high");
  if (!centre) return std::string(kMissing);
  return ratio_text(*centre) + (low && high ? " " + ratio_range_text(*low, *high) : "");
}

Table matrix_of(const std::vector<LoadedPair>& pairs) {
  Table table;
  table.columns.push_back({"work \\ beside it"});
  const std::vector<std::string> loads = kinds(pairs, &LoadedPair::load_kind);
  for (const std::string& load : loads) table.columns.push_back({load, true});
  for (const std::string& work : kinds(pairs, &LoadedPair::case_kind)) {
    std::vector<Cell> cells = {{work}};
    for (const std::string& load : loads) {
      const auto found = std::ranges::find_if(
          pairs, [&](const LoadedPair& pair) { return pair.case_kind == work && pair.load_kind == load; });
      if (found == pairs.end()) {
        cells.push_back({std::string(kMissing)});
        continue;
      }
      const Record& record = *found->row->record;
      const double retained = *metric_of(record, "retained");
      const auto efficiency = metric_of(record, "concurrency_efficiency");
      std::string text = ratio_text(retained) + (efficiency ? " (" + ratio_text(*efficiency) + ")" : "");
      if (record.status != Status::ok) text += " " + std::string(to_string(record.status));
      cells.push_back(number_cell(std::move(text), retained));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Details intervals_of(const std::vector<LoadedPair>& pairs) {
  Table table;
  table.columns = {{"work"},      {"beside it"},           {"keeps", true}, {"the other keeps", true},
                   {"sum", true}, {"GB/s together", true}, {"status"}};
  for (const LoadedPair& pair : pairs) {
    const Record& record = *pair.row->record;
    const auto bandwidth = metric_of(record, "bandwidth_together");
    table.rows.push_back(
        {{pair.case_kind},
         {pair.load_kind},
         number_cell(range_text(record, "retained"), *metric_of(record, "retained")),
         number_cell(range_text(record, "load_retained"), metric_of(record, "load_retained").value_or(NAN)),
         number_cell(range_text(record, "concurrency_efficiency"),
                     metric_of(record, "concurrency_efficiency").value_or(NAN)),
         bandwidth ? number_cell(format_number(*bandwidth), *bandwidth) : Cell{std::string(kMissing)},
         {std::string(to_string(record.status))}});
  }
  Details details{"Every pair with its 95 % intervals", {}};
  details.blocks.push_back(Block{std::move(table)});
  return details;
}

HeatChart chart_of(const Places& places, const std::vector<LoadedPair>& pairs) {
  HeatChart chart{
      fmt::format("What {} keeps of its pace beside {}", std::get<1>(places), std::get<2>(places)), "beside it", {}};
  for (const LoadedPair& pair : pairs) {
    const double retained = *metric_of(*pair.row->record, "retained");
    chart.cells.push_back({pair.load_kind, pair.case_kind, retained, range_text(*pair.row->record, "retained")});
  }
  return chart;
}

// The pair of streams that moves most beside what the machine moves without a load.
struct MostOfRoof {
  std::size_t streams = 0, of_other_memory = 0, judged = 0, above = 0;
  double over_roof = 0;
  const LoadedPair* pair = nullptr;
  std::optional<StreamsTogether> together;
};

MostOfRoof most_of_roof(const Summary& summary, const std::vector<LoadedPair>& pairs) {
  const double limit = threshold_of("D8", "bandwidth");
  MostOfRoof most;
  for (const LoadedPair& pair : pairs) {
    const auto together = streams_together(summary, *pair.row);
    if (!together) continue;
    ++most.streams;
    most.of_other_memory += together->is_one_memory ? 0 : 1;
    const auto over_roof = together->over_roof();
    if (!over_roof) continue;
    ++most.judged;
    most.above += *over_roof > limit ? 1 : 0;
    if (*over_roof > most.over_roof) {
      most.over_roof = *over_roof;
      most.pair = &pair;
      most.together = together;
    }
  }
  return most;
}

// Whether what streams move together can be.
std::string bandwidth_finding(const Summary& summary, const std::vector<LoadedPair>& pairs) {
  const MostOfRoof most = most_of_roof(summary, pairs);
  if (most.streams == 0) return {};
  if (most.pair == nullptr) {
    return most.of_other_memory == most.streams
               ? "Bandwidth together: not evaluated, because nothing says that the two share one memory."
               : "Bandwidth together: not evaluated, because the run has no stream of such a size without a load "
                 "(copy_bandwidth on all cores).";
  }
  const StreamRoof& roof = *most.together->roof;
  const std::string text = fmt::format(
      "{} beside {}: {} GB/s, {} times the {} GB/s of {} on {}", most.pair->case_kind, most.pair->load_kind,
      format_number(most.together->gb_per_s), ratio_text(most.over_roof), format_number(roof.gb_per_s),
      roof.row->record->item.operation(), label_of(summary, roof.row->run, roof.row->record->item.processors()));
  if (most.above == 0) {
    return fmt::format("Bandwidth together: possible in {} of {} of streams; most in {}.", most.judged,
                       count_of(most.judged, "pair"), text);
  }
  return fmt::format(
      "Measurement bug: in {} of {} of streams the bandwidth together is more than {} times that of the run's best "
      "stream; most in {}. Such rows are not to be used.",
      most.above, count_of(most.judged, "pair"), threshold_of("D8", "bandwidth"), text);
}

std::string zero_sum_finding(const std::vector<LoadedPair>& pairs) {
  const double zero_sum = 2 - threshold_of("D8", "loss");
  std::vector<std::string> names;
  for (const LoadedPair& pair : pairs) {
    const auto high = metric_of(*pair.row->record, "concurrency_efficiency_high");
    if (high && *high < zero_sum) names.push_back(pair.case_kind + " beside " + pair.load_kind);
  }
  if (names.empty()) return fmt::format("Sum of retained fractions: no pair is surely below {}.", zero_sum);
  return fmt::format("Sum of retained fractions surely below {}, at most {:.0f} % gained over taking turns: {}.",
                     zero_sum, 100 * (zero_sum - 1), fmt::join(names, "; "));
}

// Sums that contention cannot explain, and how busy the machine was with others.
std::string doubt_finding(const std::vector<LoadedPair>& pairs) {
  const double impossible_sum = threshold_of("D8", "sum");
  std::size_t impossible = 0, busy = 0;
  for (const LoadedPair& pair : pairs) {
    const auto low = metric_of(*pair.row->record, "concurrency_efficiency_low");
    impossible += low && *low > impossible_sum ? 1 : 0;
    busy += pair.row->record->conditions.load > kBusyLoad ? 1 : 0;
  }
  if (impossible == 0 && busy == 0) return {};
  return fmt::format(
      "Doubt: {} of {} with a sum surely above {}, which contention cannot give (other processes, clock frequencies, "
      "or a fault in the measurement); {} measured while other processes used more than {:.0f} % of all CPUs. What "
      "these "
      "keep is shared with those others, not with the load alone.",
      impossible, count_of(pairs.size(), "pair"), impossible_sum, busy, 100 * kBusyLoad);
}

}  // namespace

void compose_contention(const Summary& summary, bool with_figures, Document& document) {
  std::map<Places, std::vector<LoadedPair>> all = pairs_of(summary);
  if (all.empty()) return;
  document.add(Heading{2, "What processors take from each other"});
  document.add(Paragraph{
      "Each cell: the share of its own pace that the work of the line keeps while the work of the column runs "
      "elsewhere, "
      "and in brackets the sum with what that one keeps: 1, what one gains the other loses; 2, they do not meet."});
  for (auto& [places, pairs] : all) {
    name_kinds(pairs);
    document.add(Heading{3, fmt::format("{}{} beside {}", summary.run_prefix(std::get<0>(places)), std::get<1>(places),
                                        std::get<2>(places))});
    if (with_figures && pairs.size() > 1) document.add(chart_of(places, pairs));
    document.add(matrix_of(pairs));
    List findings;
    for (std::string finding : {bandwidth_finding(summary, pairs), zero_sum_finding(pairs), doubt_finding(pairs)}) {
      if (!finding.empty()) findings.items.push_back(std::move(finding));
    }
    document.add(std::move(findings));
    document.add(intervals_of(pairs));
  }
}

}  // namespace hetscope
