// The dense matrix product's problem, as its kernels see it.
#pragma once

#include <cstdint>
#include <string>

#include "harness/core/case.hpp"

namespace hetscope {

// y[m, n] = sum over k of a[m, k] * b[k, n]; all row-major.
struct MatmulProblem {
  explicit MatmulProblem(const Case& item) : m(item.integer("m")), n(item.integer("n")), k(item.integer("k")) {}
  std::int64_t m, n, k;
};

// Throws Error (at `where`) unless every extent is from 1 to 2^20 and no operand has more than 2^30 elements.
void check_matmul_extents(std::int64_t m, std::int64_t n, std::int64_t k, const std::string& where);

// The order of the operation's inputs.
inline constexpr std::size_t kMatmulLeft = 0;
inline constexpr std::size_t kMatmulRight = 1;

}  // namespace hetscope
