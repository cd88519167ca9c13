// A dense product by oneDNN's matmul primitive, which may choose the layout of its left operand.
#pragma once

#include "kernels/dense/dense_library.hpp"
#include "kernels/layout/onednn_memory.hpp"

namespace hetscope {

// The description of a matmul primitive c = a b, of rank 2 or of rank 3 with a product for each first index; nullptr
// when the library has none.
OneDnnHandle describe_product(const OneDnnDescription& a, const OneDnnDescription& b, const OneDnnDescription& c,
                              OneDnnHandle engine);

DenseLibrary::Prepare prepare_onednn_product;

}  // namespace hetscope
