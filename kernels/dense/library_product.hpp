// A dense product by a library as a Runnable, for every operation that a dense product answers.
#pragma once

#include <memory>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {

// yes(), or why the library, called `name`, cannot be opened.
Support support_of(const DenseLibrary& library, const char* name);
// The same for a product of operands of `dtype` on `threads`: i8 where the library has it; f16 by conversion, on one
// thread.
Support support_of(const DenseLibrary& library, const char* name, DType dtype, std::int64_t threads);

// y (m x n) = left (m x k) right (k x n); row-major. The operands outlive it; it owns y. f32 makes f32. i8 makes i32.
// f16 makes f16 through the product in f32: the left operand is converted here, the right one and y within the clock,
// which is what one has who keeps halves and has no product of them. So the left operand of f16 has to be constant.
std::unique_ptr<Runnable> make_library_product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool,
                                               const HostTensor& left, const HostTensor& right);

// The same of i8 with y in i8: `factor` times the sums, rounded to the nearest, saturated, on the calling thread.
std::unique_ptr<Runnable> make_requantised_product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool,
                                                   const HostTensor& left, const HostTensor& right, float factor);

// yes(), or why the library, called `name`, cannot prepare a left operand of `dtype` and this size.
Support support_of_prepared(const DenseLibrary& library, const char* name, DType dtype, std::int64_t m, std::int64_t n,
                            std::int64_t k);
// The same product with a left operand that the library may bring into a layout of its own here, so that it has to be
// constant. f32 and i8.
std::unique_ptr<Runnable> make_prepared_product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool,
                                                const HostTensor& left, const HostTensor& right);

// What such a product moves more than its operands and y once, because of its conversions: the left operand read as
// f32, the right one and y written and read as f32. 0 for other types than f16.
std::int64_t conversion_bytes(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k);

}  // namespace hetscope
