// An operation whose extents are the case's axis `shape`, divided along one of them. Who derives from it says which
// dimension of each operand follows; all else about how it splits is the same for every such operation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/kernel/operation.hpp"

namespace hetscope {

// An operand of the whole and the dimension of it that is cut; kWhole: every part has all of it.
struct SlicedOperand {
  static constexpr int kWhole = -1;
  TensorView view;
  int dimension = kWhole;
};

struct Slicing {
  std::vector<SlicedOperand> inputs;
  std::vector<SlicedOperand> outputs;
  bool adds = false;  // the parts' outputs are added up
};

class SlicedOperation : public Operation {
 public:
  // A name for each dimension that a shape of the operation may have, in their order, or for the first of them only:
  // what has no name is not divided.
  std::span<const std::string> split_axes() const override = 0;
  // 1 along a dimension that this case's shape does not have; no part of it is allowed.
  std::int64_t split_extent(const Case& item, std::string_view axis) const final;
  Support allows_part(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const final;
  PartialProblem part_of(const Case& item, std::string_view axis, std::int64_t begin, std::int64_t end) const final;
  std::vector<TensorView> output_views(const Case& item) const final;

 protected:
  // no(): along `dimension` of the shape nothing can be divided, whatever the parts.
  virtual Support allows_dimension(const Case&, int /*dimension*/) const { return Support::yes(); }
  // Where the operands are cut when the shape is along `dimension`. Layouts do not depend on the shape's extents.
  virtual Slicing slicing(const Case& item, int dimension) const = 0;
};

// "dim0", "dim1", ... for split_axes() of an operation whose dimensions have no names; `count` is from 1 to 6.
std::span<const std::string> numbered_dimensions(int count);

}  // namespace hetscope
