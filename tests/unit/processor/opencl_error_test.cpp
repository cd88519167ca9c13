// Every error code of OpenCL's core has its name, and an error says call, code, name and device.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(OpenClErrors, CoreCodesHaveNames) {
  for (int code = 0; code >= -72; --code) {
    const bool is_core = code >= -19 || code <= -30;
    EXPECT_EQ(opencl_error_name(code).starts_with("CL_"), is_core) << code;
  }
  EXPECT_EQ(opencl_error_name(CL_SUCCESS), "CL_SUCCESS");
  EXPECT_EQ(opencl_error_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES");
  EXPECT_EQ(opencl_error_name(CL_INVALID_KERNEL_ARGS), "CL_INVALID_KERNEL_ARGS");
  EXPECT_EQ(opencl_error_name(CL_MAX_SIZE_RESTRICTION_EXCEEDED), "CL_MAX_SIZE_RESTRICTION_EXCEEDED");
  EXPECT_EQ(opencl_error_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR");
  EXPECT_EQ(opencl_error_name(12345), "unknown OpenCL error");
}

TEST(OpenClErrors, SayCallCodeNameAndDevice) {
  const Error error = opencl_error(cl::Error(CL_MEM_OBJECT_ALLOCATION_FAILURE, "clCreateBuffer"), "opencl:0");
  EXPECT_THAT(error.what(), AllOf(HasSubstr("clCreateBuffer"), HasSubstr("CL_MEM_OBJECT_ALLOCATION_FAILURE"),
                                  HasSubstr("-4"), HasSubstr("opencl:0"), HasSubstr("smaller shape")));
  EXPECT_THAT(opencl_error(cl::Error(-9999), "opencl:1").what(), AllOf(HasSubstr("opencl:1"), HasSubstr("-9999")));
}

}  // namespace
}  // namespace hetscope
