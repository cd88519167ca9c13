// The text that a program of the system prints (Android's dumpsys and getprop), behind an interface for tests.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace hetscope {

class CommandText {
 public:
  virtual ~CommandText() = default;
  // What `argv` writes to its standard output; none, with `why`, when it cannot be started, fails, takes longer than
  // five seconds or writes more than a mebibyte.
  virtual std::optional<std::string> run(std::span<const std::string> argv, std::string& why) = 0;
};

// A process without a shell in between.
CommandText& system_commands();

}  // namespace hetscope
