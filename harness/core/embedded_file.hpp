// A text file that is part of the binary (OpenCL C sources, the record's schema), so that the binary alone is enough to
// run.
#pragma once

#include <span>
#include <string_view>

namespace hetscope {

struct EmbeddedFile {
  std::string_view path;  // relative to the repository's root: "kernels/copy/copy_buffer.cl"
  std::string_view text;
};

// The text of `path` among `files`; throws Error when it is not there.
std::string_view embedded_text(std::span<const EmbeddedFile> files, std::string_view path);

}  // namespace hetscope
