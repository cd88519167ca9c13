// Where oneDNN's threads are OpenMP's, their number is set in the OpenMP runtime that the library itself brings.
#include "kernels/dense/onednn_library.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <vector>

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

void stay_on_one_thread(int) {}

OneDnnLibrary open_first_usable() {
  OneDnnLibrary result;
  std::vector<std::string> candidates = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"};
  if (const char* chosen = std::getenv("HETSCOPE_ONEDNN_LIBRARY"); chosen != nullptr) candidates = {chosen};
  DynamicLibrary library = DynamicLibrary::open_first(candidates, &result.why_not);
  if (!library) return result;
  library.leak();
  const auto version_of = library.function<const Version*()>("dnnl_version");
  if (version_of == nullptr) {
    result.why_not = library.path() + " has no dnnl_version";
    return result;
  }
  const Version& version = *version_of();
  if (version.cpu_runtime == kOpenMp) {
    result.set_threads = library.function<void(int)>("omp_set_num_threads");
  } else if (version.cpu_runtime == kSequential) {
    result.set_threads = stay_on_one_thread;
  }
  if (result.set_threads == nullptr) {
    result.why_not = library.path() + " has threads whose number cannot be set";
    return result;
  }
  result.identity = fmt::format("oneDNN {}.{}.{}", version.major, version.minor, version.patch);
  result.library = std::move(library);
  return result;
}

}  // namespace

const OneDnnLibrary& open_onednn() {
  static const OneDnnLibrary kLibrary = open_first_usable();
  return kLibrary;
}

}  // namespace hetscope
