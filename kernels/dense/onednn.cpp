// oneDNN's matrix product (dnnl_sgemm of its C interface), opened at run time. Where its threads are OpenMP's, their
// number is set in the OpenMP runtime that the library itself brings.
#include <fmt/format.h>

#include <array>

#include "harness/core/dynamic_library.hpp"
#include "kernels/dense/dense_library.hpp"

namespace hetscope {
namespace {

// dnnl_version_t of dnnl_types.h, the same in releases 2 and 3.
struct Version {
  int major, minor, patch;
  const char* hash;
  unsigned cpu_runtime;  // 1: sequential, 2: OpenMP
  unsigned gpu_runtime;
};
constexpr unsigned kSequential = 1;
constexpr unsigned kOpenMp = 2;

using Sgemm = int(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
                  const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c,
                  std::int64_t ldc);

Sgemm* g_sgemm = nullptr;

void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float* c) {
  // It fails only for sizes that the operation refuses; a wrong result would not pass verification.
  g_sgemm('N', 'N', m, n, k, 1.0F, a, k, b, n, 0.0F, c, n);
}

void stay_on_one_thread(int) {}

DenseLibrary open_onednn() {
  DenseLibrary result;
  const std::array<std::string, 3> candidates = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"};
  DynamicLibrary library = DynamicLibrary::open_first(candidates, &result.why_not);
  if (!library) return result;
  library.leak();
  g_sgemm = library.function<Sgemm>("dnnl_sgemm");
  const auto version_of = library.function<const Version*()>("dnnl_version");
  if (g_sgemm == nullptr || version_of == nullptr) {
    result.why_not = library.path() + " has no dnnl_sgemm or no dnnl_version";
    return result;
  }
  const Version& version = *version_of();
  if (version.cpu_runtime == kOpenMp) {
    result.set_threads = library.function<DenseLibrary::SetThreads>("omp_set_num_threads");
  } else if (version.cpu_runtime == kSequential) {
    result.set_threads = stay_on_one_thread;
  }
  if (result.set_threads == nullptr) {
    result.why_not = library.path() + " has threads whose number cannot be set";
    return result;
  }
  result.identity = fmt::format("oneDNN {}.{}.{}", version.major, version.minor, version.patch);
  result.multiply = multiply;
  return result;
}

}  // namespace

const DenseLibrary& onednn_library() {
  static const DenseLibrary kOneDnn = open_onednn();
  return kOneDnn;
}

}  // namespace hetscope
