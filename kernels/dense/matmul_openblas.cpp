// matmul_openblas: cblas_sgemm of OpenBLAS, opened at run time: the dense product that one would ship, and the witness
// that the multiply-add roof is no lower than what good code reaches.
#include "kernels/dense/library_product.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class MatmulOpenBlas final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "matmul_openblas"; }
  std::string_view operation() const noexcept override { return "matmul"; }

 protected:
  Support supports_case(const Case& item) const override {
    const Support f32 = supports_f32_alone(item);
    return f32 ? support_of(openblas_library(), "OpenBLAS") : f32;
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_library_product(openblas_library(), cpu, pool, inputs[kMatmulLeft].tensor, inputs[kMatmulRight].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_openblas, MatmulOpenBlas)

}  // namespace hetscope
