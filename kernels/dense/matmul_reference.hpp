// The reference of every matrix product, dense or sparse: in f64, from operands that are rounded already.
#pragma once

#include "harness/kernel/operation.hpp"

namespace hetscope {

// y = left right for matrices of rank 2 that multiply, in any layout and of any type, i8 by its integers; the magnitude
// of an element is sum |left||right|.
Expectation matmul_reference(const HostTensor& left, const HostTensor& right);

// The bound of any order of summation of k products in f32, summing_error(). A result in f16 is rounded once more.
Tolerance matmul_tolerance(std::int64_t k, DType result = DType::f32);

}  // namespace hetscope
