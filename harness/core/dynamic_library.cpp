// dlopen and its errors.
#include "harness/core/dynamic_library.hpp"

#include <dlfcn.h>

#include <utility>

namespace hetscope {

DynamicLibrary::DynamicLibrary(DynamicLibrary&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      handle_is_leaked_(std::exchange(other.handle_is_leaked_, false)),
      path_(std::move(other.path_)) {}

DynamicLibrary& DynamicLibrary::operator=(DynamicLibrary&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(handle_is_leaked_, other.handle_is_leaked_);
  std::swap(path_, other.path_);
  return *this;
}

DynamicLibrary::~DynamicLibrary() {
  if (handle_ != nullptr && !handle_is_leaked_) dlclose(handle_);
}

DynamicLibrary DynamicLibrary::open_first(std::span<const std::string> candidates, std::string* why_not) {
  DynamicLibrary library;
  std::string reasons;
  for (const std::string& candidate : candidates) {
    library.handle_ = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library.handle_ != nullptr) {
      library.path_ = candidate;
      return library;
    }
    const char* reason = dlerror();
    if (!reasons.empty()) reasons += "; ";
    reasons += candidate + ": " + (reason != nullptr ? reason : "not loaded");
  }
  if (why_not != nullptr) *why_not = reasons.empty() ? "no library name to try" : reasons;
  return library;
}

void* DynamicLibrary::symbol(const char* name) const noexcept {
  return handle_ == nullptr ? nullptr : dlsym(handle_, name);
}

}  // namespace hetscope
