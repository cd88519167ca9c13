// How much depends on the layout: for each problem that was measured in several, the best and the worst of them.
#include <algorithm>
#include <cmath>
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

bool is_faster(const Row* a, const Row* b) {
  return a->record->latency()->figure_ns() < b->record->latency()->figure_ns();
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
}

}  // namespace hetscope
