// A dense product by a library as a Runnable, for every operation that a dense product answers.
#pragma once

#include <memory>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {

// yes(), or why the library, called `name`, cannot be opened.
Support support_of(const DenseLibrary& library, const char* name);

// y (m x n) = left (m x k) right (k x n); row-major f32. The operands outlive it; it owns y.
std::unique_ptr<Runnable> make_library_product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool,
                                               const HostTensor& left, const HostTensor& right);

}  // namespace hetscope
