// Transposes of dense matrices of 2- and 4-byte elements with the widest vectors of the running CPU.
#pragma once

#include <cstdint>

namespace hetscope {

// A matrix inside larger ones: source[row * source_stride + column] -> target[column * target_stride + row]. Strides
// are in elements. Source and target do not overlap.
struct TransposeExtent {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t source_stride = 0;
  std::int64_t target_stride = 0;
};

// streaming: full tiles bypass the caches on their way to memory. It needs a target, and rows of it, that start at
// multiples of 64 bytes. Stores are ordered before anything that follows.
enum class TransposeStores { cached, streaming };

void transpose_matrix(const std::uint16_t* source, std::uint16_t* target, const TransposeExtent& extent,
                      TransposeStores stores);
void transpose_matrix(const std::uint32_t* source, std::uint32_t* target, const TransposeExtent& extent,
                      TransposeStores stores);

}  // namespace hetscope
