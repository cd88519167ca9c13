// The bound of sums, names of the roofs, and what an operation says that cannot be split.
#include "harness/kernel/operation.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"

namespace hetscope {

double summing_error(std::int64_t terms) {
  const auto n = static_cast<double>(terms);
  return std::min(n, 8 * std::sqrt(n));
}

std::string_view to_string(RoofKind kind) {
  switch (kind) {
    case RoofKind::bandwidth:
      return "bandwidth";
    case RoofKind::compute:
      return "compute";
    case RoofKind::launch:
      return "launch";
  }
  return "unknown";
}

std::int64_t Operation::split_extent(const Case& item, std::string_view axis) const {
  throw unknown_name("split axis of " + std::string(name()), axis, split_axes(), item.line());
}

std::vector<TensorView> Operation::output_views(const Case& item) const {
  throw Error(std::string(name()) + " cannot be split", item.line(), "choose an operation that says how it splits");
}

Support Operation::allows_part(const Case&, std::string_view, std::int64_t, std::int64_t) const {
  return Support::yes();
}

PartialProblem Operation::part_of(const Case& item, std::string_view axis, std::int64_t, std::int64_t) const {
  throw unknown_name("split axis of " + std::string(name()), axis, split_axes(), item.line());
}

}  // namespace hetscope
