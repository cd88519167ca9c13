// What every operation promises that says how it splits: its parts are problems of its own, their operands have the
// extents that the parts ask for, and their references, put together, are the whole's. No processor is needed.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/error.hpp"
#include "kernels/catalog.hpp"
#include "kernels/partition/cut.hpp"
#include "tests/kernels/kernel_cases.hpp"

namespace hetscope {
namespace {

const Catalog& split_catalog() {
  static const Catalog kCatalog = make_catalog();
  return kCatalog;
}

std::vector<std::string> operations_that_split() {
  std::vector<std::string> names;
  for (const auto& operation : split_catalog().operations().entries()) {
    if (!operation->split_axes().empty()) names.emplace_back(operation->name());
  }
  return names;
}

// The values of an expectation, exact or not, as a tensor of doubles by logical index.
std::vector<double> values_of(const Expectation& expectation) {
  return expectation.exact ? row_major_values(*expectation.exact) : expectation.values;
}

// Three parts of one problem, and what has been put together of them.
class SplitContractTest : public testing::TestWithParam<std::string> {
 protected:
  const Operation& operation() const { return split_catalog().operations().at(GetParam()); }

  // Returns whether the parts were allowed.
  bool expect_whole(const Case& item, const std::string& axis, std::int64_t unit) {
    SCOPED_TRACE(item.line() + " split=" + axis);
    const std::int64_t extent = operation().split_extent(item, axis);
    const std::vector<CutRange> ranges =
        cut(extent, {random_.uniform() / 2, random_.uniform() / 2, 0}, std::min(unit, extent));
    for (const auto& [begin, end] : ranges) {
      if (begin == end) continue;
      const Support support = operation().allows_part(item, axis, begin, end);
      if (!support) {
        EXPECT_FALSE(support.reason().empty());
        return false;
      }
    }
    const std::vector<Operand> inputs = operation().inputs(item, 5);
    const std::vector<Expectation> whole = operation().reference(item, inputs);
    const std::vector<TensorView> views = operation().output_views(item);
    EXPECT_EQ(views.size(), whole.size());
    std::vector<std::vector<double>> merged;
    std::vector<std::vector<int>> written;
    for (const TensorView& view : views) {
      merged.emplace_back(static_cast<std::size_t>(view.shape().element_count()), 0.0);
      written.emplace_back(merged.back().size(), 0);
    }
    bool adds = false;
    for (const auto& [begin, end] : ranges) {
      if (begin == end) continue;
      const PartialProblem part = operation().part_of(item, axis, begin, end);
      adds = part.adds;
      add_part(part, inputs, views, merged, written);
    }
    for (std::size_t i = 0; i < views.size(); ++i) {
      const std::vector<double> expected = values_of(whole[i]);
      for (std::size_t at = 0; at < expected.size(); ++at) {
        const bool is_covered = adds ? written[i][at] >= 1 : written[i][at] == 1;
        if (!is_covered || std::abs(merged[i][at] - expected[at]) > 1e-9 * (1 + std::abs(expected[at]))) {
          ADD_FAILURE() << "output " << i << ", element " << at << ", written " << written[i][at] << " times, is "
                        << merged[i][at] << ", not " << expected[at];
          return true;
        }
      }
    }
    return true;
  }

 private:
  void add_part(const PartialProblem& part, const std::vector<Operand>& inputs, const std::vector<TensorView>& views,
                std::vector<std::vector<double>>& merged, std::vector<std::vector<int>>& written) {
    SCOPED_TRACE("part " + part.item.line());
    ASSERT_NO_THROW(operation().validate(part.item));
    const std::vector<Operand> own = operation().inputs(part.item, 1);
    ASSERT_EQ(own.size(), part.inputs.size());
    ASSERT_EQ(inputs.size(), part.inputs.size());
    std::vector<Operand> slices;
    for (std::size_t i = 0; i < own.size(); ++i) {
      ASSERT_EQ(own[i].tensor.shape(), part.inputs[i].shape()) << "input " << i;
      ASSERT_EQ(own[i].tensor.layout(), inputs[i].tensor.layout()) << "input " << i;
      HostTensor slice(own[i].tensor.view());
      gather(inputs[i].tensor, part.inputs[i], slice);
      slices.push_back({own[i].name, own[i].lifetime, std::move(slice)});
    }
    const std::vector<TensorView> own_views = operation().output_views(part.item);
    const std::vector<Expectation> results = operation().reference(part.item, slices);
    ASSERT_EQ(results.size(), part.outputs.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      ASSERT_EQ(own_views[i].shape(), part.outputs[i].shape()) << "output " << i;
      ASSERT_EQ(own_views[i].layout(), views[i].layout()) << "output " << i;
      ASSERT_EQ(own_views[i].dtype(), views[i].dtype()) << "output " << i;
      const std::vector<double> values = values_of(results[i]);
      std::size_t from = 0;
      for_each_index(part.outputs[i].shape(), [&](std::span<const std::int64_t> index) {
        std::vector<std::int64_t> place(index.begin(), index.end());
        for (std::size_t dim = 0; dim < place.size(); ++dim) place[dim] += part.outputs[i].begin[dim];
        const auto at =
            static_cast<std::size_t>(Layout::row_major(views[i].shape().rank()).offset(place, views[i].shape()));
        merged[i][at] += values[from++];
        ++written[i][at];
      });
    }
  }

 protected:
  Random random_{17};
};

TEST_P(SplitContractTest, PartsMakeUpTheWhole) {
  // By axis: an axis that nothing can be divided along in any case is none.
  std::set<std::string> divided;
  for (Case item : kernel_cases(operation().name(), false)) {
    item.set_kernel("any");
    item.set_processors({"any"});
    for (const AxisSpec& spec : operation().axes()) {
      if (spec.fallback && !item.has(spec.name)) item.set(spec.name, *spec.fallback);
    }
    for (const std::string& axis : operation().split_axes()) {
      for (const std::int64_t unit : {1, 4}) {
        if (expect_whole(item, axis, unit)) divided.insert(axis);
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_THAT(divided, testing::UnorderedElementsAreArray(operation().split_axes()));
}

TEST_P(SplitContractTest, HasAKernelThatSplitsIt) {
  EXPECT_NE(split_catalog().kernels().find(GetParam() + "_split"), nullptr) << "a line in kernels/partition/splits.cpp";
}

INSTANTIATE_TEST_SUITE_P(Operations, SplitContractTest, testing::ValuesIn(operations_that_split()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace hetscope
