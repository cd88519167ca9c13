// Parts of the section "TASD on this device" that say where structured sparsity pays and where it does not, and what
// they share with the rest of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/compose.hpp"
#include "reports/sparse_products.hpp"

namespace hetscope {

// The layers of one processor, and which words tell their problems apart.
struct SparsePlace {
  std::vector<const SparseLayer*> layers;
  std::vector<std::string> varying;

  std::string setting(const SparseLayer& layer) const { return words_text(layer.problem, varying); }
};

std::string speed_up_text(const SparseProduct& product);  // "1.60x [1.58, 1.62]"
Cell optional_cell(const std::optional<double>& value);
std::string percent_text(double share);

// Each is empty where the rows have nothing to say.
Table convolution_table(const Summary& summary, const SparsePlace& place);
Table crossover_table(const std::vector<SparsityCrossover>& crossovers, const SparsePlace& place);
Table activation_table(const SparsePlace& place);

}  // namespace hetscope
