// Vector loops over 32-bit words that only read or only write; the writes bypass the caches.
#pragma once

#include <cstdint>

namespace hetscope {

// Words of four bytes in a line of 64 bytes, the smallest piece that memory and caches exchange.
inline constexpr std::int64_t kLineWords = 16;

// The sum modulo 2^32.
std::uint32_t sum_words(const std::uint32_t* words, std::int64_t count);
// `target` starts at a multiple of 64 bytes. Stores are ordered before anything that follows.
void fill_words(std::uint32_t* target, std::uint32_t word, std::int64_t count);

}  // namespace hetscope
