// layout_transform_onednn: the reorder primitive of oneDNN, opened at run time, with the library's own threads.
//   traffic: elements read once, storage written once
#include "harness/core/error.hpp"
#include "kernels/copy/host_movement.hpp"
#include "kernels/dense/onednn_library.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/layout/onednn_reorder.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class Runs final : public HostMovement {
 public:
  Runs(HostCpu& cpu, ThreadPool& pool, const LayoutTransformProblem& problem, const HostTensor& source)
      : HostMovement(cpu, pool, source, HostTensor(problem.target), MovementThreads::library) {
    std::string why_not;
    open_onednn().set_threads(pool.size());
    // The library takes writable memory for what it only reads.
    reorder_ = OneDnnReorder::make(problem.source, problem.target, const_cast<std::byte*>(source.data()),
                                   target().data(), &why_not);
    if (reorder_ == nullptr) throw Error(why_not);
  }

  void enter() override {
    open_onednn().set_threads(pool().size());
    HostMovement::enter();
  }
  std::vector<Placement> placement() const override {
    std::vector<Placement> result = HostMovement::placement();
    for (Placement& placement : result) placement.evidence += "; " + open_onednn().identity;
    return result;
  }

 protected:
  void run_once() override { reorder_->execute(); }

 private:
  std::unique_ptr<OneDnnReorder> reorder_;
};

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
    return std::make_unique<Runs>(cpu, pool, LayoutTransformProblem(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_onednn, LayoutTransformOneDnn)

}  // namespace hetscope
