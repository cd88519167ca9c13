// The .cl files below kernels/, embedded at build time.
#pragma once

#include <span>

#include "harness/core/embedded_file.hpp"

namespace hetscope {

std::span<const EmbeddedFile> opencl_source_files();

}  // namespace hetscope
