// matmul_onednn: dnnl_sgemm and dnnl_gemm_s8s8s32 of oneDNN, opened at run time: on a recent x86-64 the fastest dense
// products that are packaged.
#include "kernels/dense/library_matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class MatmulOneDnn final : public LibraryMatmul {
 public:
  MatmulOneDnn() : LibraryMatmul("matmul_onednn", "oneDNN", onednn_library) {}
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_onednn, MatmulOneDnn)

}  // namespace hetscope
