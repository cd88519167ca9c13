// A layout's memory is row-major in dimensions of its own, of which a packed one has two: there boxes are rows of
// bytes, and everything here walks over these.
#include "harness/kernel/region.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "harness/core/divided_up.hpp"

namespace hetscope {
namespace {

// A box of the memory: the extents of all of it, outermost first, and of the box.
struct MemoryBox {
  std::vector<std::int64_t> whole;
  std::vector<std::int64_t> begin;
  std::vector<std::int64_t> extent;

  // Dimensions [first, rank) of the box are whole, so that an index of the others is one run of elements.
  std::size_t first_whole_dimension() const {
    std::size_t first = whole.size();
    while (first > 0 && extent[first - 1] == whole[first - 1]) --first;
    return first;
  }
};

MemoryBox memory_box(const TensorView& view, const Region& region) {
  assert(can_slice(view, region));
  const Layout& layout = view.layout();
  MemoryBox box;
  for (const int dimension : layout.order()) {
    const auto at = static_cast<std::size_t>(dimension);
    const std::int64_t lanes = dimension == layout.packed_dim() ? layout.lanes() : 1;
    box.whole.push_back(divided_up(view.shape()[dimension], lanes));
    box.begin.push_back(region.begin[at] / lanes);
    box.extent.push_back(divided_up(region.extent[at], lanes));
  }
  if (layout.is_packed()) {
    box.whole.push_back(layout.lanes());
    box.begin.push_back(0);
    box.extent.push_back(layout.lanes());
  }
  return box;
}

// visit(byte offset in the whole, byte offset in the part, bytes) for each run that is contiguous in both.
template <class Visit>
void for_each_run(const MemoryBox& box, std::size_t element_bytes, Visit&& visit) {
  const std::size_t first_whole = box.first_whole_dimension();
  // The last dimension that is cut is still contiguous within itself.
  const std::size_t outer_dimensions = first_whole == 0 ? 0 : first_whole - 1;
  const std::size_t rank = box.whole.size();
  std::int64_t run = 1;
  for (std::size_t i = outer_dimensions; i < rank; ++i) run *= box.extent[i];
  std::vector<std::int64_t> strides(rank, 1);
  for (std::size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * box.whole[i];
  const Shape outer(std::vector<std::int64_t>(box.extent.begin(),
                                              box.extent.begin() + static_cast<std::ptrdiff_t>(outer_dimensions)));
  const std::size_t run_bytes = static_cast<std::size_t>(run) * element_bytes;
  std::size_t part_offset = 0;
  for_each_index(outer, [&](std::span<const std::int64_t> index) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < rank; ++i) {
      offset += (box.begin[i] + (i < index.size() ? index[i] : 0)) * strides[i];
    }
    visit(static_cast<std::size_t>(offset) * element_bytes, part_offset, run_bytes);
    part_offset += run_bytes;
  });
}

}  // namespace

Region whole_of(const Shape& shape) {
  return {std::vector<std::int64_t>(static_cast<std::size_t>(shape.rank()), 0), shape.dims()};
}

void narrow(Region& region, int dimension, std::int64_t begin, std::int64_t end) {
  region.begin[static_cast<std::size_t>(dimension)] = begin;
  region.extent[static_cast<std::size_t>(dimension)] = end - begin;
}

bool contains(const Region& region, std::span<const std::int64_t> index) {
  for (std::size_t i = 0; i < region.begin.size(); ++i) {
    if (index[i] < region.begin[i] || index[i] >= region.begin[i] + region.extent[i]) return false;
  }
  return true;
}

std::int64_t shared_elements(const Region& first, const Region& second) {
  std::int64_t elements = 1;
  for (std::size_t i = 0; i < first.begin.size(); ++i) {
    const std::int64_t begin = std::max(first.begin[i], second.begin[i]);
    const std::int64_t end = std::min(first.begin[i] + first.extent[i], second.begin[i] + second.extent[i]);
    elements *= std::max<std::int64_t>(0, end - begin);
  }
  return elements;
}

Support can_slice(const TensorView& whole, const Region& region) {
  const Layout& layout = whole.layout();
  if (!layout.is_packed()) return Support::yes();
  const auto packed = static_cast<std::size_t>(layout.packed_dim());
  const std::int64_t begin = region.begin[packed];
  const std::int64_t end = begin + region.extent[packed];
  for (const std::int64_t border : {begin, end}) {
    if (border % layout.lanes() == 0 || border == whole.shape()[layout.packed_dim()]) continue;
    return Support::no(
        fmt::format("a cut at {} is within a vector of {} in layout {}", border, layout.lanes(), layout.name()));
  }
  return Support::yes();
}

bool is_contiguous(const Region& region, const TensorView& whole) {
  const MemoryBox box = memory_box(whole, region);
  const std::size_t first_whole = box.first_whole_dimension();
  for (std::size_t i = 0; i + 1 < first_whole; ++i) {
    if (box.extent[i] != 1) return false;
  }
  return true;
}

HostTensor slice_of(const HostTensor& whole, const Region& region) {
  TensorView view(whole.dtype(), region.shape(), whole.layout());
  if (!is_contiguous(region, whole.view())) return HostTensor(std::move(view));
  // The slice is handed on as it was got: read through by kernels, written by none.
  auto* bytes = const_cast<std::byte*>(whole.data());
  const std::int64_t offset = whole.view().access(region.begin).offset;
  return HostTensor::borrowing(std::move(view), bytes + static_cast<std::size_t>(offset) * size_of(whole.dtype()));
}

void gather(const HostTensor& whole, const Region& region, HostTensor& part) {
  assert(part.dtype() == whole.dtype() && part.shape() == region.shape() && part.layout() == whole.layout());
  for_each_run(memory_box(whole.view(), region), size_of(whole.dtype()),
               [&](std::size_t from, std::size_t to, std::size_t bytes) {
                 std::memcpy(part.data() + to, whole.data() + from, bytes);
               });
}

void scatter(const HostTensor& part, const Region& region, HostTensor& whole) {
  assert(part.dtype() == whole.dtype() && part.shape() == region.shape() && part.layout() == whole.layout());
  for_each_run(memory_box(whole.view(), region), size_of(whole.dtype()),
               [&](std::size_t to, std::size_t from, std::size_t bytes) {
                 std::memcpy(whole.data() + to, part.data() + from, bytes);
               });
}

void add(const HostTensor& part, HostTensor& whole) {
  assert(part.dtype() == DType::f32 && whole.dtype() == DType::f32 && part.shape() == whole.shape() &&
         part.layout() == whole.layout());
  const float* from = part.as<float>();
  float* to = whole.as<float>();
  const std::int64_t count = whole.view().storage_elements();
  for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
}

}  // namespace hetscope
