// layout_transform_tiled: any pair of layouts as boxes of constant strides (movement.hpp), each as transposes in
// register tiles (matrix_transpose.hpp) or as copies of runs (run_copy.hpp).
//   traffic: every source line read once, every target line written once; a target that is written past the caches
//   saves reading the lines that are overwritten.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
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
    for (const TransposeWay way : kTransposeWays) {
      Candidate candidate;
      for (const MovementBox& box : boxes) candidate.boxes.emplace_back(box, element_bytes, way);
      if (std::ranges::find(candidates_, candidate.ways(), &Candidate::ways) == candidates_.end()) {
        candidates_.push_back(std::move(candidate));
      }
    }
    if (candidates_.size() > 1) choose();
  }

  std::map<std::string, std::string> notes() override {
    for (const std::optional<TransposeWay>& way : candidates_[chosen_].ways()) {
      if (way) return {{"stores", std::string(name_of(way->stores))}, {"order", std::string(name_of(way->order))}};
    }
    return {};
  }

 protected:
  void run_once() override { move(candidates_[chosen_].boxes); }

 private:
  static constexpr int kLeastRounds = 1;  // of each turn
  static constexpr int kMostRounds = 50;
  static constexpr int kRunsOfRound = 3;                 // the first finds in the caches what another way left there
  static constexpr std::int64_t kEnoughNs = 15'000'000;  // for a turn

  // Boxes moved in one way, or in what is left of it where some cannot be.
  struct Candidate {
    std::vector<BoxMover> boxes;
    std::int64_t least_ns = std::numeric_limits<std::int64_t>::max();

    std::vector<std::optional<TransposeWay>> ways() const {
      std::vector<std::optional<TransposeWay>> result;
      for (const BoxMover& box : boxes) result.push_back(box.way());
      return result;
    }
    bool is_streaming() const {
      return std::ranges::any_of(
          boxes, [](const BoxMover& box) { return box.way() && box.way()->stores == TransposeStores::streaming; });
    }
  };

  void move(const std::vector<BoxMover>& boxes) {
    pool().run([&](int worker) {
      for (const BoxMover& box : boxes) box.move(source().data(), target().data(), worker, pool().size());
    });
  }

  // By the least time of rounds in which each has its turn: others on the machine only ever make one slower. Writing
  // past the caches leaves them so that whoever comes next is slower for several runs: that way has rounds of its own.
  void choose() {
    enter();
    for (const bool is_streaming : {false, true, false, true}) {
      const std::int64_t begin_ns = clock_.now_ns();
      for (int round = 0; round < kMostRounds; ++round) {
        for (Candidate& candidate : candidates_) {
          if (candidate.is_streaming() == is_streaming) try_out(candidate);
        }
        if (round + 1 >= kLeastRounds && clock_.now_ns() - begin_ns > kEnoughNs) break;
      }
    }
    leave();
    const auto fastest = std::ranges::min_element(candidates_, {}, &Candidate::least_ns);
    chosen_ = static_cast<std::size_t>(fastest - candidates_.begin());
  }

  void try_out(Candidate& candidate) {
    for (int run = 0; run < kRunsOfRound; ++run) {
      const std::int64_t start_ns = clock_.now_ns();
      move(candidate.boxes);
      if (run > 0) candidate.least_ns = std::min(candidate.least_ns, clock_.now_ns() - start_ns);
    }
  }

  std::vector<Candidate> candidates_;
  const MonotonicClock clock_;
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
