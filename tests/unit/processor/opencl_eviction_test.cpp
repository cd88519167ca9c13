// How much memory is walked before a cold sample on an OpenCL device.
#include <gtest/gtest.h>

#include "harness/processor/opencl_processor.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

ProcessorInfo device_with(std::int64_t cache_bytes, bool runs_on_host_cpu) {
  ProcessorInfo info;
  info.cache_bytes = cache_bytes;
  info.runs_on_host_cpu = runs_on_host_cpu;
  info.memory_bytes = 16384 * kMiB;
  info.max_allocation_bytes = 4096 * kMiB;
  return info;
}

TEST(OpenClEviction, ADeviceOfItsOwnWalksEnoughWhateverCacheItTells) {
  EXPECT_EQ(opencl_eviction_bytes(device_with(16384, false)), 256 * kMiB);
  EXPECT_EQ(opencl_eviction_bytes(device_with(0, false)), 256 * kMiB);
  EXPECT_EQ(opencl_eviction_bytes(device_with(192 * kMiB, false)), 384 * kMiB);
  EXPECT_EQ(opencl_eviction_bytes(device_with(600 * kMiB, false)), kMaxEvictionBytes);
}

TEST(OpenClEviction, TheHostsCpuWalksTwiceTheCacheThatItTells) {
  EXPECT_EQ(opencl_eviction_bytes(device_with(32 * kMiB, true)), 64 * kMiB);
  EXPECT_EQ(opencl_eviction_bytes(device_with(0, true)), 0);
}

TEST(OpenClEviction, StaysWithinWhatTheDeviceHas) {
  ProcessorInfo small = device_with(kMiB, false);
  small.max_allocation_bytes = 128 * kMiB;
  EXPECT_EQ(opencl_eviction_bytes(small), 128 * kMiB);
  small.memory_bytes = 256 * kMiB;
  EXPECT_EQ(opencl_eviction_bytes(small), 64 * kMiB);
  small.cache_bytes = 65 * kMiB;
  EXPECT_EQ(opencl_eviction_bytes(small), 0) << "not even the cache fits";
}

}  // namespace
}  // namespace hetscope
