// Whole files as bytes, and little-endian numbers in them: what the readers of hostile binary files share.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace hetscope {

// Throws Error when `path` is not a regular file, larger than `most_bytes`, or cannot be read to its end.
std::vector<std::byte> read_file_bytes(const std::string& path, std::uint64_t most_bytes = std::uint64_t{1} << 36);
// Replaces the file; throws Error when it cannot be written whole.
void write_file_bytes(const std::string& path, std::span<const std::byte> bytes);

// A little-endian number at bytes[at]; the caller has checked that it is inside.
template <class T>
T load_little(std::span<const std::byte> bytes, std::size_t at) {
  static_assert(std::endian::native == std::endian::little, "byte order of the formats");
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T>
void append_little(std::vector<std::byte>& bytes, T value) {
  static_assert(std::endian::native == std::endian::little, "byte order of the formats");
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace hetscope
