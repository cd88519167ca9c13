// D7: a division whose parts do not compute equally well.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "harness/core/split_text.hpp"
#include "harness/core/units.hpp"
#include "reports/case_words.hpp"
#include "reports/detectors/detectors.hpp"
#include "reports/row_values.hpp"

namespace hetscope {
namespace {

// Run, operation, kernel and processor.
using OneKernel = std::tuple<std::size_t, std::string, std::string, std::string>;
using VerifiedAlone = std::map<OneKernel, std::vector<const Row*>>;

VerifiedAlone verified_alone(const Summary& summary) {
  VerifiedAlone alone;
  for (const Row& row : summary.rows) {
    const Case& item = row.record->item;
    if (!row.record->verify || item.processors().size() != 1 || item.has(kLoadWord)) continue;
    alone[{row.run, item.operation(), item.kernel(), item.processors()[0]}].push_back(&row);
  }
  return alone;
}

// Whether one kernel alone computes the whole of what is divided: where both have a word, it is the same, but for the
// threads.
bool is_whole_of(const Case& alone, const CaseWords& divided) {
  return std::ranges::all_of(words_of(alone), [&divided](const auto& word) {
    const auto& [name, value] = word;
    if (name == "kernel" || name == "processor" || name == "threads") return true;
    const auto own = std::ranges::find(divided, name, [](const auto& entry) { return entry.first; });
    return own == divided.end() || own->second == value;
  });
}

// The error, in tolerances, of the part's kernel that is the more precise on the whole problem.
std::optional<double> least_error_alone(const Row& divided, const VerifiedAlone& alone) {
  const Case& item = divided.record->item;
  const std::string parts = axis_value<std::string>(*divided.record, "parts").value_or("");
  const std::vector<std::string_view> kernels = split_text(parts, ',');
  const CaseWords words = words_of(item);
  std::optional<double> least;
  for (std::size_t part = 0; part < std::min(kernels.size(), item.processors().size()); ++part) {
    const auto rows = alone.find({divided.run, item.operation(), std::string(kernels[part]), item.processors()[part]});
    if (rows == alone.end()) continue;
    for (const Row* row : rows->second) {
      const double error = row->record->verify->max_scaled_error;
      if (is_whole_of(row->record->item, words) && std::isfinite(error)) least = std::min(least.value_or(error), error);
    }
  }
  return least;
}

}  // namespace

// What lies elsewhere than at the seam holds the imprecise part, too: where a processor alone is better, it is the
// measure.
std::vector<Measured> seam_errors(const Summary& summary) {
  const double least = limit_of("D7", "tolerance") / threshold_of("D7");
  const VerifiedAlone alone = verified_alone(summary);
  std::vector<Measured> values;
  for (const Row& row : summary.rows) {
    const auto seam = metric_of(*row.record, "max_scaled_error_at_seam");
    const auto elsewhere = metric_of(*row.record, "max_scaled_error_elsewhere");
    if (!seam || !elsewhere) continue;
    const auto of_alone = least_error_alone(row, alone);
    const double beside = std::min(*elsewhere, of_alone.value_or(*elsewhere));
    values.push_back(
        {*seam / std::max(beside, least), row.line,
         fmt::format("in tolerances {} at the seam, {} elsewhere{}", format_number(*seam), format_number(*elsewhere),
                     of_alone ? ", " + format_number(*of_alone) + " by the more precise processor alone" : "")});
  }
  return values;
}

}  // namespace hetscope
