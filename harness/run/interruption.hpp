// SIGINT, SIGTERM and SIGHUP (a lost terminal or adb link) as a flag while a supervisor runs, so that it can end its
// worker and leave whole lines behind.
#pragma once

#include <csignal>

namespace hetscope {

// One at a time. A signal that was ignored before (nohup) stays ignored.
class InterruptionGuard {
 public:
  InterruptionGuard();
  ~InterruptionGuard();
  InterruptionGuard(const InterruptionGuard&) = delete;
  InterruptionGuard& operator=(const InterruptionGuard&) = delete;

  static bool is_interrupted();
  // Throws Error once a signal has arrived.
  static void check();

 private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
  struct sigaction old_hang_up_ {};
};

}  // namespace hetscope
