// OpenBLAS, opened at run time: the dense product that one would ship on a CPU.
#pragma once

#include <string>

namespace hetscope {

struct OpenBlas {
  // cblas_sgemm with row-major operands, as CBLAS defines it; 32-bit integers of the default build.
  using Sgemm = void(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a,
                     int lda, const float* b, int ldb, float beta, float* c, int ldc);
  using SetThreads = void(int threads);
  static constexpr int kRowMajor = 101;
  static constexpr int kNoTranspose = 111;

  Sgemm* sgemm = nullptr;  // nullptr: not available, `why_not` says why
  SetThreads* set_threads = nullptr;
  std::string core;  // the code path that it chose: "SkylakeX"
  std::string why_not;
};

// Opened once for the process: its threads outlive every user.
const OpenBlas& openblas();

}  // namespace hetscope
