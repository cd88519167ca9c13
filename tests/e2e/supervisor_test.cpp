// The supervisor with real worker processes: each fault costs one row, and nothing that was finished is lost or
// repeated, however the supervisor itself ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/record/json.hpp"
#include "harness/run/interruption.hpp"
#include "harness/run/supervisor.hpp"
#include "tests/e2e/faulty_kernels.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kShortTimeout_s = 4;

class Supervise : public ::testing::Test {
 protected:
  Supervise() { add_faulty_kernels(catalog_); }

  PlannedGroup group(const std::string& key, const std::vector<std::string>& kernels, std::int64_t size = 64) {
    PlannedGroup result;
    result.key = key;
    result.scenario = "test";
    result.budget_s = 0.02 * static_cast<double>(kernels.size());
    result.timeout_s = kShortTimeout_s;
    for (const std::string& kernel : kernels) {
      Case item("faulty", kernel, {"cpu"});
      item.set("size", size);
      result.cases.push_back({catalog_.complete(item).line()});
    }
    return result;
  }
  SupervisorOptions options(std::vector<std::string> arguments = {}) {
    SupervisorOptions result;
    result.worker = {HETSCOPE_FAULTY_WORKER, std::move(arguments)};
    result.identity = {"run", "session", "boot", "model", "unit"};
    result.meter = "none";
    return result;
  }
  RunDirectory create() { return RunDirectory::create(out(), nlohmann::json{{"schema", "hetscope/run/1"}}); }
  std::string out() { return files_.path("run"); }
  std::string records_text() { return files_.read("run/records.jsonl"); }

  // By kernel; fails the test when a case has more than one row.
  std::map<std::string, Record> rows() {
    std::map<std::string, Record> result;
    std::vector<std::string> faults;
    for_each_record(
        out() + "/records.jsonl",
        [&](Record&& record) {
          const std::string name = record.item.kernel() + "/" + std::to_string(record.item.integer_or("size", 0));
          EXPECT_FALSE(result.contains(name)) << name << " has two rows";
          result[name] = std::move(record);
        },
        faults);
    EXPECT_TRUE(faults.empty()) << faults[0];
    return result;
  }

  // Runs supervise() in a process of its own. It exits with 0, or with the signal's number when interrupted.
  pid_t start_supervisor(const std::vector<PlannedGroup>& groups, bool resume, bool retry_failed = false) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    int code = 0;
    try {
      RunDirectory directory = resume ? RunDirectory::resume(out()) : create();
      SupervisorOptions chosen = options();
      chosen.resume = resume;
      chosen.retry_failed = retry_failed;
      supervise(groups, catalog_, directory, chosen);
    } catch (const Interrupted& interruption) {
      code = interruption.signal_number();
    } catch (const Error&) {
      code = 99;
    }
    ::_exit(code);
  }
  static int wait_for(pid_t pid) {
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return status;
  }

  TemporaryDirectory files_;
  Catalog catalog_;
};

TEST_F(Supervise, EachFaultCostsOneRow) {
  const std::vector<PlannedGroup> groups = {
      group("before", {"faulty_none"}, 8),
      group("faults", {"faulty_none", "faulty_segv", "faulty_segv_later", "faulty_exit", "faulty_mute", "faulty_wrong",
                       "faulty_throw", "faulty_throw_later", "faulty_memory", "faulty_hang", "faulty_none_either"}),
      group("after", {"faulty_none"}, 16)};
  RunDirectory directory = create();
  std::size_t told = 0;
  const RunCounts counts = supervise(groups, catalog_, directory, options(), [&](const RunProgress& progress) {
    if (progress.record != nullptr) ++told;
    EXPECT_EQ(progress.cases, 13u);
    EXPECT_EQ(progress.groups, 3u);
  });
  auto rows = this->rows();
  EXPECT_EQ(rows.size(), 13u);
  EXPECT_EQ(told, 13u);
  for (const char* good : {"faulty_none/8", "faulty_none/64", "faulty_none_either/64", "faulty_none/16"}) {
    EXPECT_THAT(to_string(rows[good].status), ::testing::AnyOf("ok", "unstable")) << good << ": " << rows[good].reason;
  }
  EXPECT_EQ(rows["faulty_wrong/64"].status, Status::mismatch);
  EXPECT_EQ(counts.mismatch, 1);
  EXPECT_EQ(counts.failed, 8);
  EXPECT_FALSE(counts.all_well());
  const auto reason = [&](const std::string& kernel) {
    EXPECT_EQ(rows[kernel + "/64"].status, Status::failed) << kernel;
    EXPECT_EQ(rows[kernel + "/64"].group, "faults");
    return rows[kernel + "/64"].reason;
  };
  EXPECT_THAT(reason("faulty_segv"), AllOf(HasSubstr("killed by SIGSEGV while running"), HasSubstr("about to crash")));
  EXPECT_THAT(reason("faulty_segv_later"), HasSubstr("killed by SIGSEGV while running"));
  EXPECT_THAT(reason("faulty_exit"), HasSubstr("exited with code 3"));
  EXPECT_THAT(reason("faulty_mute"), HasSubstr("closed its channel, went on and was killed"));
  EXPECT_THAT(reason("faulty_hang"), HasSubstr("timed out after 4"));
  EXPECT_THAT(reason("faulty_throw"), HasSubstr("the driver says no"));
  EXPECT_THAT(reason("faulty_throw_later"), HasSubstr("the device is gone"));
  EXPECT_THAT(reason("faulty_memory"), ::testing::Not(::testing::IsEmpty()));
}

TEST_F(Supervise, RefusesAWorkerThatCannotStart) {
  const std::vector<PlannedGroup> groups = {group("g", {"faulty_none"})};
  const auto fault_with = [&](SupervisorOptions chosen) -> std::string {
    TemporaryDirectory other;
    RunDirectory directory = RunDirectory::create(other.path("run"), nlohmann::json::object());
    try {
      supervise(groups, catalog_, directory, chosen);
    } catch (const Error& error) {
      return error.what();
    }
    return "no fault";
  };
  SupervisorOptions missing = options();
  missing.worker.program = "/nowhere/at/all";
  EXPECT_THAT(fault_with(missing), AllOf(HasSubstr("/nowhere/at/all"), HasSubstr("No such file")));
  EXPECT_THAT(fault_with(options({"silent-exit"})), HasSubstr("exited with code 7 before its first case"));
  EXPECT_THAT(fault_with(options({"stranger"})), HasSubstr("something else than hello"));
}

TEST_F(Supervise, SurvivesAWorkerThatTalksNonsense) {
  for (const char* how : {"garbage", "stray", "endless"}) {
    TemporaryDirectory other;
    RunDirectory directory = RunDirectory::create(other.path("run"), nlohmann::json::object());
    const RunCounts counts =
        supervise({group("g", {"faulty_none", "faulty_none_either"})}, catalog_, directory, options({how}));
    EXPECT_EQ(counts.failed, 2) << how;
    const LoadedRun run = load_run(other.path("run"));
    ASSERT_EQ(run.records.size(), 2u) << how;
    for (const Record& record : run.records) {
      EXPECT_THAT(record.reason, HasSubstr(std::string(how) == "stray" ? "dropped" : "was killed")) << how;
      EXPECT_EQ(record.item.processors()[0], "cpu") << "a row that nobody asked for was kept";
    }
  }
}

TEST_F(Supervise, SkipsWhatIsBeyondTheTotalBudget) {
  RunDirectory directory = create();
  SupervisorOptions chosen = options({"silent-exit"});  // a worker that must not be needed
  chosen.total_budget_s = 1e-9;
  const RunCounts counts = supervise({group("g", {"faulty_none", "faulty_segv"})}, catalog_, directory, chosen);
  EXPECT_EQ(counts.skipped, 2);
  EXPECT_TRUE(counts.all_well());
  EXPECT_THAT(rows()["faulty_none/64"].reason, HasSubstr("budget"));
}

TEST_F(Supervise, ACaseOfTwoGroupsHasOneRow) {
  RunDirectory directory = create();
  const RunCounts counts = supervise({group("one", {"faulty_throw"}), group("two", {"faulty_throw", "faulty_wrong"})},
                                     catalog_, directory, options());
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(counts.mismatch, 1);
  EXPECT_EQ(rows().size(), 2u);
}

TEST_F(Supervise, ResumesWithoutRepeatingAndRetriesWhenAsked) {
  const std::vector<PlannedGroup> groups = {group("g", {"faulty_none", "faulty_segv"}), group("h", {"faulty_wrong"})};
  {
    RunDirectory directory = create();
    supervise({groups[0]}, catalog_, directory, options());
  }
  // As if the power had failed here.
  files_.write("run/journal.jsonl",
               files_.read("run/journal.jsonl") + dump_line({{"started", groups[1].cases[0].line}}) + "\n");
  const std::string earlier = records_text();
  SupervisorOptions chosen = options();
  chosen.resume = true;
  {
    RunDirectory directory = RunDirectory::resume(out());
    const RunCounts counts = supervise(groups, catalog_, directory, chosen);
    EXPECT_EQ(counts.resumed, 2);
    EXPECT_EQ(counts.failed, 1);
  }
  EXPECT_THAT(records_text(), StartsWith(earlier));
  EXPECT_THAT(rows()["faulty_wrong/64"].reason, HasSubstr("--retry-failed"));
  {
    RunDirectory directory = RunDirectory::resume(out());
    const RunCounts counts = supervise(groups, catalog_, directory, chosen);
    EXPECT_EQ(counts.resumed, 3) << "nothing is left to do, and what was interrupted is told once";
  }
  chosen.retry_failed = true;
  RunDirectory directory = RunDirectory::resume(out());
  const RunCounts counts = supervise(groups, catalog_, directory, chosen);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(counts.mismatch, 1);
}

TEST_F(Supervise, KilledAnywhereItLosesAndRepeatsNothing) {
  std::vector<PlannedGroup> groups;
  for (std::int64_t i = 1; i <= 12; ++i)
    groups.push_back(group("g" + std::to_string(i), {"faulty_none", "faulty_wrong"}, i));
  Random random(20240607);
  int kills = 0;
  siginfo_t info{};
  std::string earlier;
  for (int attempt = 0;; ++attempt) {
    ASSERT_LT(attempt, 100);
    std::error_code ignored;
    const bool resume = std::filesystem::exists(out() + "/run.json", ignored);
    const pid_t pid = start_supervisor(groups, resume);
    if (attempt < 8) {
      // Once it has begun with a group that was not begun before, at some moment of what follows; the first time at
      // once.
      const std::string begun = files_.read("run/journal.jsonl");
      while (files_.read("run/journal.jsonl").size() <= begun.size() &&
             ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(random.below(80)));
      ::kill(pid, SIGKILL);
    }
    const int status = wait_for(pid);
    const std::string now = records_text();
    EXPECT_THAT(now, StartsWith(earlier.substr(0, earlier.rfind('\n') + 1)));
    earlier = now;
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    ++kills;
  }
  EXPECT_GT(kills, 0);
  const auto rows = this->rows();  // one row a case, or it complains
  EXPECT_EQ(rows.size(), 24u);
  int interrupted = 0;
  for (const auto& [name, record] : rows) {
    if (record.status == Status::failed) {
      EXPECT_THAT(record.reason, HasSubstr("interrupted")) << name;
      ++interrupted;
    }
  }
  EXPECT_LE(interrupted, kills) << "a kill costs the case that was running, nothing more";
  EXPECT_EQ(wait_for(start_supervisor(groups, true, true)), 0);
  for (const Record& record : load_run(out()).records) EXPECT_NE(record.status, Status::failed) << record.reason;
}

TEST_F(Supervise, AFloodOnStandardErrorStopsNoTimeOut) {
  // A pipe that nobody reads: full at once.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int own = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  const pid_t pid = start_supervisor({group("flood", {"faulty_flood"}), group("after", {"faulty_none"})}, false);
  ::dup2(own, STDERR_FILENO);
  for (const int fd : {ends[1], own}) ::close(fd);
  EXPECT_EQ(wait_for(pid), 0);
  ::close(ends[0]);
  auto rows = this->rows();
  EXPECT_THAT(rows["faulty_flood/64"].reason, AllOf(HasSubstr("timed out after 4"), HasSubstr("its last words")));
  EXPECT_TRUE(rows.contains("faulty_none/64"));
}

class SuperviseSignal : public Supervise, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Signals, SuperviseSignal, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_P(SuperviseSignal, EndsItWithWholeLines) {
  PlannedGroup hanging = group("hanging", {"faulty_hang"});
  hanging.timeout_s = 3600;
  const pid_t pid = start_supervisor({group("good", {"faulty_wrong"}), hanging}, false);
  while (files_.read("run/journal.jsonl").find("faulty_hang") == std::string::npos) {
    ASSERT_EQ(::waitpid(pid, nullptr, WNOHANG), 0) << "it ended before it was interrupted";
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(pid, GetParam());
  const int status = wait_for(pid);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), GetParam());
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_TRUE(RunDirectory::resume(out()).interrupted().empty()) << "the case that was running is not to blame";
}

TEST_F(Supervise, DiscoversInAWorker) {
  std::vector<std::string> meters;
  const Discovery discovery = discover_in_worker(options().worker, &meters);
  std::vector<std::string> names;
  for (const ProcessorInfo& info : discovery.found) names.push_back(info.name);
  EXPECT_THAT(names, ::testing::Contains("cpu"));
}

}  // namespace
}  // namespace hetscope
