// Somebody else's program, run to its end: its output, and how it ended. Nothing passes through a shell.
#pragma once

#include <string>
#include <vector>

namespace hetscope {

struct ProgramOutput {
  std::string out;         // standard output, at most the limit
  std::string error_tail;  // the last line of its standard error
  std::string fault;       // "" after exit code 0, else "exited with code 3", "was killed by SIGSEGV", "timed out ..."
  double wall_s = 0;
};

// `words[0]` is looked up in $PATH. The program gets /dev/null as standard input and a process group of its own, which
// is killed at the time-out, when it prints more than `max_bytes`, and when this process ends. Throws Error when it
// cannot be started, Interrupted on a signal (under an InterruptionGuard).
ProgramOutput run_program(const std::vector<std::string>& words, double timeout_s,
                          std::size_t max_bytes = std::size_t{1} << 20);

// Words of a command line: separated by blanks, "double" and 'single' quotes keep blanks, a backslash keeps the next
// character (not within single quotes). Throws Error for a quote without its end.
std::vector<std::string> split_command(const std::string& line);

}  // namespace hetscope
