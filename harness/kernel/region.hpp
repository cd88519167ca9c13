// A box of a tensor's indices, and copying between a tensor and such a box of another: how the parts of a split find
// their operands in the whole's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/support.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

// begin[i] <= index[i] < begin[i] + extent[i]; one entry for each dimension.
struct Region {
  std::vector<std::int64_t> begin;
  std::vector<std::int64_t> extent;

  Shape shape() const { return Shape(extent); }
  friend bool operator==(const Region&, const Region&) = default;
};

Region whole_of(const Shape& shape);
// Leaves of `dimension` the indices [begin, end).
void narrow(Region& region, int dimension, std::int64_t begin, std::int64_t end);
bool contains(const Region& region, std::span<const std::int64_t> index);
// How many elements lie in both of two boxes of one tensor.
std::int64_t shared_elements(const Region& first, const Region& second);
// Whether the region is a tensor of its own in the layout of `whole`: no() where it begins or ends within a vector of
// packed elements. What follows asks for yes().
Support can_slice(const TensorView& whole, const Region& region);
// Whether the region's elements, and what pads them, lie side by side in the memory of `whole`.
bool is_contiguous(const Region& region, const TensorView& whole);

// The region of `whole` as a tensor of the same layout: in the same memory when that is contiguous (`whole` outlives
// it), else zeroed memory of its own, to be filled by gather().
HostTensor slice_of(const HostTensor& whole, const Region& region);
// Copies the region of `whole` to `part`, and back. `part` has the region's shape, and the dtype and layout of `whole`.
void gather(const HostTensor& whole, const Region& region, HostTensor& part);
void scatter(const HostTensor& part, const Region& region, HostTensor& whole);
// whole += part for f32, element by element.
void add(const HostTensor& part, HostTensor& whole);

}  // namespace hetscope
