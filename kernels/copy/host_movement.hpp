// A run on the host that reads one tensor and writes another: copies and layout transforms differ in run_once() alone.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "harness/kernel/host_kernel.hpp"

namespace hetscope {

// Whose threads do the work. library: it brings its own, and pinning the caller would pin all of them to one CPU or
// leave it out, so the pool is entered only where one thread is asked for.
enum class MovementThreads { pool, library };

class HostMovement : public OneResultRunnable {
 public:
  void enter() override {
    if (enters_pool()) HostRunnable::enter();
  }
  void leave() override {
    if (enters_pool()) HostRunnable::leave();
  }

 protected:
  // `source` outlives it; the target is its own until it is told another one.
  HostMovement(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, HostTensor target,
               MovementThreads threads = MovementThreads::pool)
      : OneResultRunnable(cpu, pool, std::move(target)), source_(source), threads_(threads) {}

  const HostTensor& source() const noexcept { return source_; }
  HostTensor& target() noexcept { return result(); }
  std::vector<std::span<const std::byte>> operands() const final {
    return {{source_.data(), source_.size_bytes()}, {result().data(), result().size_bytes()}};
  }

 private:
  bool enters_pool() { return threads_ == MovementThreads::pool || pool().size() == 1; }

  const HostTensor& source_;
  MovementThreads threads_;
};

}  // namespace hetscope
