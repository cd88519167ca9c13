// What a Runnable has to say about its row.
#include "harness/run/runner_member.hpp"

#include <utility>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

// Why the row is no evidence about its processors; "": it is.
std::string doubt_about(const GroupMember& member) {
  const std::string doubt = member.runnable->doubt();
  for (const Processor* processor : member.on) {
    if (!processor->info().is_fake) continue;
    return processor->name() + " is a fake for tests: its times are made up" + (doubt.empty() ? "" : "; " + doubt);
  }
  return doubt;
}

}  // namespace

void set_status(Record& record, Status status, std::string reason) {
  record.status = status;
  record.reason = one_line(std::move(reason));
}

void tell_of_runnable(GroupMember& member) {
  Record& record = member.record;
  for (const Placement& placement : member.runnable->placement()) {
    record.placement.push_back({placement.requested, placement.actual, placement.evidence});
  }
  for (const auto& [name, metric] : member.runnable->metrics()) {
    record.metrics[name] = {metric.value, metric.unit, metric.roof};
  }
  // A baseline is a process of its own and has told its own.
  if (member.memory && !record.metrics.contains("peak_memory")) {
    record.metrics["peak_memory"] = {static_cast<double>(member.memory->bytes), "B", ""};
    record.metrics["peak_memory_added"] = {static_cast<double>(member.memory->added_bytes), "B", ""};
  }
  record.notes.merge(member.runnable->notes());
  if (!member.kernel->unverifiable().empty()) record.notes["not_verified"] = member.kernel->unverifiable();
  if (member.load) {
    for (const Placement& placement : member.load->runnable->placement()) {
      record.notes["load_on_" + placement.requested] = placement.actual + ": " + placement.evidence;
    }
  }
  const std::string doubt = doubt_about(member);
  if (!doubt.empty())
    set_status(record, Status::mistrusted, record.reason.empty() ? doubt : doubt + "; " + record.reason);
}

}  // namespace hetscope
