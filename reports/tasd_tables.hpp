// Parts of the section "TASD on this device": which product is chosen, where structured sparsity pays and where it does
// not, and what it would cost; and what they share with the rest of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/compose.hpp"
#include "reports/sparse_choice.hpp"
#include "reports/sparse_products.hpp"

namespace hetscope {

// The layers of one processor, and which words tell their problems apart.
struct SparsePlace {
  std::vector<const SparseLayer*> layers;
  std::vector<std::string> varying;

  std::string setting(const SparseLayer& layer) const { return words_text(layer.problem, varying); }
};

// "1.60x [1.58, 1.62]"
std::string gain_range_text(double gain, const std::optional<Interval>& interval);
std::string speed_up_text(const SparseProduct& product);
Cell optional_cell(const std::optional<double>& value);
std::string percent_text(double share);

// The energy-delay products of one product of each of these layers, whose speed-up is `gain`, in geometric means.
std::vector<Column> edp_columns();
std::vector<Cell> edp_cells(const Assignment& net, double gain);
Paragraph edp_explanation();

Table loss_table(const SparsePlace& place);
// Each is empty where the rows have nothing to say.
Table choice_table(const SparsePlace& place);
Table thread_table(const SparsePlace& place);
Table convolution_table(const Summary& summary, const SparsePlace& place);
Table crossover_table(const std::vector<SparsityCrossover>& crossovers, const SparsePlace& place);
Table activation_table(const SparsePlace& place);

}  // namespace hetscope
