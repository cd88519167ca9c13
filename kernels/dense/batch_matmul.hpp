// The products of two activations that attention is made of, as their kernels see them.
#pragma once

#include <cstdint>

#include "harness/core/case.hpp"
#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

// For each head, y[h, m, n] = sum over k of a[h, m, k] * b[h, k, n]; the heads lie one behind the other. a and y are
// row-major; b is, too, or each head of it is stored transposed, n x k, as the keys of a product of queries and keys
// are. f16 is summed in f32 and rounded once.
struct BatchMatmulProblem {
  // Throws Error when the shape is not HEADS x M x K x N.
  explicit BatchMatmulProblem(const Case& item);

  std::int64_t heads = 0;
  std::int64_t m = 0;
  std::int64_t k = 0;
  std::int64_t n = 0;
  DType dtype = DType::f32;  // of a, b and y
  bool is_right_transposed = false;

  TensorView left() const;    // heads x m x k
  TensorView right() const;   // heads x k x n, however it is stored
  TensorView result() const;  // heads x m x n
};

// The order of the operation's inputs; both are new for every run.
inline constexpr std::size_t kBatchLeft = 0;
inline constexpr std::size_t kBatchRight = 1;

}  // namespace hetscope
