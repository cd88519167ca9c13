// Reading and writing of whole files, with errors that name the file.
#include "kernels/sparse/file_bytes.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "harness/core/error.hpp"

namespace hetscope {

std::vector<std::byte> read_file_bytes(const std::string& path, std::uint64_t most_bytes) {
  std::error_code status;
  if (!std::filesystem::is_regular_file(path, status)) throw Error("not a file that can be read", path);
  const std::uintmax_t size = std::filesystem::file_size(path, status);
  if (status) throw Error("cannot tell the file's size: " + status.message(), path);
  if (size > most_bytes) {
    throw Error("the file has " + std::to_string(size) + " bytes; at most " + std::to_string(most_bytes) + " are read",
                path);
  }
  std::vector<std::byte> bytes(size);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file) throw Error("the file cannot be read to its end", path);
  return bytes;
}

void write_file_bytes(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw Error("the file cannot be written", path, "check the folder and the space left");
}

}  // namespace hetscope
