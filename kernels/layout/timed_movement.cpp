#include "kernels/layout/timed_movement.hpp"

#include <algorithm>
#include <utility>

#include "harness/core/clock.hpp"

namespace hetscope {
namespace {

constexpr int kMostRounds = 50;
constexpr int kFewRounds = 3;                   // a moment in which others are busy spoils one
constexpr int kRunsOfRound = 3;                 // the first finds in the caches what another way left there
constexpr std::int64_t kEnoughNs = 15'000'000;  // for a turn
constexpr std::int64_t kMostNs = 100'000'000;   // for a turn of few rounds

std::vector<std::optional<TransposeWay>> ways_of(const std::vector<BoxMover>& movers) {
  std::vector<std::optional<TransposeWay>> result;
  for (const BoxMover& mover : movers) result.push_back(mover.way());
  return result;
}

bool is_streaming(const std::optional<TransposeWay>& way) { return way && way->stores == TransposeStores::streaming; }

void move_all(const std::vector<BoxMover>& movers, const std::byte* source, std::byte* target, ThreadPool& pool) {
  pool.run([&](int worker) {
    for (const BoxMover& mover : movers) mover.move(source, target, worker, pool.size());
  });
}

}  // namespace

// What writes past the caches has rounds of its own.
std::size_t fastest_of(std::span<const TimedWay> ways) {
  if (ways.size() < 2) return 0;
  const MonotonicClock clock;
  std::vector<std::vector<std::int64_t>> times_ns(ways.size());
  const auto try_out = [&](std::size_t way) {
    for (int run = 0; run < kRunsOfRound; ++run) {
      const std::int64_t start_ns = clock.now_ns();
      ways[way].run();
      if (run > 0) times_ns[way].push_back(clock.now_ns() - start_ns);
    }
  };
  for (const bool past_caches : {false, true, false, true}) {
    const std::int64_t begin_ns = clock.now_ns();
    for (int round = 0; round < kMostRounds; ++round) {
      for (std::size_t way = 0; way < ways.size(); ++way) {
        if (ways[way].writes_past_caches == past_caches) try_out(way);
      }
      if (clock.now_ns() - begin_ns > (round + 1 < kFewRounds ? kMostNs : kEnoughNs)) break;
    }
  }
  const auto middle = [](std::vector<std::int64_t>& times) {
    const auto at = times.begin() + std::ssize(times) / 2;
    std::ranges::nth_element(times, at);
    return *at;
  };
  return static_cast<std::size_t>(std::ranges::min_element(times_ns, {}, middle) - times_ns.begin());
}

TimedMovement::TimedMovement(std::span<const MovementBox> boxes, std::int64_t element_bytes) {
  for (const TransposeWay way : kTransposeWays) {
    Movers movers;
    for (const MovementBox& box : boxes) movers.emplace_back(box, element_bytes, way);
    if (std::ranges::find(ways_, ways_of(movers), ways_of) == ways_.end()) ways_.push_back(std::move(movers));
  }
}

void TimedMovement::choose(const std::byte* source, std::byte* target, ThreadPool& pool) {
  std::vector<TimedWay> trials;
  for (const Movers& movers : ways_) {
    trials.push_back(
        {[&] { move_all(movers, source, target, pool); }, std::ranges::any_of(ways_of(movers), is_streaming)});
  }
  ways_ = {std::move(ways_[fastest_of(trials)])};
}

void TimedMovement::move(const std::byte* source, std::byte* target, ThreadPool& pool) const {
  move_all(ways_.front(), source, target, pool);
}

std::optional<TransposeWay> TimedMovement::way() const {
  for (const std::optional<TransposeWay>& way : ways_of(ways_.front())) {
    if (way) return way;
  }
  return std::nullopt;
}

}  // namespace hetscope
