// Small files of the kernel's, as text and numbers; what cannot be read is an empty answer, never an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hetscope {

// The first line of the file at `path` without blanks at its end.
std::optional<std::string> read_first_line(const std::string& path);
// A whole number alone on the first line.
std::optional<std::int64_t> read_integer(const std::string& path);
// Why `path` cannot be read, in the system's words ("No such file or directory", "Permission denied"); "" when it can.
std::string why_unreadable(const std::string& path);
// Bytes behind `key` in a file like /proc/meminfo ("MemTotal:  8000 kB").
std::optional<std::int64_t> read_meminfo_bytes(const std::string& path, const std::string& key);

}  // namespace hetscope
