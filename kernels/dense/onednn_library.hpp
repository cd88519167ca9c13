// oneDNN, opened once for the process and never linked: release 2 or 3, whichever the machine has.
#pragma once

#include <string>

#include "harness/core/dynamic_library.hpp"

namespace hetscope {

struct OneDnnLibrary {
  DynamicLibrary library;              // empty: not available, `why_not` says why
  void (*set_threads)(int) = nullptr;  // of the library's own threads
  std::string identity;                // "oneDNN 2.6.3"
  std::string why_not;
};

const OneDnnLibrary& open_onednn();

}  // namespace hetscope
