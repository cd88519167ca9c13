// Somebody else's program: started without a shell, heard through pipes, ended with its whole process group.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/worker_process.hpp"

namespace hetscope {

// What a program finds when it starts, where that is not what this process has.
struct ChildSurroundings {
  std::string directory;                                // where it works; "": where this process does
  std::optional<std::vector<std::string>> environment;  // "NAME=value" each; nothing: this process's own
};

// The file of the program `word` as a shell would find it: `word` itself where it holds a '/', else of the first
// directory of $PATH that has an executable file of this name. "" when there is none.
std::string find_program(const std::string& word);

// A program that runs. `words[0]` is looked up in $PATH, but is a path where an environment is given. It has a process
// group of its own, which is killed with this object. When this process dies without a word, the program dies with it,
// and what it has started itself does not.
class ChildProcess {
 public:
  enum class Input { nothing, pipe };

  // `input` nothing: /dev/null is its standard input. Throws Error when it cannot be started.
  explicit ChildProcess(const std::vector<std::string>& words, Input input = Input::nothing,
                        const ChildSurroundings& surroundings = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Descriptors to read its standard output and error from and, with Input::pipe, to write to; they do not block.
  int out() const noexcept { return out_.get(); }
  int error() const noexcept { return error_.get(); }
  int input() const noexcept { return input_.get(); }

  // To the whole group, as long as the program runs.
  void signal(int number) noexcept;
  // Waits for its own end; false at the deadline.
  bool wait_until(std::chrono::steady_clock::time_point deadline);
  // Kills the group when the program still runs; returns when it is gone.
  void end();
  // After its end: "" for exit code 0, else "exited with code 3" or "was killed by SIGSEGV".
  std::string fault() const;

 private:
  OwnedFd out_, error_, input_;
  pid_t pid_ = -1;
  int status_ = 0;
};

// Of a process that was waited for: "was killed by SIGSEGV", "exited with code 3".
std::string how_it_ended(int wait_status);

// Appends what `fd` has to say to `text`. false: the other side closed it.
bool read_some(int fd, std::string& text);
// The last line of a program's standard error, on one line.
std::string last_line(std::string text);

struct ProgramOutput {
  std::string out;         // standard output, at most the limit
  std::string error;       // standard error, the last part of it where it is longer than the limit
  std::string error_tail;  // the last line of that
  std::string fault;       // "" after exit code 0, else "exited with code 3", "was killed by SIGSEGV", "timed out ..."
  double wall_s = 0;
};

// `words[0]` is looked up in $PATH. The program gets /dev/null as standard input and a process group of its own, which
// is killed at the time-out, when it prints more than `max_bytes`, and when this process ends. Throws Error when it
// cannot be started, Interrupted on a signal (under an InterruptionGuard).
ProgramOutput run_program(const std::vector<std::string>& words, double timeout_s,
                          std::size_t max_bytes = std::size_t{1} << 20, const ChildSurroundings& surroundings = {});

// Words of a command line: separated by blanks, "double" and 'single' quotes keep blanks, a backslash keeps the next
// character (not within single quotes). Throws Error for a quote without its end.
std::vector<std::string> split_command(const std::string& line);

}  // namespace hetscope
