// A run on the host that reads one tensor and writes another: copies and layout transforms differ in run_once() alone.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "harness/kernel/host_kernel.hpp"

namespace hetscope {

class HostMovement : public OneResultRunnable {
 public:
  // What was made for it besides its tensors; it outlives the last run.
  void reads_also(std::span<const std::byte> prepared) { prepared_.push_back(prepared); }

 protected:
  // `source` outlives it; the target is its own until it is told another one.
  HostMovement(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, HostTensor target,
               HostThreads threads = HostThreads::pool)
      : OneResultRunnable(cpu, pool, std::move(target), threads), source_(source) {}

  const HostTensor& source() const noexcept { return source_; }
  HostTensor& target() noexcept { return result(); }
  std::vector<std::span<const std::byte>> operands() const final {
    return {{source_.data(), source_.size_bytes()}, {result().data(), result().size_bytes()}};
  }
  std::vector<std::span<const std::byte>> prepared() const final { return prepared_; }

 private:
  const HostTensor& source_;
  std::vector<std::span<const std::byte>> prepared_;
};

}  // namespace hetscope
