// Threads that take the next index until there is none.
#include "harness/core/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace hetscope {

void for_each_index(std::size_t count, const std::function<void(std::size_t)>& work) {
  constexpr std::size_t kMostThreads = 16;
  const std::size_t threads =
      std::min({count, kMostThreads, static_cast<std::size_t>(std::max(1U, std::thread::hardware_concurrency()))});
  std::atomic<std::size_t> next{0};
  std::exception_ptr fault;
  std::size_t faulty = count;
  std::mutex fault_mutex;
  const auto take = [&] {
    for (std::size_t index = next++; index < count; index = next++) {
      try {
        work(index);
      } catch (...) {
        const std::lock_guard lock(fault_mutex);
        // Indices are taken in order: whatever precedes this one has begun, and may still fail.
        if (index < faulty) {
          fault = std::current_exception();
          faulty = index;
        }
        next = count;
      }
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(take);
  take();
  for (std::thread& thread : others) thread.join();
  if (fault) std::rethrow_exception(fault);
}

}  // namespace hetscope
