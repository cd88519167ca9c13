// Each dimension is cut into parts whose loops have constant strides; boxes are all combinations of parts.
#include "kernels/layout/movement.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

#include "harness/core/divided_up.hpp"

namespace hetscope {
namespace {

// Consecutive elements of one dimension.
struct Part {
  std::int64_t source_offset = 0;
  std::int64_t target_offset = 0;
  std::vector<MovementLoop> loops;
  std::int64_t fill = 0;
};

// One dimension as the two layouts see it.
class Dimension {
 public:
  Dimension(const TensorView& source, const TensorView& target, int dim)
      : source_(source), target_(target), dim_(dim), extent_(source.shape()[dim]), padded_(extent_) {
    steps_ = {1};
    for (const TensorView* view : {&source, &target}) {
      if (view->layout().packed_dim() == dim && !is_uniform(view->layout().lanes())) {
        steps_.push_back(view->layout().lanes());
      }
    }
    std::ranges::sort(steps_);
    steps_.erase(std::unique(steps_.begin(), steps_.end()), steps_.end());
    if (target.layout().packed_dim() == dim) {
      const std::int64_t lanes = target.layout().lanes();
      padded_ = divided_up(extent_, lanes) * lanes;
    }
  }

  // Whole vectors first, what is left of them then; fill belongs to the last part.
  std::vector<Part> parts() const {
    std::vector<Part> result;
    std::int64_t at = 0;
    for (std::size_t level = steps_.size(); level-- > 0;) {
      std::int64_t count = (extent_ - at) / steps_[level];
      const bool ends_here = at + count * steps_[level] == extent_;
      if (count > 0 && ends_here && level > 0 && padded_ > extent_) {
        // The fill follows one vector, not each of these.
        if (count > 1) result.push_back(part(at, level, count - 1));
        at += (count - 1) * steps_[level];
        count = 1;
      }
      if (count > 0) result.push_back(part(at, level, count));
      at += count * steps_[level];
    }
    result.back().fill = padded_ - extent_;
    return result;
  }

 private:
  static std::int64_t offset(const TensorView& view, int dim, std::int64_t i) {
    std::vector<std::int64_t> index(static_cast<std::size_t>(view.shape().rank()), 0);
    index[static_cast<std::size_t>(dim)] = i;
    return view.layout().offset(index, view.shape());
  }
  // Whether a vector of `lanes` follows the other at the distance of its elements, in both layouts.
  bool is_uniform(std::int64_t lanes) const {
    return offset(source_, dim_, lanes) == lanes * offset(source_, dim_, 1) &&
           offset(target_, dim_, lanes) == lanes * offset(target_, dim_, 1);
  }
  MovementLoop loop(std::int64_t count, std::int64_t step) const {
    return {count, offset(source_, dim_, step), offset(target_, dim_, step)};
  }
  // `count` steps of a level and everything inside them, from element `at` on.
  Part part(std::int64_t at, std::size_t level, std::int64_t count) const {
    Part result{offset(source_, dim_, at), offset(target_, dim_, at), {loop(count, steps_[level])}, 0};
    for (std::size_t inner = level; inner-- > 0;) {
      result.loops.push_back(loop(steps_[inner + 1] / steps_[inner], steps_[inner]));
    }
    return result;
  }

  const TensorView& source_;
  const TensorView& target_;
  int dim_;
  std::int64_t extent_;
  std::int64_t padded_;
  std::vector<std::int64_t> steps_;  // of one element, of a vector, of a vector of the other layout
};

}  // namespace

std::int64_t MovementBox::element_count() const {
  std::int64_t count = 1;
  for (const MovementLoop& loop : loops) count *= loop.count;
  return count;
}

void merge_loops(MovementBox& box) {
  // The loop that the fill follows stays last, whatever its count.
  std::erase_if(box.loops, [&](const MovementLoop& loop) {
    return loop.count == 1 && !(box.fill > 0 && loop.target_stride == 1);
  });
  std::ranges::sort(box.loops, std::greater<>{}, &MovementLoop::target_stride);
  for (std::size_t i = box.loops.size(); i-- > 1;) {
    const MovementLoop& inner = box.loops[i];
    MovementLoop& outer = box.loops[i - 1];
    const bool follows = outer.source_stride == inner.source_stride * inner.count &&
                         outer.target_stride == inner.target_stride * inner.count;
    if (!follows) continue;
    outer = {outer.count * inner.count, inner.source_stride, inner.target_stride};
    box.loops.erase(box.loops.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

std::vector<MovementBox> movement_of(const TensorView& source, const TensorView& target) {
  assert(source.shape() == target.shape() && source.dtype() == target.dtype());
  std::vector<MovementBox> boxes(1);
  for (int dim = 0; dim < source.shape().rank(); ++dim) {
    std::vector<MovementBox> combined;
    for (const Part& part : Dimension(source, target, dim).parts()) {
      for (MovementBox box : boxes) {
        box.source_offset += part.source_offset;
        box.target_offset += part.target_offset;
        box.loops.insert(box.loops.end(), part.loops.begin(), part.loops.end());
        box.fill += part.fill;
        combined.push_back(std::move(box));
      }
    }
    boxes = std::move(combined);
  }
  for (MovementBox& box : boxes) merge_loops(box);
  return boxes;
}

}  // namespace hetscope
