// reduce_simd on the CPU: the storage is walked in its own order, so that sums come out in the layout of the source
// without the reduced dimension; where that is not row-major, boxes of movement.hpp bring them there. Threads share the
// outermost dimension that is kept, in pieces whose sums stay in the cache where one step does not make more of them.
//   traffic: storage read once, results written once; of a layout that is not row-major they are read and written again
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "harness/core/divided_up.hpp"
#include "harness/kernel/host_kernel.hpp"
#include "kernels/layout/box_mover.hpp"
#include "kernels/registration.hpp"
#include "kernels/texture/reduce.hpp"
#include "kernels/texture/sum_loops.hpp"

namespace hetscope {
namespace {

// Half of the smallest first-level cache of today.
constexpr std::int64_t kPieceSums = 4096;
constexpr std::int64_t kLineSums = 16;

// What is left of `layout` without one dimension.
Layout without(const Layout& layout, int reduced) {
  const auto renumbered = [&](int dim) { return dim > reduced ? dim - 1 : dim; };
  std::vector<int> order;
  for (const int dim : layout.order()) {
    if (dim != reduced) order.push_back(renumbered(dim));
  }
  if (!layout.is_packed() || layout.packed_dim() == reduced) return Layout(std::move(order));
  return Layout(std::move(order), renumbered(layout.packed_dim()), layout.lanes());
}

// Loops that walk on where the next inner one ends are one. What pads a packed dimension is summed up, too: it is zero
// where that is the reduced one, and nobody's result where it is not.
SumNest nest_of(const TensorView& source, int reduced) {
  const Layout& layout = source.layout();
  SumNest nest;
  std::int64_t source_stride = 1;
  std::int64_t sum_stride = 1;
  const auto enclose = [&](int dim, std::int64_t count) {
    const bool is_reduced = dim == reduced;
    if (count > 1 && nest.depth > 0 && nest.loops[nest.depth - 1].is_reduced == is_reduced) {
      nest.loops[nest.depth - 1].count *= count;
    } else if (count > 1) {
      nest.loops[nest.depth++] = {count, source_stride, is_reduced ? 0 : sum_stride, is_reduced};
    }
    source_stride *= count;
    if (!is_reduced) sum_stride *= count;
  };
  if (layout.is_packed()) enclose(layout.packed_dim(), layout.lanes());
  for (auto dim = layout.order().rbegin(); dim != layout.order().rend(); ++dim) {
    const std::int64_t extent = source.shape()[*dim];
    enclose(*dim, *dim == layout.packed_dim() ? divided_up(extent, layout.lanes()) : extent);
  }
  // One sum is one step.
  if (sum_stride == 1) nest.loops[nest.depth++] = {1, source_stride, 1, false};
  std::reverse(nest.loops.begin(), nest.loops.begin() + static_cast<std::ptrdiff_t>(nest.depth));
  return nest;
}

class ReduceSimdRuns final : public OneResultRunnable {
 public:
  ReduceSimdRuns(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, int reduced, const Shape& output)
      : OneResultRunnable(cpu, pool, HostTensor(DType::f32, output, Layout::row_major(output.rank()))),
        source_(source),
        nest_(nest_of(source.view(), reduced)) {
    while (nest_.loops[shared_].is_reduced) ++shared_;
    const Layout layout = without(source.layout(), reduced);
    if (layout == result().layout()) return;
    sums_.emplace(DType::f32, output, layout);
    for (const MovementBox& box : movement_of(sums_->view(), result().view())) {
      boxes_.emplace_back(box, static_cast<std::int64_t>(sizeof(float)), TransposeStores::cached);
    }
  }

 protected:
  void run_once() override {
    float* sums = sums_ ? sums_->as<float>() : result().as<float>();
    const std::int64_t stride = nest_.loops[shared_].sum_stride;
    const std::int64_t piece = std::max<std::int64_t>(kPieceSums / stride, 1);
    pool().parallel_for(nest_.loops[shared_].count, std::max<std::int64_t>(kLineSums / stride, 1),
                        [&](std::int64_t begin, std::int64_t end) {
                          for (; begin < end; begin += piece) add_piece(begin, std::min(piece, end - begin), sums);
                        });
    if (!sums_) return;
    pool().run([&](int worker) {
      for (const BoxMover& box : boxes_) box.move(sums_->data(), result().data(), worker, pool().size());
    });
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> spans = {{source_.data(), source_.size_bytes()},
                                                     {result().data(), result().size_bytes()}};
    if (sums_) spans.push_back({sums_->data(), sums_->size_bytes()});
    return spans;
  }

 private:
  // Steps of the shared loop, whose sums lie together: it is the outermost one of those that are kept.
  void add_piece(std::int64_t first, std::int64_t count, float* sums) const {
    SumNest piece = nest_;
    SumLoop& shared = piece.loops[shared_];
    shared.count = count;
    float* from = sums + first * shared.sum_stride;
    std::fill_n(from, count * shared.sum_stride, 0.0F);
    const auto width = static_cast<std::int64_t>(size_of(source_.dtype()));
    add_by_loops(piece, source_.dtype(), source_.data() + first * shared.source_stride * width, from);
  }

  const HostTensor& source_;
  SumNest nest_;
  std::optional<HostTensor> sums_;  // where they do not lie as the result does
  std::size_t shared_ = 0;
  std::vector<BoxMover> boxes_;  // from sums to results
};

class ReduceSimd final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "reduce_simd"; }
  std::string_view operation() const noexcept override { return "reduce"; }
  Work executed_work(const Case& item, const Operation& operation) const override {
    const Shape output = reduced_shape(item);
    const Layout layout =
        without(Layout::parse(item.text("layout"), kReducedRank), static_cast<int>(item.integer("reduced")));
    Work work = operation.useful_work(item);
    if (layout != Layout::row_major(output.rank())) {
      work.bytes +=
          static_cast<std::int64_t>(sizeof(float)) * (layout.storage_elements(output) + output.element_count());
    }
    return work;
  }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<ReduceSimdRuns>(cpu, pool, inputs[0].tensor, static_cast<int>(item.integer("reduced")),
                                            reduced_shape(item));
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(reduce_simd, ReduceSimd)

}  // namespace hetscope
