// Starting, hearing and ending a worker process.
#include "harness/run/worker_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "harness/run/child_process.hpp"
#include "harness/run/interruption.hpp"

extern char** environ;

namespace hetscope {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kStderrTailBytes = 2048;
constexpr std::size_t kLastWordsBytes = 300;
constexpr auto kHelloTime = std::chrono::seconds(30);
constexpr auto kSendTime = std::chrono::seconds(30);
constexpr auto kExitTime = std::chrono::seconds(2);

Error system_error(const std::string& what) {
  return Error("cannot start a worker process: " + what + ": " + std::strerror(errno));
}

std::vector<std::string> worker_environment(int channel, int progress) {
  const std::string channel_key = std::string(kWorkerFdVariable) + "=";
  const std::string progress_key = std::string(kProgressFdVariable) + "=";
  const std::string started_key = std::string(kStartedVariable) + "=";
  std::vector<std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto is_ours = [&](const std::string& key) { return text.starts_with(key); };
    if (!is_ours(channel_key) && !is_ours(progress_key) && !is_ours(started_key)) result.emplace_back(text);
  }
  result.push_back(channel_key + std::to_string(channel));
  result.push_back(progress_key + std::to_string(progress));
  result.push_back(started_key + std::to_string(monotonic_ns()));
  return result;
}

struct ChildFds {
  int channel, progress, stderr_write, failure_write, null_read;
};

// Between fork and exec only async-signal-safe calls are allowed.
[[noreturn]] void become_worker(const ChildFds& fds, pid_t parent, const char* program, char** argv, char** envp) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExecFailed);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(fds.null_read, STDIN_FILENO);
  ::dup2(fds.stderr_write, STDOUT_FILENO);
  ::dup2(fds.stderr_write, STDERR_FILENO);
  ::fcntl(fds.channel, F_SETFD, 0);
  ::fcntl(fds.progress, F_SETFD, 0);
  ::execve(program, argv, envp);
  const int reason = errno;
  const ssize_t ignored = ::write(fds.failure_write, &reason, sizeof reason);
  static_cast<void>(ignored);
  ::_exit(kExecFailed);
}

// How much of it standard error took without making us wait: pipe(7) promises that a pipe which is ready has room for
// PIPE_BUF bytes.
std::size_t write_without_waiting(std::string_view text) {
  std::size_t written = 0;
  pollfd fd = {STDERR_FILENO, POLLOUT, 0};
  while (written < text.size() && ::poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0) {
    const ssize_t some =
        ::write(STDERR_FILENO, text.data() + written, std::min<std::size_t>(text.size() - written, PIPE_BUF));
    if (some <= 0) break;
    written += static_cast<std::size_t>(some);
  }
  return written;
}

}  // namespace

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Delegates, so that the destructor ends the process when one of these throws.
WorkerProcess::WorkerProcess(const WorkerCommand& command, const std::function<void()>& check) : WorkerProcess() {
  spawn(command);
  expect_hello(command, check);
}

WorkerProcess::~WorkerProcess() { kill(); }

void WorkerProcess::spawn(const WorkerCommand& command) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw system_error("socketpair");
  channel_ = OwnedFd(ends[0]);
  const OwnedFd remote(ends[1]);
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("pipe");
  stderr_ = OwnedFd(ends[0]);
  const OwnedFd stderr_write(ends[1]);
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("pipe");
  const OwnedFd failure(ends[0]);
  OwnedFd failure_write(ends[1]);
  const OwnedFd null_read(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null_read.get() < 0) throw system_error("/dev/null");

  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = worker_environment(remote.get(), progress_.fd());
  std::vector<char*> argv = pointers_to(arguments), envp = pointers_to(environment);
  const pid_t parent = ::getpid();
  // Ignored, it would have the system forget how the worker ended.
  if (struct sigaction old{}; ::sigaction(SIGCHLD, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) {
    ::signal(SIGCHLD, SIG_DFL);
  }
  pid_ = ::fork();
  if (pid_ < 0) throw system_error("fork");
  if (pid_ == 0) {
    become_worker({remote.get(), progress_.fd(), stderr_write.get(), failure_write.get(), null_read.get()}, parent,
                  command.program.c_str(), argv.data(), envp.data());
  }
  ::setpgid(pid_, pid_);  // in both processes: whoever comes first
  failure_write.reset();
  ::fcntl(channel_.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(stderr_.get(), F_SETFL, O_NONBLOCK);
  int reason = 0;
  ssize_t got;
  do {
    got = ::read(failure.get(), &reason, sizeof reason);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof reason)) {
    throw Error(std::string("cannot be started as a worker: ") + std::strerror(reason), command.program);
  }
}

void WorkerProcess::expect_hello(const WorkerCommand& command, const std::function<void()>& check) {
  const auto deadline = SteadyClock::now() + kHelloTime;
  std::string line;
  Event event = Event::quiet;
  while (event == Event::quiet && SteadyClock::now() < deadline) {
    if (check) check();
    event = wait(kSliceMs, line);
  }
  if (event == Event::line) {
    const auto hello = nlohmann::json::parse(line, nullptr, false);
    if (hello.is_object() && hello.contains("hello") && hello["hello"] == kWorkerHello) return;
    throw Error("answered with something else than hello", command.program, "is it a hetscope of this version?");
  }
  const std::string words = last_words();
  throw Error((event == Event::ended ? "the worker " + death() : std::string("the worker did not answer")) +
                  " before its first case" + (words.empty() ? "" : ": " + words),
              command.program);
}

bool WorkerProcess::send(std::string line) {
  line += '\n';
  std::string_view rest = line;
  const auto deadline = SteadyClock::now() + kSendTime;
  while (!rest.empty()) {
    const ssize_t sent = ::send(channel_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return false;
    if (SteadyClock::now() > deadline) return false;
    // Its standard error must not fill up while it is not listening.
    pollfd fds[2] = {{channel_.get(), POLLOUT, 0}, {stderr_.get(), POLLIN, 0}};
    ::poll(fds, 2, kSliceMs);
    pass_on_stderr();
  }
  return true;
}

WorkerProcess::Event WorkerProcess::wait(int timeout_ms, std::string& line) {
  if (take_line(line)) return Event::line;
  if (!is_channel_closed_) {
    // A closed stderr would report at once, for ever; a negative descriptor is left out.
    pollfd fds[2] = {{channel_.get(), POLLIN, 0}, {stderr_.get(), POLLIN, 0}};
    ::poll(fds, 2, timeout_ms);
    pass_on_stderr();
    // Asked before the last reading: what it sent before it ended is in the channel then.
    const bool is_over = has_exited();
    read_channel();
    if (is_over) is_channel_closed_ = true;
  }
  if (take_line(line)) return Event::line;
  if (received_.size() > kMaxWorkerLineBytes) return Event::overlong;
  return is_channel_closed_ ? Event::ended : Event::quiet;
}

void WorkerProcess::read_channel() {
  char chunk[1 << 16];
  while (received_.size() <= kMaxWorkerLineBytes) {
    const ssize_t got = ::recv(channel_.get(), chunk, sizeof chunk, 0);
    if (got > 0) {
      received_.append(chunk, static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else {
      if (got == 0 || errno != EAGAIN) is_channel_closed_ = true;
      return;
    }
  }
}

bool WorkerProcess::take_line(std::string& line) {
  const std::size_t end = received_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = received_.size();
    return false;
  }
  line.assign(received_, 0, end);
  received_.erase(0, end + 1);
  scanned_ = 0;
  return true;
}

// One reading: a worker that writes without end must stop neither time-outs nor signals, and nor must a reader of our
// own standard error that stands still.
void WorkerProcess::pass_on_stderr() {
  if (stderr_.get() < 0) return;
  char chunk[1 << 16];  // what a pipe holds, so that this is all that a dead worker has left
  const ssize_t got = ::read(stderr_.get(), chunk, sizeof chunk);
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) stderr_.reset();
    return;
  }
  const std::string_view text(chunk, static_cast<std::size_t>(got));
  lost_stderr_bytes_ += text.size() - write_without_waiting(text);
  stderr_tail_ += text;
  if (stderr_tail_.size() > kStderrTailBytes) stderr_tail_.erase(0, stderr_tail_.size() - kStderrTailBytes);
}

bool WorkerProcess::has_exited() const {
  if (is_reaped_ || pid_ <= 0) return true;
  siginfo_t info{};
  // WNOWAIT keeps the process as a zombie, and so its process group addressable, until kill().
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
}

void WorkerProcess::kill() {
  if (pid_ <= 0 || is_reaped_) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // when it had no time to make its group
  while (::waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  is_reaped_ = true;
  pass_on_stderr();
  if (lost_stderr_bytes_ == 0) return;
  write_without_waiting("\n" + std::to_string(lost_stderr_bytes_) +
                        " bytes of the worker's standard error are left out: nobody read them in time\n");
}

std::string WorkerProcess::death() {
  // It may have closed its channel a moment before it ends.
  const auto deadline = SteadyClock::now() + kExitTime;
  while (!has_exited() && SteadyClock::now() < deadline) {
    pollfd fd = {stderr_.get(), POLLIN, 0};
    ::poll(&fd, 1, 1);
    pass_on_stderr();
  }
  const bool has_ended = has_exited();
  kill();
  return has_ended ? how_it_ended(wait_status_) : "stopped listening or closed its channel, went on and was killed";
}

std::string WorkerProcess::last_words() {
  pass_on_stderr();
  std::string tail = stderr_tail_;
  const std::size_t end = tail.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return {};
  tail.erase(end + 1);
  if (const std::size_t begin = tail.rfind('\n'); begin != std::string::npos) tail.erase(0, begin + 1);
  if (tail.size() > kLastWordsBytes) tail = tail.substr(0, kLastWordsBytes) + "...";
  return one_line(std::move(tail));
}

}  // namespace hetscope
