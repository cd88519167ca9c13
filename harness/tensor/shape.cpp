// Validation of extents, without overflow on the way.
#include "harness/tensor/shape.hpp"

#include <utility>

#include "harness/core/case.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxElements = (std::int64_t{1} << 48) - 1;

}  // namespace

Shape::Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {
  if (dims_.size() > static_cast<std::size_t>(kMaxRank)) {
    throw Error("a shape of rank " + std::to_string(dims_.size()), {},
                "at most " + std::to_string(kMaxRank) + " dimensions");
  }
  for (const std::int64_t extent : dims_) {
    if (extent < 1) throw Error("a shape with the extent " + std::to_string(extent), to_string(), "at least 1");
    if (extent > kMaxElements / count_) throw Error("a shape of too many elements", to_string(), "at most 2^48 - 1");
    count_ *= extent;
  }
}

std::string Shape::to_string() const { return hetscope::to_string(AxisValue(dims_)); }

}  // namespace hetscope
