// Looking a file up among those that are part of the binary.
#include "harness/core/embedded_file.hpp"

#include <string>
#include <vector>

#include "harness/core/registry.hpp"

namespace hetscope {

std::string_view embedded_text(std::span<const EmbeddedFile> files, std::string_view path) {
  std::vector<std::string> paths;
  for (const EmbeddedFile& file : files) {
    if (file.path == path) return file.text;
    paths.emplace_back(file.path);
  }
  throw unknown_name("embedded file", path, paths);
}

}  // namespace hetscope
