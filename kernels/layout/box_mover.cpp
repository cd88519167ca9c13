// The loops of a box are sorted into a run, a plane and what is around it once; moving only walks them.
#include "kernels/layout/box_mover.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/processor/thread_pool.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kWidestElement = 16;

ByteLoop in_bytes(const MovementLoop& loop, std::int64_t element_bytes) {
  return {loop.count, loop.source_stride * element_bytes, loop.target_stride * element_bytes};
}

// A tensor of its own does; a slice of a larger one need not.
bool starts_line(const std::byte* target) { return reinterpret_cast<std::uintptr_t>(target) % kLineBytes == 0; }

}  // namespace

BoxMover::BoxMover(const MovementBox& box, std::int64_t element_bytes, TransposeWay way)
    : source_offset_(box.source_offset * element_bytes),
      target_offset_(box.target_offset * element_bytes),
      run_bytes_(element_bytes),
      fill_bytes_(box.fill * element_bytes),
      way_(way) {
  for (const MovementLoop& loop : box.loops) outer_.push_back(in_bytes(loop, element_bytes));
  const auto is_step = [&](const ByteLoop& loop) {
    return loop.source_stride == element_bytes && loop.target_stride == element_bytes;
  };
  const bool has_run = !outer_.empty() && is_step(outer_.back());
  if (has_run) {
    run_bytes_ *= outer_.back().count;
    outer_.pop_back();
  }
  fill_follows_rows_ = fill_bytes_ > 0 && !has_run;
  if (!outer_.empty()) {
    rows_ = outer_.back();
    outer_.pop_back();
  }
  if (!outer_.empty()) {
    const auto least = std::ranges::min_element(outer_, {}, &ByteLoop::source_stride);
    columns_ = *least;
    outer_.erase(least);
  }
  const bool is_element = run_bytes_ <= kWidestElement && (run_bytes_ & (run_bytes_ - 1)) == 0;
  is_transposed_ = is_element && (fill_bytes_ == 0 || fill_follows_rows_) && rows_.target_stride == run_bytes_ &&
                   (columns_.source_stride == run_bytes_ || columns_.count == 1);
  const auto is_whole_lines = [](const ByteLoop& loop) { return loop.target_stride % kLineBytes == 0; };
  if (way_.stores == TransposeStores::streaming &&
      (target_offset_ % kLineBytes != 0 || !is_whole_lines(columns_) || !std::ranges::all_of(outer_, is_whole_lines))) {
    way_ = TransposeStores::fetched;
  }
  if (outer_.size() > LoopWalk::kMaxLoops) {
    throw Error(fmt::format("the movement has {} loops, more than {}", outer_.size(), LoopWalk::kMaxLoops));
  }
  if (is_transposed_) {
    way_ = way_in_effect(static_cast<int>(run_bytes_),
                         {rows_.count, columns_.count, rows_.source_stride, columns_.target_stride}, way_);
  }
}

std::int64_t BoxMover::positions() const {
  std::int64_t count = 1;
  for (const ByteLoop& loop : outer_) count *= loop.count;
  return count;
}

BoxMover::Part BoxMover::whole() const { return {0, rows_.count, 0, columns_.count, 0, run_bytes_, fill_bytes_ > 0}; }

BoxMover::Part BoxMover::share_of_plane(int worker, int workers) const {
  Part part = whole();
  const std::int64_t grain = is_transposed_ ? kLineBytes / run_bytes_ : 1;
  if (rows_.count == 1 && columns_.count == 1) {
    const auto [begin, end] = ThreadPool::share_of(worker, workers, run_bytes_, kLineBytes);
    part.first_byte = begin;
    part.run_bytes = end - begin;
    part.has_fill = part.has_fill && end == run_bytes_;
  } else if (columns_.count >= rows_.count) {
    const auto [begin, end] = ThreadPool::share_of(worker, workers, columns_.count, grain);
    part.first_column = begin;
    part.columns = end - begin;
  } else {
    const auto [begin, end] = ThreadPool::share_of(worker, workers, rows_.count, grain);
    part.first_row = begin;
    part.rows = end - begin;
    if (fill_follows_rows_) part.has_fill = part.has_fill && end == rows_.count;
  }
  return part;
}

void BoxMover::move(const std::byte* source, std::byte* target, int worker, int workers) const {
  source += source_offset_;
  target += target_offset_;
  const std::int64_t count = positions();
  // Whole planes keep a worker's memory together; too few of them would leave workers idle.
  const bool shares_planes = count % workers == 0 || count >= 4 * static_cast<std::int64_t>(workers);
  const auto [begin, end] =
      shares_planes ? ThreadPool::share_of(worker, workers, count, 1) : std::pair{std::int64_t{0}, count};
  const Part part = shares_planes ? whole() : share_of_plane(worker, workers);
  if (part.rows <= 0 || part.columns <= 0 || part.run_bytes <= 0) return;
  move_planes(source, target, part, {outer_, begin, end});
}

void BoxMover::move_planes(const std::byte* source, std::byte* target, const Part& part, const LoopRange& range) const {
  source += part.first_row * rows_.source_stride + part.first_column * columns_.source_stride + part.first_byte;
  target += part.first_row * rows_.target_stride + part.first_column * columns_.target_stride + part.first_byte;
  if (joins_fill(part)) {
    for (LoopWalk at(range); !at.is_over(); at.step()) {
      transpose_padded(source + at.source(), target + at.target(), part);
    }
    return;
  }
  if (is_transposed_) {
    transpose_matrices(
        static_cast<int>(run_bytes_), source, target,
        {part.rows, part.columns, rows_.source_stride, columns_.target_stride},
        way_.stores != TransposeStores::streaming || starts_line(target) ? way_ : TransposeStores::fetched, range);
  } else {
    RunPlane plane{part.run_bytes, part.has_fill && !fill_follows_rows_ ? fill_bytes_ : 0, columns_, rows_};
    plane.outer.count = part.columns;
    plane.inner.count = part.rows;
    copy_runs(source, target, plane, range);
  }
  if (!part.has_fill || !fill_follows_rows_) return;
  for (LoopWalk at(range); !at.is_over(); at.step()) zero_fill(target + at.target(), part);
}

bool BoxMover::joins_fill(const Part& part) const {
  return is_transposed_ && part.has_fill && part.rows * run_bytes_ + fill_bytes_ <= kLineBytes;
}

// Few rows and fill, together no longer than a line: rows are joined by rows of zeros in a buffer that stays in the
// cache, so that whole vectors are written.
void BoxMover::transpose_padded(const std::byte* source, std::byte* target, const Part& part) const {
  const TransposeExtent extent{part.rows, part.columns, rows_.source_stride, columns_.target_stride};
  const bool is_dense = columns_.target_stride == part.rows * run_bytes_ + fill_bytes_;
  if (is_dense && suits_records(static_cast<int>(run_bytes_), extent)) {
    return transpose_to_records(static_cast<int>(run_bytes_), source, target, extent);
  }
  constexpr std::int64_t kChunkBytes = 512;
  alignas(64) std::array<std::byte, kLineBytes * kChunkBytes> rows{};
  const std::int64_t chunk = kChunkBytes / run_bytes_;
  const std::int64_t all_rows = part.rows + fill_bytes_ / run_bytes_;
  for (std::int64_t first = 0; first < part.columns; first += chunk) {
    const std::int64_t columns = std::min(chunk, part.columns - first);
    for (std::int64_t row = 0; row < part.rows; ++row) {
      std::memcpy(rows.data() + row * kChunkBytes, source + row * rows_.source_stride + first * run_bytes_,
                  static_cast<std::size_t>(columns * run_bytes_));
    }
    transpose_matrices(static_cast<int>(run_bytes_), rows.data(), target + first * columns_.target_stride,
                       {all_rows, columns, kChunkBytes, columns_.target_stride},
                       way_.stores == TransposeStores::cached ? way_ : TransposeStores::fetched);
  }
}

void BoxMover::zero_fill(std::byte* target, const Part& part) const {
  for (std::int64_t column = 0; column < part.columns; ++column) {
    std::memset(target + column * columns_.target_stride + part.rows * rows_.target_stride, 0,
                static_cast<std::size_t>(fill_bytes_));
  }
}

}  // namespace hetscope
