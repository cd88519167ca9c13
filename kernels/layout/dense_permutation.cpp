// Of the one box that such a transform is, loops by source stride are the source's dimensions, by target stride the
// target's.
#include "kernels/layout/dense_permutation.hpp"

#include <algorithm>
#include <functional>

#include "kernels/layout/movement.hpp"

namespace hetscope {

std::optional<DensePermutation> dense_permutation_of(const LayoutTransformProblem& problem) {
  const std::int64_t elements = problem.source.shape().element_count();
  if (problem.source.storage_elements() != elements || problem.target.storage_elements() != elements) {
    return std::nullopt;
  }
  const MovementBox box = movement_of(problem.source, problem.target).front();
  std::vector<int> by_source(box.loops.size());
  for (std::size_t i = 0; i < by_source.size(); ++i) by_source[i] = static_cast<int>(i);
  std::ranges::sort(by_source, std::greater<>{},
                    [&](int i) { return box.loops[static_cast<std::size_t>(i)].source_stride; });
  DensePermutation result;
  result.order.resize(by_source.size());
  for (std::size_t i = 0; i < by_source.size(); ++i) {
    const auto loop = static_cast<std::size_t>(by_source[i]);
    result.extents.push_back(box.loops[loop].count);
    result.order[loop] = static_cast<int>(i);
  }
  return result;
}

}  // namespace hetscope
