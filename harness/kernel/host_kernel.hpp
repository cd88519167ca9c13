// What kernels that run as host functions share: the `threads` axis, the processor they accept, and a Runnable that
// enters its thread pool around each block.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "harness/kernel/kernel.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {

class HostKernel : public Kernel {
 public:
  ProgramModel program_model() const noexcept final { return ProgramModel::host_function; }
  std::span<const AxisSpec> axes() const override;  // threads

  // One host processor with enough CPUs, then what the kernel itself says.
  Support supports(const Case& item, Processors processors) const final;
  std::unique_ptr<Runnable> prepare(const Case& item, Processors processors,
                                    std::span<const Operand> inputs) const final;

 protected:
  virtual Support supports_case(const Case& item) const = 0;
  virtual std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                               std::span<const Operand> inputs) const = 0;
};

// run_once() is one execution on `pool`; operands are what evict() flushes.
class HostRunnable : public Runnable {
 public:
  HostRunnable(HostCpu& cpu, ThreadPool& pool) : cpu_(cpu), pool_(pool) {}
  void enter() override { pool_.enter(); }
  void leave() override { pool_.leave(); }
  void run(std::int64_t iterations) override {
    for (std::int64_t i = 0; i < iterations; ++i) run_once();
  }
  Support evict() override;
  std::vector<Placement> placement() const override;

 protected:
  virtual void run_once() = 0;
  // Memory that a run reads or writes.
  virtual std::vector<std::span<const std::byte>> operands() const = 0;
  ThreadPool& pool() noexcept { return pool_; }

 private:
  HostCpu& cpu_;
  ThreadPool& pool_;
};

// One with one result: its own tensor, until a split says where it merges. For a run_once() that asks for result()
// every time.
class OneResultRunnable : public HostRunnable {
 public:
  OneResultRunnable(HostCpu& cpu, ThreadPool& pool, HostTensor result)
      : HostRunnable(cpu, pool), result_(std::move(result)) {}
  std::vector<HostTensor> outputs() override;
  bool write_outputs_to(std::span<HostTensor> targets) override;

 protected:
  HostTensor& result() noexcept { return result_; }
  const HostTensor& result() const noexcept { return result_; }

 private:
  HostTensor result_;
};

}  // namespace hetscope
