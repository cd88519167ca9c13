// How much depends on the layout: for each problem that was measured in several, the best and the worst of them; and
// how far the one that the reduction dimension suggests is from the best.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/latency_series.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

constexpr const char* kLayoutWord = "layout";
constexpr std::size_t kLeastLayouts = 3;

// {run, session, group, kernel}: rows of one group differ in more than their layout only where a scenario says so.
using MappingGroup = std::tuple<std::size_t, std::string, std::string, std::string>;

std::map<MappingGroup, std::vector<const Row*>> mapping_groups(const Summary& summary) {
  std::map<MappingGroup, std::vector<const Row*>> result;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    if (record.item.find(kLayoutWord) == nullptr || !has_time(record) || record.latency() == nullptr) continue;
    if (record.group.empty() || record.item.find("load") != nullptr) continue;
    result[{row.run, record.session, record.group, record.item.kernel()}].push_back(&row);
  }
  return result;
}

std::string problem_text(const Summary& summary, const Row& row) {
  CaseWords words = labelled_words(summary, row);
  std::erase_if(words, [](const auto& word) {
    return word.first == kLayoutWord || word.first == "kernel" || word.first == "cache" || word.first == "processor";
  });
  return words_text(words);
}

std::vector<Cell> cells_of(const Summary& summary, const std::vector<const Row*>& rows) {
  const Row* best = *std::ranges::min_element(rows, is_faster);
  const Row* worst = *std::ranges::max_element(rows, is_faster);
  const CaseWords words = labelled_words(summary, *best);
  const Comparison spread = compare_pair(*worst, *best);
  const std::string ratio = spread.ratio ? ratio_text(spread.ratio->ratio) + " " +
                                               ratio_range_text(spread.ratio->interval.low, spread.ratio->interval.high)
                                         : std::string(kMissing);
  const bool is_texture = best->record->item.kernel().ends_with("image2d");
  return {{problem_text(summary, *best)},
          {best->record->item.kernel()},
          {word_of(words, "processor")},
          {word_of(words, kLayoutWord)},
          {word_of(labelled_words(summary, *worst), kLayoutWord)},
          number_cell(ratio, spread.ratio ? spread.ratio->ratio : NAN),
          number_cell(std::to_string(rows.size()), static_cast<double>(rows.size())),
          {is_texture && runs_on_host_cpu(summary, *best) ? "says nothing of textures: the host's CPU" : ""}};
}

// What the reduction dimension suggests: by name, and of convolutions, which reduce over channels, channels innermost.
bool is_by_reduction(const Row& row) {
  const Case& item = row.record->item;
  const std::string layout = item.text_or(kLayoutWord, "");
  if (item.operation() == "conv2d") return layout == (item.kernel().ends_with("image2d") ? "NHWC4" : "NHWC");
  return layout == "k1" || layout == "k2";
}

bool is_swept(const Row& row) { return row.record->item.text_or(kLayoutWord, "").starts_with("order:"); }

struct Regrets {
  Table table;
  std::map<std::string, std::vector<double>> by_kernel;  // ratios to the best
};

void add_regrets(const Summary& summary, const std::vector<const Row*>& rows, Regrets& regrets) {
  std::vector<const Row*> swept;
  std::ranges::copy_if(rows, std::back_inserter(swept), [](const Row* row) { return is_swept(*row); });
  if (swept.size() < kLeastLayouts) return;
  const Row* best = *std::ranges::min_element(swept, is_faster);
  for (const Row* row : rows) {
    if (!is_by_reduction(*row)) continue;
    const Comparison distance = compare_pair(*row, *best);
    if (!distance.ratio) continue;
    const auto& [low, high] = distance.ratio->interval;
    const CaseWords words = labelled_words(summary, *row);
    const std::string layout = word_of(words, kLayoutWord);
    const bool is_texture = row->record->item.kernel().ends_with("image2d");
    const bool is_mute = is_texture && runs_on_host_cpu(summary, *row);
    regrets.table.rows.push_back(
        {{summary.run_prefix(row->run) + problem_text(summary, *row)},
         {row->record->item.kernel()},
         {word_of(words, "processor")},
         {layout},
         {word_of(labelled_words(summary, *best), kLayoutWord)},
         number_cell(ratio_text(distance.ratio->ratio) + " " + ratio_range_text(low, high), distance.ratio->ratio),
         {is_mute ? "says nothing of textures: the host's CPU" : ""}});
    regrets
        .by_kernel[summary.run_prefix(row->run) + row->record->item.kernel() + " on " + word_of(words, "processor") +
                   ", " + layout]
        .push_back(distance.ratio->ratio);
  }
}

std::string distribution_text(const std::string& name, const std::vector<double>& ratios) {
  double logarithms = 0;
  for (const double ratio : ratios) logarithms += std::log(ratio);
  return fmt::format(" {}: geometric mean {} over {}, the worst {}.", name,
                     ratio_text(std::exp(logarithms / static_cast<double>(ratios.size()))),
                     count_of(ratios.size(), "problem"), ratio_text(*std::ranges::max_element(ratios)));
}

void compose_regrets(const Summary& summary, Document& document) {
  Regrets regrets;
  regrets.table.columns = {
      {"problem"}, {"kernel"}, {"processor"}, {"by reduction dimension"}, {"best layout"}, {"time over the best", true},
      {"note"}};
  for (const auto& [group, rows] : mapping_groups(summary)) add_regrets(summary, rows, regrets);
  if (regrets.table.rows.empty()) return;
  document.add(Heading{2, "Regret of layouts by reduction dimension"});
  std::string text =
      "The layout whose reduction dimension lies innermost, against the best of a sweep over all, by the rounds that "
      "both "
      "shared; 1 is no regret. The best of many flatters itself, so that a little above 1 is none either.";
  for (const auto& [name, ratios] : regrets.by_kernel) text += distribution_text(name, ratios);
  document.add(Paragraph{text});
  document.add(std::move(regrets.table));
}

}  // namespace

void compose_mappings(const Summary& summary, Document& document) {
  Table table;
  table.columns = {{"problem"},       {"kernel"},       {"processor"},
                   {"best layout"},   {"worst layout"}, {"worst over best", true},
                   {"layouts", true}, {"note"}};
  for (const auto& [group, rows] : mapping_groups(summary)) {
    if (rows.size() >= kLeastLayouts) table.rows.push_back(cells_of(summary, rows));
  }
  if (table.rows.empty()) return;
  document.add(Heading{2, "Best and worst layout"});
  document.add(
      Paragraph{"Of each problem that was measured in at least three layouts, by the rounds that all shared. The best "
                "and the worst of many flatter themselves: where layouts are equal, this ratio is above 1 too."});
  document.add(std::move(table));
  compose_regrets(summary, document);
}

}  // namespace hetscope
