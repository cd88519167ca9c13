// A view's sizes and its access function.
#include "harness/tensor/tensor_view.hpp"

#include <array>
#include <cassert>
#include <utility>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::array<std::string_view, 4> kStorageNames = {"host", "buffer", "image2d", "image_buffer"};

// From the indices of a stored tensor to its storage's only coordinate. In memory stand the dimensions in the layout's
// order, a packed one as vectors, its lanes last; what follows undoes the order, joins vectors and lanes, and leaves
// the padding out.
IndexMap layout_map(const Layout& layout, const Shape& shape) {
  const int packed = layout.packed_dim();
  std::vector<std::int64_t> memory;
  std::vector<int> places(static_cast<std::size_t>(layout.rank()));
  for (const int dim : layout.order()) {
    places[static_cast<std::size_t>(dim)] = static_cast<int>(memory.size());
    memory.push_back(dim == packed ? divided_up(shape[dim], layout.lanes()) : shape[dim]);
  }
  std::vector<int> order;
  std::vector<std::int64_t> joined = shape.dims();
  for (int dim = 0; dim < layout.rank(); ++dim) {
    order.push_back(places[static_cast<std::size_t>(dim)]);
    if (dim != packed) continue;
    order.push_back(layout.rank());
    const std::int64_t vectors = memory[static_cast<std::size_t>(places[static_cast<std::size_t>(dim)])];
    joined[static_cast<std::size_t>(dim)] = vectors * layout.lanes();
  }
  if (layout.is_packed()) memory.push_back(layout.lanes());
  const Shape in_memory(std::move(memory));
  IndexMap map =
      compose(IndexMap::transpose(in_memory, order), IndexMap::reshape(Shape{in_memory.element_count()}, in_memory));
  if (!layout.is_packed()) return map;
  const Shape padded(std::move(joined));
  map = compose(IndexMap::reshape(map.output(), padded), map);
  return compose(IndexMap::slice(padded, packed, 0, shape[packed]), map);
}

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
  throw Error("unknown storage '" + std::string(name) + "'", {}, "known: host, buffer, image2d, image_buffer");
}

TensorView::TensorView(DType dtype, Shape shape, Layout layout, Storage storage)
    : dtype_(dtype), stored_(std::move(shape)), layout_(std::move(layout)), storage_(storage) {
  static_cast<void>(layout_.storage_elements(stored_));  // throws when the ranks differ
}

TensorView TensorView::through(const IndexMap& map) const {
  if (map.sources().empty() || map.sources().front() != shape()) {
    throw Error("a map of " + (map.sources().empty() ? "no source" : map.sources().front().to_string()) +
                " for a view of " + shape().to_string());
  }
  TensorView view = *this;
  if (!map_) {
    for (const Shape& source : map.sources()) static_cast<void>(layout_.storage_elements(source));
    view.map_ = map;
    return view;
  }
  if (map.sources().size() > 1) {
    throw Error("a map of " + std::to_string(map.sources().size()) + " sources for a view that has a map", {},
                "compose the maps first");
  }
  view.map_ = compose(map, *map_);
  return view;
}

TensorView TensorView::simplified() const {
  TensorView view = *this;
  if (map_) view.map_ = map_->simplified();
  return view;
}

const Shape& TensorView::stored_shape(int source) const {
  return map_ ? map_->sources().at(static_cast<std::size_t>(source)) : stored_;
}

std::int64_t TensorView::storage_elements(int source) const {
  const std::int64_t elements = layout_.storage_elements(stored_shape(source));
  const bool is_image = storage_ == Storage::image2d || storage_ == Storage::image_buffer;
  if (!is_image) return elements;
  return divided_up(elements, kTexelLanes) * kTexelLanes;  // the last texel is whole
}

std::int64_t TensorView::storage_bytes(int source) const {
  return storage_elements(source) * static_cast<std::int64_t>(size_of(dtype_));
}

Access TensorView::access(std::span<const std::int64_t> index) const { return ViewEvaluator(*this).at(index); }

IndexMap TensorView::offsets() const {
  if (!map_) return layout_map(layout_, stored_);
  std::vector<IndexMap> layouts;
  for (const Shape& source : map_->sources()) layouts.push_back(layout_map(layout_, source));
  return compose(*map_, layouts);
}

ViewEvaluator::ViewEvaluator(const TensorView& view) : view_(view) {
  if (view.map()) map_.emplace(*view.map());
}

Access ViewEvaluator::at(std::span<const std::int64_t> index) {
  if (!map_) return {view_.layout().offset(index, view_.shape()), true, 0, 0};
  const IndexSource from = map_->at(index);
  if (!from.valid) return {0, false, IndexPiece::kFill, from.fill};
  return {view_.layout().offset(from.coordinates, view_.stored_shape(from.source)), true, from.source, 0};
}

}  // namespace hetscope
