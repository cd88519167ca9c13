// Boxes of row-major tensors are rows of bytes; everything here walks over these.
#include "harness/kernel/region.hpp"

#include <cassert>
#include <cstring>
#include <utility>

namespace hetscope {
namespace {

// Dimensions [first, rank) of the region are whole, so that an index of the others is one run of bytes.
std::size_t first_whole_dimension(const Region& region, const Shape& shape) {
  auto first = static_cast<std::size_t>(shape.rank());
  while (first > 0 && region.extent[first - 1] == shape[static_cast<int>(first) - 1]) --first;
  return first;
}

// visit(byte offset in the whole, byte offset in the part, bytes) for each run that is contiguous in both.
template <class Visit>
void for_each_run(const Shape& shape, const Region& region, std::size_t element_bytes, Visit&& visit) {
  const std::size_t first_whole = first_whole_dimension(region, shape);
  // The last dimension that is cut is still contiguous within itself.
  const std::size_t outer_dimensions = first_whole == 0 ? 0 : first_whole - 1;
  std::int64_t run = 1;
  for (std::size_t i = outer_dimensions; i < region.extent.size(); ++i) run *= region.extent[i];
  std::vector<std::int64_t> strides(region.extent.size(), 1);
  for (std::size_t i = region.extent.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * shape[static_cast<int>(i)];
  }
  const Shape outer(std::vector<std::int64_t>(region.extent.begin(),
                                              region.extent.begin() + static_cast<std::ptrdiff_t>(outer_dimensions)));
  const std::size_t run_bytes = static_cast<std::size_t>(run) * element_bytes;
  std::size_t part_offset = 0;
  for_each_index(outer, [&](std::span<const std::int64_t> index) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < region.begin.size(); ++i) {
      offset += (region.begin[i] + (i < index.size() ? index[i] : 0)) * strides[i];
    }
    visit(static_cast<std::size_t>(offset) * element_bytes, part_offset, run_bytes);
    part_offset += run_bytes;
  });
}

[[maybe_unused]] bool is_row_major(const HostTensor& tensor) {
  return tensor.layout() == Layout::row_major(tensor.shape().rank());
}

}  // namespace

Region whole_of(const Shape& shape) {
  return {std::vector<std::int64_t>(static_cast<std::size_t>(shape.rank()), 0), shape.dims()};
}

bool contains(const Region& region, std::span<const std::int64_t> index) {
  for (std::size_t i = 0; i < region.begin.size(); ++i) {
    if (index[i] < region.begin[i] || index[i] >= region.begin[i] + region.extent[i]) return false;
  }
  return true;
}

bool is_contiguous(const Region& region, const Shape& shape) {
  const std::size_t first_whole = first_whole_dimension(region, shape);
  for (std::size_t i = 0; i + 1 < first_whole; ++i) {
    if (region.extent[i] != 1) return false;
  }
  return true;
}

HostTensor slice_of(const HostTensor& whole, const Region& region) {
  assert(is_row_major(whole));
  TensorView view(whole.dtype(), region.shape(), whole.layout());
  if (!is_contiguous(region, whole.shape())) return HostTensor(std::move(view));
  // The slice is handed on as it was got: read through by kernels, written by none.
  auto* bytes = const_cast<std::byte*>(whole.data());
  const std::int64_t offset = whole.view().access(region.begin).offset;
  return HostTensor::borrowing(std::move(view), bytes + static_cast<std::size_t>(offset) * size_of(whole.dtype()));
}

void gather(const HostTensor& whole, const Region& region, HostTensor& part) {
  assert(part.dtype() == whole.dtype() && part.shape() == region.shape());
  for_each_run(whole.shape(), region, size_of(whole.dtype()), [&](std::size_t from, std::size_t to, std::size_t bytes) {
    std::memcpy(part.data() + to, whole.data() + from, bytes);
  });
}

void scatter(const HostTensor& part, const Region& region, HostTensor& whole) {
  assert(part.dtype() == whole.dtype() && part.shape() == region.shape());
  for_each_run(whole.shape(), region, size_of(whole.dtype()), [&](std::size_t to, std::size_t from, std::size_t bytes) {
    std::memcpy(whole.data() + to, part.data() + from, bytes);
  });
}

void add(const HostTensor& part, HostTensor& whole) {
  assert(part.dtype() == DType::f32 && whole.dtype() == DType::f32 && part.shape() == whole.shape());
  const float* from = part.as<float>();
  float* to = whole.as<float>();
  const std::int64_t count = whole.shape().element_count();
  for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
}

}  // namespace hetscope
