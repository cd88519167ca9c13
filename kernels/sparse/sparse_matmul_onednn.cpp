// sparse_matmul_onednn: the zeros multiplied like any other value by oneDNN, one of the dense products that a
// structured one has to beat: the fastest counts.
//   executed flops = 2 m n k
#include "kernels/dense/library_product.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

class SparseMatmulOneDnn final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_onednn"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }
  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    return problem.work(problem.m * problem.k,
                        problem.dense_bytes() + conversion_bytes(problem.dtype, problem.m, problem.n, problem.k));
  }

 protected:
  Support supports_case(const Case& item) const override {
    const SparseMatmulProblem problem(item);
    if (problem.dtype == DType::f16) {
      if (const Support constant = needs_constant_left(item); !constant) return constant;
    }
    return support_of(onednn_library(), "oneDNN", problem.dtype, item.integer_or("threads", 1));
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_library_product(onednn_library(), cpu, pool, inputs[kSparseLeft].tensor, inputs[kSparseRight].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_onednn, SparseMatmulOneDnn)

}  // namespace hetscope
