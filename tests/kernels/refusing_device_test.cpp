// What a driver refuses to say or to give costs what needs it, and not the device. CTest runs this a second time over a
// library whose devices refuse (kernels_on_refusing_devices).
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/kernel/opencl_kernel.hpp"
#include "harness/kernel/reference_loop.hpp"
#include "kernels/catalog.hpp"

namespace hetscope {
namespace {

TEST(RefusingDeviceTest, WithoutProfilingThereIsTheHostsClockAlone) {
  const Catalog catalog = make_catalog();
  ProcessorSet processors;
  int devices = 0;
  for (const ProcessorInfo& info : processors.discover().found) {
    auto* const device = dynamic_cast<OpenClProcessor*>(&processors.at(info.name));
    if (device == nullptr) continue;
    SCOPED_TRACE(info.name);
    ++devices;
    const bool profiling = device->limits().profiling;
    if (std::getenv("HETSCOPE_FAKE_REFUSALS") != nullptr) {
      EXPECT_FALSE(profiling);
    }
    const Case item = catalog.complete(Case::parse("copy kernel=copy_buffer processor=" + info.name + " shape=[1024]"));
    Processor* const on[] = {device};
    const auto inputs = catalog.operations().at("copy").inputs(item, 1);
    const auto runnable = catalog.kernels().at("copy_buffer").prepare(item, on, inputs);
    runnable->run(3);
    EXPECT_EQ(runnable->own_clocks().contains(kOpenClEventClock), profiling);
    const bool is_said = runnable->placement()[0].evidence.ends_with("without a clock of its own");
    EXPECT_EQ(is_said, !profiling);
    const MonotonicClock clock;
    EXPECT_EQ(make_reference_loop(*device, clock) != nullptr, profiling);
  }
  if (devices == 0) GTEST_SKIP() << "this machine has no OpenCL device";
}

TEST(RefusingDeviceTest, WithoutFormatsThereAreNoImages) {
  if (std::getenv("HETSCOPE_FAKE_REFUSALS") == nullptr) GTEST_SKIP() << "over the installed library";
  ProcessorSet processors;
  int devices = 0;
  for (const ProcessorInfo& info : processors.discover().found) {
    const auto* const device = dynamic_cast<OpenClProcessor*>(&processors.at(info.name));
    if (device == nullptr) continue;
    ++devices;
    EXPECT_FALSE(device->supports_image(DType::f32, 1, 1)) << info.name;
    EXPECT_FALSE(device->supports_image_buffer(DType::f32, 1)) << info.name;
  }
  EXPECT_GT(devices, 0) << "the device is dropped, or there is none";
}

}  // namespace
}  // namespace hetscope
