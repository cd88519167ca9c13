// Asks a fresh worker for one group.
#include "harness/run/launch.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "harness/run/interruption.hpp"
#include "harness/run/record_of.hpp"
#include "harness/run/worker_process.hpp"

namespace hetscope {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The answers until it says `done`; "" or how it ended before that.
std::string hear(WorkerProcess& worker, double timeout_s, std::vector<Record>& records) {
  const auto end = SteadyClock::now() + std::chrono::duration<double>(timeout_s);
  std::string line;
  for (;;) {
    InterruptionGuard::check();
    switch (worker.wait(kSliceMs, line)) {
      case WorkerProcess::Event::line: {
        Answer answer = parse_answer(line);
        if (answer.done) return "";
        if (answer.record) records.push_back(std::move(*answer.record));
        break;
      }
      case WorkerProcess::Event::overlong:
        worker.kill();
        return "sent an answer without end and was killed";
      case WorkerProcess::Event::ended:
        return worker.death();
      case WorkerProcess::Event::quiet:
        break;
    }
    if (SteadyClock::now() > end) {
      worker.kill();
      return fmt::format("timed out after {} s and was killed (SIGKILL)", format_number(timeout_s));
    }
  }
}

}  // namespace

std::vector<Record> measure_in_launch(const WorkerCommand& command, const RunRequest& request) {
  WorkerProcess worker(command, InterruptionGuard::check);
  std::vector<Record> records;
  std::string death;
  if (worker.send(request_line(request))) {
    death = hear(worker, request.group.timeout_s, records);
  } else {
    death = worker.death();
  }
  // Answers come in the order of the group.
  const std::vector<PlannedCase>& cases = request.group.cases;
  if (records.size() > cases.size()) records.resize(cases.size());
  std::string words = death.empty() ? std::string() : worker.last_words();
  for (std::size_t i = records.size(); i < cases.size(); ++i) {
    std::string reason = death.empty() ? "the worker sent no record for this case"
                                       : "the worker " + death + " in the launch that measured this case";
    if (!words.empty()) reason += "; its last words: " + words;
    records.push_back(
        unmeasured_record(request.identity, request.group, cases[i].item(), Status::failed, std::move(reason)));
  }
  return records;
}

}  // namespace hetscope
