// Reads at most a few kilobytes of any file, so that a strange one cannot stall the suite.
#include "harness/core/sysfs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "harness/core/decimal.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMaxLine = 4096;

}  // namespace

std::optional<std::string> read_first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line(kMaxLine, '\0');
  if (!file.getline(line.data(), static_cast<std::streamsize>(kMaxLine)) && file.gcount() == 0) return std::nullopt;
  line.resize(line.find('\0'));
  line.erase(line.find_last_not_of(" \t\r\n") + 1);
  return line;
}

std::optional<std::int64_t> read_integer(const std::string& path) {
  const std::optional<std::string> line = read_first_line(path);
  return line ? read_whole(*line) : std::nullopt;
}

std::string why_unreadable(const std::string& path) {
  // Not blocking: a FIFO without a writer would stall the suite.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::strerror(errno);
  char byte = 0;
  const ssize_t got = ::read(fd, &byte, 1);
  const int error = errno;
  ::close(fd);
  return got < 0 ? std::strerror(error) : "";
}

std::optional<std::int64_t> read_meminfo_bytes(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  for (int n = 0; n < 1000 && std::getline(file, line); ++n) {
    if (!line.starts_with(key + ":")) continue;
    const std::size_t begin = line.find_first_of("0123456789");
    if (begin == std::string::npos) return std::nullopt;
    const std::size_t end = line.find_first_not_of("0123456789", begin);
    const auto kilobytes = read_whole(std::string_view(line).substr(begin, end - begin));
    if (!kilobytes || *kilobytes > (std::int64_t{1} << 50)) return std::nullopt;
    return *kilobytes * 1024;
  }
  return std::nullopt;
}

}  // namespace hetscope
