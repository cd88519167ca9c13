// Host kernels: which processors they accept, and what their Runnables do around a block.
#include "harness/kernel/host_kernel.hpp"

#include <gmock/gmock.h>

#include <array>

namespace hetscope {
namespace {

using testing::HasSubstr;

ProcessorInfo info_named(std::string name) {
  ProcessorInfo info;
  info.name = std::move(name);
  return info;
}

// A processor that runs no host functions.
class Gpu final : public Processor {
 public:
  const ProcessorInfo& info() const noexcept override { return info_; }
  void finish() override {}
  Support evict_caches() override { return Support::no("none"); }

 private:
  ProcessorInfo info_ = info_named("gpu");
};

class Counting final : public HostRunnable {
 public:
  using HostRunnable::HostRunnable;
  std::vector<HostTensor> outputs() override { return {}; }
  int executions = 0;
  int threads_seen = 0;
  mutable int prepared_asked = 0;

 protected:
  void run_once() override {
    ++executions;
    threads_seen = pool().size();
  }
  std::vector<std::span<const std::byte>> operands() const override { return {memory_}; }
  std::vector<std::span<const std::byte>> prepared() const override {
    ++prepared_asked;
    return {weights_, weights_};
  }

 private:
  std::array<std::byte, 256> memory_{};
  std::array<std::byte, 96> weights_{};
};

class CountingKernel final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "counting"; }
  std::string_view operation() const noexcept override { return "count"; }

 protected:
  Support supports_case(const Case& item) const override {
    return item.has("impossible") ? Support::no("impossible") : Support::yes();
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand>) const override {
    return std::make_unique<Counting>(cpu, pool);
  }
};

class HostKernelTest : public testing::Test {
 protected:
  Case with(const std::string& axes) { return Case::parse("count kernel=counting processor=cpu" + axes); }

  HostCpu cpu_{info_named("cpu"), {allowed_cpus().at(0)}};
  Gpu gpu_;
  CountingKernel kernel_;
};

TEST_F(HostKernelTest, HasThreadsFromOne) {
  ASSERT_EQ(kernel_.axes().size(), 1U);
  EXPECT_EQ(kernel_.axes()[0].name, "threads");
  EXPECT_EQ(kernel_.axes()[0].fallback, AxisValue(std::int64_t{1}));
}

TEST_F(HostKernelTest, RunsOnOneHostProcessorWithEnoughCpus) {
  Processor* const cpu[] = {&cpu_};
  Processor* const gpu[] = {&gpu_};
  Processor* const both[] = {&cpu_, &gpu_};
  EXPECT_TRUE(kernel_.supports(with(" threads=1"), cpu));
  EXPECT_THAT(kernel_.supports(with(""), gpu).reason(), HasSubstr("gpu cannot"));
  EXPECT_THAT(kernel_.supports(with(""), both).reason(), HasSubstr("one processor, not 2"));
  EXPECT_FALSE(kernel_.supports(with(" threads=1000000"), cpu).reason().empty());
  EXPECT_EQ(kernel_.supports(with(" impossible=true"), cpu).reason(), "impossible");
}

TEST_F(HostKernelTest, RunnableRunsPlacesAndEvicts) {
  Processor* const cpu[] = {&cpu_};
  const std::unique_ptr<Runnable> runnable = kernel_.prepare(with(" threads=1"), cpu, {});
  runnable->enter();
  runnable->run(5);
  runnable->leave();
  const auto& counting = dynamic_cast<const Counting&>(*runnable);
  EXPECT_EQ(counting.executions, 5);
  EXPECT_EQ(counting.threads_seen, 1);
  EXPECT_TRUE(runnable->evict());
  EXPECT_EQ(counting.prepared_asked, 1);
  EXPECT_EQ(runnable->prepared_bytes(), 2 * 96);
  ASSERT_EQ(runnable->placement().size(), 1U);
  EXPECT_EQ(runnable->placement()[0].requested, "cpu");
  EXPECT_FALSE(runnable->placement()[0].evidence.empty());
}

}  // namespace
}  // namespace hetscope
