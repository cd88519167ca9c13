// Reads in chunks of 64 KiB; a line longer than the limit is passed over and only reported.
#include "harness/record/line_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {

LineReader::LineReader(std::string path, std::size_t max_line_bytes)
    : path_(std::move(path)), max_line_bytes_(max_line_bytes) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw Error(std::string("cannot be opened: ") + std::strerror(errno), path_);
}

LineReader::~LineReader() { ::close(descriptor_); }

bool LineReader::fill() {
  buffer_.resize(std::size_t{1} << 16);
  position_ = 0;
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw Error(std::string("cannot be read: ") + std::strerror(errno), path_);
  buffer_.resize(static_cast<std::size_t>(got));
  return got > 0;
}

bool LineReader::next() {
  line_.clear();
  is_too_long_ = false;
  is_unfinished_ = false;
  bool has_bytes = false;
  while (position_ < buffer_.size() || fill()) {
    has_bytes = true;
    const std::size_t end = buffer_.find('\n', position_);
    const std::size_t stop = end == std::string::npos ? buffer_.size() : end;
    if (line_.size() + (stop - position_) > max_line_bytes_) is_too_long_ = true;
    if (is_too_long_) {
      line_.clear();
    } else {
      line_.append(buffer_, position_, stop - position_);
    }
    position_ = stop;
    if (end != std::string::npos) {
      ++position_;
      ++number_;
      return true;
    }
  }
  if (!has_bytes) return false;
  is_unfinished_ = true;
  ++number_;
  return true;
}

}  // namespace hetscope
