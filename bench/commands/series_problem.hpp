// What `hetscope series` searches a series for: the sparse operand of a case, or a matrix of a file, with what it is
// multiplied by; and what products with it take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/kernel/catalog.hpp"
#include "harness/kernel/operation.hpp"
#include "harness/statistics/statistics.hpp"
#include "kernels/sparse/decomposition.hpp"

namespace hetscope {

struct SeriesProblem {
  Case item;  // of sparse_matmul_series on the CPU, complete; with a file's shape it stands for the file
  std::vector<Operand> inputs;  // the sparse operand and the other one
  std::string key;              // what is multiplied, without the axes of kernels

  MatrixView matrix() const;
  std::vector<float> right() const;  // k x n
};

// Of a case line of sparse_matmul, whatever its kernel: the same operands as in a run. Throws Error.
SeriesProblem series_problem_of_case(const std::string& line, const Catalog& catalog);
// An array of an .npy or .npz file ("" for the only one), its first axis rows, all others together the columns; the
// other operand has `columns` random ones. Throws Error for fewer than two axes, or NaN and infinity.
SeriesProblem series_problem_of_file(const std::string& path, const std::string& array, std::int64_t columns,
                                     const Catalog& catalog);

// One kernel of the suite on a problem.
struct SeriesProduct {
  std::string kernel;
  std::string series;  // "" for kernels that have none
  std::string residual = "drop";
  std::string columns = "as_they_are";
  // Of the measurement; nothing, with the reason, where there is none.
  std::optional<double> median_ns = {};
  Interval interval = {};
  std::optional<RatioEstimate> against_first = {};  // its time over the first product's, by their rounds
  bool converged = false;
  std::string reason = {};
};

// Each is verified, then all are measured in the same rounds, on one thread. Kernels that open other people's libraries
// are left to `hetscope run`, which opens them in a process of their own.
void measure_series_products(const SeriesProblem& problem, const Catalog& catalog, double budget_s,
                             std::vector<SeriesProduct>& products);

}  // namespace hetscope
