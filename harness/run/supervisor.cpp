// Groups go to a worker one after the other; a worker's death costs the member it was at, and the rest of its group is
// sent again to the next one.
#include "harness/run/supervisor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>

#include "harness/core/error.hpp"
#include "harness/core/units.hpp"
#include "harness/run/interruption.hpp"
#include "harness/run/record_of.hpp"
#include "harness/run/roofs.hpp"
#include "harness/run/worker_process.hpp"
#include "harness/run/worker_protocol.hpp"

namespace hetscope {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr const char* kInterruptedReason =
    "the run was interrupted while this case was running; --retry-failed runs it again";

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

int& count_of(RunCounts& counts, Status status) {
  switch (status) {
    case Status::ok:
      return counts.ok;
    case Status::unsupported:
      return counts.unsupported;
    case Status::skipped:
      return counts.skipped;
    case Status::mismatch:
      return counts.mismatch;
    case Status::unstable:
      return counts.unstable;
    case Status::mistrusted:
      return counts.mistrusted;
    case Status::failed:
      break;
  }
  return counts.failed;
}

// Time since anything moved, and since the beginning: a member that hangs is noticed soon, and members that take turns
// without ever ending are noticed too.
class Patience {
 public:
  Patience(double timeout_s, std::size_t members)
      : stall_s_(timeout_s), total_s_(timeout_s * static_cast<double>(members + 1)) {}

  void see(const SharedProgress& progress) {
    const std::pair now(progress.get(), progress.steps());
    if (now == last_) return;
    last_ = now;
    moved_();
  }
  void see_answer() { moved_(); }
  // The limit that is exceeded.
  std::optional<double> exceeded() const {
    if (seconds_since(last_move_) > stall_s_) return stall_s_;
    if (seconds_since(begin_) > total_s_) return total_s_;
    return std::nullopt;
  }

 private:
  void moved_() { last_move_ = SteadyClock::now(); }

  double stall_s_, total_s_;
  SteadyClock::time_point begin_ = SteadyClock::now();
  SteadyClock::time_point last_move_ = begin_;
  std::pair<std::int32_t, std::uint32_t> last_ = {SharedProgress::kNobody, 0};
};

class Supervision {
 public:
  Supervision(const std::vector<PlannedGroup>& groups, const Catalog& catalog, RunDirectory& directory,
              const SupervisorOptions& options, const RunObserver& observer)
      : groups_(groups), catalog_(catalog), directory_(directory), options_(options), observer_(observer) {
    progress_.groups = groups.size();
    for (const PlannedGroup& group : groups) progress_.cases += group.cases.size();
  }

  RunCounts run() {
    read_earlier_rows();
    for (const PlannedGroup& group : groups_) {
      InterruptionGuard::check();
      progress_.group = &group;
      progress_.record = nullptr;
      tell();
      std::vector<PlannedCase> pending = pending_of(group);
      if (!pending.empty() && is_over_budget()) {
        skip(group, pending);
      } else if (!pending.empty()) {
        run_group(group, std::move(pending));
      }
      ++progress_.groups_done;
    }
    return counts_;
  }

 private:
  // Why the worker ended while a group was with it.
  struct Death {
    std::string how;  // "was killed by SIGSEGV", "timed out after 120 s and was killed (SIGKILL)"
    std::int32_t member = SharedProgress::kNobody;
    std::string last_words;
  };

  void read_earlier_rows() {
    finished_earlier_ = directory_.finished();
    interrupted_earlier_ = directory_.interrupted();
    if (options_.retry_failed) {
      for (const std::string& line : directory_.failed()) finished_earlier_.erase(line);
      interrupted_earlier_.clear();
    }
    if (!options_.resume) return;
    // What cannot be read was told by whoever opened the directory; here it only means one roof less.
    std::vector<std::string> faults;
    for_each_record(
        directory_.path() + "/records.jsonl", [&](Record&& record) { roofs_.add(record, catalog_); }, faults);
  }

  // The members that still need a row. A case that several groups hold has one row, from the first of them.
  std::vector<PlannedCase> pending_of(const PlannedGroup& group) {
    std::vector<PlannedCase> pending;
    for (const PlannedCase& planned : group.cases) {
      const std::string& line = planned.line;
      if (!seen_.insert(line).second) {
        ++progress_.cases_done;
      } else if (finished_earlier_.contains(line)) {
        ++counts_.resumed;
        ++progress_.cases_done;
      } else if (interrupted_earlier_.contains(line)) {
        append(row(group, planned, Status::failed, kInterruptedReason));
      } else {
        pending.push_back(planned);
      }
    }
    return pending;
  }

  bool is_over_budget() const {
    return options_.total_budget_s > 0 && seconds_since(begin_) >= options_.total_budget_s;
  }

  void skip(const PlannedGroup& group, const std::vector<PlannedCase>& pending) {
    const std::string reason = fmt::format("the budget of {} s for the whole run was used up before this group",
                                           format_number(options_.total_budget_s));
    for (const PlannedCase& planned : pending) append(row(group, planned, Status::skipped, reason));
  }

  void run_group(const PlannedGroup& group, std::vector<PlannedCase> pending) {
    journal(pending.front().line);
    while (!pending.empty()) {
      const bool is_fresh = start_worker();
      PlannedGroup part = group;
      part.cases = pending;
      part.budget_s = group.budget_s * static_cast<double>(pending.size()) / static_cast<double>(group.cases.size());
      stray_ = 0;
      const std::optional<Death> death = serve(part, pending);
      if (!death) {
        for (const PlannedCase& planned : pending) append(row(group, planned, Status::failed, no_record_reason()));
        return;
      }
      worker_.reset();
      // It may have died of an earlier group before it touched this one; a new one that dies like that is to blame
      // here.
      if (death->member == SharedProgress::kNobody && !is_fresh) continue;
      blame(part, *death, pending);
    }
  }

  // Whoever is being worked on stands in the journal, so that a run that is killed knows whom to leave alone.
  void journal(const std::string& line) {
    if (line == journalled_) return;
    journalled_ = line;
    directory_.started(line);
  }

  // true: it was just started.
  bool start_worker() {
    if (worker_) return false;
    worker_ = std::make_unique<WorkerProcess>(options_.worker, InterruptionGuard::check);
    return true;
  }

  // Sends `part` and appends what comes back, taking it from `pending`, until the worker is done or dead.
  std::optional<Death> serve(const PlannedGroup& part, std::vector<PlannedCase>& pending) {
    worker_->progress().set(SharedProgress::kNobody);
    if (!worker_->send(request_line({part, options_.identity, options_.meter}))) return died(worker_->death());
    Patience patience(part.timeout_s, part.cases.size());
    std::string line;
    for (;;) {
      InterruptionGuard::check();
      switch (worker_->wait(kSliceMs, line)) {
        case WorkerProcess::Event::line: {
          patience.see_answer();
          const std::optional<Answer> answer = understand(line);
          if (!answer) return killed("sent an answer that is none and was killed");
          if (answer->done) return std::nullopt;
          if (answer->record) accept(*answer->record, pending);
          break;
        }
        case WorkerProcess::Event::overlong:
          return killed("sent an answer without end and was killed");
        case WorkerProcess::Event::ended:
          return died(worker_->death());
        case WorkerProcess::Event::quiet:
          break;
      }
      const std::int32_t member = worker_->progress().get();
      patience.see(worker_->progress());
      if (member >= 0 && member < std::ssize(part.cases)) journal(part.cases[static_cast<std::size_t>(member)].line);
      if (const auto limit = patience.exceeded()) {
        return killed(fmt::format("timed out after {} s and was killed (SIGKILL)", format_number(*limit)));
      }
    }
  }

  static std::optional<Answer> understand(const std::string& line) {
    try {
      return parse_answer(line);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  Death killed(std::string how) {
    const std::int32_t member = worker_->progress().get();
    worker_->kill();
    return {std::move(how), member, worker_->last_words()};
  }

  Death died(std::string how) { return {std::move(how), worker_->progress().get(), worker_->last_words()}; }

  // A record is taken for a case that was asked for and has none yet.
  void accept(Record record, std::vector<PlannedCase>& pending) {
    const std::string line = record.item.line();
    const auto found =
        std::find_if(pending.begin(), pending.end(), [&](const PlannedCase& planned) { return planned.line == line; });
    if (found == pending.end()) {
      ++stray_;
      return;
    }
    pending.erase(found);
    append(std::move(record));
  }

  std::string no_record_reason() const {
    std::string reason = "the worker sent no record for this case";
    if (stray_ > 0) reason += fmt::format(", but {} for cases that it was not asked for, which were dropped", stray_);
    return reason;
  }

  // The row of the member that brought the worker down: the one it was at, or else the next that has no row.
  void blame(const PlannedGroup& part, const Death& death, std::vector<PlannedCase>& pending) {
    if (pending.empty()) return;
    auto culprit = pending.end();
    if (death.member >= 0 && death.member < std::ssize(part.cases)) {
      const std::string& line = part.cases[static_cast<std::size_t>(death.member)].line;
      culprit = std::find_if(pending.begin(), pending.end(), [&](const auto& planned) { return planned.line == line; });
    }
    std::string reason = "the worker " + death.how + " while running this case";
    if (culprit == pending.end()) {
      culprit = pending.begin();
      reason = "the worker " + death.how + " before it answered for this case";
    }
    if (!death.last_words.empty()) reason += "; its last words: " + death.last_words;
    Record record = row(part, *culprit, Status::failed, std::move(reason));
    pending.erase(culprit);
    append(std::move(record));
  }

  Record row(const PlannedGroup& group, const PlannedCase& planned, Status status, std::string reason) const {
    return unmeasured_record(options_.identity, group, planned.item(), status, std::move(reason));
  }

  void append(Record record) {
    roofs_.judge(record, catalog_);
    directory_.append(record);
    roofs_.add(record, catalog_);
    ++count_of(counts_, record.status);
    ++progress_.cases_done;
    progress_.record = &record;
    tell();
    progress_.record = nullptr;
  }

  void tell() const {
    if (observer_) observer_(progress_);
  }

  const std::vector<PlannedGroup>& groups_;
  const Catalog& catalog_;
  RunDirectory& directory_;
  const SupervisorOptions& options_;
  const RunObserver& observer_;
  const SteadyClock::time_point begin_ = SteadyClock::now();
  std::set<std::string> finished_earlier_, interrupted_earlier_, seen_;
  Roofs roofs_;
  RunCounts counts_;
  RunProgress progress_;
  std::string journalled_;  // line
  int stray_ = 0;           // records for cases that the worker was not asked for
  std::unique_ptr<WorkerProcess> worker_;
};

}  // namespace

RunCounts supervise(const std::vector<PlannedGroup>& groups, const Catalog& catalog, RunDirectory& directory,
                    const SupervisorOptions& options, const RunObserver& observer) {
  const InterruptionGuard guard;
  return Supervision(groups, catalog, directory, options, observer).run();
}

}  // namespace hetscope
