// The sparse product as the tiles of OpenCL C see it.
#pragma once

#include <string_view>

#include "kernels/dense/tiled_product.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {

// Its function is "sparse_tiled".
inline constexpr std::string_view kTiledSparseSource = "kernels/sparse/tiled_sparse_product.cl";

inline MatrixProduct extents_of(const SparseMatmulProblem& problem) {
  return {.m = problem.m, .n = problem.n, .k = problem.k, .dtype = problem.dtype};
}

// SparseMatmulProblem::work(), and what it takes to bring b to an image.
inline Work tiled_work(const SparseMatmulProblem& problem, Storage right, std::int64_t multiply_adds_per_column,
                       std::int64_t left_bytes) {
  Work work = problem.work(multiply_adds_per_column, left_bytes);
  if (right == Storage::image2d) work.bytes += 2 * right_texel_bytes(extents_of(problem));
  return work;
}

}  // namespace hetscope
