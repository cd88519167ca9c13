// One baseline while it runs: asked and heard line by line, stopped while others are measured, killed when it hangs,
// talks without end or dies. What it does wrong becomes an Error that names it; nothing of it reaches the rest.
#pragma once

#include <string>
#include <vector>

#include "harness/run/baseline_protocol.hpp"
#include "harness/run/child_process.hpp"

namespace hetscope {

// Lines that are no answers may be as long as this together between two answers: a framework that prints is no fault,
// one that prints without end is.
inline constexpr std::size_t kMaxChatterBytes = std::size_t{1} << 20;

class BaselineProcess {
 public:
  // Starts `words`; `name` is what errors call it. Throws Error when it cannot be started.
  BaselineProcess(std::string name, const std::vector<std::string>& words);

  // Sends `line` and waits for the answer. An answer of kind `failed`, another than `wanted` (or one of the refusals,
  // which are returned), a death, silence for `timeout_s` or chatter without end throws Error; the process is gone
  // then.
  BaselineAnswer ask(std::string line, BaselineAnswer::Kind wanted, double timeout_s);

  // SIGSTOP and SIGCONT to its whole process group: threads that spin for work disturb nobody meanwhile.
  void stop() noexcept;
  void resume() noexcept;

  // What it said last on its standard error or, beside answers, on its standard output; "" when nothing.
  std::string last_words();

 private:
  void send(std::string line, std::chrono::steady_clock::time_point deadline);
  std::string next_line(std::chrono::steady_clock::time_point deadline, double timeout_s);
  void hear_error();
  // A closed one would report at once, for ever; a negative descriptor is left out.
  int error_to_poll() const noexcept { return is_error_closed_ ? -1 : child_.error(); }
  [[noreturn]] void give_up(const std::string& how);
  void check_chatter(std::size_t& bytes, const std::string& line);

  std::string name_;
  ChildProcess child_;
  std::string received_;
  std::size_t scanned_ = 0;  // bytes of received_ known to hold no line end
  std::string error_tail_;
  std::string chatter_;  // its last line that was no answer
  bool is_error_closed_ = false;
  bool is_gone_ = false;
};

// The receipt of a program that answers --version. Throws Error when it gives none.
BaselineAnswer baseline_receipt(const std::string& name, std::vector<std::string> words, double timeout_s);

}  // namespace hetscope
