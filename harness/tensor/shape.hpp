// The extents of a tensor. A shape is valid by construction: rank 0..8, every extent >= 1, and the element count fits
// in 48 bits, so that byte sizes never overflow.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace hetscope {

class Shape {
 public:
  static constexpr int kMaxRank = 8;

  Shape() = default;  // rank 0: one element
  // Throws Error for an extent below 1, a rank above kMaxRank or too many elements.
  explicit Shape(std::vector<std::int64_t> dims);
  Shape(std::initializer_list<std::int64_t> dims) : Shape(std::vector<std::int64_t>(dims)) {}

  int rank() const noexcept { return static_cast<int>(dims_.size()); }
  std::int64_t operator[](int axis) const { return dims_[static_cast<std::size_t>(axis)]; }
  const std::vector<std::int64_t>& dims() const noexcept { return dims_; }
  std::int64_t element_count() const noexcept { return count_; }
  std::string to_string() const;  // "1x64x56x56"

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<std::int64_t> dims_;
  std::int64_t count_ = 1;
};

}  // namespace hetscope
