// A file on disk wins over the embedded one of the same name: what a user edits is what runs.
#include "harness/run/scenario_texts.hpp"

#include <filesystem>

#include "harness/record/json.hpp"

namespace hetscope {

namespace {

const EmbeddedFile* embedded(const std::string& path) {
  const std::string name = std::filesystem::path(path).lexically_normal().string();
  for (const EmbeddedFile& file : scenario_files()) {
    if (file.path == name) return &file;
  }
  return nullptr;
}

}  // namespace

std::string scenario_text(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    if (const EmbeddedFile* file = embedded(path)) return std::string(file->text);
  }
  return read_text_file(path);
}

bool has_scenario_text(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return std::filesystem::is_regular_file(path, ignored);
  return embedded(path) != nullptr;
}

}  // namespace hetscope
