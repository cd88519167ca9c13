// layout_transform_tiled: any pair of layouts as boxes of constant strides (movement.hpp), each as transposes in
// register tiles (matrix_transpose.hpp) or as copies of runs (run_copy.hpp).
//   traffic: every source line read once, every target line written once; a target that is written past the caches
//   saves reading the lines that are overwritten.
#include <map>
#include <string>

#include "kernels/copy/host_movement.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/layout/timed_movement.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class TiledRuns final : public HostMovement {
 public:
  TiledRuns(HostCpu& cpu, ThreadPool& pool, const LayoutTransformProblem& problem, const HostTensor& source)
      : HostMovement(cpu, pool, source, HostTensor(problem.target)),
        movement_(movement_of(problem.source, problem.target), static_cast<std::int64_t>(size_of(source.dtype()))) {
    enter();
    movement_.choose(source.data(), target().data(), pool);
    target().fill(std::byte{0xFF});  // padding is written, too
    leave();
  }

  std::map<std::string, std::string> notes() override {
    const auto way = movement_.way();
    if (!way) return {};
    return {{"stores", std::string(name_of(way->stores))},
            {"order", std::string(name_of(way->order))},
            {"vectors", std::string(name_of(way->vectors))}};
  }

 protected:
  void run_once() override { movement_.move(source().data(), target().data(), pool()); }

 private:
  TimedMovement movement_;
};

class LayoutTransformTiled final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_tiled"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<TiledRuns>(cpu, pool, LayoutTransformProblem(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_tiled, LayoutTransformTiled)

}  // namespace hetscope
