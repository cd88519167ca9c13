// Energy-delay products beside the speed-ups, in columns of their own by where they come from: what the speed-up alone
// would make of them, measured, and modelled by each table of energies.
#include <cmath>

#include <fmt/format.h>

#include "harness/statistics/statistics.hpp"
#include "reports/tasd_tables.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

// An energy-delay product that a meter measured; one that a model made is not it.
std::optional<double> measured_edp_ratio(const SparseProduct& product) {
  const Comparison& comparison = product.against_dense;
  return comparison.edp_kind.starts_with("measured") ? comparison.edp_ratio : std::nullopt;
}

// Of the types that a table of energies can be of; 0 for others.
int word_bits_of(const std::string& dtype) { return dtype == "f32" ? 32 : dtype == "f16" ? 16 : 0; }

// Why a table says nothing of the product; "" when it does.
std::string why_no_model(const AcceleratorModel& model, const SparseLayer& layer, const SparseProduct& product) {
  if (!layer.extents || product.terms.empty()) return std::string(kMissing);
  if (word_bits_of(layer.dtype) == 0) return "not modelled: no table is of " + layer.dtype;
  const std::string reason = why_not_modelled(model, product.decomposed);
  return reason.empty() ? "" : "not modelled: " + reason;
}

Cell measured_cell(const Assignment& net) {
  std::vector<double> ratios;
  for (const auto& [layer, product] : net) {
    const auto ratio = measured_edp_ratio(*product);
    if (!ratio || !(*ratio > 0)) return {std::string(kMissing)};
    ratios.push_back(*ratio);
  }
  const double mean = geometric_mean(ratios);
  return number_cell(percent_text(mean), mean);
}

Cell modelled_cell(const AcceleratorModel& model, const Assignment& net) {
  std::vector<double> ratios;
  std::string other_type;
  for (const auto& [layer, product] : net) {
    if (std::string reason = why_no_model(model, *layer, *product); !reason.empty()) return {std::move(reason)};
    if (word_bits_of(layer->dtype) != model.word_bits) other_type = layer->dtype;
    ratios.push_back(modelled_edp_ratio(model, *layer->extents, product->terms, product->decomposed));
  }
  const double mean = geometric_mean(ratios);
  std::string text = "~" + percent_text(mean);
  if (!other_type.empty()) text += fmt::format(" ({}-bit words, measured in {})", model.word_bits, other_type);
  return number_cell(std::move(text), mean);
}

}  // namespace

std::vector<Column> edp_columns() {
  std::vector<Column> columns = {{"EDP at constant power, of dense", true}, {"EDP measured, of dense", true}};
  for (const AcceleratorModel& model : known_accelerators()) {
    columns.push_back({"EDP modelled, of dense (" + model.title() + ")", true});
  }
  return columns;
}

std::vector<Cell> edp_cells(const Assignment& net, double gain) {
  const double at_constant_power = 1 / (gain * gain);
  std::vector<Cell> cells = {number_cell(percent_text(at_constant_power), at_constant_power), measured_cell(net)};
  for (const AcceleratorModel& model : known_accelerators()) cells.push_back(modelled_cell(model, net));
  return cells;
}

Paragraph edp_explanation() {
  std::string sources;
  for (const AcceleratorModel& model : known_accelerators()) {
    sources += fmt::format("{}{}: {}. {}", sources.empty() ? "" : " ", model.title(), model.source, model.note);
  }
  return {
      "EDP at constant power is what the measured speed-up alone would make of it, one over its square. ~ stands "
      "before every number of kind modelled: nothing was measured, a table of energies says it of an accelerator that "
      "executes the slots and whose delay is that of its multiply-adds. The table and the width of the words it is of "
      "stand in the column's title; where the layer was measured in words of another width, that stands with the "
      "number. Activations that are decomposed while the layer runs also cost comparisons. " +
      sources};
}

}  // namespace hetscope
