// A sum over one dimension of a tensor in the host's memory, as loops over its storage.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "harness/tensor/dtype.hpp"

namespace hetscope {

// Strides are in elements; all steps of a reduced loop go to the same sums, its sum_stride is 0.
struct SumLoop {
  std::int64_t count = 1;
  std::int64_t source_stride = 1;
  std::int64_t sum_stride = 0;
  bool is_reduced = false;
};

// Outermost first; the innermost one walks neighbours, of the source and, where it is kept, of the sums. Three
// dimensions, one of them in vectors.
struct SumNest {
  std::array<SumLoop, 4> loops{};
  std::size_t depth = 0;
};

// Adds to `sums`, in f32, what the loops read of `source`, whose type is f32 or f16.
void add_by_loops(const SumNest& nest, DType dtype, const std::byte* source, float* sums);

}  // namespace hetscope
