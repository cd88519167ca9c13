// sparse_matmul_onednn_primitive: the zeros multiplied like any other value by oneDNN's matmul primitive, which may
// bring a into a layout of its own before the run (the record's `prepare` has its bytes; 0: it reads a where it is) and
// brings b into one in every run.
//   executed flops = 2 m n k
#include "kernels/dense/library_product.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

class SparseMatmulOneDnnPrimitive final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_onednn_primitive"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }
  Work executed_work(const Case& item, const Operation&) const override {
    const SparseMatmulProblem problem(item);
    return problem.work(problem.m * problem.k, problem.dense_bytes());
  }

 protected:
  Support supports_case(const Case& item) const override {
    const SparseMatmulProblem problem(item);
    // By conversion it would be what sparse_matmul_onednn is.
    if (problem.dtype == DType::f16) return Support::no("computes f32 and i8 only");
    if (const Support constant = needs_constant_left(item); !constant) return constant;
    return support_of_prepared(onednn_library(), "oneDNN", problem.dtype, problem.m, problem.n, problem.k);
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_prepared_product(onednn_library(), cpu, pool, inputs[kSparseLeft].tensor, inputs[kSparseRight].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_onednn_primitive, SparseMatmulOneDnnPrimitive)

}  // namespace hetscope
