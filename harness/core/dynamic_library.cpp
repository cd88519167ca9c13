// dlopen and its errors.
#include "harness/core/dynamic_library.hpp"

#include <dlfcn.h>
#include <elf.h>

#include <cstring>
#include <fstream>
#include <utility>

namespace hetscope {
namespace {

// Null for what is no ELF file.
const char* machine_of(const std::string& path) {
  Elf64_Ehdr header{};
  std::ifstream file(path, std::ios::binary);
  // Both classes have the machine at the same place.
  if (!file.read(reinterpret_cast<char*>(&header), sizeof(Elf32_Ehdr))) return nullptr;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return nullptr;
  switch (header.e_machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "x86";
    case EM_AARCH64:
      return "arm64";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return "RISC-V";
    default:
      return "another machine";
  }
}

// What the loader's words hide: " (it is for arm64, this program for x86-64)".
std::string machine_note(const std::string& path) {
  const char* theirs = machine_of(path);
  const char* ours = machine_of("/proc/self/exe");
  if (theirs == nullptr || ours == nullptr || std::strcmp(theirs, ours) == 0) return "";
  return std::string(" (it is for ") + theirs + ", this program for " + ours + ")";
}

}  // namespace

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
    reasons += candidate + ": " + (reason != nullptr ? reason : "not loaded") + machine_note(candidate);
  }
  if (why_not != nullptr) *why_not = reasons.empty() ? "no library name to try" : reasons;
  return library;
}

void* DynamicLibrary::symbol(const char* name) const noexcept {
  return handle_ == nullptr ? nullptr : dlsym(handle_, name);
}

}  // namespace hetscope
