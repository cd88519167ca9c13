// Roofs and results: a table per scenario and operation, with what varies in it, and the clocks that are not principal.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMaxPlotRows = 40;
// Pictures cost kilobytes each; a report of thousands of cases must stay a page that opens.
constexpr std::size_t kMaxSampleCharts = 200;

bool is_rate(const MetricRecord& metric) {
  return metric.unit.size() > 2 && metric.unit.compare(metric.unit.size() - 2, 2, "/s") == 0;
}

// What a case and its load do to each other has a section of its own.
bool is_of_contention(const std::string& name) {
  return name.starts_with("load_") || name.starts_with("retained") || name.starts_with("concurrency_efficiency") ||
         name == "bandwidth_together";
}

std::string metric_text(const MetricRecord& metric) {
  if (!std::isfinite(metric.value)) return std::string(kMissing);
  const bool has_prefix = metric.unit != "B/s" && metric.unit != "flop/s" && metric.unit != "op/s";
  if (!has_prefix) return format_si(metric.value, metric.unit);
  if (metric.unit == "ns") return format_ns(metric.value);
  return format_number(metric.value) + (metric.unit == "1" || metric.unit.empty() ? "" : " " + metric.unit);
}

// The rate as the record has it, or else useful work over the median of the principal clock.
Cell rate_cell(const Record& record) {
  std::string text;
  double first = NAN;
  for (const auto& [name, metric] : record.metrics) {
    if (!is_rate(metric) || !metric.roof.empty() || is_of_contention(name)) continue;
    text += (text.empty() ? "" : "; ") + metric_text(metric);
    if (std::isnan(first)) first = metric.value;
  }
  const LatencyRecord* latency = record.latency();
  if (text.empty() && latency != nullptr && latency->median_ns > 0) {
    const bool has_flops = record.useful_flops > 0;
    const auto work = static_cast<double>(has_flops ? record.useful_flops : record.useful_bytes);
    first = work / latency->median_ns;
    if (work > 0) text = format_number(first) + (has_flops ? " GFLOP/s" : " GB/s");
  }
  return number_cell(text.empty() ? std::string(kMissing) : text, first);
}

Cell roof_cell(const Record& record) {
  std::string text;
  double largest = NAN;
  for (const auto& [name, metric] : record.metrics) {
    if (metric.roof.empty() || !std::isfinite(metric.value)) continue;
    text += (text.empty() ? "" : "; ") + format_number(100 * metric.value) + " % of " + metric.roof;
    largest = std::isnan(largest) ? metric.value : std::max(largest, metric.value);
  }
  return number_cell(text.empty() ? std::string(kMissing) : text, largest);
}

std::string other_metrics(const Record& record) {
  std::string text;
  for (const auto& [name, metric] : record.metrics) {
    if (is_rate(metric) || !metric.roof.empty() || is_of_contention(name)) continue;
    // The value has its unit; "max_ns 5.31 ms" would say two.
    const std::string label = metric.unit == "ns" && name.ends_with("_ns") ? name.substr(0, name.size() - 3) : name;
    text += (text.empty() ? "" : "; ") + label + " " + metric_text(metric);
  }
  return text;
}

std::string remarks_of(const Record& record) {
  std::string text;
  const auto add = [&text](const std::string& remark) { text += (text.empty() ? "" : "; ") + remark; };
  if (record.latency() == nullptr) add("no latency was recorded");
  if (record.source) {
    add("imported from " + record.source->tool + ": " + record.source->timer);
  } else if (!record.verify) {
    const auto reason = record.notes.find("not_verified");
    add(reason == record.notes.end() ? "nothing to verify" : "not verified: " + reason->second);
  }
  if (!record.reason.empty()) add(record.reason);
  for (const PlacementRecord& place : record.placement) {
    if (place.actual != place.requested) add("asked for " + place.requested + ", ran on " + place.actual);
  }
  return text;
}

// Nobody looked whether another tool's samples converged.
std::string state_of(const Record& record, const LatencyRecord& latency) {
  if (record.source) return "as printed";
  std::string text = latency.converged ? "converged" : "not converged";
  if (!latency.steady) text += ", not steady";
  return text;
}

// How many samples; other tools do not always say.
Cell count_cell(const LatencyRecord& latency) {
  if (latency.n <= 0) return {std::string(kMissing)};
  return number_cell(std::to_string(latency.n), static_cast<double>(latency.n));
}

void add_latency_cells(const Record& record, std::vector<Cell>& cells) {
  const LatencyRecord* latency = record.latency();
  if (latency == nullptr) {
    for (int i = 0; i < 5; ++i) cells.push_back({std::string(kMissing)});
    return;
  }
  cells.push_back(number_cell(figure_text(*latency), latency->figure_ns()));
  cells.push_back(number_cell(time_range_text(latency->ci95_low_ns, latency->ci95_high_ns), latency->ci95_low_ns));
  cells.push_back(number_cell(time_range_text(latency->p05_ns, latency->p95_ns), latency->p95_ns));
  cells.push_back(count_cell(*latency));
  const bool is_good = record.source.has_value() || (latency->converged && latency->steady);
  cells.push_back({state_of(record, *latency), {}, is_good ? Tone::plain : Tone::warning});
}

void add_energy_cells(const Record& record, std::vector<Cell>& cells) {
  std::string text;
  for (const EnergyRecord& energy : record.energies) {
    if (energy.value_j && std::isfinite(*energy.value_j)) text += (text.empty() ? "" : "; ") + energy_text(energy);
  }
  const EnergyRecord* first = energy_of(record);
  cells.push_back(number_cell(text.empty() ? std::string(kMissing) : text, first == nullptr ? NAN : *first->value_j));
  cells.push_back(record.edp ? number_cell(edp_text(*record.edp), record.edp->value_js) : Cell{std::string(kMissing)});
}

// Drops columns, from `first` on, in which no row says anything.
void drop_empty_columns(Table& table, std::size_t first) {
  for (std::size_t column = table.columns.size(); column-- > first;) {
    const bool says_nothing = std::all_of(table.rows.begin(), table.rows.end(), [column](const auto& row) {
      return row[column].text.empty() || row[column].text == kMissing;
    });
    if (!says_nothing) continue;
    table.columns.erase(table.columns.begin() + static_cast<std::ptrdiff_t>(column));
    for (auto& row : table.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  }
}

struct SectionWords {
  std::vector<CaseWords> words;  // of each row
  std::vector<std::string> varying;
  std::string shared;
};

SectionWords words_of_section(const Summary& summary, const RowSection& section) {
  SectionWords result;
  WordSpread spread;
  for (const Row* row : section.rows) {
    result.words.push_back(labelled_words(summary, *row));
    spread.add(result.words.back());
  }
  result.varying = spread.varying();
  // A single row has nothing that varies, but a row without a name is no row.
  if (result.varying.empty()) {
    result.varying = {"kernel"};
    CaseWords rest = spread.shared();
    std::erase_if(rest, [](const auto& word) { return word.first == "kernel"; });
    result.shared = words_text(rest);
  } else {
    result.shared = words_text(spread.shared());
  }
  return result;
}

Table table_of(const RowSection& section, const SectionWords& words) {
  Table table;
  for (const std::string& name : words.varying) table.columns.push_back({name});
  const std::size_t fixed = table.columns.size() + 5;
  for (Column column :
       {Column{"median", true}, Column{"95 % interval", true}, Column{"p05 to p95", true}, Column{"n", true},
        Column{"state"}, Column{"rate", true}, Column{"share of roof", true}, Column{"energy", true},
        Column{"EDP", true}, Column{"other metrics"}, Column{"clock"}, Column{"remarks"}}) {
    table.columns.push_back(std::move(column));
  }
  std::set<std::string> clocks;
  for (const Row* row : section.rows) clocks.insert(row->record->clock);
  for (std::size_t i = 0; i < section.rows.size(); ++i) {
    const Record& record = *section.rows[i]->record;
    std::vector<Cell> cells;
    for (const std::string& name : words.varying) {
      std::string value = word_of(words.words[i], name);
      cells.push_back({value.empty() ? std::string(kMissing) : std::move(value)});
    }
    add_latency_cells(record, cells);
    cells.push_back(rate_cell(record));
    cells.push_back(roof_cell(record));
    add_energy_cells(record, cells);
    cells.push_back({other_metrics(record)});
    cells.push_back({clocks.size() > 1 ? record.clock : std::string()});
    cells.push_back({remarks_of(record)});
    table.rows.push_back(std::move(cells));
  }
  drop_empty_columns(table, fixed);
  return table;
}

// One plot for each principal clock: times of two clocks never share an axis.
std::vector<Plot> plots_of(const RowSection& section, const SectionWords& words) {
  std::map<std::string, Plot> plots;
  std::map<std::string, std::size_t> left_out;
  for (std::size_t i = 0; i < section.rows.size(); ++i) {
    const Record& record = *section.rows[i]->record;
    const LatencyRecord* latency = record.latency();
    if (latency == nullptr || !(latency->median_ns > 0) || !std::isfinite(latency->median_ns)) continue;
    Plot& plot = plots[record.clock];
    if (plot.rows.size() == kMaxPlotRows) {
      ++left_out[record.clock];
      continue;
    }
    PlotRow row;
    row.label = words_text(words.words[i], words.varying);
    row.centre = latency->median_ns;
    row.interval = {latency->ci95_low_ns, latency->ci95_high_ns};
    row.tails = Interval{latency->p05_ns, latency->p95_ns};
    row.value = time_text(latency->median_ns);
    row.tone = Tone::neutral;
    plot.rows.push_back(std::move(row));
  }
  std::vector<Plot> result;
  for (auto& [clock, plot] : plots) {
    plot.quantity = Quantity::time_ns;
    plot.title = "Median (dot), 95 % interval (bar), p05 to p95 (line); clock " + clock;
    if (left_out[clock] > 0) {
      plot.title += "; the first " + std::to_string(kMaxPlotRows) + " of " +
                    std::to_string(kMaxPlotRows + left_out[clock]) + " rows, the table has all";
    }
    if (plot.rows.size() > 1) result.push_back(std::move(plot));
  }
  return result;
}

void add_sample_charts(const RowSection& section, const SectionWords& words, std::size_t& budget, Document& document) {
  Details details{"Raw samples", {}};
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < section.rows.size(); ++i) {
    const LatencyRecord* latency = section.rows[i]->record->latency();
    if (latency == nullptr || latency->totals_ns.size() < 2) continue;
    if (budget == 0) {
      ++left_out;
      continue;
    }
    --budget;
    SampleChart chart;
    chart.label = words_text(words.words[i], words.varying);
    const std::size_t n = std::min(latency->totals_ns.size(), latency->iterations.size());
    for (std::size_t sample = 0; sample < n; ++sample) {
      if (latency->iterations[sample] > 0) {
        chart.per_iteration_ns.push_back(latency->totals_ns[sample] / static_cast<double>(latency->iterations[sample]));
      }
    }
    details.blocks.push_back({std::move(chart)});
  }
  if (left_out > 0) {
    details.blocks.push_back({Paragraph{"The samples of " + count_of(left_out, "more case") +
                                        " are not drawn, to keep this page small; records.jsonl has them."}});
  }
  if (!details.blocks.empty()) document.add(std::move(details));
}

// Why rows of a section have no energy, by reason.
void add_missing_energy(const RowSection& section, Document& document) {
  std::map<std::string, std::size_t> reasons;
  for (const Row* row : section.rows) {
    if (energy_of(*row->record) != nullptr) continue;
    for (const EnergyRecord& energy : row->record->energies) {
      if (!energy.reason.empty()) ++reasons[energy.reason];
    }
  }
  for (const auto& [reason, count] : reasons) {
    document.add(Paragraph{"No energy in " + count_of(count, "row") + ": " + reason + "."});
  }
}

void add_sections(const Summary& summary, const std::vector<RowSection>& sections, bool with_figures,
                  std::size_t& chart_budget, Document& document) {
  for (const RowSection& section : sections) {
    const SectionWords words = words_of_section(summary, section);
    std::set<std::string> clocks;
    for (const Row* row : section.rows) clocks.insert(row->record->clock);
    document.add(Heading{3, summary.run_prefix(section.run) + section.operation +
                                (section.scenario.empty() ? "" : " (" + section.scenario + ")")});
    std::string shared = words.shared.empty() ? "" : "All with " + words.shared + ". ";
    if (clocks.size() == 1 && !clocks.begin()->empty()) shared += "Clock: " + *clocks.begin() + ".";
    if (!shared.empty()) document.add(Paragraph{shared});
    document.add(table_of(section, words));
    add_missing_energy(section, document);
    if (!with_figures) continue;
    compose_roofline(summary, section, document);
    compose_axes(summary, section, document);
    compose_stages(summary, section, document);
    for (Plot& plot : plots_of(section, words)) {
      Details details{"Times as a picture", {}};
      details.blocks.push_back({std::move(plot)});
      document.add(std::move(details));
    }
    add_sample_charts(section, words, chart_budget, document);
  }
}

}  // namespace

void compose_results(const Summary& summary, bool with_figures, Document& document) {
  std::size_t chart_budget = kMaxSampleCharts;
  if (!summary.roofs.empty()) {
    document.add(Heading{2, "Roofs"});
    document.add(Paragraph{"What this device was measured to reach at best; shares below refer to it."});
    add_sections(summary, summary.roofs, with_figures, chart_budget, document);
  }
  if (!summary.results.empty()) {
    document.add(Heading{2, "Results"});
    if (summary.roofs.empty()) document.add(Paragraph{"No roof was measured, so no share of one is known."});
    add_sections(summary, summary.results, with_figures, chart_budget, document);
  }
}

void compose_other_clocks(const Summary& summary, Document& document) {
  Table clocks;
  clocks.columns = {{"case"}, {"clock"}, {"median", true}, {"95 % interval", true}, {"n", true}};
  Table preparation;
  preparation.columns = {{"case"}, {"prepare", true}, {"memory", true}, {"stages"}};
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (record.status != Status::ok) continue;
    for (const auto& [clock, latency] : record.latencies) {
      if (clock == record.clock) continue;
      clocks.rows.push_back(
          {{row.line, {}, Tone::plain, true},
           {clock},
           number_cell(figure_text(latency), latency.figure_ns()),
           number_cell(time_range_text(latency.ci95_low_ns, latency.ci95_high_ns), latency.ci95_low_ns),
           count_cell(latency)});
    }
    std::string stages;
    for (const auto& [stage, ns] : record.stages_ns)
      stages += (stages.empty() ? "" : "; ") + stage + " " + time_text(ns);
    if (!(record.prepare_ns > 0) && record.prepare_bytes <= 0 && stages.empty()) continue;
    preparation.rows.push_back({{row.line, {}, Tone::plain, true},
                                number_cell(time_text(record.prepare_ns), record.prepare_ns),
                                number_cell(format_bytes(static_cast<double>(record.prepare_bytes)),
                                            static_cast<double>(record.prepare_bytes)),
                                {stages}});
  }
  if (clocks.rows.empty() && preparation.rows.empty()) return;
  document.add(Heading{2, "Other clocks and preparation"});
  if (!clocks.rows.empty()) {
    Details details{"Other clocks: " + count_of(clocks.rows.size(), "row"), {}};
    details.blocks.push_back(
        {Paragraph{"Different clocks start and stop at different points; times are never compared "
                   "across clocks."}});
    details.blocks.push_back({std::move(clocks)});
    document.add(std::move(details));
  }
  if (!preparation.rows.empty()) {
    Details details{"Preparation, outside the clock: " + count_of(preparation.rows.size(), "row"), {}};
    details.blocks.push_back({std::move(preparation)});
    document.add(std::move(details));
  }
}

}  // namespace hetscope
