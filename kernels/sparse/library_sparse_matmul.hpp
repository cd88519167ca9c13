// sparse_matmul by a library's dense product: the zeros multiplied like any other value. Who derives from it names the
// library.
//   executed flops = 2 m n k
#pragma once

#include "harness/kernel/host_kernel.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {

class LibrarySparseMatmul : public HostKernel {
 public:
  std::string_view operation() const noexcept final { return "sparse_matmul"; }
  Work executed_work(const Case& item, const Operation& operation) const final;

 protected:
  // `title` is what people call it.
  LibrarySparseMatmul(OpenDenseLibrary* library, const char* title) : library_(library), title_(title) {}

  Support supports_case(const Case& item) const final;
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const final;

 private:
  OpenDenseLibrary* library_;
  const char* title_;
};

}  // namespace hetscope
