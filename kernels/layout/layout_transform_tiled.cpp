// layout_transform_tiled: any pair of layouts as boxes of constant strides (movement.hpp), each as transposes in
// register tiles (matrix_transpose.hpp) or as copies of runs (run_copy.hpp).
//   traffic: every source line read once, every target line written once; a target that cannot stay in this case's
//   share of the last-level cache is written past the caches, which saves reading the lines that are overwritten.
#include <algorithm>

#include "kernels/copy/host_movement.hpp"
#include "kernels/layout/box_mover.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// The part of the last-level cache that `threads` of the processor's CPUs may call theirs; 0: unknown. A virtual
// machine with a few CPUs is told the cache of a whole socket, of which it has little: no thread's share is more than a
// large core's.
std::int64_t cache_share_bytes(const HostCpu& cpu, int threads) {
  constexpr std::int64_t kMostOfOneThread = std::int64_t{16} << 20;
  const auto cpus = static_cast<std::int64_t>(std::max<std::size_t>(cpu.cpus().size(), 1));
  const std::int64_t share = cpu.info().cache_bytes * std::min<std::int64_t>(threads, cpus) / cpus;
  return std::min(share, threads * kMostOfOneThread);
}

class TiledRuns final : public HostMovement {
 public:
  TiledRuns(HostCpu& cpu, ThreadPool& pool, const LayoutTransformProblem& problem, const HostTensor& source)
      : HostMovement(cpu, pool, source, HostTensor(problem.target)) {
    const std::int64_t share = cache_share_bytes(cpu, pool.size());
    const bool is_too_big = share > 0 && problem.target.storage_bytes() > share;
    const auto element_bytes = static_cast<std::int64_t>(size_of(source.dtype()));
    for (const MovementBox& box : movement_of(problem.source, problem.target)) {
      boxes_.emplace_back(box, element_bytes, is_too_big);
    }
  }

 protected:
  void run_once() override {
    pool().run([this](int worker) {
      for (const BoxMover& box : boxes_) box.move(source().data(), target().data(), worker, pool().size());
    });
  }

 private:
  std::vector<BoxMover> boxes_;
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
