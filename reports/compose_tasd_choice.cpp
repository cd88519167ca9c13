// Which series is the best one: of each layer, of a net as one series for all of it, and of a net layer by layer.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/tasd_tables.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

// What a product may lose, in the tables of the fastest: fixed before any result was seen.
constexpr std::array<double, 4> kLosses = {0, 0.1, 0.3, 0.5};

std::string allowed_text(double loss) { return loss == 0 ? "exact" : "error of at most " + format_number(loss, 2); }

// "slots 0.500, error 0.0400"
std::string cost_text(const SparseProduct& product) {
  const std::string error = product.is_exact ? "exact" : "error " + format_number(*product.loss());
  return (product.slots ? "slots " + format_number(*product.slots) + ", " : "") + error;
}

// The fastest product of the layer that loses at most `loss`.
Cell fastest_cell(const SparseLayer& layer, double loss) {
  const SparseProduct* best = fastest_within(layer, loss);
  if (best == nullptr) return {"not measured"};
  Cell cell = number_cell(best->name + " " + speed_up_text(*best) + ", " + cost_text(*best), *best->speed_up());
  if (best->against_dense.verdict == Verdict::faster) {
    cell.tone = Tone::good;
  } else {
    cell.text = (best->against_dense.verdict == Verdict::unclear ? "unclear: " : "dense: ") + cell.text;
  }
  return cell;
}

Cell gain_cell(const Assignment& assignment) {
  const NetGain gain = net_gain(assignment);
  return number_cell(gain_range_text(gain.speed_up, gain.interval), gain.speed_up);
}

// "1:8 x 3, csr x 2, dense"
std::string products_text(const Assignment& assignment) {
  std::map<std::string, int> counts;
  for (const auto& [layer, product] : assignment) ++counts[product == nullptr ? "dense" : product->name];
  std::string text;
  for (const auto& [name, count] : counts) {
    text += (text.empty() ? "" : ", ") + name + (count > 1 ? fmt::format(" x {}", count) : "");
  }
  return text;
}

double largest_loss(const Assignment& assignment) {
  double largest = 0;
  for (const auto& [layer, product] : assignment) {
    if (product != nullptr) largest = std::max(largest, product->loss().value_or(0));
  }
  return largest;
}

// Of a dense layer all; NaN where a layer's extents are not known.
double mean_slots(const Assignment& assignment) {
  double executed = 0, dense = 0;
  for (const auto& [layer, product] : assignment) {
    if (!layer->extents) return NAN;
    const LayerExtents& extents = *layer->extents;
    const double work =
        static_cast<double>(extents.m) * static_cast<double>(extents.k) * static_cast<double>(extents.n);
    dense += work;
    executed += work * (product == nullptr ? 1 : product->slots.value_or(NAN));
  }
  return executed / dense;
}

Cell slots_cell(const Assignment& assignment) {
  const double slots = mean_slots(assignment);
  return std::isfinite(slots) ? number_cell(format_number(slots), slots) : Cell{std::string(kMissing)};
}

std::vector<Cell> assignment_cells(const std::string& name, const Assignment& assignment) {
  if (assignment.empty()) {
    std::vector<Cell> cells(4, Cell{std::string(kMissing)});
    cells.front().text = "none that all layers have";
    return cells;
  }
  const double loss = largest_loss(assignment);
  return {{name}, slots_cell(assignment), number_cell(format_number(loss), loss), gain_cell(assignment)};
}

// {net, setting}
using NetLayers = std::map<std::pair<std::string, std::string>, std::vector<const SparseLayer*>>;

// Layers that a scenario names; one that was measured in several groups counts once, by the first of them.
NetLayers layers_of_nets(const SparsePlace& place) {
  NetLayers nets;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const SparseLayer* layer : place.layers) {
    const std::string setting = place.setting(*layer);
    if (layer->net.empty() || !seen.emplace(layer->net, setting, layer->name).second) continue;
    nets[{layer->net, setting}].push_back(layer);
  }
  return nets;
}

}  // namespace

Table loss_table(const SparsePlace& place) {
  Table table;
  table.columns = {{"net"}, {"layer"}, {"setting"}, {"best dense"}};
  for (const double loss : kLosses) table.columns.push_back({allowed_text(loss), true});
  for (const SparseLayer* layer : place.layers) {
    const Record& dense = *layer->dense->record;
    std::vector<Cell> cells = {{layer->net.empty() ? std::string(kMissing) : layer->net},
                               {layer->name},
                               {place.setting(*layer)},
                               {dense.item.kernel() + ", " + figure_text(*dense.latency())}};
    for (const double loss : kLosses) cells.push_back(fastest_cell(*layer, loss));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Table choice_table(const SparsePlace& place) {
  Table table;
  table.columns = {{"net"},
                   {"setting"},
                   {"layers", true},
                   {"each may lose"},
                   {"one product for all"},
                   {"slots", true},
                   {"largest error", true},
                   {"speed-up of the net", true},
                   {"layer by layer"},
                   {"slots", true},
                   {"largest error", true},
                   {"speed-up of the net", true}};
  for (const auto& [key, layers] : layers_of_nets(place)) {
    for (const double loss : kLosses) {
      const NetChoice choice = choose_products(layers, loss);
      std::vector<Cell> cells = {{key.first},
                                 {key.second},
                                 number_cell(std::to_string(layers.size()), static_cast<double>(layers.size())),
                                 {loss == 0 ? "nothing" : allowed_text(loss)}};
      for (Cell& cell : assignment_cells(choice.one_name, choice.one)) cells.push_back(std::move(cell));
      for (Cell& cell : assignment_cells(products_text(choice.by_layer), choice.by_layer)) {
        cells.push_back(std::move(cell));
      }
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

}  // namespace hetscope
