// A file on disk wins over the embedded one of the same name: what a user edits is what runs.
#include "harness/run/scenario_texts.hpp"

#include <filesystem>

#include "harness/record/json.hpp"

namespace hetscope {

std::string scenario_text(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    const std::string name = std::filesystem::path(path).lexically_normal().string();
    for (const EmbeddedFile& file : scenario_files()) {
      if (file.path == name) return std::string(file.text);
    }
  }
  return read_text_file(path);
}

}  // namespace hetscope
