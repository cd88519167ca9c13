// What is known of a launch without a device.
#include "harness/kernel/opencl_kernel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hetscope {
namespace {

using ::testing::HasSubstr;

Launch launch_of(const cl::NDRange& global, const cl::NDRange& local) { return {cl::Kernel(), global, local}; }

TEST(OpenClLaunch, MayHaveAsManyWorkGroupsAsTheDeviceTakes) {
  OpenClLimits limits;
  EXPECT_TRUE(fits_work_groups(launch_of({64, 1 << 20, 1 << 20}, {64, 1, 1}), limits)) << "most devices have no limit";
  limits.work_groups_yz = 65535;
  EXPECT_TRUE(fits_work_groups(launch_of({1 << 30, 65535, 65535}, {1, 1, 1}), limits)) << "x has none";
  EXPECT_TRUE(fits_work_groups(launch_of({64, 1 << 20}, {64, 32}), limits)) << "groups count, not items";
  EXPECT_TRUE(fits_work_groups(launch_of({64, 1 << 20}, cl::NullRange), limits)) << "the driver chooses";
  EXPECT_THAT(fits_work_groups(launch_of({64, 65536}, {64, 1}), limits).reason(), HasSubstr("65536 work-groups in y"));
  EXPECT_THAT(fits_work_groups(launch_of({64, 8, 70000}, {64, 1, 1}), limits).reason(), HasSubstr("in z"));
}

}  // namespace
}  // namespace hetscope
