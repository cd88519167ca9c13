// A Runnable that is kept running on a thread of its own while another one is measured, and whose own pace is known for
// any stretch of that time.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/kernel/runnable.hpp"

namespace hetscope {

class BackgroundLoad {
 public:
  // Starts it and returns when its first batch is done, so that it is seen to be running. It is entered on its own
  // thread, which begins on `cpus`: a new thread inherits the CPUs of the one that makes it, and that one may be pinned
  // to the core that is measured. Throws Error when it failed until then. The Runnable and the clock outlive it.
  BackgroundLoad(Runnable& runnable, std::int64_t batch, const Clock& clock, const std::vector<int>& cpus);
  ~BackgroundLoad();
  BackgroundLoad(const BackgroundLoad&) = delete;
  BackgroundLoad& operator=(const BackgroundLoad&) = delete;

  // Waits for the batch under way; throws Error when the load has failed at any time.
  void stop();
  // After stop(): executions between two readings of the clock. A batch across an edge counts by its share of time.
  double executions_within(std::int64_t begin_ns, std::int64_t end_ns) const;

 private:
  struct Batch {
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;
  };
  void work(Runnable& runnable, const std::vector<int>& cpus);

  std::int64_t batch_;
  const Clock& clock_;
  std::vector<Batch> batches_;  // the thread's until it is joined
  std::exception_ptr failure_;
  std::atomic<bool> stop_{false};
  // Until the first batch is done or has failed.
  enum class Start { awaited, running, failed };
  std::atomic<Start> start_{Start::awaited};
  std::thread thread_;
};

// Executions that make a batch of about a millisecond: short beside a block, long beside handing over the next one.
// Throws Error when the load fails.
std::int64_t background_batch(Runnable& runnable, const Clock& clock);

}  // namespace hetscope
