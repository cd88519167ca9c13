// The dense product by tiles in OpenCL C, for whichever operation asks for one.
#pragma once

#include <memory>

#include "kernels/dense/tiled_product.hpp"

namespace hetscope {

// Bytes of the left operand in panels of rows, those beyond m included.
std::int64_t dense_panel_bytes(const MatrixProduct& product) noexcept;

// `left` and `right` are of the product's type and read while this prepares; the rest is as make_tiled_product() says.
std::unique_ptr<Runnable> make_dense_tiled_product(OpenClProcessor& device, const MatrixProduct& product,
                                                   const ProductTiling& tiling, const HostTensor& left,
                                                   const HostTensor& right, std::size_t right_index);

}  // namespace hetscope
