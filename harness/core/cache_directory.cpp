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

bool has_own_cache_directory(const char* variable) {
  const auto names_a_place = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value == '/';
  };
  return names_a_place(variable) || names_a_place("HOME") || names_a_place("XDG_CACHE_HOME");
}

}  // namespace hetscope
