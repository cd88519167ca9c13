// Opening OpenBLAS so that it runs its best code. Releases older than a CPU do not know it and fall back to their
// oldest code path (SSE3 on x86-64, several times slower than the hardware allows): a peer so crippled would flatter
// everybody else. Where the user has not chosen, the code path is therefore chosen by what the CPU can do.
#include <hwy/targets.h>

#include <array>
#include <cstdlib>

#include "harness/core/dynamic_library.hpp"
#include "harness/kernel/library_threads.hpp"
#include "harness/processor/host_cpu.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {
namespace {

// cblas_sgemm as CBLAS defines it; 32-bit integers of the default build.
using CblasSgemm = void(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a,
                        int lda, const float* b, int ldb, float beta, float* c, int ldc);
constexpr int kRowMajor = 101;
constexpr int kNoTranspose = 111;
constexpr int kTranspose = 112;

CblasSgemm* g_cblas_sgemm = nullptr;

void multiply_by_cblas(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b,
                       RightOperand stored, float* c) {
  const auto columns = static_cast<int>(n);
  const auto inner = static_cast<int>(k);
  const bool is_plain = stored == RightOperand::plain;
  g_cblas_sgemm(kRowMajor, kNoTranspose, is_plain ? kNoTranspose : kTranspose, static_cast<int>(m), columns, inner,
                1.0F, a, inner, b, is_plain ? columns : inner, 0.0F, c, columns);
}

const char* core_type_for_this_cpu() {
#if HWY_ARCH_X86
  const std::int64_t targets = hwy::SupportedTargets();
  if ((targets & (HWY_AVX3 | HWY_AVX3_DL)) != 0) return "SkylakeX";
  if ((targets & HWY_AVX2) != 0) return "Haswell";
#endif
  return nullptr;  // its own choice
}

DenseLibrary open_openblas() {
  DenseLibrary result;
  if (const char* core = core_type_for_this_cpu()) ::setenv("OPENBLAS_CORETYPE", core, /*overwrite=*/0);
  const std::array<std::string, 2> candidates = {"libopenblas.so.0", "libopenblas.so"};
  const LibraryThreads made_here(allowed_cpus());  // it makes them when it is opened
  DynamicLibrary library = DynamicLibrary::open_first(candidates, &result.why_not);
  if (!library) return result;
  library.leak();
  g_cblas_sgemm = library.function<CblasSgemm>("cblas_sgemm");
  result.set_threads = library.function<DenseLibrary::SetThreads>("openblas_set_num_threads");
  if (g_cblas_sgemm == nullptr || result.set_threads == nullptr) {
    result.why_not = library.path() + " has no cblas_sgemm or no openblas_set_num_threads";
    return result;
  }
  result.identity = "OpenBLAS";
  if (const auto core_name = library.function<const char*()>("openblas_get_corename")) {
    result.identity += " runs its " + std::string(core_name()) + " code";
  }
  result.multiply = multiply_by_cblas;
  return result;
}

}  // namespace

const DenseLibrary& openblas_library() {
  static const DenseLibrary kOpenBlas = open_openblas();
  return kOpenBlas;
}

}  // namespace hetscope
