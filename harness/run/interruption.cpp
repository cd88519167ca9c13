// The handler only notes the signal; poll() returns early because of it.
#include "harness/run/interruption.hpp"

namespace hetscope {
namespace {

volatile std::sig_atomic_t interrupted = 0;  // the signal

void note(int number) { interrupted = number; }

void install(int number, struct sigaction& old) {
  struct sigaction action {};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  ::sigaction(number, nullptr, &old);
  if (old.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);
}

}  // namespace

InterruptionGuard::InterruptionGuard() {
  interrupted = 0;
  install(SIGINT, old_interrupt_);
  install(SIGTERM, old_terminate_);
  install(SIGHUP, old_hang_up_);
}

InterruptionGuard::~InterruptionGuard() {
  ::sigaction(SIGINT, &old_interrupt_, nullptr);
  ::sigaction(SIGTERM, &old_terminate_, nullptr);
  ::sigaction(SIGHUP, &old_hang_up_, nullptr);
}

void InterruptionGuard::check() {
  if (interrupted != 0) throw Interrupted(interrupted);
}

}  // namespace hetscope
