// A Runnable of two operands and one result that a dense library computes, with threads of the library's own.
#pragma once

#include <span>
#include <vector>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {

class LibraryRun : public OneResultRunnable {
 public:
  // The operands outlive it; it owns the result. `threads` are the library's: where it has one, the pool is entered.
  LibraryRun(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
             const HostTensor& right, TensorView result, int threads);

  void enter() override;
  std::vector<Placement> placement() const override;

 protected:
  const DenseLibrary& library() const noexcept { return library_; }
  int library_threads() const noexcept { return threads_; }
  const HostTensor& left() const noexcept { return left_; }
  const HostTensor& right() const noexcept { return right_; }

  std::vector<std::span<const std::byte>> operands() const override;

 private:
  const DenseLibrary& library_;
  const HostTensor& left_;
  const HostTensor& right_;
  int threads_;
};

}  // namespace hetscope
