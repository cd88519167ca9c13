// What kernels that run as host functions share: the `threads` axis, the processor they accept, and a Runnable that
// enters its thread pool around each block, or keeps a library's threads on the processor.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "harness/kernel/kernel.hpp"
#include "harness/kernel/library_threads.hpp"
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

// Whose threads do the work. library: it brings its own, and pinning the caller would pin all of them to one CPU or
// leave it out; they are kept on the processor's CPUs, and the pool is entered only where one thread is asked for.
enum class HostThreads { pool, library };

// run_once() is one execution on `pool`, or on as many threads of a library; operands and what was prepared are what
// evict() flushes.
class HostRunnable : public Runnable {
 public:
  HostRunnable(HostCpu& cpu, ThreadPool& pool, HostThreads threads = HostThreads::pool)
      : cpu_(cpu), pool_(pool), threads_(pool.size() == 1 ? HostThreads::pool : threads) {}
  void enter() override;
  void leave() override;
  void run(std::int64_t iterations) override {
    for (std::int64_t i = 0; i < iterations; ++i) run_once();
  }
  Support evict() override;
  std::int64_t prepared_bytes() const override;
  std::vector<Placement> placement() const override;

 protected:
  virtual void run_once() = 0;
  // Memory that a run reads or writes.
  virtual std::vector<std::span<const std::byte>> operands() const = 0;
  // Memory that prepare() made besides them and that every run reads: packed weights, lists of places.
  virtual std::vector<std::span<const std::byte>> prepared() const { return {}; }
  ThreadPool& pool() noexcept { return pool_; }

 private:
  HostCpu& cpu_;
  ThreadPool& pool_;
  HostThreads threads_;
  std::optional<LibraryThreads> library_threads_;  // between enter() and leave()
  bool are_restricted_ = false;                    // when it was entered last
};

// One with one result: its own tensor, until a split says where it merges. For a run_once() that asks for result()
// every time.
class OneResultRunnable : public HostRunnable {
 public:
  OneResultRunnable(HostCpu& cpu, ThreadPool& pool, HostTensor result, HostThreads threads = HostThreads::pool)
      : HostRunnable(cpu, pool, threads), result_(std::move(result)) {}
  std::vector<HostTensor> outputs() override;
  bool write_outputs_to(std::span<HostTensor> targets) override;

 protected:
  HostTensor& result() noexcept { return result_; }
  const HostTensor& result() const noexcept { return result_; }

 private:
  HostTensor result_;
};

}  // namespace hetscope
