// Threads pinned to given CPUs, the caller being the first of them. Between enter() and leave() the others spin briefly
// for work, so that a parallel region costs about a microsecond; outside they sleep and disturb nobody.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace hetscope {

class ThreadPool {
 public:
  // One thread per entry of `cpus` (>= 1). Where pinning is refused (cpusets of Android) `pinned()` is false.
  explicit ThreadPool(std::vector<int> cpus);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const noexcept;
  const std::vector<int>& cpus() const noexcept;
  bool pinned() const noexcept;

  // Pins the calling thread to the first CPU and wakes the others; leave() restores the caller's affinity and lets the
  // others sleep. Calls do not nest: entering a pool that somebody is in throws Error.
  void enter();
  void leave();

  // body(worker) on every thread, worker in [0, size()); returns when all are done. `body` must not throw. Without
  // enter() it still works, only slower.
  template <class Body>
  void run(Body&& body) {
    run_raw([](void* context, int worker) { (*static_cast<std::remove_reference_t<Body>*>(context))(worker); },
            const_cast<void*>(static_cast<const void*>(&body)));
  }
  // body(begin, end) over [0, count) in one contiguous share per thread, each share a multiple of `grain` but the last.
  template <class Body>
  void parallel_for(std::int64_t count, std::int64_t grain, Body&& body) {
    if (size() == 1) {
      body(std::int64_t{0}, count);
      return;
    }
    run([&](int worker) {
      auto [begin, end] = share_of(worker, size(), count, grain);
      if (begin < end) body(begin, end);
    });
  }

  static std::pair<std::int64_t, std::int64_t> share_of(int worker, int workers, std::int64_t count,
                                                        std::int64_t grain);

 private:
  using RawBody = void (*)(void* context, int worker);
  void run_raw(RawBody body, void* context);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hetscope
