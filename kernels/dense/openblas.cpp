// Opening OpenBLAS so that it runs its best code. Releases older than a CPU do not know it and fall back to their
// oldest code path (SSE3 on x86-64, several times slower than the hardware allows): a peer so crippled would flatter
// everybody else. Where the user has not chosen, the code path is therefore chosen by what the CPU can do.
#include "kernels/dense/openblas.hpp"

#include <hwy/targets.h>

#include <array>
#include <cstdlib>

#include "harness/core/dynamic_library.hpp"

namespace hetscope {
namespace {

const char* core_type_for_this_cpu() {
#if HWY_ARCH_X86
  const std::int64_t targets = hwy::SupportedTargets();
  if ((targets & (HWY_AVX3 | HWY_AVX3_DL)) != 0) return "SkylakeX";
  if ((targets & HWY_AVX2) != 0) return "Haswell";
#endif
  return nullptr;  // its own choice
}

OpenBlas open_openblas() {
  OpenBlas result;
  if (const char* core = core_type_for_this_cpu()) ::setenv("OPENBLAS_CORETYPE", core, /*overwrite=*/0);
  const std::array<std::string, 2> candidates = {"libopenblas.so.0", "libopenblas.so"};
  DynamicLibrary library = DynamicLibrary::open_first(candidates, &result.why_not);
  if (!library) return result;
  library.leak();
  result.set_threads = library.function<OpenBlas::SetThreads>("openblas_set_num_threads");
  if (const auto core_name = library.function<const char*()>("openblas_get_corename")) result.core = core_name();
  if (result.set_threads != nullptr) result.sgemm = library.function<OpenBlas::Sgemm>("cblas_sgemm");
  if (result.sgemm == nullptr) {
    result.why_not = library.path() + " has no cblas_sgemm or no openblas_set_num_threads";
  }
  return result;
}

}  // namespace

const OpenBlas& openblas() {
  static const OpenBlas kOpenBlas = open_openblas();
  return kOpenBlas;
}

}  // namespace hetscope
