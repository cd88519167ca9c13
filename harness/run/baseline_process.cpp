// Asking, hearing and ending a baseline.
#include "harness/run/baseline_process.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "harness/run/interruption.hpp"

namespace hetscope {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Kind = BaselineAnswer::Kind;

constexpr std::size_t kErrorTailBytes = 4096;
constexpr std::size_t kLastLineBytes = 400;

SteadyClock::time_point in_seconds(double seconds) {
  return SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

BaselineProcess::BaselineProcess(std::string name, const std::vector<std::string>& words)
    : name_(std::move(name)), child_(words, ChildProcess::Input::pipe) {}

BaselineAnswer BaselineProcess::ask(std::string line, Kind wanted, double timeout_s) {
  if (is_gone_) throw Error(name_ + " is gone");
  const auto deadline = in_seconds(timeout_s);
  send(std::move(line), deadline);
  std::size_t chatter = 0;
  for (;;) {
    const std::string heard = next_line(deadline, timeout_s);
    std::optional<BaselineAnswer> answer;
    try {
      answer = parse_baseline_answer(heard);
    } catch (const Error& error) {
      give_up(std::string("gave ") + error.problem());
    }
    if (!answer) {
      check_chatter(chatter, heard);
      continue;
    }
    if (answer->kind == Kind::failed) give_up("failed: " + answer->reason);
    const bool is_refusal = answer->kind == Kind::unsupported || answer->kind == Kind::skipped;
    if (answer->kind != wanted && !is_refusal) give_up("answered something else than it was asked");
    return std::move(*answer);
  }
}

void BaselineProcess::check_chatter(std::size_t& bytes, const std::string& line) {
  bytes += line.size() + 1;
  if (!line.empty()) chatter_ = one_line(line.substr(0, kLastLineBytes));
  if (bytes > kMaxChatterBytes) {
    give_up("printed more than " + format_bytes(static_cast<double>(kMaxChatterBytes)) + " that is no answer");
  }
}

void BaselineProcess::send(std::string line, SteadyClock::time_point deadline) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t sent = ::write(child_.input(), rest.data(), rest.size());
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    // A reader that is gone is seen by next_line(), which knows how it ended.
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return;
    if (SteadyClock::now() > deadline) return;
    pollfd fds[2] = {{child_.input(), POLLOUT, 0}, {error_to_poll(), POLLIN, 0}};
    ::poll(fds, 2, kSliceMs);
    hear_error();
  }
}

std::string BaselineProcess::next_line(SteadyClock::time_point deadline, double timeout_s) {
  for (;;) {
    if (const std::size_t end = received_.find('\n', scanned_); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      scanned_ = 0;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    scanned_ = received_.size();
    if (received_.size() > kMaxBaselineLineBytes) give_up("printed a line without end");
    pollfd fds[2] = {{child_.out(), POLLIN, 0}, {error_to_poll(), POLLIN, 0}};
    ::poll(fds, 2, kSliceMs);
    if (fds[1].revents != 0) hear_error();
    if (fds[0].revents != 0 && !read_some(child_.out(), received_)) {
      if (!child_.wait_until(in_seconds(2))) give_up("closed its standard output");
      const std::string fault = child_.fault();
      give_up(fault.empty() ? "ended without an answer" : fault);
    }
    if (SteadyClock::now() > deadline) {
      give_up(fmt::format("gave no answer within {} s and was killed", format_number(timeout_s)));
    }
  }
}

void BaselineProcess::hear_error() {
  if (is_error_closed_) return;
  std::string text;
  // One reading: a program that floods its standard error must not keep us here.
  if (!read_some(child_.error(), text)) is_error_closed_ = true;
  error_tail_ += text;
  if (error_tail_.size() > kErrorTailBytes) error_tail_.erase(0, error_tail_.size() - kErrorTailBytes);
}

void BaselineProcess::give_up(const std::string& how) {
  is_gone_ = true;
  child_.end();
  const std::string words = last_words();
  throw Error(name_ + " " + how + (words.empty() ? "" : "; its last words: " + words));
}

void BaselineProcess::stop() noexcept {
  if (!is_gone_) child_.signal(SIGSTOP);
}

void BaselineProcess::resume() noexcept {
  if (!is_gone_) child_.signal(SIGCONT);
}

std::string BaselineProcess::last_words() {
  hear_error();
  const std::string error = last_line(error_tail_).substr(0, kLastLineBytes);
  return error.empty() ? chatter_ : error;
}

BaselineAnswer baseline_receipt(const std::string& name, std::vector<std::string> words, double timeout_s) {
  words.emplace_back("--version");
  const ProgramOutput output = run_program(words, timeout_s);
  if (!output.fault.empty()) {
    throw Error(name + " --version " + output.fault + (output.error_tail.empty() ? "" : ": " + output.error_tail));
  }
  std::size_t begin = 0;
  while (begin < output.out.size()) {
    const std::size_t end = std::min(output.out.find('\n', begin), output.out.size());
    auto answer = parse_baseline_answer(std::string_view(output.out).substr(begin, end - begin));
    if (answer && answer->kind == Kind::receipt) return std::move(*answer);
    begin = end + 1;
  }
  throw Error(name + " --version printed no receipt");
}

}  // namespace hetscope
