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

class HostMovement : public HostRunnable {
 public:
  void enter() override {
    if (enters_pool()) HostRunnable::enter();
  }
  void leave() override {
    if (enters_pool()) HostRunnable::leave();
  }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(target_.clone());
    return result;
  }
  // For a run_once() that asks for target() every time.
  bool write_outputs_to(std::span<HostTensor> targets) override {
    target_ = HostTensor::borrowing(targets[0].view(), targets[0].data());
    return true;
  }

 protected:
  // `source` outlives it; the target is its own until it is told another one.
  HostMovement(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, HostTensor target,
               MovementThreads threads = MovementThreads::pool)
      : HostRunnable(cpu, pool), source_(source), target_(std::move(target)), threads_(threads) {}

  const HostTensor& source() const noexcept { return source_; }
  HostTensor& target() noexcept { return target_; }
  std::vector<std::span<const std::byte>> operands() const final {
    return {{source_.data(), source_.size_bytes()}, {target_.data(), target_.size_bytes()}};
  }

 private:
  bool enters_pool() { return threads_ == MovementThreads::pool || pool().size() == 1; }

  const HostTensor& source_;
  HostTensor target_;
  MovementThreads threads_;
};

}  // namespace hetscope
