// layout_transform_onednn: the reorder primitive of oneDNN, opened at run time, with the library's own threads.
//   traffic: elements read once, storage written once
#include "kernels/layout/layout_transform.hpp"
#include "kernels/layout/onednn_movement.hpp"
#include "kernels/layout/onednn_reorder.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class LayoutTransformOneDnn final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_onednn"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_case(const Case& item) const override {
    const LayoutTransformProblem problem(item);
    std::string why_not;
    // Asked without memory, which the library only looks at when it runs.
    if (OneDnnReorder::make(problem.source, problem.target, nullptr, nullptr, &why_not)) return Support::yes();
    return Support::no(why_not);
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
