// The dense matrix product's problem, as its kernels see it.
#pragma once

#include <cstdint>
#include <string>

#include "harness/core/case.hpp"
#include "harness/core/support.hpp"
#include "harness/tensor/dtype.hpp"

namespace hetscope {

// y[m, n] = sum over k of a[m, k] * b[k, n]; all row-major.
struct MatmulProblem {
  explicit MatmulProblem(const Case& item)
      : m(item.integer("m")), n(item.integer("n")), k(item.integer("k")), dtype(parse_dtype(item.text("dtype"))) {}
  std::int64_t m, n, k;
  DType dtype;  // of a, b and y
};

// What the integers of dtype=i8 stand for: a and b for multiples of kMatmulI8Step, from -1 to 1; y for multiples of
// matmul_i8_result_step(k), saturated, which puts the ends of the range at four standard deviations of a sum of k such
// products. All zero points are 0.
inline constexpr float kMatmulI8Step = 1.0F / 127;
float matmul_i8_result_step(std::int64_t k);
// What turns a sum of products of integers into an integer of y.
float matmul_i8_factor(std::int64_t k);

// no() for every type but f32, for kernels that compute in that alone.
Support supports_f32_alone(const Case& item);

// Throws Error (at `where`) unless every extent is from 1 to 2^20 and no operand has more than 2^30 elements.
// `heads` are products side by side.
void check_matmul_extents(std::int64_t m, std::int64_t n, std::int64_t k, const std::string& where,
                          std::int64_t heads = 1);

// The order of the operation's inputs.
inline constexpr std::size_t kMatmulLeft = 0;
inline constexpr std::size_t kMatmulRight = 1;

}  // namespace hetscope
