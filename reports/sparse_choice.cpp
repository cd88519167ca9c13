// From the products of layers to those of a net.
#include "reports/sparse_choice.hpp"

#include <algorithm>
#include <cmath>

#include "harness/record/record.hpp"

namespace hetscope {
namespace {

bool may_be_chosen(const SparseProduct& product, double loss) {
  return product.speed_up() && product.loss() && *product.loss() <= loss;
}

const SparseProduct* product_named(const SparseLayer& layer, const std::string& name, double loss) {
  const auto found = std::ranges::find_if(layer.products, [&](const SparseProduct& product) {
    return product.name == name && may_be_chosen(product, loss);
  });
  return found == layer.products.end() ? nullptr : &*found;
}

// Empty unless every layer has the product within `loss`.
Assignment all_with(const std::vector<const SparseLayer*>& layers, const std::string& name, double loss) {
  Assignment assignment;
  for (const SparseLayer* layer : layers) {
    const SparseProduct* product = product_named(*layer, name, loss);
    if (product == nullptr) return {};
    assignment.emplace_back(layer, product);
  }
  return assignment;
}

}  // namespace

const SparseProduct* fastest_within(const SparseLayer& layer, double loss) {
  const SparseProduct* best = nullptr;
  for (const SparseProduct& product : layer.products) {
    if (!may_be_chosen(product, loss)) continue;
    if (best == nullptr || *product.speed_up() > *best->speed_up()) best = &product;
  }
  return best;
}

NetGain net_gain(const Assignment& assignment) {
  double dense_ns = 0, chosen_ns = 0;
  double below = 0, above = 0;  // squares of what the interval reaches to either side of chosen_ns
  bool has_interval = false, lacks_interval = false;
  for (const auto& [layer, product] : assignment) {
    const double time_ns = layer->dense->record->latency()->figure_ns();
    dense_ns += time_ns;
    if (product == nullptr) {
      chosen_ns += time_ns;
      continue;
    }
    const RatioEstimate& ratio = *product->against_dense.ratio;
    chosen_ns += time_ns * ratio.ratio;
    if (!product->speed_up_interval()) {
      lacks_interval = true;
      continue;
    }
    has_interval = true;
    below += std::pow(time_ns * (ratio.ratio - ratio.interval.low), 2);
    above += std::pow(time_ns * (ratio.interval.high - ratio.ratio), 2);
  }
  NetGain gain{dense_ns / chosen_ns, std::nullopt};
  if (has_interval && !lacks_interval) {
    gain.interval = Interval{dense_ns / (chosen_ns + std::sqrt(above)), dense_ns / (chosen_ns - std::sqrt(below))};
  }
  return gain;
}

NetChoice choose_products(const std::vector<const SparseLayer*>& layers, double loss) {
  NetChoice choice;
  for (const SparseLayer* layer : layers) {
    const SparseProduct* fastest = fastest_within(*layer, loss);
    const bool is_faster = fastest != nullptr && fastest->against_dense.verdict == Verdict::faster;
    choice.by_layer.emplace_back(layer, is_faster ? fastest : nullptr);
  }
  if (layers.empty()) return choice;
  for (const SparseProduct& candidate : layers.front()->products) {
    Assignment all = all_with(layers, candidate.name, loss);
    if (all.empty()) continue;
    if (!choice.one.empty() && net_gain(all).speed_up <= net_gain(choice.one).speed_up) continue;
    choice.one = std::move(all);
    choice.one_name = candidate.name;
  }
  return choice;
}

}  // namespace hetscope
