// layout_transform_onednn: the reorder primitive of oneDNN, opened at run time, with the library's own threads.
//   traffic: elements read once, storage written once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/dense/onednn_library.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/layout/onednn_movement.hpp"
#include "kernels/layout/onednn_reorder.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// Of every finite f16 in turn.
void fill_with_halves(HostTensor& tensor) {
  constexpr std::size_t kInfinity = 0x7c00;
  for (std::size_t i = 0; i < tensor.size_bytes() / 2; ++i) {
    const auto bits = static_cast<std::uint16_t>(i % kInfinity | (i % 2 != 0 ? 0x8000U : 0U));
    std::memcpy(tensor.data() + 2 * i, &bits, 2);
  }
}

// Where oneDNN has no instructions for bf16, which stands for f16 (onednn_memory.cpp), some of its releases move it
// through f32 and make small values zero. Asked of a small tensor in the same layouts.
bool moves_bits(const LayoutTransformProblem& problem) {
  const std::int64_t most = problem.source.shape().rank() <= 4 ? 16 : 4;
  std::vector<std::int64_t> extents(problem.source.shape().dims().begin(), problem.source.shape().dims().end());
  for (std::int64_t& extent : extents) extent = std::min(extent, most);
  const auto small = [&](const TensorView& view) {
    return HostTensor(TensorView(view.dtype(), Shape(extents), view.layout()));
  };
  HostTensor source = small(problem.source);
  HostTensor target = small(problem.target);
  HostTensor expected = small(problem.target);
  fill_with_halves(source);
  copy_elements(source, expected);
  std::string why_not;
  const auto reorder = OneDnnReorder::make(source.view(), target.view(), source.data(), target.data(), &why_not);
  if (reorder == nullptr) return false;
  reorder->execute();
  return std::memcmp(target.data(), expected.data(), target.size_bytes()) == 0;
}

class LayoutTransformOneDnn final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_onednn"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_case(const Case& item) const override {
    const LayoutTransformProblem problem(item);
    std::string why_not;
    // Asked without memory, which the library only looks at when it runs.
    if (!OneDnnReorder::make(problem.source, problem.target, nullptr, nullptr, &why_not)) return Support::no(why_not);
    if (problem.source.dtype() == DType::f16 && !moves_bits(problem)) {
      return Support::no(open_onednn().identity + " changes elements of 2 bytes that it moves on this processor");
    }
    return Support::yes();
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const LayoutTransformProblem problem(item);
    return std::make_unique<OneDnnMovement<OneDnnReorder>>(
        cpu, pool, inputs[0].tensor, HostTensor(problem.target), [&](void* source, void* target, std::string* why_not) {
          return OneDnnReorder::make(problem.source, problem.target, source, target, why_not);
        });
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_onednn, LayoutTransformOneDnn)

}  // namespace hetscope
