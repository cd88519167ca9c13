// fork, exec and pipes.
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
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/core/split_text.hpp"
#include "harness/core/units.hpp"
#include "harness/run/interruption.hpp"

namespace hetscope {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string signal_name(int number) {
  static constexpr std::pair<int, const char*> kNames[] = {
      {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"},
      {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"}, {SIGSEGV, "SIGSEGV"},
      {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"}, {SIGXCPU, "SIGXCPU"}, {SIGSYS, "SIGSYS"}};
  for (const auto& [value, name] : kNames) {
    if (value == number) return name;
  }
  return "signal " + std::to_string(number);
}

struct Pipe {
  OwnedFd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(std::string("no pipe: ") + std::strerror(errno));
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

void unblock(const OwnedFd& fd) { ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK); }

// Between fork and exec only async-signal-safe calls are allowed. `environment` nullptr: this process's own.
[[noreturn]] void become_program(int input, int out, int error, int failure, pid_t parent, const char* directory,
                                 char** argv, char** environment) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExecFailed);
  ::signal(SIGPIPE, SIG_DFL);
  ::dup2(input, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(error, STDERR_FILENO);
  if (*directory == 0 || ::chdir(directory) == 0) {
    // execve() refuses a file that is no program; execvp() would hand it to a shell.
    environment != nullptr ? ::execve(argv[0], argv, environment) : ::execvp(argv[0], argv);
  }
  const int reason = errno;
  const ssize_t ignored = ::write(failure, &reason, sizeof reason);
  static_cast<void>(ignored);
  ::_exit(kExecFailed);
}

}  // namespace

std::string find_program(const std::string& word) {
  if (word.find('/') != std::string::npos) return word;
  const char* path = std::getenv("PATH");
  for (const std::string_view directory : split_text(path == nullptr ? "" : path, ':')) {
    const std::string file = std::string(directory.empty() ? "." : directory) + "/" + word;
    std::error_code error;
    if (!word.empty() && std::filesystem::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0)
      return file;
  }
  return {};
}

ChildProcess::ChildProcess(const std::vector<std::string>& words, Input input, const ChildSurroundings& surroundings) {
  if (words.empty()) throw Error("the command is empty", {}, "name a program");
  std::vector<std::string> texts = words;
  std::vector<char*> argv = pointers_to(texts);
  std::vector<std::string> variables = surroundings.environment.value_or(std::vector<std::string>());
  std::vector<char*> environment = pointers_to(variables);
  Pipe out = make_pipe(), error = make_pipe(), failure = make_pipe();
  Pipe in = make_pipe();
  if (input == Input::nothing) in.read = OwnedFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw Error(std::string("no process: ") + std::strerror(errno), words[0]);
  if (pid_ == 0) {
    become_program(in.read.get(), out.write.get(), error.write.get(), failure.write.get(), parent,
                   surroundings.directory.c_str(), argv.data(),
                   surroundings.environment ? environment.data() : nullptr);
  }
  ::setpgid(pid_, pid_);  // in both processes: whoever comes first
  for (Pipe* pipe : {&out, &error, &failure}) pipe->write.reset();
  int reason = 0;
  ssize_t got;
  do {
    got = ::read(failure.read.get(), &reason, sizeof reason);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof reason)) {
    end();
    throw Error(std::string("cannot be started: ") + std::strerror(reason), words[0],
                "give a program that is there and may be run");
  }
  out_ = std::move(out.read);
  error_ = std::move(error.read);
  if (input == Input::pipe) input_ = std::move(in.write);
  for (const OwnedFd* fd : {&out_, &error_, &input_}) unblock(*fd);
}

ChildProcess::~ChildProcess() { end(); }

void ChildProcess::signal(int number) noexcept {
  if (pid_ > 0) ::kill(-pid_, number);
}

bool ChildProcess::wait_until(SteadyClock::time_point deadline) {
  while (pid_ > 0) {
    if (::waitpid(pid_, &status_, WNOHANG) == pid_) {
      // Whatever the program left running in its group goes with it.
      ::kill(-std::exchange(pid_, -1), SIGKILL);
      return true;
    }
    if (SteadyClock::now() > deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

void ChildProcess::end() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string how_it_ended(int wait_status) {
  if (!WIFSIGNALED(wait_status)) return "exited with code " + std::to_string(WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return "was killed by " + signal_name(number) + (number == SIGKILL ? ", perhaps for want of memory" : "");
}

std::string ChildProcess::fault() const {
  return WIFEXITED(status_) && WEXITSTATUS(status_) == 0 ? "" : how_it_ended(status_);
}

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

ProgramOutput run_program(const std::vector<std::string>& words, double timeout_s, std::size_t max_bytes,
                          const ChildSurroundings& surroundings) {
  const auto begin = SteadyClock::now();
  const auto deadline =
      begin + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(timeout_s));
  ChildProcess child(words, ChildProcess::Input::nothing, surroundings);

  ProgramOutput result;
  bool is_open[2] = {true, true};
  bool is_over = false;
  while (is_open[0] || is_open[1]) {
    InterruptionGuard::check();
    pollfd fds[2] = {{is_open[0] ? child.out() : -1, POLLIN, 0}, {is_open[1] ? child.error() : -1, POLLIN, 0}};
    const int ready = ::poll(fds, 2, is_over ? 0 : kSliceMs);
    // What it left running may keep the pipes open for ever.
    if (is_over && ready == 0) break;
    if (!is_over) is_over = child.wait_until(SteadyClock::now());
    if (fds[0].revents != 0) is_open[0] = read_some(child.out(), result.out);
    if (fds[1].revents != 0) is_open[1] = read_some(child.error(), result.error);
    if (result.error.size() > 2 * max_bytes) result.error.erase(0, result.error.size() - max_bytes);
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
  child.end();
  result.wall_s = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  if (result.fault.empty()) result.fault = child.fault();
  result.error_tail = last_line(result.error);
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
