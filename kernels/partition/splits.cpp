// OPERATION_split for every operation that says how it splits: divided among two or three processors along the axis
// that a case names, each part computed by an ordinary kernel.
#include "kernels/partition/registered_split.hpp"

#define HETSCOPE_DEFINE_SPLIT(operation)                                                         \
  template <>                                                                                    \
  std::unique_ptr<Kernel> make_kernel<KernelId::operation##_split>() {                           \
    return make_registered_split(#operation "_split", make_operation<OperationId::operation>()); \
  }

namespace hetscope {

HETSCOPE_DEFINE_SPLIT(matmul)
HETSCOPE_DEFINE_SPLIT(batch_matmul)
HETSCOPE_DEFINE_SPLIT(sparse_matmul)
HETSCOPE_DEFINE_SPLIT(conv2d)
HETSCOPE_DEFINE_SPLIT(conv_chain)
HETSCOPE_DEFINE_SPLIT(matmul_chain)
HETSCOPE_DEFINE_SPLIT(tensor_consumers)
HETSCOPE_DEFINE_SPLIT(reduce)
HETSCOPE_DEFINE_SPLIT(layout_transform)
HETSCOPE_DEFINE_SPLIT(copy)

}  // namespace hetscope
