// A dense product by OpenBLAS as a Runnable, for every operation that a dense product answers.
#pragma once

#include <cstdint>
#include <memory>

#include "harness/kernel/host_kernel.hpp"

namespace hetscope {

// yes(), or why OpenBLAS cannot be opened.
Support openblas_support();

// y (m x n) = left (m x k) right (k x n) by cblas_sgemm; row-major f32. The operands outlive it; it owns y.
std::unique_ptr<Runnable> make_openblas_product(HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
                                                const HostTensor& right);

}  // namespace hetscope
