// From the name of a dimension to the slices of a part.
#include "harness/kernel/sliced_operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hetscope {
namespace {

// As many as there are names when none is `axis`.
int dimension_named(std::span<const std::string> names, std::string_view axis) {
  return static_cast<int>(std::ranges::find(names, axis) - names.begin());
}

Region slice(const SlicedOperand& operand, std::int64_t begin, std::int64_t end) {
  Region region = whole_of(operand.view.shape());
  if (operand.dimension != SlicedOperand::kWhole) narrow(region, operand.dimension, begin, end);
  return region;
}

}  // namespace

std::int64_t SlicedOperation::split_extent(const Case& item, std::string_view axis) const {
  const std::span<const std::string> names = split_axes();
  const int dimension = dimension_named(names, axis);
  if (dimension >= static_cast<int>(names.size())) return Operation::split_extent(item, axis);
  const Shape shape(item.dims("shape"));
  return dimension < shape.rank() ? shape[dimension] : 1;
}

Support SlicedOperation::allows_part(const Case& item, std::string_view axis, std::int64_t begin,
                                     std::int64_t end) const {
  const Shape shape(item.dims("shape"));
  const int dimension = dimension_named(split_axes(), axis);
  if (dimension >= std::min(shape.rank(), static_cast<int>(split_axes().size()))) {
    return Support::no(fmt::format("a shape of {} has no {}", shape.to_string(), axis));
  }
  if (Support support = allows_dimension(item, dimension); !support) return support;
  const Slicing cut = slicing(item, dimension);
  for (const auto* operands : {&cut.inputs, &cut.outputs}) {
    for (const SlicedOperand& operand : *operands) {
      if (Support support = can_slice(operand.view, slice(operand, begin, end)); !support) return support;
    }
  }
  return Support::yes();
}

PartialProblem SlicedOperation::part_of(const Case& item, std::string_view axis, std::int64_t begin,
                                        std::int64_t end) const {
  const int dimension = dimension_named(split_axes(), axis);
  if (dimension >= static_cast<int>(split_axes().size())) return Operation::part_of(item, axis, begin, end);
  const Slicing cut = slicing(item, dimension);
  PartialProblem part{item, {}, {}, cut.adds};
  Dims dims = item.dims("shape");
  dims[static_cast<std::size_t>(dimension)] = end - begin;
  part.item.set("shape", std::move(dims));
  for (const SlicedOperand& operand : cut.inputs) part.inputs.push_back(slice(operand, begin, end));
  for (const SlicedOperand& operand : cut.outputs) part.outputs.push_back(slice(operand, begin, end));
  return part;
}

std::vector<TensorView> SlicedOperation::output_views(const Case& item) const {
  std::vector<TensorView> views;
  for (SlicedOperand& operand : slicing(item, 0).outputs) views.push_back(std::move(operand.view));
  return views;
}

std::span<const std::string> numbered_dimensions(int count) {
  static const std::array<std::string, 6> kNames = {"dim0", "dim1", "dim2", "dim3", "dim4", "dim5"};
  return std::span(kNames).first(static_cast<std::size_t>(count));
}

}  // namespace hetscope
