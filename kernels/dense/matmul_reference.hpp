// The reference of every matrix product, dense or sparse: in f64, from operands that are rounded already.
#pragma once

#include "harness/kernel/operation.hpp"

namespace hetscope {

// y = left right for row-major matrices of rank 2 that multiply, of any type, i8 by its integers; the magnitude of an
// element is sum |left||right|.
Expectation matmul_reference(const HostTensor& left, const HostTensor& right);

// The bound of any order of summation of k products in f32: k roundings of at most 2^-24 each (Higham, Accuracy and
// Stability of Numerical Algorithms, section 3.1).
Tolerance matmul_tolerance(std::int64_t k);

}  // namespace hetscope
