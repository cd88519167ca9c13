// The rows of sparse_matmul, layer by layer: each product beside the best dense one of the same rounds, with what it
// loses and what it would cost.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/statistics/crossover.hpp"
#include "reports/accelerator_model.hpp"
#include "reports/case_words.hpp"
#include "reports/questions.hpp"
#include "reports/summary.hpp"

namespace hetscope {

struct SparseProduct {
  const Row* row = nullptr;
  std::string name;                 // "2:4+2:8", "2:4+csr" with a residual, else the kernel's
  bool is_exact = false;            // multiplies every entry other than zero
  std::vector<ModelledTerm> terms;  // of a series without a residual: what a model can speak of
  Decomposed decomposed = Decomposed::ahead;
  // Relative Frobenius errors of the operand and of the product, as the record has them.
  std::optional<double> matrix_error;
  std::optional<double> product_error;
  std::optional<double> slots;
  Comparison against_dense;
  Comparison against_rows;  // compressed rows of the group; without a baseline where there are none

  // Error of the product: 0 of an exact one; nothing when the record lacks it.
  std::optional<double> loss() const;
  // The dense time over its own, with its interval; nothing where no rounds are shared.
  std::optional<double> speed_up() const;
  std::optional<Interval> speed_up_interval() const;
};

// One group of one session: every product answers the same problem.
struct SparseLayer {
  std::size_t run = 0;
  std::string processor;  // labelled
  std::string session;
  std::string name;                     // "base.attention 384 tokens", or the shape
  std::string net;                      // "" for a shape that no file named
  CaseWords problem;                    // its words but for shape and layer
  std::optional<double> sparsity;       // of the case
  std::optional<LayerExtents> extents;  // none: a record of strangers
  std::string dtype;
  std::int64_t threads = 1;
  const Row* dense = nullptr;  // the fastest of those that multiply every entry
  std::vector<SparseProduct> products;
};

// The row that brings an image into the columns which this layer multiplies: of the same run, processor, type and
// threads, and of as many rows and columns; the fastest of several. nullptr: none.
const Row* im2col_of(const Summary& summary, const SparseLayer& layer);

// Whether all questions of the set ask for rows of sparse_matmul, so that its claims belong to their section.
bool is_about_sparse_products(const QuestionSet& set);

// Whether a kernel of sparse_matmul multiplies every entry.
bool is_dense_product(const Record& record);

// In the order of run, processor, net and layer. Groups without a dense product are left out; `left_out` is how many
// rows of others than dense products were.
std::vector<SparseLayer> sparse_layers(const Summary& summary, std::size_t& left_out);

// A product over the sparsities of one problem.
struct SparsityCrossover {
  const SparseLayer* layer = nullptr;  // the sparsest
  std::string product;
  std::size_t sparsities = 0;
  std::optional<double> largest_error;  // of the product, over the sparsities
  Crossover against_dense;
  std::size_t sparsities_of_rows = 0;     // with compressed rows in their group
  std::optional<Crossover> against_rows;  // none: compressed rows at fewer than two sparsities, or these themselves
};
// Of the problems that were measured at two sparsities at least.
std::vector<SparsityCrossover> sparsity_crossovers(const std::vector<SparseLayer>& layers);

}  // namespace hetscope
