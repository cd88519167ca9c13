// The XDG base directory rules, as far as caches go.
#include "harness/core/cache_directory.hpp"

#include <cstdlib>

namespace hetscope {

std::string cache_directory(const char* variable, const std::string& name) {
  if (const char* chosen = std::getenv(variable); chosen != nullptr && *chosen != 0) return chosen;
  std::string base = "/var/tmp";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') base = std::string(home) + "/.cache";
  // A relative path is to be ignored there.
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') base = cache;
  return base + "/hetscope/" + name;
}

}  // namespace hetscope
