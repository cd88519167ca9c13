// A worker process as its supervisor sees it: lines out and in, which member it works on, its standard error, its
// death.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/supervisor.hpp"

namespace hetscope {

// The exit status of a child that could not become the program it was made for; the shells' own.
inline constexpr int kExecFailed = 127;

inline constexpr const char* kWorkerFdVariable = "HETSCOPE_WORKER_FD";
inline constexpr const char* kProgressFdVariable = "HETSCOPE_PROGRESS_FD";
// When it was started: nanoseconds of CLOCK_MONOTONIC, which both processes share.
inline constexpr const char* kStartedVariable = "HETSCOPE_WORKER_STARTED_NS";
std::int64_t monotonic_ns();
// Longer lines are no answers: a record of 2,000 samples on several clocks is well below one MiB.
inline constexpr std::size_t kMaxWorkerLineBytes = std::size_t{64} << 20;
// The first line of every worker; anything else is another program.
inline constexpr std::string_view kWorkerHello = "hetscope/worker/1";

// A descriptor that is closed with its owner.
class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) noexcept : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd() { reset(); }
  int get() const noexcept { return fd_; }
  int release() noexcept;
  void reset() noexcept;

 private:
  int fd_;
};

// Two numbers in memory that both processes see, so that they survive the death of the one that wrote them.
class SharedProgress {
 public:
  static constexpr std::int32_t kNobody = -1;

  SharedProgress();                 // creates; throws Error
  explicit SharedProgress(int fd);  // maps what another process created; throws Error
  ~SharedProgress();
  SharedProgress(const SharedProgress&) = delete;
  SharedProgress& operator=(const SharedProgress&) = delete;

  int fd() const noexcept { return fd_.get(); }
  // Each call is a step, also for the member that it was at. Workers of older builds, which `ab` may start, count none.
  void set(std::int32_t member) noexcept;
  std::int32_t get() const noexcept;
  std::uint32_t steps() const noexcept;

 private:
  void map();
  OwnedFd fd_;
  struct Values {
    std::int32_t member;
    std::uint32_t steps;
  };
  Values* values_ = nullptr;
};

class WorkerProcess {
 public:
  // Starts the program in a process group of its own, which dies with this process. Throws Error when it cannot be
  // started or does not say hello; `check` is called meanwhile and may throw to give up.
  explicit WorkerProcess(const WorkerCommand& command, const std::function<void()>& check = {});
  ~WorkerProcess();  // kills it
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  enum class Event { line, quiet, ended, overlong };

  // false: it does not listen any more.
  bool send(std::string line);
  // Waits up to `timeout_ms` (or until a signal arrives) for the next line; passes on its standard error meanwhile,
  // as far as that does not block.
  // What it sent before it ended is given before `ended`.
  Event wait(int timeout_ms, std::string& line);
  // SIGKILL to it and its children; returns when it is gone.
  void kill();

  SharedProgress& progress() noexcept { return progress_; }
  // How it ended: "was killed by SIGSEGV", "exited with code 3". Ends it when it has not, and says so.
  std::string death();
  // The last line of its standard error, shortened; "" when there is none.
  std::string last_words();

 private:
  WorkerProcess() = default;
  void spawn(const WorkerCommand& command);
  void expect_hello(const WorkerCommand& command, const std::function<void()>& check);
  void read_channel();
  void pass_on_stderr();
  bool take_line(std::string& line);
  bool has_exited() const;

  SharedProgress progress_;
  OwnedFd channel_;
  OwnedFd stderr_;
  pid_t pid_ = -1;
  int wait_status_ = 0;
  bool is_reaped_ = false;
  bool is_channel_closed_ = false;
  std::string received_;
  std::size_t scanned_ = 0;  // bytes of received_ known to hold no line end
  std::string stderr_tail_;
  std::size_t lost_stderr_bytes_ = 0;  // that our own standard error had no room for
};

// argv or envp for execve: pointers into `texts`, then nullptr.
std::vector<char*> pointers_to(std::vector<std::string>& texts);

}  // namespace hetscope
