// sparse_matmul_onednn: by oneDNN's dnnl_sgemm and its like, one of the dense products that a structured one has to
// beat: the fastest counts.
#include "kernels/registration.hpp"
#include "kernels/sparse/library_sparse_matmul.hpp"

namespace hetscope {
namespace {

class SparseMatmulOneDnn final : public LibrarySparseMatmul {
 public:
  SparseMatmulOneDnn() : LibrarySparseMatmul(onednn_library, "oneDNN") {}
  std::string_view name() const noexcept override { return "sparse_matmul_onednn"; }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_onednn, SparseMatmulOneDnn)

}  // namespace hetscope
