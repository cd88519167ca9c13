// Appending that survives kill -9 and a full disk: one write() a line, the file cut back to whole lines on every fault.
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/record/journal.hpp"

namespace hetscope {
namespace {

// Bytes behind the last line end of a file of `size` bytes, found from the back.
std::int64_t unfinished_bytes(int descriptor, std::int64_t size, const std::string& path) {
  std::string chunk(std::size_t{1} << 16, '\0');
  std::int64_t end = size;
  while (end > 0) {
    const std::int64_t begin = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(chunk.size()));
    const ssize_t got = ::pread(descriptor, chunk.data(), static_cast<std::size_t>(end - begin), begin);
    if (got < 0 && errno == EINTR) continue;
    if (got != end - begin) throw Error("cannot be read", path);
    const std::size_t newline = chunk.rfind('\n', static_cast<std::size_t>(got) - 1);
    if (newline != std::string::npos) return size - (begin + static_cast<std::int64_t>(newline) + 1);
    end = begin;
  }
  return size;
}

bool is_out_of_space(int code) { return code == ENOSPC || code == EDQUOT || code == EFBIG; }

// Writes all of `bytes`; returns 0 or the errno that stopped it.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int flush_to_disk(int descriptor) {
  int result = 0;
  do {
    result = ::fdatasync(descriptor);
  } while (result != 0 && errno == EINTR);
  // Devices and some file systems have nothing to flush.
  if (result == 0 || errno == EINVAL || errno == ENOSYS || errno == EROFS) return 0;
  return errno;
}

// false: another process holds the lock for good. A run that was just killed may leave a child between fork and exec,
// which shares its descriptors for some milliseconds more.
bool lock_soon(int descriptor) {
  constexpr int kTries = 50;
  constexpr int kPauseMs = 20;
  for (int i = 0; i < kTries; ++i) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return true;
    ::poll(nullptr, 0, kPauseMs);
  }
  return false;
}

}  // namespace

LineFile::LineFile(std::string path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw Error(std::string("cannot be opened for writing: ") + std::strerror(errno), path_,
                "choose a directory that you may write to");
  }
  try {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) return;
    // Two writers would cut each other's lines. File systems without locks are taken as they are.
    if (!lock_soon(descriptor_)) {
      throw Error("another run is writing here", path_, "wait for it or choose another --out");
    }
    // The size again: the other run may have ended in between.
    if (::fstat(descriptor_, &status) != 0) throw Error(std::string("cannot be read: ") + std::strerror(errno), path_);
    cut_bytes_ = unfinished_bytes(descriptor_, status.st_size, path_);
    if (cut_bytes_ > 0 && ::ftruncate(descriptor_, status.st_size - cut_bytes_) != 0) {
      throw Error(std::string("its half-written last line cannot be cut off: ") + std::strerror(errno), path_);
    }
  } catch (const Error&) {
    ::close(descriptor_);
    throw;
  }
}

LineFile::~LineFile() { ::close(descriptor_); }

int LineFile::write_line(std::string_view line, bool& is_whole) {
  assert(line.find('\n') == std::string_view::npos);
  struct stat before {};
  const bool can_cut = ::fstat(descriptor_, &before) == 0 && S_ISREG(before.st_mode);
  std::string bytes;
  bytes.reserve(line.size() + 1);
  bytes.append(line).push_back('\n');

  int fault = write_all(descriptor_, bytes);
  if (fault == 0) fault = flush_to_disk(descriptor_);
  is_whole = fault == 0 || !can_cut || ::ftruncate(descriptor_, before.st_size) == 0;
  return fault;
}

bool LineFile::try_append(std::string_view line) noexcept {
  bool is_whole = true;
  return write_line(line, is_whole) == 0;
}

void LineFile::append(std::string_view line) {
  bool is_whole = true;
  const int fault = write_line(line, is_whole);
  if (fault == 0) return;
  const std::string kept = is_whole ? "the lines before it are whole" : "its last line may be cut short";
  if (is_out_of_space(fault)) {
    throw Error("the disk is full (" + std::string(std::strerror(fault)) + "), " + kept, path_,
                "make room, then go on with --resume");
  }
  throw Error("cannot be written (" + std::string(std::strerror(fault)) + "), " + kept, path_);
}

}  // namespace hetscope
