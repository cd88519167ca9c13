// The product of kernels/dense/library_product.hpp behind the operation.
#include "kernels/sparse/library_sparse_matmul.hpp"

#include "kernels/dense/library_product.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {

Work LibrarySparseMatmul::executed_work(const Case& item, const Operation&) const {
  const SparseMatmulProblem problem(item);
  return problem.work(problem.m * problem.k,
                      problem.dense_bytes() + conversion_bytes(problem.dtype, problem.m, problem.n, problem.k));
}

Support LibrarySparseMatmul::supports_case(const Case& item) const {
  const SparseMatmulProblem problem(item);
  if (problem.dtype == DType::f16) {
    if (const Support constant = needs_constant_left(item); !constant) return constant;
  }
  return support_of(library_(), title_, problem.dtype, item.integer_or("threads", 1));
}

std::unique_ptr<Runnable> LibrarySparseMatmul::prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                                          std::span<const Operand> inputs) const {
  return make_library_product(library_(), cpu, pool, inputs[kSparseLeft].tensor, inputs[kSparseRight].tensor);
}

}  // namespace hetscope
