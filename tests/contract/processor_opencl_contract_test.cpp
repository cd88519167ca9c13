// What every OpenCL device found here must keep; skipped with the reason where there is none.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/declined.hpp"
#include "harness/core/error.hpp"
#include "harness/processor/opencl_processor.hpp"

namespace hetscope {

std::unique_ptr<Backend> make_opencl_backend();

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kAddSource = R"(
__kernel void add(__global int* values, int amount) { values[get_global_id(0)] += amount; }
)";

class OpenClDevices : public ::testing::Test {
 protected:
  void SetUp() override {
    const Discovery discovery = set_.discover();
    std::string reasons;
    for (const std::string& line : discovery.missing) reasons += line + "; ";
    for (const ProcessorInfo& info : discovery.found) {
      if (info.program_model == ProgramModel::opencl_c) names_.push_back(info.name);
    }
    if (names_.empty()) GTEST_SKIP() << "no OpenCL device: " << reasons;
  }
  OpenClProcessor& device(const std::string& name) { return dynamic_cast<OpenClProcessor&>(set_.at(name)); }
  const std::vector<std::string>& names() const { return names_; }
  ProcessorSet& set() { return set_; }

 private:
  ProcessorSet set_;
  std::vector<std::string> names_;
};

std::vector<int> numbers(std::size_t count) {
  std::vector<int> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<int>(i * 2654435761u);
  return values;
}

// Adds 5 to 1000 numbers on `device` and compares.
void expect_computes(OpenClProcessor& device) {
  std::vector<int> values = numbers(1000);
  const auto bytes = static_cast<std::int64_t>(values.size() * sizeof(int));
  const cl::Buffer buffer = device.allocate(bytes);
  device.upload(buffer, values.data(), bytes);
  cl::Kernel kernel = device.kernel("add.cl", kAddSource, "add");
  kernel.setArg(0, buffer);
  kernel.setArg(1, 5);
  device.queue().enqueueNDRangeKernel(kernel, cl::NullRange, cl::NDRange(values.size()));
  device.finish();
  std::vector<int> result(values.size());
  device.download(result.data(), buffer, bytes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(static_cast<unsigned>(result[i]), static_cast<unsigned>(values[i]) + 5u) << i;
  }
}

TEST_F(OpenClDevices, ComputeAndMoveBuffers) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    expect_computes(device(name));
  }
}

TEST_F(OpenClDevices, HaveSaneLimits) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    const OpenClLimits& limits = device(name).limits();
    EXPECT_GE(limits.version, 110);
    EXPECT_GE(limits.work_group_size, 1u);
    EXPECT_GT(limits.local_memory_bytes, 0);
    EXPECT_GT(limits.max_allocation_bytes, 0);
    EXPECT_TRUE(limits.image2d_width > 0 || !(limits.image_f32 || limits.image_f16));
  }
}

TEST_F(OpenClDevices, ACompileErrorCarriesTheLog) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    for (int attempt = 0; attempt < 2; ++attempt) {  // a failure is not cached as a program
      try {
        device(name).program("broken.cl", "__kernel void broken() { undeclared_thing = 1; }", "-DWIDTH=3");
        FAIL();
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("broken.cl"), HasSubstr("undeclared_thing"), HasSubstr(name)));
        EXPECT_THAT(error.what(), HasSubstr("-DWIDTH=3"));
        EXPECT_EQ(std::strchr(error.what(), '\n'), nullptr);
      }
    }
  }
}

TEST_F(OpenClDevices, AMissingFunctionIsNamed) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    try {
      device(name).kernel("add.cl", kAddSource, "subtract");
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("subtract"), HasSubstr("add.cl")));
    }
  }
}

TEST_F(OpenClDevices, ProgramsAreBuiltOncePerSourceAndOptions) {
  for (const std::string& name : names()) {
    OpenClProcessor& processor = device(name);
    const cl::Program first = processor.program("add.cl", kAddSource);
    EXPECT_EQ(processor.program("add.cl", kAddSource)(), first());
    EXPECT_NE(processor.program("add.cl", kAddSource, "-DX=1")(), first());
  }
}

TEST_F(OpenClDevices, AnAllocationAboveTheLimitIsAnError) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    OpenClProcessor& processor = device(name);
    try {
      processor.allocate(processor.limits().max_allocation_bytes + 1);
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr(name), HasSubstr("limit")));
    }
    EXPECT_THROW(processor.allocate(0), Error);
    EXPECT_THROW(processor.allocate(-1), Error);
  }
}

TEST_F(OpenClDevices, AWrongTransferIsAnErrorThatNamesTheCall) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    const cl::Buffer small = device(name).allocate(16);
    std::vector<char> large(64);
    try {
      device(name).upload(small, large.data(), 64);
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("clEnqueueWriteBuffer"), HasSubstr("CL_INVALID_VALUE")));
    }
  }
}

TEST_F(OpenClDevices, ImagesKeepTheirTexels) {
  int tried = 0;
  for (const std::string& name : names()) {
    OpenClProcessor& processor = device(name);
    for (const auto& [dtype, element] : {std::pair(DType::f32, 4), std::pair(DType::f16, 2), std::pair(DType::i8, 1)}) {
      constexpr std::size_t kWidth = 5;
      constexpr std::size_t kHeight = 3;
      const Support support = processor.supports_image(dtype, kWidth, kHeight);
      EXPECT_NE(static_cast<bool>(support), !support.reason().empty());
      if (!support) continue;
      ++tried;
      std::vector<unsigned char> texels(kWidth * kHeight * 4 * static_cast<std::size_t>(element));
      for (std::size_t i = 0; i < texels.size(); ++i) texels[i] = static_cast<unsigned char>(i % 61);
      const cl::Image2D image = processor.allocate_image(dtype, kWidth, kHeight);
      const cl::array<cl::size_type, 3> origin{0, 0, 0};
      const cl::array<cl::size_type, 3> region{kWidth, kHeight, 1};
      processor.queue().enqueueWriteImage(image, CL_TRUE, origin, region, 0, 0, texels.data());
      std::vector<unsigned char> back(texels.size());
      processor.queue().enqueueReadImage(image, CL_TRUE, origin, region, 0, 0, back.data());
      EXPECT_EQ(back, texels) << name << ' ' << to_string(dtype);
    }
  }
  if (tried == 0) GTEST_SKIP() << "no OpenCL device here has images";
}

TEST_F(OpenClDevices, AnImageOutsideTheLimitsIsRefusedWithTheReason) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    OpenClProcessor& processor = device(name);
    const std::size_t too_wide = processor.limits().image2d_width + 1;
    const Support support = processor.supports_image(DType::f32, too_wide, 1);
    EXPECT_FALSE(support);
    EXPECT_FALSE(support.reason().empty());
    EXPECT_FALSE(processor.supports_image(DType::f32, 0, 1));
    EXPECT_THROW(processor.allocate_image(DType::f32, too_wide, 1), Error);
  }
}

TEST_F(OpenClDevices, AnImageBufferOutsideTheLimitsIsRefusedWithTheReason) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    OpenClProcessor& processor = device(name);
    const std::size_t too_many = processor.limits().image_buffer_texels + 1;
    const Support support = processor.supports_image_buffer(DType::f32, too_many);
    EXPECT_FALSE(support);
    EXPECT_FALSE(support.reason().empty());
    EXPECT_FALSE(processor.supports_image_buffer(DType::f32, 0));
    EXPECT_FALSE(processor.supports_image_buffer(DType::i8, 4)) << "only floats are asked for";
    const cl::Buffer buffer = processor.allocate(64);
    EXPECT_THROW(processor.allocate_image_buffer(DType::f32, too_many, buffer), Error);
    if (processor.supports_image_buffer(DType::f32, 4)) processor.allocate_image_buffer(DType::f32, 4, buffer);
  }
}

TEST_F(OpenClDevices, ProfilingEventsGoForward) {
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    OpenClProcessor& processor = device(name);
    const cl::Buffer buffer = processor.allocate(4096);
    cl::Kernel kernel = processor.kernel("add.cl", kAddSource, "add");
    kernel.setArg(0, buffer);
    kernel.setArg(1, 1);
    cl_ulong last_end = 0;
    for (int i = 0; i < 10; ++i) {
      cl::Event event;
      processor.queue().enqueueNDRangeKernel(kernel, cl::NullRange, cl::NDRange(1024), cl::NullRange, nullptr, &event);
      event.wait();
      const auto queued = event.getProfilingInfo<CL_PROFILING_COMMAND_QUEUED>();
      const auto submitted = event.getProfilingInfo<CL_PROFILING_COMMAND_SUBMIT>();
      const auto start = event.getProfilingInfo<CL_PROFILING_COMMAND_START>();
      const auto end = event.getProfilingInfo<CL_PROFILING_COMMAND_END>();
      EXPECT_LE(queued, submitted);
      EXPECT_LE(submitted, start);
      EXPECT_LE(start, end);
      EXPECT_LE(last_end, end);
      last_end = end;
    }
  }
}

TEST_F(OpenClDevices, LocalSizesArePowersOfTwoWithinTheLimits) {
  for (const std::string& name : names()) {
    OpenClProcessor& processor = device(name);
    const cl::Kernel kernel = processor.kernel("add.cl", kAddSource, "add");
    for (std::size_t wanted : {0u, 1u, 3u, 64u, 100000u}) {
      const std::size_t size = processor.local_size(kernel, wanted);
      EXPECT_EQ(size & (size - 1), 0u);
      EXPECT_GE(size, 1u);
      EXPECT_LE(size, std::max<std::size_t>(1, wanted));
      EXPECT_LE(size, processor.limits().work_group_size);
    }
    EXPECT_EQ(processor.local_size(kernel, 3), std::min<std::size_t>(2, processor.limits().work_group_size));
  }
}

TEST_F(OpenClDevices, AnEqualPartOpensWhereTheDeviceCanBeDivided) {
  int opened = 0;
  for (const std::string& name : names()) {
    SCOPED_TRACE(name);
    OpenClProcessor& whole = device(name);
    const bool divisible = whole.limits().sub_devices_equally || whole.limits().sub_devices_by_counts;
    const int units = whole.info().compute_units;
    if (!divisible || units % 2 != 0) {
      EXPECT_THROW(set().at(name + "/0of2"), Declined);
      continue;
    }
    for (const char* half : {"/0of2", "/1of2"}) {
      OpenClProcessor& part = device(name + half);
      EXPECT_EQ(part.name(), name + half);
      EXPECT_EQ(part.info().compute_units, units / 2);
      expect_computes(part);
      ++opened;
    }
    try {
      set().at(name + "/0of" + std::to_string(units + 1));
      FAIL();
    } catch (const Declined& declined) {
      EXPECT_THAT(declined.what(), HasSubstr("equal parts"));
    }
  }
  if (opened == 0) GTEST_SKIP() << "no OpenCL device here can be divided in two";
}

TEST(OpenClLibrary, OurDefinitionsAreNotExported) {
  const Support opened = open_opencl_library();
  EXPECT_NE(static_cast<bool>(opened), opencl_library_path().empty());
  // A library that is opened later must find its own functions, not ours.
  EXPECT_EQ(dlsym(RTLD_DEFAULT, "clGetPlatformIDs"), nullptr);
  EXPECT_EQ(dlsym(RTLD_DEFAULT, "clCreateBuffer"), nullptr);
}

// Runs in a process of its own, where no library has been opened yet.
void discover_and_exit(const char* library) {
  setenv("HETSCOPE_OPENCL_LIBRARY", library, 1);
  const auto backend = make_opencl_backend();
  const Discovery discovery = backend->discover();
  for (const std::string& line : discovery.missing) std::fprintf(stderr, "missing %s\n", line.c_str());
  try {
    backend->open("opencl:0");
  } catch (const Error& error) {
    std::fprintf(stderr, "open %s\n", error.what());
  }
  cl_int code = CL_SUCCESS;
  const cl_context none = clCreateContext(nullptr, 0, nullptr, nullptr, nullptr, &code);
  const bool refused = none == nullptr && code == CL_INVALID_OPERATION && clFinish(nullptr) == CL_INVALID_OPERATION &&
                       clGetPlatformIDs(0, nullptr, nullptr) == -1001 && clSVMAlloc(nullptr, 0, 1, 0) == nullptr;
  std::_Exit(discovery.found.empty() && discovery.missing.size() == 1 && refused ? 0 : 1);
}

TEST(OpenClLibraryDeathTest, AMissingLibraryIsAReasonAndNoCrash) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(discover_and_exit("/nonexistent/libOpenCL.so"), ::testing::ExitedWithCode(0),
              "missing opencl: no OpenCL library: /nonexistent/libOpenCL.so.*\nopen .*no OpenCL library");
}

TEST(OpenClLibraryDeathTest, ALibraryWithoutOpenClIsAReasonAndNoCrash) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(discover_and_exit("libm.so.6"), ::testing::ExitedWithCode(0),
              "libm.so.6 has no function clGetPlatformIDs");
}

}  // namespace
}  // namespace hetscope
