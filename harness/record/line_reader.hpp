// The lines of a file one after another in bounded memory, whatever the file holds: a run of many hours is never in
// memory as a whole, and a line without an end does not fill it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hetscope {

class LineReader {
 public:
  static constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;

  // Throws Error when the file cannot be opened.
  explicit LineReader(std::string path, std::size_t max_line_bytes = kMaxLineBytes);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Goes to the next line; false at the end of the file. Throws Error when reading fails.
  bool next();
  // Without its line end; empty when the line is too long.
  std::string_view line() const noexcept { return line_; }
  std::int64_t number() const noexcept { return number_; }  // the first is 1
  bool is_too_long() const noexcept { return is_too_long_; }
  // The file ends in the middle of this line.
  bool is_unfinished() const noexcept { return is_unfinished_; }

 private:
  bool fill();
  std::string path_;
  std::size_t max_line_bytes_;
  int descriptor_ = -1;
  std::string buffer_;
  std::size_t position_ = 0;
  std::string line_;
  std::int64_t number_ = 0;
  bool is_too_long_ = false;
  bool is_unfinished_ = false;
};

}  // namespace hetscope
