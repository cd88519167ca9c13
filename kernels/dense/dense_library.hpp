// A library's dense product, opened at run time: what one would ship on a CPU, and what ours are compared with.
#pragma once

#include <cstdint>
#include <string>

namespace hetscope {

struct DenseLibrary {
  // c (m x n) = a (m x k) b (k x n), row-major f32 without gaps.
  using Multiply = void(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float* c);
  // The same of integers, with sums in i32.
  using MultiplyI8 = void(std::int64_t m, std::int64_t n, std::int64_t k, const std::int8_t* a, const std::int8_t* b,
                          std::int32_t* c);
  using SetThreads = void(int threads);

  Multiply* multiply = nullptr;       // nullptr: not available, `why_not` says why
  MultiplyI8* multiply_i8 = nullptr;  // nullptr: it has none
  SetThreads* set_threads = nullptr;
  std::string identity;  // which code of which library runs: "OpenBLAS runs its SkylakeX code"
  std::string why_not;
};

// Each is opened once for the process: the libraries' threads outlive every user.
const DenseLibrary& openblas_library();
const DenseLibrary& onednn_library();

}  // namespace hetscope
