// Runs groups in a worker process that may die: journals what is started, watches the time, writes what is finished. A
// case that kills the driver costs one row.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/kernel/catalog.hpp"
#include "harness/processor/processor.hpp"
#include "harness/record/journal.hpp"
#include "harness/run/runner.hpp"
#include "harness/run/scenario.hpp"

namespace hetscope {

// How the supervisor starts a worker: this program again, with these arguments. The worker reads requests from the
// descriptor $HETSCOPE_WORKER_FD and answers there; its standard output goes to standard error.
struct WorkerCommand {
  std::string program;                 // "/proc/self/exe"
  std::vector<std::string> arguments;  // {"worker"}
};

struct SupervisorOptions {
  WorkerCommand worker;
  RunIdentity identity;
  std::string meter;          // the only meter to use; "": all found, "none": none
  double total_budget_s = 0;  // 0: none; groups beyond it become `skipped` rows
  bool resume = false;
  bool retry_failed = false;
};

struct RunCounts {
  int ok = 0, unsupported = 0, skipped = 0, mismatch = 0, unstable = 0, mistrusted = 0, failed = 0;
  int resumed = 0;  // rows that were there already
  // Exit code 1: something failed or mismatched.
  bool all_well() const { return failed == 0 && mismatch == 0; }
};

// Called after each record and before each group, for the progress display.
struct RunProgress {
  std::size_t groups_done = 0, groups = 0, cases_done = 0, cases = 0;
  const PlannedGroup* group = nullptr;
  const Record* record = nullptr;
};
using RunObserver = std::function<void(const RunProgress&)>;

// Runs every group, appends every record. Throws Error only for what ends the run (a full disk).
RunCounts supervise(const std::vector<PlannedGroup>& groups, const Catalog& catalog, RunDirectory& directory,
                    const SupervisorOptions& options, const RunObserver& observer = {});

// Devices are discovered in a worker too: a driver that crashes on being looked at becomes a line in `missing`. Meters
// are looked at when `meters` is given. `meanwhile` is called once, while the worker looks; what it throws ends the
// look.
Discovery discover_in_worker(const WorkerCommand& worker, std::vector<std::string>* meters = nullptr,
                             std::function<void()> meanwhile = {});

// Where a worker's processors come from.
using BackendMaker = std::function<std::vector<std::unique_ptr<Backend>>()>;
// The worker's main: serves requests until its supervisor closes the channel. Returns the exit code. A test adds a back
// end of its own to `backends`.
int serve_worker(const Catalog& catalog, const BackendMaker& backends = make_backends);

}  // namespace hetscope
