// matmul by a library's dense product: f32, f16 by conversion, and i8 with its sums brought back to 8 bits. Who derives
// from it names the library.
#pragma once

#include <string_view>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {

class LibraryMatmul : public HostKernel {
 public:
  std::string_view operation() const noexcept final { return "matmul"; }
  Work executed_work(const Case& item, const Operation& operation) const final;

 protected:
  // `title` is what people call it.
  LibraryMatmul(OpenDenseLibrary* library, const char* title) : library_(library), title_(title) {}

  Support supports_case(const Case& item) const final;
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const final;

 private:
  OpenDenseLibrary* library_;
  const char* title_;
};

}  // namespace hetscope
