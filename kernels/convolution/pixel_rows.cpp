// A row is at most two boxes: whole vectors of a packed dimension, and what is left of it.
#include "kernels/convolution/pixel_rows.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "kernels/convolution/convolution_tile.hpp"
#include "kernels/dense/half_conversion.hpp"

namespace hetscope {
namespace {

constexpr int kChannels = 1;
constexpr int kColumns = 3;

// Loops over a part of one dimension and where it begins, in the tensor (source) and in the row of pixels (target).
struct Part {
  std::int64_t tensor_offset = 0;
  std::int64_t row_offset = 0;
  std::vector<MovementLoop> loops;
};

std::int64_t offset_of(const Shape& shape, const Layout& layout, int dim, std::int64_t i) {
  std::array<std::int64_t, 4> index{};
  index[static_cast<std::size_t>(dim)] = i;
  return layout.offset(index, shape);
}

std::vector<Part> parts_of(const Shape& shape, const Layout& layout, int dim, std::int64_t row_stride) {
  const std::int64_t extent = shape[dim];
  const auto stride = [&](std::int64_t step) { return extent > step ? offset_of(shape, layout, dim, step) : 0; };
  if (layout.packed_dim() != dim) return {{0, 0, {{extent, stride(1), row_stride}}}};
  const std::int64_t lanes = layout.lanes();
  const std::int64_t vectors = extent / lanes;
  std::vector<Part> parts;
  if (vectors > 0) {
    parts.push_back({0, 0, {{vectors, stride(lanes), lanes * row_stride}, {lanes, 1, row_stride}}});
  }
  if (const std::int64_t rest = extent % lanes; rest > 0) {
    const std::int64_t first = vectors * lanes;
    parts.push_back({offset_of(shape, layout, dim, first), first * row_stride, {{rest, 1, row_stride}}});
  }
  return parts;
}

MovementBox box_of(const Part& channels, const Part& columns, PixelRows::Direction direction) {
  MovementBox box;
  box.source_offset = channels.tensor_offset + columns.tensor_offset;
  box.target_offset = channels.row_offset + columns.row_offset;
  for (const Part* part : {&channels, &columns}) {
    for (const MovementLoop& loop : part->loops) {
      if (loop.count > 1) box.loops.push_back(loop);
    }
  }
  if (direction == PixelRows::Direction::write) {
    std::swap(box.source_offset, box.target_offset);
    for (MovementLoop& loop : box.loops) std::swap(loop.source_stride, loop.target_stride);
  }
  std::ranges::stable_sort(box.loops, std::greater<>{}, &MovementLoop::target_stride);
  return box;
}

}  // namespace

PixelRows::PixelRows(const TensorView& view, std::int64_t pitch, Direction direction, float factor)
    : dtype_(view.dtype()), shape_(view.shape()), layout_(view.layout()), pitch_(pitch), factor_(factor) {
  const auto width = static_cast<std::int64_t>(size_of(dtype_));
  for (const Part& channels : parts_of(shape_, layout_, kChannels, 1)) {
    for (const Part& columns : parts_of(shape_, layout_, kColumns, pitch)) {
      movers_.emplace_back(box_of(channels, columns, direction), width, TransposeStores::fetched);
    }
  }
}

std::int64_t PixelRows::scratch_bytes() const {
  return dtype_ == DType::f32 ? 0 : shape_[3] * pitch_ * static_cast<std::int64_t>(size_of(dtype_));
}

std::int64_t PixelRows::byte_offset(std::int64_t n, std::int64_t h) const {
  const std::array<std::int64_t, 4> index = {n, 0, h, 0};
  return layout_.offset(index, shape_) * static_cast<std::int64_t>(size_of(dtype_));
}

void PixelRows::read(const std::byte* tensor, std::int64_t n, std::int64_t h, float* row, std::byte* scratch) const {
  const std::byte* from = tensor + byte_offset(n, h);
  if (dtype_ == DType::f32) {
    for (const BoxMover& mover : movers_) mover.move(from, reinterpret_cast<std::byte*>(row), 0, 1);
    return;
  }
  for (const BoxMover& mover : movers_) mover.move(from, scratch, 0, 1);
  const std::int64_t count = shape_[3] * pitch_;
  if (dtype_ == DType::i8) return pixels_from_i8(reinterpret_cast<const std::int8_t*>(scratch), row, count);
  widen_halves({reinterpret_cast<const std::uint16_t*>(scratch), static_cast<std::size_t>(count)}, row);
}

void PixelRows::write(const float* row, std::int64_t n, std::int64_t h, std::byte* tensor, std::byte* scratch) const {
  std::byte* to = tensor + byte_offset(n, h);
  if (dtype_ == DType::f32) {
    for (const BoxMover& mover : movers_) mover.move(reinterpret_cast<const std::byte*>(row), to, 0, 1);
    return;
  }
  const std::int64_t count = shape_[3] * pitch_;
  if (dtype_ == DType::i8) {
    pixels_to_i8(row, reinterpret_cast<std::int8_t*>(scratch), count, factor_);
  } else {
    round_to_halves({row, static_cast<std::size_t>(count)}, reinterpret_cast<std::uint16_t*>(scratch));
  }
  for (const BoxMover& mover : movers_) mover.move(scratch, to, 0, 1);
}

}  // namespace hetscope
