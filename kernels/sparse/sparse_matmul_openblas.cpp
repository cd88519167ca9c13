// sparse_matmul_openblas: by OpenBLAS: the dense product that one would ship, and what a structured product has to
// beat.
#include "kernels/registration.hpp"
#include "kernels/sparse/library_sparse_matmul.hpp"

namespace hetscope {
namespace {

class SparseMatmulOpenBlas final : public LibrarySparseMatmul {
 public:
  SparseMatmulOpenBlas() : LibrarySparseMatmul(openblas_library, "OpenBLAS") {}
  std::string_view name() const noexcept override { return "sparse_matmul_openblas"; }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_openblas, SparseMatmulOpenBlas)

}  // namespace hetscope
