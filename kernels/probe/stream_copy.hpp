// A copy whose stores bypass the caches.
#pragma once

#include <cstddef>

namespace hetscope {

// `target` starts at a multiple of 64 bytes. Stores are ordered before anything that follows.
void copy_with_streaming_stores(std::byte* target, const std::byte* source, std::size_t bytes);

}  // namespace hetscope
