// By the type of the operands.
#include "kernels/dense/library_matmul.hpp"

#include "kernels/dense/library_product.hpp"
#include "kernels/dense/matmul.hpp"

namespace hetscope {

Work LibraryMatmul::executed_work(const Case& item, const Operation& operation) const {
  const MatmulProblem problem(item);
  Work work = operation.useful_work(item);
  work.bytes += conversion_bytes(problem.dtype, problem.m, problem.n, problem.k);
  // Sums in 32 bits, written and read.
  if (problem.dtype == DType::i8) work.bytes += 8 * problem.m * problem.n;
  return work;
}

Support LibraryMatmul::supports_case(const Case& item) const {
  const DType dtype = MatmulProblem(item).dtype;
  const std::int64_t threads = item.integer_or("threads", 1);
  if (dtype == DType::i8 && threads > 1) return Support::no("sums of i8 are brought back to 8 bits on one thread");
  return support_of(library_(), title_, dtype, threads);
}

std::unique_ptr<Runnable> LibraryMatmul::prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                                    std::span<const Operand> inputs) const {
  const HostTensor& left = inputs[kMatmulLeft].tensor;
  const HostTensor& right = inputs[kMatmulRight].tensor;
  const MatmulProblem problem(item);
  if (problem.dtype != DType::i8) return make_library_product(library_(), cpu, pool, left, right);
  return make_requantised_product(library_(), cpu, pool, left, right, matmul_i8_factor(problem.k));
}

}  // namespace hetscope
