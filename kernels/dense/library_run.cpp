// The library's threads around each block, and which of its code runs.
#include "kernels/dense/library_run.hpp"

#include <utility>

namespace hetscope {

LibraryRun::LibraryRun(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
                       const HostTensor& right, TensorView result, int threads)
    : HostRunnable(cpu, pool),
      library_(library),
      left_(left),
      right_(right),
      result_(std::move(result)),
      threads_(threads) {}

void LibraryRun::enter() {
  library_.set_threads(threads_);
  if (threads_ == 1) HostRunnable::enter();
}

void LibraryRun::leave() {
  if (threads_ == 1) HostRunnable::leave();
}

std::vector<Placement> LibraryRun::placement() const {
  std::vector<Placement> result = HostRunnable::placement();
  for (Placement& placement : result) placement.evidence += "; " + library_.identity;
  return result;
}

std::vector<HostTensor> LibraryRun::outputs() {
  std::vector<HostTensor> result;
  result.push_back(result_.clone());
  return result;
}

bool LibraryRun::write_outputs_to(std::span<HostTensor> targets) {
  result_ = HostTensor::borrowing(targets[0].view(), targets[0].data());
  return true;
}

std::vector<std::span<const std::byte>> LibraryRun::operands() const {
  return {
      {left_.data(), left_.size_bytes()}, {right_.data(), right_.size_bytes()}, {result_.data(), result_.size_bytes()}};
}

}  // namespace hetscope
