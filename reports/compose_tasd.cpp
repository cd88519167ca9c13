// "TASD on this device": how fast products of structured sparse weights are at which error, beside the best dense one;
// what is claimed of them; from which sparsity on; and what an accelerator's model says. It never says GO: no network
// was run.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <tuple>

#include "harness/core/units.hpp"
#include "reports/claims.hpp"
#include "reports/compose.hpp"
#include "reports/sparse_products.hpp"
#include "reports/tasd_tables.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

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
std::optional<Gain> gain_of(const Assignment& net) {
  Gain gain;
  double logs = 0;
  double squares = 0;
  bool has_intervals = true;
  for (const auto& [layer, product] : net) {
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
std::optional<double> largest_of(const Assignment& net, Value value) {
  std::optional<double> largest;
  for (const auto& [layer, product] : net) {
    if (const std::optional<double> found = value(*product)) largest = std::max(largest.value_or(*found), *found);
  }
  return largest;
}

Table net_table(const SparsePlace& place) {
  std::map<NetKey, Assignment> nets;
  for (const SparseLayer* layer : place.layers) {
    for (const SparseProduct& product : layer->products) {
      const double order = product.slots.value_or(INFINITY);
      nets[{layer->net, place.setting(*layer), order, product.name}].emplace_back(layer, &product);
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
    std::vector<Cell> cells = {
        {name.empty() ? std::string(kMissing) : name},
        {setting},
        {product},
        number_cell(std::to_string(gain->layers), static_cast<double>(gain->layers)),
        std::isfinite(order) ? number_cell(format_number(order), order) : Cell{std::string(kMissing)},
        optional_cell(largest_of(net, [](const SparseProduct& item) { return item.matrix_error; })),
        optional_cell(largest_of(net, [](const SparseProduct& item) { return item.loss(); })),
        number_cell(gain_range_text(gain->mean, gain->interval), gain->mean),
        number_cell(gain_text(gain->worst) + " at " + gain->worst_layer, gain->worst)};
    for (Cell& cell : edp_cells(net, gain->mean)) cells.push_back(std::move(cell));
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
      const Assignment alone = {{layer, &product}};
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
  document.add(edp_explanation());
}

void add_claims(const Answers& answers, Document& document) {
  for (std::size_t i = 0; i < answers.sets.size(); ++i) {
    if (!is_about_sparse_products(answers.sets[i])) continue;
    Table table = claims_table(answers.decisions[i]);
    if (table.rows.empty()) continue;
    document.add(Heading{3, "What is claimed, and what was measured"});
    document.add(about_claims());
    document.add(std::move(table));
  }
}

void add_place(const Summary& summary, const SparsePlace& place, const std::vector<SparsityCrossover>& crossovers,
               Document& document) {
  const auto add = [&document](const char* what, Table table) {
    if (table.rows.empty()) return;
    document.add(Paragraph{what});
    document.add(std::move(table));
  };
  document.add(net_table(place));
  add("The fastest product of each layer at what it may lose:", loss_table(place));
  add("What a net would take: one product for all of its layers, or for each layer its fastest where that is FASTER "
      "than dense, and dense elsewhere. The speed-up is the sum of the dense times over the sum of the chosen ones, "
      "each layer of the list once; its interval takes the layers' errors for independent:",
      choice_table(place));
  add("With more than one thread, beside the same on one, and how much of the copy bandwidth of as many threads the "
      "bytes that each product moves come to:",
      thread_table(place));
  add("Convolutions: with the time of im2col, which was measured by itself, so that these sums have no interval:",
      convolution_table(summary, place));
  add("Activations decomposed within the clock: what that costs beside the product, by the stages of a pass of their "
      "own, and from how many columns of b on it is won back against the best dense product. The pseudo-density is the "
      "share of the entries that holds 99 % of the magnitude:",
      activation_table(place));
  add("From which sparsity on:", crossover_table(crossovers, place));
  Details details{"Every layer and product: " + count_of(place.layers.size(), "layer"), {}};
  details.blocks.push_back({product_table(place)});
  document.add(std::move(details));
}

}  // namespace

void compose_tasd(const Summary& summary, const Answers& answers, Document& document) {
  std::size_t left_out = 0;
  const std::vector<SparseLayer> layers = sparse_layers(summary, left_out);
  Document claims;
  add_claims(answers, claims);
  if (layers.empty() && claims.blocks.empty()) return;
  document.add(Heading{2, "TASD on this device"});
  if (!layers.empty()) add_explanation(document);
  if (!layers.empty() && left_out > 0) {
    document.add(Paragraph{"Left out: " + count_of(left_out, "row") +
                               " whose group has no dense product. A scenario lists every axis in compare_by in which "
                               "kernels differ: kernel, series, residual, columns.",
                           Tone::warning});
  }
  std::ranges::move(claims.blocks, std::back_inserter(document.blocks));
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
    add_place(summary, here, crossovers, document);
  }
}

}  // namespace hetscope
