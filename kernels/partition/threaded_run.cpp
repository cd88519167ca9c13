// Orders to the thread are counted; it answers each by raising the count of those that are done.
#include "kernels/partition/threaded_run.hpp"

#include <atomic>
#include <cassert>
#include <chrono>
#include <exception>
#include <thread>

namespace hetscope {
namespace {

// As long as the thread pools of the host's processors look for work before they sleep.
constexpr std::chrono::microseconds kSpinTime{50};

// Waits until `value` is no longer `old`.
void await_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  const auto give_up = std::chrono::steady_clock::now() + kSpinTime;
  do {
    if (value.load(std::memory_order_acquire) != old) return;
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < give_up);
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

struct ThreadedRun::State {
  enum class Order { run, enter, leave, end };

  explicit State(Runnable& of) : runnable(of), thread([this] { work(); }) {}

  void work() {
    for (std::uint32_t seen = 0;; ++seen) {
      await_change(ordered, seen);
      const Order current = order;
      if (current == Order::end) return;
      try {
        if (current == Order::run) runnable.run(1);
        if (current == Order::enter) runnable.enter();
        if (current == Order::leave) runnable.leave();
      } catch (...) {
        failure = std::current_exception();
      }
      done.fetch_add(1, std::memory_order_release);
      done.notify_one();
    }
  }

  void give(Order next) {
    order = next;
    ordered.fetch_add(1, std::memory_order_release);
    ordered.notify_one();
  }

  void await() {
    await_change(done, ordered.load(std::memory_order_relaxed) - 1);
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }

  Runnable& runnable;
  // Written before `ordered` is raised, and read after that was seen; `failure` likewise with `done`.
  Order order = Order::run;
  std::exception_ptr failure;
  alignas(64) std::atomic<std::uint32_t> ordered{0};
  alignas(64) std::atomic<std::uint32_t> done{0};
  std::thread thread;
};

ThreadedRun::ThreadedRun(Runnable& runnable) : state_(std::make_unique<State>(runnable)) {}

ThreadedRun::~ThreadedRun() {
  state_->give(State::Order::end);
  state_->thread.join();
}

void ThreadedRun::start() { state_->give(State::Order::run); }

void ThreadedRun::finish() { state_->await(); }

void ThreadedRun::enter() {
  state_->give(State::Order::enter);
  state_->await();
}

void ThreadedRun::leave() {
  state_->give(State::Order::leave);
  state_->await();
}

std::map<std::string, double> ThreadedRun::run_stages(const Clock& clock) {
  const std::int64_t begin_ns = clock.now_ns();
  start();
  finish();
  return {{"compute", static_cast<double>(clock.now_ns() - begin_ns)}};
}

}  // namespace hetscope
