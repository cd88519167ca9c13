// What this device has, asked in a worker: a back end that brings it down is named and left out, the others are asked
// again in the next one.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/run/interruption.hpp"
#include "harness/run/supervisor.hpp"
#include "harness/run/worker_process.hpp"
#include "harness/run/worker_protocol.hpp"

namespace hetscope {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kLookTime = std::chrono::seconds(60);
// More back ends than this cannot crash: each costs its own name, which a broken worker might invent.
constexpr std::size_t kMostCrashes = 100;

// What one worker told before it was done or dead.
struct Look {
  Discovery discovery;
  std::vector<std::string> meters;
  std::vector<std::string> answered;
  std::string looking;  // at what it died; "" when it came to its end
  std::string death;
};

void take(Answer answer, Look& look) {
  if (!answer.looking.empty()) {
    look.looking = answer.looking;
    return;
  }
  if (!look.looking.empty()) look.answered.push_back(std::exchange(look.looking, {}));
  auto move_all = [](auto& from, auto& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_all(answer.discovery.found, look.discovery.found);
  move_all(answer.discovery.missing, look.discovery.missing);
  move_all(answer.meters, look.meters);
}

Look look_with(WorkerProcess& worker, const std::vector<std::string>& skip, const std::function<void()>& meanwhile) {
  Look look;
  if (!worker.send(discover_line(skip))) {
    look.death = worker.death();
    return look;
  }
  if (meanwhile) meanwhile();
  auto deadline = SteadyClock::now() + kLookTime;
  std::string line;
  for (;;) {
    const WorkerProcess::Event event = worker.wait(kSliceMs, line);
    if (event == WorkerProcess::Event::line) {
      deadline = SteadyClock::now() + kLookTime;
      Answer answer = parse_answer(line);
      if (answer.done) return look;
      take(std::move(answer), look);
    } else if (event == WorkerProcess::Event::ended) {
      look.death = worker.death();
    } else if (event == WorkerProcess::Event::overlong || SteadyClock::now() > deadline) {
      worker.kill();
      look.death = "did not answer and was killed (SIGKILL)";
    }
    if (look.death.empty()) continue;
    if (const std::string words = worker.last_words(); !words.empty()) look.death += ": " + words;
    return look;
  }
}

}  // namespace

Discovery discover_in_worker(const WorkerCommand& command, std::vector<std::string>* meters,
                             std::function<void()> meanwhile) {
  Discovery result;
  std::vector<std::string> skip;
  // Some meters need a while to tell that they stand still.
  if (meters == nullptr) skip.emplace_back(kMetersLook);
  while (skip.size() < kMostCrashes) {
    WorkerProcess worker(command);
    Look look = look_with(worker, skip, std::exchange(meanwhile, {}));
    result.found.insert(result.found.end(), look.discovery.found.begin(), look.discovery.found.end());
    result.missing.insert(result.missing.end(), look.discovery.missing.begin(), look.discovery.missing.end());
    if (meters != nullptr) meters->insert(meters->end(), look.meters.begin(), look.meters.end());
    skip.insert(skip.end(), look.answered.begin(), look.answered.end());
    if (look.death.empty()) return result;
    if (look.looking.empty()) throw Error("the worker that looks for processors " + look.death, command.program);
    result.missing.push_back(look.looking + ": the worker that looked for it " + look.death);
    skip.push_back(look.looking);
  }
  throw Error("every worker that looks for processors dies", command.program);
}

}  // namespace hetscope
