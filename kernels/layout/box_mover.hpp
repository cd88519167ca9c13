// Moves one box of movement.hpp in the host's memory: planes that turn as transposes, planes that do not as runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/layout/matrix_transpose.hpp"
#include "kernels/layout/movement.hpp"
#include "kernels/layout/run_copy.hpp"

namespace hetscope {

class BoxMover {
 public:
  // `way` of planes that turn; streaming is for rows that are whole lines, in targets that start at a line: others are
  // fetched.
  BoxMover(const MovementBox& box, std::int64_t element_bytes, TransposeWay way);

  // What became of `way`; nothing where no plane turns, so that no way is another.
  std::optional<TransposeWay> way() const { return is_transposed_ ? std::optional(way_) : std::nullopt; }

  // The part of one of `workers` workers, which may run at the same time. The pointers are those of whole tensors.
  void move(const std::byte* source, std::byte* target, int worker, int workers) const;

 private:
  // Part of every plane.
  struct Part {
    std::int64_t first_row = 0;
    std::int64_t rows = 0;
    std::int64_t first_column = 0;
    std::int64_t columns = 0;
    std::int64_t first_byte = 0;
    std::int64_t run_bytes = 0;
    bool has_fill = false;
  };

  std::int64_t positions() const;
  Part whole() const;
  Part share_of_plane(int worker, int workers) const;
  // Part of the planes at all positions of `range`.
  void move_planes(const std::byte* source, std::byte* target, const Part& part, const LoopRange& range) const;
  bool joins_fill(const Part& part) const;
  void transpose_padded(const std::byte* source, std::byte* target, const Part& part) const;
  void zero_fill(std::byte* target, const Part& part) const;

  // All strides and offsets in bytes.
  std::int64_t source_offset_ = 0;
  std::int64_t target_offset_ = 0;
  std::int64_t run_bytes_ = 0;   // that stay neighbours; the width of an element where the plane is transposed
  std::int64_t fill_bytes_ = 0;  // behind each run, or behind the last row
  bool fill_follows_rows_ = false;
  bool is_transposed_ = false;
  ByteLoop rows_;     // the least target stride
  ByteLoop columns_;  // the least source stride of the others
  std::vector<ByteLoop> outer_;
  TransposeWay way_;
};

}  // namespace hetscope
