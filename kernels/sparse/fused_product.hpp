// A product by the fused kernel as a Runnable, whatever its left operand was made from.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/sparse/fused_series.hpp"
#include "kernels/sparse/series_matmul.hpp"

namespace hetscope {

// The left operand of a case as the sparse library sees it; i8 as its integers.
MatrixView view_of(const HostTensor& matrix);

// A tensor of `values` (i8: integers), in the order in which `view` stores them.
HostTensor tensor_of(std::span<const float> values, const TensorView& view);

// The operands of a case with `values` (i8: integers) in place of the left one's.
std::vector<Operand> with_left(std::span<const float> values, std::span<const Operand> inputs);
// The operands of a case with the left one replaced by what the terms of `series` keep of it.
std::vector<Operand> with_approximated_left(const Series& series, std::span<const Operand> inputs);

// result = left right, in the types that SparseMatmulProblem names. `pool` nullptr: the calling thread alone.
void multiply_fused(const FusedSeries& left, const HostTensor& right, HostTensor& result,
                    SeriesMatmulWorkspace& workspace, ThreadPool* pool);

// c = left right; row-major. `right` outlives it. `metrics` becomes the record's.
std::unique_ptr<Runnable> make_fused_product(HostCpu& cpu, ThreadPool& pool, FusedSeries left, const HostTensor& right,
                                             Metrics metrics);

}  // namespace hetscope
