// activation_simd on the CPU. Where the layout stays, elements are taken as they lie, what pads a packed layout with
// them: every activation makes 0 of 0. Where it changes, boxes of movement.hpp move first and the result is made in
// place.
//   traffic: elements read once and written once; of another layout, the result written, read and written
#include <vector>

#include "kernels/activation/activate.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/copy/host_movement.hpp"
#include "kernels/layout/box_mover.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// Of the smallest type these fill a cache line of 64 bytes: threads share none.
constexpr std::int64_t kGrainElements = 32;

class ActivationSimdRuns final : public HostMovement {
 public:
  ActivationSimdRuns(HostCpu& cpu, ThreadPool& pool, const ActivationProblem& problem, const HostTensor& source)
      : HostMovement(cpu, pool, source, HostTensor(problem.target)), function_(problem.function) {
    if (problem.keeps_layout()) return;
    for (const MovementBox& box : movement_of(problem.source, problem.target)) {
      boxes_.emplace_back(box, static_cast<std::int64_t>(size_of(source.dtype())), TransposeStores::cached);
    }
  }

 protected:
  void run_once() override {
    if (boxes_.empty()) return activate_from(source());
    pool().run([&](int worker) {
      for (const BoxMover& box : boxes_) box.move(source().data(), target().data(), worker, pool().size());
    });
    activate_from(target());
  }

 private:
  void activate_from(const HostTensor& from) {
    const auto width = static_cast<std::int64_t>(size_of(from.dtype()));
    pool().parallel_for(from.view().storage_elements(), kGrainElements, [&](std::int64_t begin, std::int64_t end) {
      activate(function_, from.dtype(), from.data() + begin * width, target().data() + begin * width, end - begin);
    });
  }

  OperatorKind function_;
  std::vector<BoxMover> boxes_;
};

class ActivationSimd final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "activation_simd"; }
  std::string_view operation() const noexcept override { return "activation"; }
  Work executed_work(const Case& item, const Operation& operation) const override {
    const ActivationProblem problem(item);
    Work work = operation.useful_work(item);
    if (!problem.keeps_layout()) work.bytes += 2 * problem.target.storage_bytes();
    return work;
  }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<ActivationSimdRuns>(cpu, pool, ActivationProblem(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(activation_simd, ActivationSimd)

}  // namespace hetscope
