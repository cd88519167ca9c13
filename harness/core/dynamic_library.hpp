// A library opened at run time. Vendor libraries (OpenCL, NVML, NPU runtimes) come in through here, and only in a
// worker process, so that the suite builds and starts where they are missing.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace hetscope {

class DynamicLibrary {
 public:
  DynamicLibrary() = default;
  DynamicLibrary(DynamicLibrary&& other) noexcept;
  DynamicLibrary& operator=(DynamicLibrary&& other) noexcept;
  ~DynamicLibrary();

  // Opens the first of `candidates` that loads. When none does, the result is empty and `why_not` says, for each
  // candidate, what the loader said.
  static DynamicLibrary open_first(std::span<const std::string> candidates, std::string* why_not = nullptr);

  explicit operator bool() const noexcept { return handle_ != nullptr; }
  // The name or path that loaded.
  const std::string& path() const noexcept { return path_; }
  // nullptr when the library does not have it.
  void* symbol(const char* name) const noexcept;
  template <class F>
  F* function(const char* name) const noexcept {
    return reinterpret_cast<F*>(symbol(name));
  }
  // Never unloads: a driver whose threads outlive the library crashes at exit.
  void leak() noexcept { handle_is_leaked_ = true; }

 private:
  void* handle_ = nullptr;
  bool handle_is_leaked_ = false;
  std::string path_;
};

}  // namespace hetscope
