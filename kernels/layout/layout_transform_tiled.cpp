// layout_transform_tiled: any pair of layouts as boxes of constant strides (movement.hpp), each as transposes in
// register tiles (matrix_transpose.hpp) or as copies of runs (run_copy.hpp).
//   traffic: every source line read once, every target line written once; a target that is written past the caches
//   saves reading the lines that are overwritten.
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "kernels/copy/host_movement.hpp"
#include "kernels/layout/box_mover.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// Which way of writing a plane is fastest depends on the processor, on the strides and on what else is in its caches,
// and no rule that was tried held on two machines: each is timed when the case is prepared, as FFTW's planner does.
class TiledRuns final : public HostMovement {
 public:
  TiledRuns(HostCpu& cpu, ThreadPool& pool, const LayoutTransformProblem& problem, const HostTensor& source)
      : HostMovement(cpu, pool, source, HostTensor(problem.target)) {
    const std::vector<MovementBox> boxes = movement_of(problem.source, problem.target);
    const auto element_bytes = static_cast<std::int64_t>(size_of(source.dtype()));
    for (std::size_t way = 0; way < kTransposeWays.size(); ++way) {
      for (const MovementBox& box : boxes) ways_[way].emplace_back(box, element_bytes, kTransposeWays[way]);
    }
    choose();
  }

  std::map<std::string, std::string> notes() override {
    const TransposeWay& way = kTransposeWays[chosen_];
    return {{"stores", std::string(name_of(way.stores))}, {"order", std::string(name_of(way.order))}};
  }

 protected:
  void run_once() override { move(ways_[chosen_]); }

 private:
  static constexpr int kLeastRounds = 1;  // of each turn
  static constexpr int kMostRounds = 50;
  static constexpr int kRunsOfRound = 3;                 // the first finds in the caches what another way left there
  static constexpr std::int64_t kEnoughNs = 15'000'000;  // for a turn

  void move(const std::vector<BoxMover>& boxes) {
    pool().run([&](int worker) {
      for (const BoxMover& box : boxes) box.move(source().data(), target().data(), worker, pool().size());
    });
  }

  // By the least time of rounds in which each has its turn: others on the machine only ever make one slower. Writing
  // past the caches leaves them so that whoever comes next is slower for several runs: that way has rounds of its own.
  void choose() {
    least_.fill(std::numeric_limits<std::int64_t>::max());
    enter();
    for (const bool is_streaming : {false, true, false, true}) {
      const std::int64_t begin_ns = clock_.now_ns();
      for (int round = 0; round < kMostRounds; ++round) {
        for (std::size_t way = 0; way < ways_.size(); ++way) {
          if ((kTransposeWays[way].stores == TransposeStores::streaming) == is_streaming) try_way(way);
        }
        if (round + 1 >= kLeastRounds && clock_.now_ns() - begin_ns > kEnoughNs) break;
      }
    }
    leave();
    chosen_ = static_cast<std::size_t>(std::ranges::min_element(least_) - least_.begin());
  }

  void try_way(std::size_t way) {
    for (int run = 0; run < kRunsOfRound; ++run) {
      const std::int64_t start_ns = clock_.now_ns();
      move(ways_[way]);
      if (run > 0) least_[way] = std::min(least_[way], clock_.now_ns() - start_ns);
    }
  }

  std::array<std::vector<BoxMover>, kTransposeWays.size()> ways_;
  const MonotonicClock clock_;
  std::array<std::int64_t, kTransposeWays.size()> least_{};
  std::size_t chosen_ = 0;
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
