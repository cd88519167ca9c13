// The order of a split execution, and the same with a look at the clock between its steps.
#include "kernels/partition/split_runnable.hpp"

#include <algorithm>
#include <utility>

#include "harness/core/cpu_clock.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

// Of all passes: shorter waits are the call itself, which is CPU time and no waiting.
constexpr std::int64_t kLeastWaitNs = 500'000;

// What `step` throws leaves with the processor's name in front.
template <class Step>
void on(const std::string& processor, Step&& step) {
  try {
    step();
  } catch (const std::exception& error) {
    throw Error("the part on " + processor + " failed: " + error.what());
  }
}

// The parts' boxes follow each other along one dimension, so that neighbours hold all overlaps.
std::int64_t repeated_input_bytes(const std::vector<SplitPart>& parts) {
  std::int64_t bytes = 0;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    for (std::size_t input = 0; input < parts[i].inputs.size(); ++input) {
      const Operand& operand = parts[i].inputs[input];
      if (operand.lifetime != Lifetime::per_run) continue;
      bytes += static_cast<std::int64_t>(size_of(operand.tensor.dtype())) *
               shared_elements(parts[i - 1].problem.inputs[input], parts[i].problem.inputs[input]);
    }
  }
  return bytes;
}

}  // namespace

StageClocks stage_clocks() {
  static const MonotonicClock kTime;
  static const CpuClock kCpu(CpuClock::Of::thread);
  return {kTime, kCpu};
}

SplitRunnable::SplitRunnable(std::span<const Operand> whole, std::vector<HostTensor> merged,
                             std::vector<SplitPart> parts, double share_of_first, const StageClocks& clocks)
    : whole_(whole),
      merged_(std::move(merged)),
      parts_(std::move(parts)),
      share_of_first_(share_of_first),
      clocks_(clocks) {}

void SplitRunnable::enter() {
  for (SplitPart& part : parts_) part.asynchronous ? part.asynchronous->enter() : part.runnable->enter();
}

void SplitRunnable::leave() {
  for (SplitPart& part : parts_) part.asynchronous ? part.asynchronous->leave() : part.runnable->leave();
}

void SplitRunnable::run(std::int64_t iterations) {
  is_whole_ = true;
  for (std::int64_t i = 0; i < iterations; ++i) {
    started_ = finished_ = 0;
    try {
      transform();
      start();
      compute();
      finish();
    } catch (...) {
      drain();
      throw;
    }
    merge();
  }
}

void SplitRunnable::transform() {
  for (SplitPart& part : parts_) {
    for (const std::size_t input : part.gathers) {
      gather(whole_[input].tensor, part.problem.inputs[input], part.inputs[input].tensor);
    }
  }
}

void SplitRunnable::start() {
  for (; started_ < parts_.size(); ++started_) {
    SplitPart& part = parts_[started_];
    if (part.asynchronous) on(part.processor, [&] { part.asynchronous->start(); });
  }
}

void SplitRunnable::compute() {
  for (SplitPart& part : parts_) {
    if (!part.asynchronous) on(part.processor, [&] { part.runnable->run(1); });
  }
}

void SplitRunnable::finish() {
  while (finished_ < started_) {
    SplitPart& part = parts_[finished_++];
    if (part.asynchronous) on(part.processor, [&] { part.asynchronous->finish(); });
  }
}

void SplitRunnable::drain() noexcept {
  while (finished_ < started_) {
    try {
      finish();
    } catch (const std::exception&) {
      // The first failure is the one that is told.
    }
  }
}

void SplitRunnable::merge() {
  for (SplitPart& part : parts_) {
    if (!part.merges) continue;
    for (std::size_t i = 0; i < part.outputs.size(); ++i) {
      if (part.problem.adds) {
        add(part.outputs[i], merged_[i]);
      } else {
        scatter(part.outputs[i], part.problem.outputs[i], merged_[i]);
      }
    }
  }
}

std::map<std::string, double> SplitRunnable::run_stages() {
  const auto host = std::ranges::find_if(parts_, [](const SplitPart& part) { return !part.asynchronous; });
  std::map<std::string, double> stages;
  std::int64_t last_ns = clocks_.time.now_ns();
  const auto end_stage = [&](const std::string& name) {
    const std::int64_t now_ns = clocks_.time.now_ns();
    stages[name] = static_cast<double>(now_ns - last_ns);
    last_ns = now_ns;
  };
  started_ = finished_ = 0;
  try {
    transform();
    end_stage("transform");
    start();
    end_stage("start");
    compute();
    if (host != parts_.end()) end_stage("compute." + host->processor);
    const std::int64_t begin_cpu_ns = clocks_.cpu.now_ns();
    finish();
    waited_cpu_ns_ += clocks_.cpu.now_ns() - begin_cpu_ns;
    end_stage("wait");
    waited_ns_ += static_cast<std::int64_t>(stages["wait"]);
  } catch (...) {
    drain();
    throw;
  }
  merge();
  end_stage("merge");
  for (SplitPart& part : parts_) {
    if (!part.asynchronous) continue;
    on(part.processor, [&] {
      for (const auto& [name, ns] : part.asynchronous->run_stages(clocks_.time)) {
        stages["alone." + part.processor + "." + name] = ns;
      }
    });
  }
  // A part alone may have left its summands where the sum belongs.
  is_whole_ = false;
  return stages;
}

std::map<std::string, double> SplitRunnable::own_clocks() {
  for (SplitPart& part : parts_) {
    if (part.asynchronous) on(part.processor, [&] { part.asynchronous->check(); });
  }
  return {};
}

Support SplitRunnable::evict() {
  for (SplitPart& part : parts_) {
    if (Support evicted = part.runnable->evict(); !evicted) return evicted;
  }
  return Support::yes();
}

std::vector<HostTensor> SplitRunnable::outputs() {
  if (!is_whole_) run(1);
  std::vector<HostTensor> result;
  for (const HostTensor& tensor : merged_) result.push_back(tensor.clone());
  return result;
}

std::int64_t SplitRunnable::prepared_bytes() const {
  std::int64_t bytes = 0;
  for (const SplitPart& part : parts_) bytes += part.runnable->prepared_bytes();
  return bytes;
}

std::vector<Placement> SplitRunnable::placement() const {
  std::vector<Placement> result;
  for (const SplitPart& part : parts_) {
    for (Placement& placement : part.runnable->placement()) result.push_back(std::move(placement));
  }
  return result;
}

std::string SplitRunnable::doubt() const {
  for (const SplitPart& part : parts_) {
    if (const std::string doubt = part.runnable->doubt(); !doubt.empty()) return part.processor + ": " + doubt;
  }
  return "";
}

Metrics SplitRunnable::metrics() {
  Metrics metrics = {{"share_of_first", {share_of_first_, "1", ""}},
                     {"repeated_input_bytes", {static_cast<double>(repeated_input_bytes(parts_)), "B", ""}}};
  if (waited_ns_ >= kLeastWaitNs) {
    metrics["waiting_cpu_share"] = {static_cast<double>(waited_cpu_ns_) / static_cast<double>(waited_ns_), "1", ""};
  }
  return metrics;
}

}  // namespace hetscope
