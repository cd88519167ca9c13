// A dense product by oneDNN's matmul primitive, which may choose the layout of its left operand.
#pragma once

#include "kernels/dense/dense_library.hpp"

namespace hetscope {

DenseLibrary::Prepare prepare_onednn_product;

}  // namespace hetscope
