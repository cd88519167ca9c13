// The handler only notes the signal; poll() returns early because of it.
#include "harness/run/interruption.hpp"

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void note(int) { interrupted = 1; }

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

bool InterruptionGuard::is_interrupted() { return interrupted != 0; }

void InterruptionGuard::check() {
  if (interrupted != 0) throw Error("interrupted", {}, "go on with --resume");
}

}  // namespace hetscope
