// conv2d_split: the convolution divided by output channels, rows of results or images among two or three processors.
#include "kernels/partition/registered_split.hpp"

namespace hetscope {

template <>
std::unique_ptr<Kernel> make_kernel<KernelId::conv2d_split>() {
  return make_registered_split("conv2d_split", make_operation<OperationId::conv2d>());
}

}  // namespace hetscope
