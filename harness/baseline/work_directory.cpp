// Made with a name that nobody knows, removed with all it holds.
#include "harness/baseline/work_directory.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

std::string temporary_root() {
  const char* chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != 0 ? chosen : "/tmp";
}

}  // namespace

WorkDirectory::WorkDirectory() {
  std::string pattern = temporary_root() + "/hetscope-baseline-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw Error(std::string("no temporary directory: ") + std::strerror(errno), pattern, "set $TMPDIR");
  }
  path_ = std::filesystem::canonical(pattern).string();
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace hetscope
