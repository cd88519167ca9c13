// SIGINT, SIGTERM and SIGHUP (a lost terminal or adb link) as a flag while a supervisor runs, so that it can end its
// worker and leave whole lines behind.
#pragma once

#include <csignal>

#include "harness/core/error.hpp"

namespace hetscope {

// The run was asked to end; not an error of anyone's.
class Interrupted final : public Error {
 public:
  explicit Interrupted(int signal_number)
      : Error("interrupted", {}, "go on with --resume"), signal_number_(signal_number) {}
  int signal_number() const noexcept { return signal_number_; }

 private:
  int signal_number_;
};

// Whoever waits for a process looks for an interruption this often, in milliseconds.
inline constexpr int kSliceMs = 100;

// One at a time. A signal that was ignored before (nohup) stays ignored.
class InterruptionGuard {
 public:
  InterruptionGuard();
  ~InterruptionGuard();
  InterruptionGuard(const InterruptionGuard&) = delete;
  InterruptionGuard& operator=(const InterruptionGuard&) = delete;

  // Throws Interrupted once a signal has arrived.
  static void check();

 private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
  struct sigaction old_hang_up_ {};
};

}  // namespace hetscope
