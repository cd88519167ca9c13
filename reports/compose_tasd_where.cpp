// Where structured sparsity pays: beside im2col, over the sparsity, and with activations decomposed within the clock.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/row_values.hpp"
#include "reports/tasd_tables.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

std::string crossover_text(const Crossover& crossover, std::size_t sparsities) {
  const std::string unclear = crossover.unclear > 0 ? fmt::format(", {} of {} unclear", crossover.unclear,
                                                                  count_of(sparsities, "sparsity", "sparsities"))
                                                    : "";
  switch (crossover.kind) {
    case CrossoverKind::always:
      return "faster at every sparsity measured";
    case CrossoverKind::from:
      return "faster from " + format_number(crossover.x) + " on" + unclear;
    case CrossoverKind::up_to:
      return "faster up to " + format_number(crossover.x) + unclear;
    case CrossoverKind::never:
      return "faster at no sparsity measured";
    case CrossoverKind::mixed:
      return "neither from one sparsity on";
    case CrossoverKind::undecided:
      return "undecided" + unclear;
  }
  return "";
}

}  // namespace

std::string gain_range_text(double gain, const std::optional<Interval>& interval) {
  std::string text = gain_text(gain);
  if (interval) text += " [" + format_number(interval->low, 3) + ", " + format_number(interval->high, 3) + "]";
  return text;
}

std::string speed_up_text(const SparseProduct& product) {
  const auto speed_up = product.speed_up();
  return speed_up ? gain_range_text(*speed_up, product.speed_up_interval()) : std::string(kMissing);
}

Cell optional_cell(const std::optional<double>& value) {
  return value ? number_cell(format_number(*value), *value) : Cell{std::string(kMissing)};
}

std::string percent_text(double share) { return fmt::format("{:.0f} %", 100 * share); }

// What decomposing within the clock costs, and from how many columns of b on it is won back: both its stages go over a
// alone, so that every column of b that the series multiplies faster than dense pays for a part of them.
Table activation_table(const SparsePlace& place) {
  Table table;
  table.columns = {{"net"},
                   {"layer"},
                   {"setting"},
                   {"product"},
                   {"density", true},
                   {"pseudo-density", true},
                   {"decompose and pack", true},
                   {"multiply", true},
                   {"share of the product", true},
                   {"speed-up", true},
                   {"columns of b", true},
                   {"won back from, columns", true}};
  for (const SparseLayer* layer : place.layers) {
    if (!layer->extents) continue;
    const auto columns = static_cast<double>(layer->extents->n);
    for (const SparseProduct& product : layer->products) {
      const std::map<std::string, double>& stages = product.row->record->stages_ns;
      const auto decompose = stages.find("decompose");
      const auto pack = stages.find("pack");
      const auto multiply = stages.find("multiply");
      if (decompose == stages.end() || pack == stages.end() || multiply == stages.end()) continue;
      const double once_ns = decompose->second + pack->second;
      const double share = once_ns / (once_ns + multiply->second);
      const double won_ns = (layer->dense->record->latency()->figure_ns() - multiply->second) / columns;
      const double needed = std::ceil(once_ns / won_ns);
      table.rows.push_back({{layer->net.empty() ? std::string(kMissing) : layer->net},
                            {layer->name},
                            {place.setting(*layer)},
                            {product.name},
                            optional_cell(metric_of(*product.row->record, "density")),
                            optional_cell(metric_of(*product.row->record, "pseudo_density")),
                            number_cell(time_text(once_ns), once_ns),
                            number_cell(time_text(multiply->second), multiply->second),
                            number_cell(percent_text(share), share),
                            number_cell(speed_up_text(product), product.speed_up().value_or(NAN)),
                            number_cell(fmt::format("{:.0f}", columns), columns),
                            won_ns > 0 ? number_cell(fmt::format("{:.0f}", needed), needed) : Cell{"never"}});
    }
  }
  return table;
}

// What is left of a speed-up when the image has to be brought into columns first, which takes the same for every
// product.
Table convolution_table(const Summary& summary, const SparsePlace& place) {
  Table table;
  table.columns = {{"net"},
                   {"layer"},
                   {"setting"},
                   {"product"},
                   {"im2col", true},
                   {"its share beside dense", true},
                   {"beside the product", true},
                   {"speed-up of the product", true},
                   {"with im2col", true}};
  for (const SparseLayer* layer : place.layers) {
    const Row* columns = im2col_of(summary, *layer);
    if (columns == nullptr) continue;
    const double columns_ns = columns->record->latency()->figure_ns();
    const double dense_ns = layer->dense->record->latency()->figure_ns();
    for (const SparseProduct& product : layer->products) {
      const double product_ns = product.row->record->latency()->figure_ns();
      const double gain = (columns_ns + dense_ns) / (columns_ns + product_ns);
      const double beside_dense = columns_ns / (columns_ns + dense_ns);
      const double beside_product = columns_ns / (columns_ns + product_ns);
      table.rows.push_back({{layer->net.empty() ? std::string(kMissing) : layer->net},
                            {layer->name},
                            {place.setting(*layer)},
                            {product.name},
                            number_cell(figure_text(*columns->record->latency()), columns_ns),
                            number_cell(percent_text(beside_dense), beside_dense),
                            number_cell(percent_text(beside_product), beside_product),
                            number_cell(speed_up_text(product), product.speed_up().value_or(NAN)),
                            number_cell(gain_text(gain), gain)});
    }
  }
  return table;
}

Table crossover_table(const std::vector<SparsityCrossover>& crossovers, const SparsePlace& place) {
  std::vector<std::string> names = place.varying;
  std::erase(names, "sparsity");
  Table table;
  table.columns = {{"net"},
                   {"layer"},
                   {"setting"},
                   {"product"},
                   {"sparsities", true},
                   {"largest error of the product", true},
                   {"against dense"},
                   {"against compressed rows"}};
  for (const SparsityCrossover& found : crossovers) {
    const SparseLayer& layer = *found.layer;
    if (std::ranges::find(place.layers, found.layer) == place.layers.end()) continue;
    table.rows.push_back(
        {{layer.net.empty() ? std::string(kMissing) : layer.net},
         {layer.name},
         {words_text(layer.problem, names)},
         {found.product},
         number_cell(std::to_string(found.sparsities), static_cast<double>(found.sparsities)),
         optional_cell(found.largest_error),
         {crossover_text(found.against_dense, found.sparsities)},
         {found.against_rows ? crossover_text(*found.against_rows, found.sparsities_of_rows) : std::string(kMissing)}});
  }
  return table;
}

}  // namespace hetscope
