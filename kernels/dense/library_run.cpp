// The library's threads around each block, and which of its code runs.
#include "kernels/dense/library_run.hpp"

#include <utility>

namespace hetscope {

LibraryRun::LibraryRun(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
                       const HostTensor& right, TensorView result, int threads)
    : OneResultRunnable(cpu, pool, HostTensor(std::move(result)),
                        threads == 1 ? HostThreads::pool : HostThreads::library),
      library_(library),
      left_(left),
      right_(right),
      threads_(threads) {}

void LibraryRun::enter() {
  HostRunnable::enter();  // before the library makes threads
  library_.set_threads(threads_);
}

std::vector<Placement> LibraryRun::placement() const {
  std::vector<Placement> result = HostRunnable::placement();
  for (Placement& placement : result) placement.evidence += "; " + library_.identity;
  return result;
}

std::vector<std::span<const std::byte>> LibraryRun::operands() const {
  return {{left_.data(), left_.size_bytes()},
          {right_.data(), right_.size_bytes()},
          {result().data(), result().size_bytes()}};
}

}  // namespace hetscope
