// Which product a net would take where it may lose so much: one for all of its layers, or for each layer its fastest.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/sparse_products.hpp"

namespace hetscope {

// The fastest product that loses at most `loss` (SparseProduct::loss) among those with a speed-up; nullptr: none.
const SparseProduct* fastest_within(const SparseLayer& layer, double loss);

// What multiplies each layer of a net; nullptr: the best dense product.
using Assignment = std::vector<std::pair<const SparseLayer*, const SparseProduct*>>;

struct NetGain {
  double speed_up = 1;               // sum of the dense times over the sum of the chosen products' times
  std::optional<Interval> interval;  // none when a chosen product has none, or all layers stay dense
};
// A chosen product's time is the dense one's times their ratio, so that what disturbed a round met both. The interval
// takes the layers' errors for independent, as that of the geometric mean does; a dense time counts as a weight
// without an error.
NetGain net_gain(const Assignment& assignment);

struct NetChoice {
  Assignment one;        // the fastest single product that all layers have within the loss; empty: there is none
  Assignment by_layer;   // the fastest of each layer where it is FASTER than dense, else dense
  std::string one_name;  // of `one`
};

// For several layers of one net in one setting, each counted once.
NetChoice choose_products(const std::vector<const SparseLayer*>& layers, double loss);

}  // namespace hetscope
