// A dense product by oneDNN's matmul primitive, which may choose the layout of its left operand.
#pragma once

#include <string>

#include "kernels/dense/dense_library.hpp"
#include "kernels/layout/onednn_memory.hpp"

namespace hetscope {

// The description of a matmul primitive c = a b, of rank 2 or of rank 3 with a product for each first index; nullptr
// when the library has none.
OneDnnHandle describe_product(const OneDnnDescription& a, const OneDnnDescription& b, const OneDnnDescription& c,
                              OneDnnHandle engine);

DenseLibrary::Prepare prepare_onednn_product;

// "" when `multiply` adds up the largest products of i8, c (m x n) = a (m x k) b (k x n), as it should; why it is not
// used otherwise. Without VNNI instructions oneDNN adds pairs of products in 16 bits, which saturate: its guide to int8
// computations says so, and asks for operands of 7 bits.
std::string why_no_integers(DenseLibrary::MultiplyI8* multiply);

}  // namespace hetscope
