// "TASD on this device": how fast products of structured sparse weights are at which error, beside the best dense one;
// from which sparsity on; and what an accelerator's model says. It never says GO: no network was run.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/sparse_products.hpp"
#include "reports/tasd_tables.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

// What a product may lose, in the table of the fastest: fixed before any result was seen.
constexpr std::array<double, 4> kLosses = {0, 0.1, 0.3, 0.5};

// An energy-delay product that a meter measured; one that a model made is not it.
std::optional<double> measured_edp_ratio(const SparseProduct& product) {
  const Comparison& comparison = product.against_dense;
  return comparison.edp_kind.starts_with("measured") ? comparison.edp_ratio : std::nullopt;
}

// The tables' words are of 16 and 32 bits.
bool can_be_modelled(const SparseLayer& layer, const SparseProduct& product) {
  return layer.extents && !product.terms.empty() && (layer.dtype == "f32" || layer.dtype == "f16");
}

// Several layers of one net in one setting, and one product of them.
struct NetRow {
  std::vector<std::pair<const SparseLayer*, const SparseProduct*>> layers;
};
// {net, setting, slots (exact products last), product}
using NetKey = std::tuple<std::string, std::string, double, std::string>;

struct Gain {
  double mean = 0;
  std::optional<Interval> interval;
  double worst = 0;
  std::string worst_layer;
  std::size_t layers = 0;
};

// The geometric mean over the layers; its interval takes their errors for independent of one another.
std::optional<Gain> gain_of(const NetRow& net) {
  Gain gain;
  double logs = 0;
  double squares = 0;
  bool has_intervals = true;
  for (const auto& [layer, product] : net.layers) {
    const auto speed_up = product->speed_up();
    if (!speed_up) continue;
    logs += std::log(*speed_up);
    const auto interval = product->speed_up_interval();
    has_intervals = has_intervals && interval;
    if (interval) squares += std::pow(std::log(interval->high / interval->low) / 2, 2);
    if (gain.layers++ == 0 || *speed_up < gain.worst) {
      gain.worst = *speed_up;
      gain.worst_layer = layer->name;
    }
  }
  if (gain.layers == 0) return std::nullopt;
  const auto count = static_cast<double>(gain.layers);
  gain.mean = std::exp(logs / count);
  const double reach = std::exp(std::sqrt(squares) / count);
  if (has_intervals) gain.interval = Interval{gain.mean / reach, gain.mean * reach};
  return gain;
}

template <class Value>
std::optional<double> largest_of(const NetRow& net, Value value) {
  std::optional<double> largest;
  for (const auto& [layer, product] : net.layers) {
    if (const std::optional<double> found = value(*product)) largest = std::max(largest.value_or(*found), *found);
  }
  return largest;
}

// Nothing unless every layer has one.
template <class Value>
std::optional<double> mean_of(const NetRow& net, Value value) {
  double logs = 0;
  for (const auto& [layer, product] : net.layers) {
    const std::optional<double> found = value(*layer, *product);
    if (!found || !(*found > 0)) return std::nullopt;
    logs += std::log(*found);
  }
  return std::exp(logs / static_cast<double>(net.layers.size()));
}

std::vector<Cell> edp_cells(const NetRow& net, double gain) {
  std::vector<Cell> cells;
  const double at_constant_power = 1 / (gain * gain);
  cells.push_back(number_cell(percent_text(at_constant_power), at_constant_power));
  const auto measured =
      mean_of(net, [](const SparseLayer&, const SparseProduct& product) { return measured_edp_ratio(product); });
  cells.push_back(measured ? number_cell(percent_text(*measured), *measured) : Cell{std::string(kMissing)});
  for (const AcceleratorModel& model : known_accelerators()) {
    const auto modelled = mean_of(net, [&model](const SparseLayer& layer, const SparseProduct& product) {
      return can_be_modelled(layer, product) ? std::optional(modelled_edp_ratio(model, *layer.extents, product.terms))
                                             : std::nullopt;
    });
    cells.push_back(modelled ? number_cell("~" + percent_text(*modelled), *modelled) : Cell{std::string(kMissing)});
  }
  return cells;
}

std::vector<Column> edp_columns() {
  std::vector<Column> columns = {{"EDP at constant power, of dense", true}, {"EDP measured, of dense", true}};
  for (const AcceleratorModel& model : known_accelerators()) {
    columns.push_back({"EDP modelled, of dense (" + model.name + ")", true});
  }
  return columns;
}

Table net_table(const SparsePlace& place) {
  std::map<NetKey, NetRow> nets;
  for (const SparseLayer* layer : place.layers) {
    for (const SparseProduct& product : layer->products) {
      const double order = product.slots.value_or(INFINITY);
      nets[{layer->net, place.setting(*layer), order, product.name}].layers.emplace_back(layer, &product);
    }
  }
  Table table;
  table.columns = {{"net"},
                   {"setting"},
                   {"product"},
                   {"layers", true},
                   {"slots", true},
                   {"error of the matrix, largest", true},
                   {"error of the product, largest", true},
                   {"speed-up, geometric mean", true},
                   {"worst layer", true}};
  for (Column& column : edp_columns()) table.columns.push_back(std::move(column));
  for (const auto& [key, net] : nets) {
    const auto gain = gain_of(net);
    if (!gain) continue;
    const auto& [name, setting, order, product] = key;
    const std::string interval = gain->interval ? " [" + format_number(gain->interval->low, 3) + ", " +
                                                      format_number(gain->interval->high, 3) + "]"
                                                : "";
    std::vector<Cell> cells = {
        {name.empty() ? std::string(kMissing) : name},
        {setting},
        {product},
        number_cell(std::to_string(gain->layers), static_cast<double>(gain->layers)),
        std::isfinite(order) ? number_cell(format_number(order), order) : Cell{std::string(kMissing)},
        optional_cell(largest_of(net, [](const SparseProduct& item) { return item.matrix_error; })),
        optional_cell(largest_of(net, [](const SparseProduct& item) { return item.loss(); })),
        number_cell(gain_text(gain->mean) + interval, gain->mean),
        number_cell(gain_text(gain->worst) + " at " + gain->worst_layer, gain->worst)};
    for (Cell& cell : edp_cells(net, gain->mean)) cells.push_back(std::move(cell));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// The fastest product of the layer that loses at most `loss`.
Cell fastest_cell(const SparseLayer& layer, double loss) {
  const SparseProduct* best = nullptr;
  for (const SparseProduct& product : layer.products) {
    if (!product.speed_up() || !product.loss() || *product.loss() > loss) continue;
    if (best == nullptr || *product.speed_up() > *best->speed_up()) best = &product;
  }
  if (best == nullptr) return {"not measured"};
  Cell cell = number_cell(best->name + " " + speed_up_text(*best), *best->speed_up());
  if (best->against_dense.verdict == Verdict::faster) {
    cell.tone = Tone::good;
  } else {
    cell.text = (best->against_dense.verdict == Verdict::unclear ? "unclear: " : "dense: ") + cell.text;
  }
  return cell;
}

Table loss_table(const SparsePlace& place) {
  Table table;
  table.columns = {{"net"}, {"layer"}, {"setting"}, {"best dense"}};
  for (const double loss : kLosses) {
    table.columns.push_back({loss == 0 ? "exact" : "error of at most " + format_number(loss, 2), true});
  }
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

Table product_table(const SparsePlace& place) {
  Table table;
  table.columns = {{"net"},
                   {"layer"},
                   {"setting"},
                   {"product"},
                   {"slots", true},
                   {"error of the matrix", true},
                   {"error of the product", true},
                   {"speed-up", true},
                   {"verdict"}};
  for (Column& column : edp_columns()) table.columns.push_back(std::move(column));
  for (const SparseLayer* layer : place.layers) {
    for (const SparseProduct& product : layer->products) {
      const Comparison& comparison = product.against_dense;
      std::vector<Cell> cells = {{layer->net.empty() ? std::string(kMissing) : layer->net},
                                 {layer->name},
                                 {place.setting(*layer)},
                                 {product.name},
                                 optional_cell(product.slots),
                                 optional_cell(product.matrix_error),
                                 optional_cell(product.loss()),
                                 number_cell(speed_up_text(product), product.speed_up().value_or(NAN)),
                                 {comparison.ratio ? std::string(to_string(comparison.verdict)) : comparison.reason,
                                  {},
                                  comparison.ratio ? tone_of(comparison.verdict) : Tone::neutral}};
      const NetRow alone{{{layer, &product}}};
      if (product.speed_up()) {
        for (Cell& cell : edp_cells(alone, *product.speed_up())) cells.push_back(std::move(cell));
      } else {
        cells.resize(table.columns.size(), Cell{std::string(kMissing)});
      }
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

void add_explanation(Document& document) {
  document.add(Paragraph{
      "Speed at an error, and no GO: the error of a matrix or of a product is not the accuracy of a network, and no "
      "network was run here.",
      Tone::warning});
  document.add(Paragraph{
      "A speed-up is the time of the best dense product of the same rounds and type over the product's own, with its "
      "95 % interval from these rounds; the geometric mean's takes the layers' errors for independent. Errors are "
      "relative, in the Frobenius norm; the slots of a series are the share of a dense product's multiply-adds that it "
      "executes. The fastest of several flatters itself: another run says less of it. Crossovers are over the "
      "sparsities that were measured, and a series loses more the fewer zeros there are."});
  std::string sources;
  for (const AcceleratorModel& model : known_accelerators()) {
    sources += fmt::format("{}{}: {}. {}", sources.empty() ? "" : " ", model.name, model.source, model.note);
  }
  document.add(Paragraph{
      "EDP at constant power is what the measured speed-up alone would make of it, one over its square. What is marked "
      "~ is modelled, not measured: an accelerator that executes the slots and whose delay is that of its "
      "multiply-adds, by the table in the column's title. " +
      sources});
}

}  // namespace

void compose_tasd(const Summary& summary, Document& document) {
  std::size_t left_out = 0;
  const std::vector<SparseLayer> layers = sparse_layers(summary, left_out);
  if (layers.empty()) return;
  document.add(Heading{2, "TASD on this device"});
  add_explanation(document);
  if (left_out > 0) {
    document.add(Paragraph{"Left out: " + count_of(left_out, "row") +
                               " whose group has no dense product. A scenario lists every axis in compare_by in which "
                               "kernels differ: kernel, series, residual, columns.",
                           Tone::warning});
  }
  const std::vector<SparsityCrossover> crossovers = sparsity_crossovers(layers);
  for (std::size_t first = 0; first < layers.size();) {
    const SparseLayer& head = layers[first];
    SparsePlace here;
    WordSpread spread;
    for (; first < layers.size() && layers[first].run == head.run && layers[first].processor == head.processor;
         ++first) {
      here.layers.push_back(&layers[first]);
      spread.add(layers[first].problem);
    }
    here.varying = spread.varying();
    document.add(Heading{3, summary.run_prefix(head.run) + head.processor});
    document.add(Paragraph{"All with " + words_text(spread.shared()) + "."});
    document.add(net_table(here));
    document.add(Paragraph{"The fastest product of each layer at what it may lose:"});
    document.add(loss_table(here));
    if (Table table = convolution_table(summary, here); !table.rows.empty()) {
      document.add(Paragraph{
          "Convolutions: with the time of im2col, which was measured by itself, so that these sums have no interval:"});
      document.add(std::move(table));
    }
    if (Table table = activation_table(here); !table.rows.empty()) {
      document.add(Paragraph{
          "Activations decomposed within the clock: what that costs beside the product, by the stages of a pass of "
          "their own, and from how many columns of b on it is won back against the best dense product:"});
      document.add(std::move(table));
    }
    if (Table table = crossover_table(crossovers, here); !table.rows.empty()) {
      document.add(Paragraph{"From which sparsity on:"});
      document.add(std::move(table));
    }
    Details details{"Every layer and product: " + count_of(here.layers.size(), "layer"), {}};
    details.blocks.push_back({product_table(here)});
    document.add(std::move(details));
  }
}

}  // namespace hetscope
