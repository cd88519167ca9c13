// Products on several threads beside the same on one, and how near they come to what the memory gives.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "harness/core/units.hpp"
#include "reports/tasd_tables.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

// "43 % of copy_bandwidth@cpu threads=2"
Cell memory_roof_cell(const Record& record) {
  const auto found = record.metrics.find("of_bandwidth_roof");
  if (found == record.metrics.end() || !std::isfinite(found->second.value)) return {"not recorded"};
  return number_cell(percent_text(found->second.value) + " of " + found->second.roof, found->second.value);
}

std::vector<Cell> thread_cells(const std::string& product, const Record& record, Cell speed_up, std::string on_one) {
  const double ns = record.latency()->figure_ns();
  const double gb_per_s = static_cast<double>(record.executed_bytes) / ns;
  return {{product},           number_cell(figure_text(*record.latency()), ns), std::move(speed_up),
          {std::move(on_one)}, number_cell(format_number(gb_per_s), gb_per_s),  memory_roof_cell(record)};
}

// The same layer of the same place on one thread; nullptr: it was not measured.
const SparseLayer* on_one_thread(const SparsePlace& place, const SparseLayer& layer) {
  const auto found = std::ranges::find_if(place.layers, [&](const SparseLayer* other) {
    return other->threads == 1 && other->net == layer.net && other->name == layer.name &&
           words_without(other->problem, "threads") == words_without(layer.problem, "threads");
  });
  return found == place.layers.end() ? nullptr : *found;
}

std::string speed_up_of(const SparseLayer* layer, const std::string& product) {
  if (layer == nullptr) return std::string(kMissing);
  const auto found = std::ranges::find(layer->products, product, &SparseProduct::name);
  return found == layer->products.end() ? std::string(kMissing) : speed_up_text(*found);
}

}  // namespace

Table thread_table(const SparsePlace& place) {
  Table table;
  table.columns = {{"net"},
                   {"layer"},
                   {"setting"},
                   {"threads", true},
                   {"product"},
                   {"time", true},
                   {"speed-up", true},
                   {"speed-up on one thread", true},
                   {"GB/s", true},
                   {"share of the memory roof", true}};
  for (const SparseLayer* layer : place.layers) {
    if (layer->threads < 2) continue;
    const SparseLayer* alone = on_one_thread(place, *layer);
    const auto add = [&](std::vector<Cell> cells) {
      std::vector<Cell> row = {{layer->net.empty() ? std::string(kMissing) : layer->net},
                               {layer->name},
                               {place.setting(*layer)},
                               number_cell(std::to_string(layer->threads), static_cast<double>(layer->threads))};
      std::ranges::move(cells, std::back_inserter(row));
      table.rows.push_back(std::move(row));
    };
    const Record& dense = *layer->dense->record;
    add(thread_cells("dense: " + dense.item.kernel(), dense, {"1"}, alone == nullptr ? std::string(kMissing) : "1"));
    for (const SparseProduct& product : layer->products) {
      add(thread_cells(product.name, *product.row->record,
                       number_cell(speed_up_text(product), product.speed_up().value_or(NAN)),
                       speed_up_of(alone, product.name)));
    }
  }
  return table;
}

}  // namespace hetscope
