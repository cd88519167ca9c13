// A view's sizes and its access function.
#include "harness/tensor/tensor_view.hpp"

#include <array>
#include <cassert>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::array<std::string_view, 3> kStorageNames = {"host", "buffer", "image2d"};

}  // namespace

std::string_view to_string(Storage storage) {
  const auto index = static_cast<std::size_t>(storage);
  assert(index < kStorageNames.size());
  return kStorageNames[index];
}

Storage parse_storage(std::string_view name) {
  for (std::size_t i = 0; i < kStorageNames.size(); ++i) {
    if (kStorageNames[i] == name) return static_cast<Storage>(i);
  }
  throw Error("unknown storage '" + std::string(name) + "'", {}, "known: host, buffer, image2d");
}

TensorView::TensorView(DType dtype, Shape shape, Layout layout, Storage storage)
    : dtype_(dtype), shape_(std::move(shape)), layout_(std::move(layout)), storage_(storage) {
  static_cast<void>(layout_.storage_elements(shape_));  // throws when the ranks differ
}

std::int64_t TensorView::storage_elements() const {
  const std::int64_t elements = layout_.storage_elements(shape_);
  if (storage_ != Storage::image2d) return elements;
  return (elements + kTexelLanes - 1) / kTexelLanes * kTexelLanes;  // the last texel is whole
}

std::int64_t TensorView::storage_bytes() const {
  return storage_elements() * static_cast<std::int64_t>(size_of(dtype_));
}

Access TensorView::access(std::span<const std::int64_t> index) const { return {layout_.offset(index, shape_), true}; }

}  // namespace hetscope
