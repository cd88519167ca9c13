// matmul_openblas: cblas_sgemm of OpenBLAS, opened at run time: the dense product that one would ship, and the witness
// that the multiply-add roof is no lower than what good code reaches.
#include "kernels/dense/library_matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class MatmulOpenBlas final : public LibraryMatmul {
 public:
  MatmulOpenBlas() : LibraryMatmul("matmul_openblas", "OpenBLAS", openblas_library) {}
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_openblas, MatmulOpenBlas)

}  // namespace hetscope
