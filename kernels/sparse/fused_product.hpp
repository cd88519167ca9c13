// A product by the fused kernel as a Runnable, whatever its left operand was made from.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/sparse/fused_series.hpp"

namespace hetscope {

// The left operand of a case as the sparse library sees it.
MatrixView view_of(const HostTensor& matrix);

// The operands of a case with the left one replaced by what the terms of `series` keep of it.
std::vector<Operand> with_approximated_left(const Series& series, std::span<const Operand> inputs);

// c = left right; row-major f32. `right` outlives it. `metrics` becomes the record's.
std::unique_ptr<Runnable> make_fused_product(HostCpu& cpu, ThreadPool& pool, FusedSeries left, const HostTensor& right,
                                             Metrics metrics);

}  // namespace hetscope
