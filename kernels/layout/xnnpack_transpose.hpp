// XNNPACK's transpose operator: what TFLite and ExecuTorch run on a CPU. Opened at run time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kernels/layout/dense_permutation.hpp"

namespace hetscope {

// Bytes that the library may read behind the end of its inputs.
inline constexpr std::size_t kXnnpackExtraBytes = 128;

class XnnpackTranspose {
 public:
  // Empty when the library can be opened; else the reason.
  static std::string why_not();
  // Where the library came from.
  static std::string identity();

  // Throws Error when the library refuses. `width_bytes` is 1, 2 or 4; the memory outlives the result, and
  // kXnnpackExtraBytes behind the source may be read.
  XnnpackTranspose(const DensePermutation& permutation, std::size_t width_bytes, int threads, const std::byte* source,
                   std::byte* target);
  ~XnnpackTranspose();
  XnnpackTranspose(const XnnpackTranspose&) = delete;
  XnnpackTranspose& operator=(const XnnpackTranspose&) = delete;

  void execute();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hetscope
