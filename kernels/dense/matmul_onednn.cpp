// matmul_onednn: dnnl_sgemm and dnnl_gemm_s8s8s32 of oneDNN, opened at run time: on a recent x86-64 the fastest dense
// products that are packaged.
#include "kernels/dense/library_matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class MatmulOneDnn final : public LibraryMatmul {
 public:
  MatmulOneDnn() : LibraryMatmul(onednn_library, "oneDNN") {}
  std::string_view name() const noexcept override { return "matmul_onednn"; }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_onednn, MatmulOneDnn)

}  // namespace hetscope
