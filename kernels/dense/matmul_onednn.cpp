// matmul_onednn: dnnl_sgemm of oneDNN, opened at run time: on a recent x86-64 the fastest dense product that is
// packaged.
#include "kernels/dense/library_product.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class MatmulOneDnn final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "matmul_onednn"; }
  std::string_view operation() const noexcept override { return "matmul"; }

 protected:
  Support supports_case(const Case& item) const override {
    const Support f32 = supports_f32_alone(item);
    return f32 ? support_of(onednn_library(), "oneDNN") : f32;
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return make_library_product(onednn_library(), cpu, pool, inputs[kMatmulLeft].tensor, inputs[kMatmulRight].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_onednn, MatmulOneDnn)

}  // namespace hetscope
