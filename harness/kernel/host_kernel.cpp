// Checks and bookkeeping that all host kernels share.
#include "harness/kernel/host_kernel.hpp"

#include <array>
#include <cassert>

namespace hetscope {
namespace {

HostCpu* host_cpu(Processors processors) {
  return processors.size() == 1 ? dynamic_cast<HostCpu*>(processors[0]) : nullptr;
}

}  // namespace

std::span<const AxisSpec> HostKernel::axes() const {
  static const std::array<AxisSpec, 1> kAxes = {
      AxisSpec{.name = "threads",
               .type = AxisType::integer,
               .meaning = "threads that share the work, at least 1",
               .fallback = AxisValue(std::int64_t{1}),
               .choices = {},
               .required = true,
               .least = 1},
  };
  return kAxes;
}

Support HostKernel::supports(const Case& item, Processors processors) const {
  if (processors.size() != 1) {
    return Support::no(std::string(name()) + " runs on one processor, not " + std::to_string(processors.size()));
  }
  const HostCpu* cpu = host_cpu(processors);
  if (cpu == nullptr) {
    return Support::no(std::string(name()) + " runs host functions, which " + processors[0]->name() + " cannot");
  }
  const std::int64_t threads = item.integer_or("threads", 1);
  if (Support enough = cpu->supports_threads(threads); !enough) return enough;
  return supports_case(item);
}

std::unique_ptr<Runnable> HostKernel::prepare(const Case& item, Processors processors,
                                              std::span<const Operand> inputs) const {
  HostCpu* cpu = host_cpu(processors);
  assert(cpu != nullptr && "supports() is asked before prepare()");
  ThreadPool& pool = cpu->pool(static_cast<int>(item.integer_or("threads", 1)));
  // Libraries make threads when they are prepared, too.
  std::optional<LibraryThreads> made_here;
  if (pool.size() > 1) made_here.emplace(cpu->cpus());
  return prepare_on(item, *cpu, pool, inputs);
}

void HostRunnable::enter() {
  if (threads_ == HostThreads::pool) return pool_.enter();
  library_threads_.emplace(cpu_.cpus());
  are_restricted_ = library_threads_->are_restricted();
}

void HostRunnable::leave() {
  if (threads_ == HostThreads::pool) return pool_.leave();
  library_threads_.reset();
}

Support HostRunnable::evict() {
  for (const auto& parts : {operands(), prepared()}) {
    for (const std::span<const std::byte> part : parts) {
      if (!flush_from_caches(part.data(), part.size())) return cpu_.evict_caches();
    }
  }
  return Support::yes();
}

std::int64_t HostRunnable::prepared_bytes() const {
  std::size_t bytes = 0;
  for (const std::span<const std::byte> part : prepared()) bytes += part.size();
  return static_cast<std::int64_t>(bytes);
}

std::vector<Placement> HostRunnable::placement() const {
  if (threads_ == HostThreads::library) {
    const std::string all_cpus = "cpu@" + format_cpu_list(cpu_.cpus());
    if (are_restricted_) {
      return {{cpu_.name(), all_cpus, "the library's own threads, restricted to these CPUs (sched_setaffinity)"}};
    }
    return {
        {cpu_.name(), "cpu",
         "the library's own threads, which could not be restricted to " + all_cpus + "; the operating system chooses"}};
  }
  const std::string cpus = "cpu@" + format_cpu_list(pool_.cpus());
  if (pool_.pinned()) return {{cpu_.name(), cpus, "each thread is pinned (sched_setaffinity)"}};
  return {{cpu_.name(), "cpu", "pinning to " + cpus + " was refused; the operating system chooses"}};
}

std::vector<HostTensor> OneResultRunnable::outputs() {
  std::vector<HostTensor> outputs;
  outputs.push_back(result_.clone());
  return outputs;
}

bool OneResultRunnable::write_outputs_to(std::span<HostTensor> targets) {
  result_ = HostTensor::borrowing(targets[0].view(), targets[0].data());
  return true;
}

}  // namespace hetscope
