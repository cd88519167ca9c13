// The sparse matrix product's problem, as its kernels see it.
#pragma once

#include <cstdint>

#include "harness/core/case.hpp"
#include "harness/core/support.hpp"
#include "harness/kernel/work.hpp"
#include "harness/tensor/dtype.hpp"
#include "kernels/dense/dense_library.hpp"
#include "kernels/sparse/inputs.hpp"

namespace hetscope {

// c[m, n] = sum over k of a[m, k] * b[k, n]; a is sparse, all row-major. a is weights, which are constant, or
// activations, which are new for every run; b is the other. f32 makes f32. f16 makes f16: summed in f32, rounded once.
// i8 makes i32, exactly: integers that stand for multiples of the operands' scales, and of their product in c.
struct SparseMatmulProblem {
  // Throws Error when the shape is not M x K x N or the mask or law has no such name.
  explicit SparseMatmulProblem(const Case& item);

  std::int64_t m = 0;
  std::int64_t k = 0;
  std::int64_t n = 0;
  DType dtype = DType::f32;  // of a and b
  SparseInput input;         // its seed is the axis's own, to which the instrument's is added

  DType result_type() const { return product_type(dtype); }
  // Of all of a.
  std::int64_t dense_bytes() const { return static_cast<std::int64_t>(size_of(dtype)) * m * k; }
  // Of a, as the case asks for them; a random mask has about as many.
  std::int64_t nonzeros() const;
  // A product with `slots` multiply-adds for each column of each row of c, whose left operand takes `left_bytes`.
  Work work(std::int64_t multiply_adds_per_column, std::int64_t left_bytes) const;
};

// yes() when a is known before the run, for kernels that pack it then; else why not.
Support needs_constant_left(const Case& item);
// no() for every type but f32, for kernels that compute in that alone; else as needs_constant_left().
Support needs_constant_f32_left(const Case& item);

// The order of the operation's inputs.
inline constexpr std::size_t kSparseLeft = 0;
inline constexpr std::size_t kSparseRight = 1;

}  // namespace hetscope
