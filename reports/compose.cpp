// The order of a report, and what its parts share.
#include "reports/compose.hpp"

#include <cmath>

#include "harness/core/units.hpp"
#include "reports/claims.hpp"
#include "reports/sparse_products.hpp"
#include "reports/text.hpp"

namespace hetscope {

Document compose(const ReportInput& input, const Summary& summary, bool with_figures, Charts charts) {
  Document document;
  const Answers answers = answer_questions(input, summary);
  const std::vector<Finding> findings = detect(summary);
  compose_overview(summary, answers, document);
  compose_questions(summary, answers, with_figures, document);
  for (std::size_t i = 0; i < answers.sets.size(); ++i) {
    if (is_about_sparse_products(answers.sets[i])) continue;  // in their own section
    compose_claims(answers.sets[i].title, answers.decisions[i], document);
  }
  if (with_figures && charts == Charts::plain) {
    document.add(Paragraph{
        "This program was built without Vega-Lite (scripts/fetch_charts.sh brings it): rooflines, crossovers and "
        "stages are in the tables only, the other figures are plain."});
  }
  compose_comparisons(summary, with_figures, document);
  compose_contention(summary, with_figures, document);
  compose_transfer(summary, document);
  compose_texture(summary, document);
  compose_tasd(summary, answers, document);
  compose_mappings(summary, document);
  compose_launches(summary, document);
  compose_frameworks(summary, document);
  compose_splits(summary, input.instruments, findings, document);
  compose_pitfalls(findings, document);
  compose_conditions(summary, document);
  compose_results(summary, with_figures, document);
  compose_other_clocks(summary, document);
  compose_published(summary, document);
  compose_problems(summary, document);
  compose_reproduction(summary, document);
  return document;
}

CaseWords labelled_words(const Summary& summary, const Row& row) {
  CaseWords words = words_of(row.record->item);
  for (auto& [name, value] : words) {
    if (name != "processor") continue;
    value.clear();
    for (const std::string& processor : row.record->item.processors()) {
      value += (value.empty() ? "" : ", ") + summary.runs[row.run].processor_label(processor);
    }
  }
  return words;
}

bool runs_on_host_cpu(const Summary& summary, const Row& row) {
  for (const std::string& name : row.record->item.processors()) {
    const ProcessorFacts* facts = summary.runs[row.run].processor(name);
    if (facts != nullptr && facts->runs_on_host_cpu) return true;
  }
  return false;
}

std::string energy_text(const EnergyRecord& energy) {
  if (!energy.value_j || !std::isfinite(*energy.value_j)) return std::string(kMissing);
  const bool is_modelled = energy.kind == "modelled";
  std::string source = energy.kind;
  if (!energy.scope.empty()) source += ", " + energy.scope;
  if (is_modelled) source += ", by " + energy.meter;
  std::string value = (is_modelled ? "~" : "") + format_si(*energy.value_j, "J");
  if (energy.ci95_j && *energy.value_j > 0) {
    const double half_width = (energy.ci95_j->second - energy.ci95_j->first) / 2;
    value += " \u00b1 " + format_number(100 * half_width / *energy.value_j, 2) + " %";
  }
  return value + " (" + source + ")";
}

std::string edp_text(const EdpRecord& edp) {
  if (!std::isfinite(edp.value_js)) return std::string(kMissing);
  return (edp.kind == "modelled" ? "~" : "") + format_si(edp.value_js, "J s") + " (" + edp.kind + ")";
}

std::string figure_text(const LatencyRecord& latency) {
  return (latency.statistic == Statistic::mean ? "mean " : "") + time_text(latency.figure_ns());
}

bool is_faster(const Row* a, const Row* b) {
  return a->record->latency()->figure_ns() < b->record->latency()->figure_ns();
}

Cell number_cell(std::string text, double value) {
  Cell cell{std::move(text)};
  if (std::isfinite(value)) cell.sort_value = value;
  return cell;
}

}  // namespace hetscope
