// matmul_openblas: cblas_sgemm of OpenBLAS, opened at run time: the dense product that one would ship, and the witness
// that the multiply-add roof is no lower than what good code reaches.
#include "kernels/dense/library_matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class MatmulOpenBlas final : public LibraryMatmul {
 public:
  MatmulOpenBlas() : LibraryMatmul(openblas_library, "OpenBLAS") {}
  std::string_view name() const noexcept override { return "matmul_openblas"; }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_openblas, MatmulOpenBlas)

}  // namespace hetscope
