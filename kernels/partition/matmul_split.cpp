// matmul_split: the product divided by rows, columns or along the sums among two or three processors.
#include "kernels/partition/registered_split.hpp"

namespace hetscope {

template <>
std::unique_ptr<Kernel> make_kernel<KernelId::matmul_split>() {
  return make_registered_split("matmul_split", make_operation<OperationId::matmul>());
}

}  // namespace hetscope
