// The scenarios and tables of shapes that are part of the binary, so that the binary alone is enough to run.
#pragma once

#include <span>
#include <string>

#include "harness/core/embedded_file.hpp"

namespace hetscope {

// Every .json below scenarios/, as it was at build time.
std::span<const EmbeddedFile> scenario_files();

// The text of the file `path` or, where there is no such file, of the embedded one of that name
// ("scenarios/smoke/copy.json"). Throws Error when there is neither.
std::string scenario_text(const std::string& path);
// Whether there is either; a directory is neither.
bool has_scenario_text(const std::string& path);

}  // namespace hetscope
