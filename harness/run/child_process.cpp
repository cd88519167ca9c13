// fork, exec and two pipes.
#include "harness/run/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "harness/run/interruption.hpp"
#include "harness/run/worker_process.hpp"

namespace hetscope {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kSliceMs = 100;
constexpr int kExecFailed = 127;
constexpr std::size_t kTailBytes = 2048;

struct Pipe {
  OwnedFd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(std::string("no pipe: ") + std::strerror(errno));
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

// The process group, ended and reaped with its owner.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  // Waits for its own end; false at the deadline.
  bool wait_until(SteadyClock::time_point deadline) {
    for (;;) {
      const pid_t got = ::waitpid(pid_, &status_, WNOHANG);
      if (got == pid_) {
        // Whatever the program left running in its group goes with it.
        ::kill(-std::exchange(pid_, -1), SIGKILL);
        return true;
      }
      if (SteadyClock::now() > deadline) return false;
      ::poll(nullptr, 0, 1);
    }
  }
  // Kills it when it still runs; its status.
  int end() {
    if (pid_ < 0) return status_;
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status_;
  }

 private:
  pid_t pid_;
  int status_ = 0;
};

pid_t spawn(const std::vector<std::string>& words, const Pipe& out, const Pipe& error, const Pipe& failure) {
  std::vector<std::string> texts = words;
  std::vector<char*> argv;
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  const OwnedFd null_read(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw Error(std::string("no process: ") + std::strerror(errno), words[0]);
  if (pid > 0) {
    ::setpgid(pid, pid);
    return pid;
  }
  // Only async-signal-safe calls from here on.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExecFailed);
  ::signal(SIGPIPE, SIG_DFL);
  ::dup2(null_read.get(), STDIN_FILENO);
  ::dup2(out.write.get(), STDOUT_FILENO);
  ::dup2(error.write.get(), STDERR_FILENO);
  ::execvp(argv[0], argv.data());
  const int reason = errno;
  const ssize_t ignored = ::write(failure.write.get(), &reason, sizeof reason);
  static_cast<void>(ignored);
  ::_exit(kExecFailed);
}

// false: the other side closed it.
bool read_some(int fd, std::string& text) {
  std::array<char, 1 << 14> chunk;
  const ssize_t got = ::read(fd, chunk.data(), chunk.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) return false;
  text.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return one_line(text.substr(text.rfind('\n') + 1));
}

std::string fault_of(int status) {
  if (WIFSIGNALED(status)) return "was killed by " + signal_name(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "exited with code " + std::to_string(WEXITSTATUS(status));
  return "";
}

}  // namespace

ProgramOutput run_program(const std::vector<std::string>& words, double timeout_s, std::size_t max_bytes) {
  if (words.empty()) throw Error("the command is empty", {}, "name a program");
  Pipe out = make_pipe();
  Pipe error = make_pipe();
  Pipe failure = make_pipe();
  const auto begin = SteadyClock::now();
  const auto deadline =
      begin + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(timeout_s));
  Child child(spawn(words, out, error, failure));
  for (Pipe* pipe : {&out, &error, &failure}) pipe->write.reset();
  int reason = 0;
  if (::read(failure.read.get(), &reason, sizeof reason) == static_cast<ssize_t>(sizeof reason)) {
    throw Error(std::string("cannot be started: ") + std::strerror(reason), words[0],
                "give a program that is there and may be run");
  }

  ProgramOutput result;
  std::string error_text;
  bool is_open[2] = {true, true};
  while (is_open[0] || is_open[1]) {
    InterruptionGuard::check();
    pollfd fds[2] = {{is_open[0] ? out.read.get() : -1, POLLIN, 0}, {is_open[1] ? error.read.get() : -1, POLLIN, 0}};
    ::poll(fds, 2, kSliceMs);
    if (fds[0].revents != 0) is_open[0] = read_some(out.read.get(), result.out);
    if (fds[1].revents != 0) is_open[1] = read_some(error.read.get(), error_text);
    if (error_text.size() > 2 * kTailBytes) error_text.erase(0, error_text.size() - kTailBytes);
    if (result.out.size() > max_bytes) {
      result.out.resize(max_bytes);
      result.fault = "printed more than " + format_bytes(static_cast<double>(max_bytes)) + " and was killed";
      break;
    }
    if (SteadyClock::now() > deadline) break;
  }
  if (result.fault.empty() && !child.wait_until(deadline)) {
    result.fault = fmt::format("timed out after {} s and was killed", format_number(timeout_s));
  }
  const int status = child.end();
  result.wall_s = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  if (result.fault.empty()) result.fault = fault_of(status);
  result.error_tail = last_line(std::move(error_text));
  return result;
}

std::vector<std::string> split_command(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool is_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (is_word) words.push_back(std::exchange(word, {}));
      is_word = false;
      continue;
    }
    is_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
    } else {
      word += c;
    }
  }
  if (quote != 0) throw Error("a quote has no end: " + line, {}, std::string("close it with ") + quote);
  if (is_word) words.push_back(std::move(word));
  return words;
}

}  // namespace hetscope
