// matmul by a dense library, whichever it is: f32, f16 by conversion, and i8 with its sums brought back to 8 bits.
#pragma once

#include <string_view>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {

class LibraryMatmul : public HostKernel {
 public:
  std::string_view name() const noexcept override { return name_; }
  std::string_view operation() const noexcept override { return "matmul"; }
  Work executed_work(const Case& item, const Operation& operation) const override;

 protected:
  // All live as long as the program. `title` is the library's name in reasons; `library` opens it.
  LibraryMatmul(const char* name, const char* title, const DenseLibrary& (*library)())
      : name_(name), title_(title), library_(library) {}

  Support supports_case(const Case& item) const override;
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override;

 private:
  const char* name_;
  const char* title_;
  const DenseLibrary& (*library_)();
};

}  // namespace hetscope
