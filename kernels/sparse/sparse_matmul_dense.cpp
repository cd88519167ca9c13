// sparse_matmul_dense: every entry, zeros included, with the blocking, packing and threads of the fused series: what
// the structure is worth by itself, without the difference between two libraries.
//   executed flops = 2 m n k
#include "kernels/registration.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

class SparseMatmulDense final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_dense"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }
  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    return problem.work(problem.m * problem.k, 4 * problem.m * problem.k);
  }

 protected:
  Support supports_case(const Case& item) const override { return needs_constant_left(item); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_fused_product(cpu, pool, FusedSeries::dense(view_of(inputs[kSparseLeft].tensor)),
                              inputs[kSparseRight].tensor, {});
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_dense, SparseMatmulDense)

}  // namespace hetscope
