// Probes of one chain of steps, each of which needs the one before: they occupy one thread or one work-item and leave
// one word.
#pragma once

#include <cstdint>
#include <memory>

#include "harness/kernel/host_kernel.hpp"
#include "harness/kernel/opencl_kernel.hpp"

namespace hetscope {

// The word after `steps` from the words of the probe's input.
using SequentialSteps = std::uint32_t (*)(const std::uint32_t* input, std::int64_t steps);

// On the host; each run takes all steps.
class SequentialRuns : public HostRunnable {
 public:
  // `input` outlives it.
  SequentialRuns(HostCpu& cpu, ThreadPool& pool, const HostTensor& input, std::int64_t steps, SequentialSteps take)
      : HostRunnable(cpu, pool), input_(input), steps_(steps), take_(take) {}
  std::vector<HostTensor> outputs() override;

 protected:
  void run_once() override { word_ = take_(input_.as<std::uint32_t>(), steps_); }
  std::vector<std::span<const std::byte>> operands() const override { return {{input_.data(), input_.size_bytes()}}; }

 private:
  const HostTensor& input_;
  std::int64_t steps_;
  SequentialSteps take_;
  std::uint32_t word_ = 0;
};

// no() for more than one thread.
Support supports_sequential(const Case& item);
// `input` outlives the result.
std::unique_ptr<Runnable> make_sequential_on_host(HostCpu& cpu, ThreadPool& pool, const HostTensor& input,
                                                  std::int64_t steps, SequentialSteps take);
// `function` of sequential_probe.cl, by one work-item.
std::unique_ptr<Runnable> make_sequential_on_device(OpenClProcessor& device, const HostTensor& input,
                                                    std::int64_t steps, const char* function);

}  // namespace hetscope
