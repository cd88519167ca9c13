// The load's thread notes when each batch began and ended; everything else is worked out after it has been joined.
#include "harness/measure/background_load.hpp"

#include <algorithm>

#include "harness/core/error.hpp"
#include "harness/measure/batch.hpp"
#include "harness/processor/affinity.hpp"

namespace hetscope {
namespace {

// What `step` throws says that it was the load's.
template <class Step>
void guarded(Step&& step) {
  try {
    step();
  } catch (const std::exception& error) {
    throw Error(std::string("the load failed: ") + error.what());
  }
}

}  // namespace

BackgroundLoad::BackgroundLoad(Runnable& runnable, std::int64_t batch, const Clock& clock, const std::vector<int>& cpus)
    : batch_(batch), clock_(clock), thread_([this, &runnable, cpus] { work(runnable, cpus); }) {
  start_.wait(Start::awaited, std::memory_order_acquire);
  if (start_.load(std::memory_order_acquire) == Start::failed) stop();
}

BackgroundLoad::~BackgroundLoad() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

void BackgroundLoad::work(Runnable& runnable, const std::vector<int>& cpus) {
  const auto show = [this](Start start) {
    start_.store(start, std::memory_order_release);
    start_.notify_one();
  };
  try {
    pin_this_thread(cpus);
    const EnteredRunnable entered(runnable);
    while (!stop_.load(std::memory_order_relaxed)) {
      const std::int64_t begin_ns = clock_.now_ns();
      runnable.run(batch_);
      batches_.push_back({begin_ns, clock_.now_ns()});
      if (batches_.size() == 1) show(Start::running);
    }
  } catch (...) {
    failure_ = std::current_exception();
    if (batches_.empty()) show(Start::failed);
  }
}

void BackgroundLoad::stop() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
  if (failure_) guarded([this] { std::rethrow_exception(failure_); });
}

double BackgroundLoad::executions_within(std::int64_t begin_ns, std::int64_t end_ns) const {
  double batches = 0;
  for (const Batch& batch : batches_) {
    const std::int64_t shared_ns = std::min(end_ns, batch.end_ns) - std::max(begin_ns, batch.begin_ns);
    if (shared_ns <= 0) continue;
    batches += static_cast<double>(shared_ns) / static_cast<double>(batch.end_ns - batch.begin_ns);
  }
  return batches * static_cast<double>(batch_);
}

std::int64_t background_batch(Runnable& runnable, const Clock& clock) {
  std::int64_t batch = 1;
  guarded([&] {
    const EnteredRunnable entered(runnable);
    for (std::int64_t elapsed_ns = 0; (elapsed_ns = time_batch(clock, runnable, batch)) < kShortBatchNs;) {
      const std::int64_t grown = grown_batch(batch, elapsed_ns, kShortBatchNs);
      if (grown == batch) break;
      batch = grown;
    }
  });
  return batch;
}

}  // namespace hetscope
