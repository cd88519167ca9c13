// What a runner holds of a case while its group is measured.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/kernel/kernel.hpp"
#include "harness/kernel/reference_loop.hpp"
#include "harness/record/record.hpp"
#include "harness/run/peak_memory.hpp"

namespace hetscope {

// The inputs and the reference of one problem, shared by the members of a group that solve the same one.
struct GroupProblem {
  const Operation* operation = nullptr;
  std::vector<Operand> inputs;
  std::vector<Expectation> expectations;
};

// What runs beside one or more cases of a group; verified like them, because a load that computes nothing is none.
struct GroupLoad {
  std::shared_ptr<const GroupProblem> problem;
  std::unique_ptr<Runnable> runnable;
  Work executed;
};

// A case on its way to becoming a record.
struct GroupMember {
  Record record;
  const Kernel* kernel = nullptr;
  std::shared_ptr<const GroupProblem> problem;
  std::unique_ptr<Runnable> runnable;
  std::shared_ptr<GroupLoad> load;  // nullptr: none
  std::vector<Processor*> on;
  std::vector<ReferenceLoop*> references;  // of its processors
  BlockSpeedRecord speed;
  std::optional<MemoryPeak> memory;  // of preparing and the first run; nothing of a tool, which is another process
};

// The reason goes onto one line.
void set_status(Record& record, Status status, std::string reason);
// What the Runnable has to say after it was measured, and whether it makes the row a mistrusted one.
void tell_of_runnable(GroupMember& member);

}  // namespace hetscope
