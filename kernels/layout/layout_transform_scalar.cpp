// layout_transform_scalar: nested loops over the target in memory order, one element at a time, for any pair of
// layouts. It is what a framework without a kernel for the pair runs, and therefore the honest baseline of the others.
//   traffic: elements read once (a line of the source is fetched again when it left the cache), storage written once
#include <algorithm>
#include <array>
#include <vector>

#include "harness/core/divided_up.hpp"
#include "kernels/copy/host_movement.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMaxRank = kMaxLayoutRank;

// One loop of the nest: `count` steps of `step` along dimension `dim`. A packed dimension is two loops (blocks and
// lanes), or three when both layouts pack it differently: then every stride is constant.
struct Loop {
  std::size_t dim = 0;
  std::int64_t step = 1;
  std::int64_t count = 1;
  std::int64_t source_stride = 0;
  std::int64_t target_stride = 0;
};

// Where a part of the nest starts.
struct Position {
  std::int64_t source = 0;
  std::int64_t target = 0;
  std::array<std::int64_t, kMaxRank> index{};
};

struct Nest {
  std::vector<Loop> loops;                      // outermost first, target strides descending
  std::array<std::int64_t, kMaxRank> extent{};  // elements
  std::array<std::int64_t, kMaxRank> padded{};  // and with the target's padding
};

std::int64_t stride(const TensorView& view, std::size_t dim, std::int64_t step) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(view.shape().rank()), 0);
  index[dim] = step;
  return view.layout().offset(index, view.shape());
}

Nest make_nest(const LayoutTransformProblem& problem) {
  Nest nest;
  const Layout& from = problem.source.layout();
  const Layout& to = problem.target.layout();
  for (int number = 0; number < problem.source.shape().rank(); ++number) {
    const auto dim = static_cast<std::size_t>(number);
    nest.extent[dim] = problem.source.shape()[number];
    nest.padded[dim] = nest.extent[dim];
    std::vector<std::int64_t> steps = {1};
    if (from.packed_dim() == number) steps.push_back(from.lanes());
    if (to.packed_dim() == number) {
      steps.push_back(to.lanes());
      nest.padded[dim] = divided_up(nest.extent[dim], to.lanes()) * to.lanes();
    }
    std::ranges::sort(steps);
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const bool is_outermost = i + 1 == steps.size();
      const std::int64_t count = is_outermost ? divided_up(nest.padded[dim], steps[i]) : steps[i + 1] / steps[i];
      if (count == 1) continue;
      nest.loops.push_back(
          {dim, steps[i], count, stride(problem.source, dim, steps[i]), stride(problem.target, dim, steps[i])});
    }
  }
  std::ranges::sort(nest.loops, std::greater<>{}, &Loop::target_stride);
  while (nest.loops.size() < 2) nest.loops.insert(nest.loops.begin(), Loop{});
  return nest;
}

// Steps of `loop` from `index` that stay below `bound`.
std::int64_t steps_below(const Loop& loop, std::int64_t index, std::int64_t bound) {
  return std::min(divided_up(std::max<std::int64_t>(0, bound - index), loop.step), loop.count);
}

// The two innermost loops. Only the innermost one can leave the tensor (into the target's padding, which becomes zero).
template <class T>
void walk_plane(const Nest& nest, const T* source, T* target, Position at) {
  const Loop& outer = nest.loops[nest.loops.size() - 2];
  const Loop& inner = nest.loops.back();
  const std::int64_t outer_count = steps_below(outer, at.index[outer.dim], nest.padded[outer.dim]);
  std::int64_t written = steps_below(inner, at.index[inner.dim], nest.padded[inner.dim]);
  std::int64_t valid = steps_below(inner, at.index[inner.dim], nest.extent[inner.dim]);
  for (std::int64_t i = 0; i < outer_count; ++i) {
    if (outer.dim == inner.dim) {
      written = steps_below(inner, at.index[inner.dim], nest.padded[inner.dim]);
      valid = steps_below(inner, at.index[inner.dim], nest.extent[inner.dim]);
    }
    const T* read = source + at.source;
    T* write = target + at.target;
    for (std::int64_t j = 0; j < valid; ++j) write[j * inner.target_stride] = read[j * inner.source_stride];
    for (std::int64_t j = valid; j < written; ++j) write[j * inner.target_stride] = 0;
    at.source += outer.source_stride;
    at.target += outer.target_stride;
    at.index[outer.dim] += outer.step;
  }
}

template <class T>
void walk(const Nest& nest, std::size_t level, const T* source, T* target, Position at) {
  if (level + 2 == nest.loops.size()) return walk_plane(nest, source, target, at);
  const Loop& loop = nest.loops[level];
  const std::int64_t count = steps_below(loop, at.index[loop.dim], nest.padded[loop.dim]);
  for (std::int64_t i = 0; i < count; ++i) {
    walk(nest, level + 1, source, target, at);
    at.source += loop.source_stride;
    at.target += loop.target_stride;
    at.index[loop.dim] += loop.step;
  }
}

// The outermost loop with a step for every thread, else the longest.
std::size_t shared_loop(const Nest& nest, int threads) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < nest.loops.size(); ++i) {
    if (nest.loops[i].count >= threads) return i;
    if (nest.loops[i].count > nest.loops[longest].count) longest = i;
  }
  return longest;
}

template <class T>
void transform(const Nest& nest, ThreadPool& pool, const T* source, T* target) {
  const std::size_t shared = shared_loop(nest, pool.size());
  pool.parallel_for(nest.loops[shared].count, 1, [&](std::int64_t begin, std::int64_t end) {
    Nest share = nest;
    const Loop& loop = nest.loops[shared];
    share.loops[shared].count = end - begin;
    Position at{begin * loop.source_stride, begin * loop.target_stride, {}};
    at.index[loop.dim] = begin * loop.step;
    walk(share, 0, source, target, at);
  });
}

class ScalarRuns final : public HostMovement {
 public:
  ScalarRuns(HostCpu& cpu, ThreadPool& pool, const LayoutTransformProblem& problem, const HostTensor& source)
      : HostMovement(cpu, pool, source, HostTensor(problem.target)), nest_(make_nest(problem)) {}

 protected:
  void run_once() override {
    switch (size_of(source().dtype())) {
      case 1:
        return transform(nest_, pool(), source().as<std::uint8_t>(), target().as<std::uint8_t>());
      case 2:
        return transform(nest_, pool(), source().as<std::uint16_t>(), target().as<std::uint16_t>());
      default:
        return transform(nest_, pool(), source().as<std::uint32_t>(), target().as<std::uint32_t>());
    }
  }

 private:
  Nest nest_;
};

class LayoutTransformScalar final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_scalar"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<ScalarRuns>(cpu, pool, LayoutTransformProblem(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_scalar, LayoutTransformScalar)

}  // namespace hetscope
