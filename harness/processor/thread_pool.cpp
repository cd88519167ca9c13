// The pool's hand-over: the caller publishes a body by raising a generation number, each worker runs it once and counts
// down. Both sides spin for a moment before they block, and give the CPU away while they spin, because a phone's cores
// or a busy neighbour may leave fewer CPUs than threads.
#include "harness/processor/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/processor/affinity.hpp"

namespace hetscope {
namespace {

// How long a thread looks for work before it blocks: longer than the gap between two parallel regions of a kernel, far
// shorter than a scheduler's time slice.
constexpr std::chrono::microseconds kSpinTime{50};
constexpr int kPausesPerYield = 64;

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

// Spins until `done()` or until kSpinTime has gone by; returns whether it is done.
template <class Done>
bool spin_until(Done&& done) {
  const auto give_up = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < kPausesPerYield; ++i) {
      if (done()) return true;
      pause_briefly();
    }
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < give_up);
  return done();
}

}  // namespace

struct ThreadPool::State {
  explicit State(std::vector<int> wanted) : cpus(std::move(wanted)) {}

  void work(int worker);
  void stop();

  const std::vector<int> cpus;
  std::vector<std::thread> threads;
  std::vector<int> callers_affinity;
  std::atomic<bool> pinned{true};
  std::atomic<bool> entered{false};
  std::atomic<bool> stopping{false};

  // Written by the caller before it raises the generation, read by the workers after they see it.
  RawBody body = nullptr;
  void* context = nullptr;

  // On lines of their own: the first is read by every spinning worker, the second is written by each of them. 32 bits,
  // because that is what a futex waits on without a detour.
  alignas(64) std::atomic<std::uint32_t> generation{0};
  alignas(64) std::atomic<std::uint32_t> unfinished{0};
};

void ThreadPool::State::work(int worker) {
  if (!pin_this_thread({cpus[static_cast<std::size_t>(worker)]})) pinned.store(false, std::memory_order_relaxed);
  std::uint32_t seen = 0;
  while (true) {
    const auto has_new_work = [&] { return generation.load(std::memory_order_acquire) != seen; };
    const auto stop_spinning = [&] { return has_new_work() || !entered.load(std::memory_order_relaxed); };
    if (!has_new_work()) spin_until(stop_spinning);
    while (!has_new_work()) generation.wait(seen, std::memory_order_acquire);
    ++seen;
    if (stopping.load(std::memory_order_relaxed)) return;
    body(context, worker);
    if (unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished.notify_one();
  }
}

void ThreadPool::State::stop() {
  stopping.store(true, std::memory_order_relaxed);
  generation.fetch_add(1, std::memory_order_release);
  generation.notify_all();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

ThreadPool::ThreadPool(std::vector<int> cpus) : state_(std::make_unique<State>(std::move(cpus))) {
  assert(!state_->cpus.empty());
  // Tried here once, so that pinned() is known before the first enter().
  const std::vector<int> before = affinity_of_this_thread();
  if (!pin_this_thread({state_->cpus.front()})) state_->pinned = false;
  if (!before.empty()) pin_this_thread(before);

  try {
    for (int worker = 1; worker < size(); ++worker) {
      state_->threads.emplace_back([state = state_.get(), worker] { state->work(worker); });
    }
  } catch (const std::system_error& error) {
    state_->stop();
    throw Error("cannot start " + std::to_string(size()) + " threads: " + error.what(), "", "use fewer threads");
  }
  run([](int) {});  // every worker has pinned itself when this returns
}

ThreadPool::~ThreadPool() { state_->stop(); }

int ThreadPool::size() const noexcept { return static_cast<int>(state_->cpus.size()); }

const std::vector<int>& ThreadPool::cpus() const noexcept { return state_->cpus; }

bool ThreadPool::pinned() const noexcept { return state_->pinned.load(std::memory_order_relaxed); }

void ThreadPool::enter() {
  if (state_->entered.exchange(true)) {
    throw Error("the pool of " + std::to_string(size()) + " threads is in use already", "",
                "let the other work run on another processor or with another number of threads");
  }
  state_->callers_affinity = affinity_of_this_thread();
  if (!pin_this_thread({state_->cpus.front()})) state_->pinned.store(false, std::memory_order_relaxed);
  run([](int) {});  // an empty region wakes everybody
}

void ThreadPool::leave() {
  state_->entered.store(false);
  if (!state_->callers_affinity.empty()) pin_this_thread(state_->callers_affinity);
}

void ThreadPool::run_raw(RawBody body, void* context) {
  State& state = *state_;
  if (!state.threads.empty()) {
    state.body = body;
    state.context = context;
    state.unfinished.store(static_cast<std::uint32_t>(state.threads.size()), std::memory_order_relaxed);
    state.generation.fetch_add(1, std::memory_order_release);
    state.generation.notify_all();
  }
  body(context, 0);
  if (state.threads.empty()) return;
  const auto all_done = [&] { return state.unfinished.load(std::memory_order_acquire) == 0; };
  if (spin_until(all_done)) return;
  while (std::uint32_t left = state.unfinished.load(std::memory_order_acquire)) {
    state.unfinished.wait(left, std::memory_order_acquire);
  }
}

std::pair<std::int64_t, std::int64_t> ThreadPool::share_of(int worker, int workers, std::int64_t count,
                                                           std::int64_t grain) {
  assert(worker >= 0 && worker < workers && count >= 0 && grain >= 1);
  const std::int64_t grains = count / grain + (count % grain != 0 ? 1 : 0);
  const std::int64_t each = grains / workers;
  const std::int64_t extra = grains % workers;  // the first `extra` workers take one grain more
  const auto begin_of = [&](std::int64_t w) { return std::min(count, (w * each + std::min(w, extra)) * grain); };
  return {begin_of(worker), begin_of(worker + 1)};
}

}  // namespace hetscope
