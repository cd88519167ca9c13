// Where element (i, j, k, ...) lives in linear memory: an order of the dimensions, outermost first, and, optionally,
// one dimension packed into vectors of `lanes` elements that become the innermost, fastest index (its tail padded).
//
//   NCHW    order 0,1,2,3                     offset = ((n*C + c)*H + h)*W + w
//   NHWC    order 0,2,3,1                     offset = ((n*H + h)*W + w)*C + c
//   NC4HW4  order 0,1,2,3, dim 1 by 4 lanes   offset = (((n*ceil(C/4) + c/4)*H + h)*W + w)*4 + c%4
//
// Logical dimensions keep their numbers whatever the layout: index (n, c, h, w) is the same element in all three.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/tensor/shape.hpp"

namespace hetscope {

class Layout {
 public:
  // Throws Error when `order` is not a permutation, `packed_dim` is not one of its dimensions (-1: not packed), or
  // lanes is not 1 (not packed), 2, 4, 8 or 16.
  explicit Layout(std::vector<int> order, int packed_dim = -1, int lanes = 1);

  static Layout row_major(int rank);
  // "NCHW", "NHWC", "NC4HW4", "NC8HW8", "NC16HW16" (also "NCHW16c"), "NHWC4": rank 4; or an explicit "order:0,2,1" with
  // "order:0,2,1/p1x4" for dimension 1 packed by 4. Throws Error for anything else.
  static Layout parse(std::string_view name, int rank);

  int rank() const noexcept { return static_cast<int>(order_.size()); }
  const std::vector<int>& order() const noexcept { return order_; }
  int packed_dim() const noexcept { return packed_dim_; }
  int lanes() const noexcept { return lanes_; }
  bool is_packed() const noexcept { return packed_dim_ >= 0; }

  // Elements of storage, padding included. Throws Error when `shape` has another rank.
  std::int64_t storage_elements(const Shape& shape) const;
  // Offset in elements of the logical `index`; the caller keeps it in range.
  std::int64_t offset(std::span<const std::int64_t> index, const Shape& shape) const;
  // The short name where there is one, else the "order:" form; parse() reads both back.
  std::string name() const;

  friend bool operator==(const Layout&, const Layout&) = default;

 private:
  std::vector<int> order_;
  int packed_dim_ = -1;
  int lanes_ = 1;
};

// An order of `rank` dimensions: `last` behind all others, which keep theirs.
std::vector<int> order_with_last(int rank, int last);

}  // namespace hetscope
