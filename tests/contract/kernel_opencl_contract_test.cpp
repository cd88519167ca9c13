// OpenClKernel and OpenClRunnable on every OpenCL device found here: what runs, how often, and what the clock says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "tests/fakes/fake_processor.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCountSource = R"(
__kernel void count(__global int* counters) { counters[get_global_id(0)] += 1; }
)";
constexpr std::size_t kItems = 64;

// Counts how often it was executed.
class CountingRunnable final : public OpenClRunnable {
 public:
  static std::unique_ptr<CountingRunnable> make(OpenClProcessor& device, std::size_t launches) {
    const std::vector<int> zeros(kItems, 0);
    cl::Buffer counters = device.allocate(kItems * sizeof(int));
    device.upload(counters, zeros.data(), kItems * sizeof(int));
    cl::Kernel kernel = device.kernel("count.cl", kCountSource, "count");
    kernel.setArg(0, counters);
    return std::make_unique<CountingRunnable>(
        device, std::vector<Launch>(launches, Launch{kernel, cl::NDRange(kItems), cl::NullRange}), counters);
  }
  CountingRunnable(OpenClProcessor& device, std::vector<Launch> launches, cl::Buffer counters)
      : OpenClRunnable(device, std::move(launches)), counters_(std::move(counters)) {}

  std::vector<HostTensor> outputs() override {
    HostTensor tensor(DType::i32, Shape{static_cast<std::int64_t>(kItems)}, Layout::row_major(1));
    device().download(tensor.data(), counters_, static_cast<std::int64_t>(tensor.size_bytes()));
    std::vector<HostTensor> result;
    result.push_back(std::move(tensor));
    return result;
  }

 private:
  cl::Buffer counters_;
};

class CountingKernel final : public OpenClKernel {
 public:
  std::string_view name() const noexcept override { return "counting"; }
  std::string_view operation() const noexcept override { return "count"; }

 protected:
  Support supports_on(const Case&, const OpenClProcessor&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, OpenClProcessor& device,
                                       std::span<const Operand>) const override {
    if (item.has("fail")) throw cl::Error(CL_OUT_OF_RESOURCES, "clEnqueueSomething");
    return CountingRunnable::make(device, 2);
  }
};

class OpenClRunnables : public ::testing::Test {
 protected:
  void SetUp() override {
    const Discovery discovery = set_.discover();
    std::string reasons;
    for (const std::string& line : discovery.missing) reasons += line + "; ";
    for (const ProcessorInfo& info : discovery.found) {
      if (info.program_model == ProgramModel::opencl_c)
        devices_.push_back(&dynamic_cast<OpenClProcessor&>(set_.at(info.name)));
    }
    if (devices_.empty()) GTEST_SKIP() << "no OpenCL device: " << reasons;
  }
  const std::vector<OpenClProcessor*>& devices() const { return devices_; }

 private:
  ProcessorSet set_;
  std::vector<OpenClProcessor*> devices_;
};

void expect_count(Runnable& runnable, double count) {
  const std::vector<HostTensor> outputs = runnable.outputs();
  for (std::size_t i = 0; i < kItems; ++i) ASSERT_EQ(outputs[0].get(static_cast<std::int64_t>(i)), count);
}

TEST_F(OpenClRunnables, EverythingIsDoneWhenRunReturns) {
  for (OpenClProcessor* device : devices()) {
    SCOPED_TRACE(device->name());
    const auto runnable = CountingRunnable::make(*device, 3);
    runnable->run(1);
    expect_count(*runnable, 3);
    runnable->run(7);
    expect_count(*runnable, 24);
    runnable->run(0);
    expect_count(*runnable, 24);
  }
}

TEST_F(OpenClRunnables, TheDevicesClockCoversTheLastRunOnly) {
  for (OpenClProcessor* device : devices()) {
    SCOPED_TRACE(device->name());
    const auto runnable = CountingRunnable::make(*device, 1);
    EXPECT_TRUE(runnable->own_clocks().empty());
    runnable->run(5);
    const auto clocks = runnable->own_clocks();
    ASSERT_TRUE(clocks.contains(kOpenClEventClock));
    EXPECT_GT(clocks.at(kOpenClEventClock), 0);
    EXPECT_EQ(runnable->own_clocks(), clocks);
    runnable->run(0);
    EXPECT_TRUE(runnable->own_clocks().empty());
  }
}

TEST_F(OpenClRunnables, ALongRunIsCompleteButHasNoDeviceClock) {
  for (OpenClProcessor* device : devices()) {
    SCOPED_TRACE(device->name());
    const auto runnable = CountingRunnable::make(*device, 2);
    runnable->run(2048);
    EXPECT_FALSE(runnable->own_clocks().empty());
    runnable->run(2049);
    EXPECT_TRUE(runnable->own_clocks().empty());
    expect_count(*runnable, 2 * (2048 + 2049));
  }
}

TEST_F(OpenClRunnables, TheEmptyLaunchLeavesTheOutputsAlone) {
  for (OpenClProcessor* device : devices()) {
    SCOPED_TRACE(device->name());
    const auto runnable = CountingRunnable::make(*device, 2);
    runnable->run(1);
    Runnable* empty = runnable->empty_launch();
    ASSERT_NE(empty, nullptr);
    EXPECT_EQ(runnable->empty_launch(), empty);
    EXPECT_EQ(empty->empty_launch(), nullptr);
    empty->run(10);
    EXPECT_TRUE(empty->outputs().empty());
    expect_count(*runnable, 2);
    EXPECT_EQ(CountingRunnable::make(*device, 0)->empty_launch(), nullptr);
  }
}

TEST_F(OpenClRunnables, ThePlacementNamesTheQueuesDevice) {
  for (OpenClProcessor* device : devices()) {
    const auto placement = CountingRunnable::make(*device, 1)->placement();
    ASSERT_EQ(placement.size(), 1u);
    EXPECT_EQ(placement[0].requested, device->name());
    EXPECT_EQ(placement[0].actual, device->name());
    EXPECT_THAT(placement[0].evidence, HasSubstr(device->info().model));
    EXPECT_THAT(placement[0].evidence, HasSubstr(device->info().driver));
  }
}

TEST_F(OpenClRunnables, ALaunchThatTheDeviceRefusesIsAnError) {
  for (OpenClProcessor* device : devices()) {
    SCOPED_TRACE(device->name());
    CountingRunnable runnable(*device,
                              {Launch{device->kernel("count.cl", kCountSource, "count"), cl::NDRange(kItems),
                                      cl::NDRange(device->limits().work_group_size * 2)}},
                              device->allocate(4));
    EXPECT_THROW(runnable.run(1), Error);
    EXPECT_TRUE(runnable.own_clocks().empty());
  }
}

TEST_F(OpenClRunnables, AKernelPreparesAndItsDriverErrorsBecomeOurs) {
  const CountingKernel kernel;
  for (OpenClProcessor* device : devices()) {
    Processor* const processors[] = {device};
    const Case item = Case("count", "counting", {device->name()});
    EXPECT_TRUE(kernel.supports(item, processors));
    const auto runnable = kernel.prepare(item, processors, {});
    runnable->run(1);
    expect_count(*runnable, 2);
    Case failing = item;
    failing.set("fail", true);
    try {
      kernel.prepare(failing, processors, {});
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("CL_OUT_OF_RESOURCES"));
      EXPECT_THAT(error.what(), HasSubstr(device->name()));
    }
  }
}

TEST(OpenClKernels, RefuseOtherProcessors) {
  const CountingKernel kernel;
  FakeProcessor fake("fake:0");
  Processor* const one[] = {&fake};
  Processor* const two[] = {&fake, &fake};
  EXPECT_THAT(kernel.supports(Case("count", "counting", {"fake:0"}), one).reason(), HasSubstr("fake:0"));
  EXPECT_FALSE(kernel.supports(Case("count", "counting", {"fake:0", "fake:0"}), two));
  EXPECT_FALSE(kernel.supports(Case("count", "counting", {}), {}));
}

}  // namespace
}  // namespace hetscope
