// What is no convolution is refused with one clear line, and what a device has no image for says so.
#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "harness/processor/host_cpu.hpp"
#include "harness/processor/opencl_processor.hpp"
#include "kernels/catalog.hpp"
#include "kernels/convolution/host_convolution.hpp"
#include "kernels/registration.hpp"
#include "tests/error_of.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

Case convolution_case(const std::string& axes, const std::string& kernel = "conv2d_direct processor=cpu") {
  return make_catalog().complete(Case::parse("conv2d kernel=" + kernel + " " + axes));
}

std::string convolution_fault(const std::string& axes) {
  return error_of([&axes] { make_catalog().validate(convolution_case(axes)); });
}

TEST(Convolution, KnowsItsResultAndItsWork) {
  const ConvolutionProblem problem(
      convolution_case("shape=2x6x9x8 filters=4 window=3x2 stride=2x3 padding=1x1 dilation=2x1 groups=2"));
  EXPECT_EQ(problem.y, (Shape{2, 4, 4, 3}));
  EXPECT_EQ(problem.weights(), (Shape{4, 3, 3, 2}));
  EXPECT_EQ(problem.terms(), 18);
  EXPECT_EQ(problem.work(), (Work{4 * (2 * 6 * 9 * 8 + 4 * 18 + 2 * 4 * 4 * 3), 2 * 18 * 96}));
  EXPECT_FALSE(problem.is_depthwise());
  EXPECT_TRUE(ConvolutionProblem(convolution_case("shape=1x5x3x3 filters=5 window=3x3 groups=5")).is_depthwise());
  EXPECT_FALSE(ConvolutionProblem(convolution_case("shape=1x5x3x3 filters=10 window=3x3 groups=5")).is_depthwise());
}

TEST(Convolution, PaddingMayDifferFromSideToSide) {
  const ConvolutionProblem problem(convolution_case("shape=1x1x6x8 filters=1 window=3x3 padding=0x2x1x1 stride=2x1"));
  EXPECT_EQ(problem.y, (Shape{1, 1, 3, 9}));
  EXPECT_EQ(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 padding=2x0x0x2"), "");
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 padding=0x0x3x0"),
              HasSubstr("holds a whole window"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 padding=1x1x1"),
              HasSubstr("padding has 3 numbers"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 padding=[0,0,0,-1]"), HasSubstr("padding -1"));
}

TEST(Convolution, RefusesWhatIsNone) {
  EXPECT_EQ(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 groups=2"), "");
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 groups=3"), HasSubstr("do not divide 4 channels"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 groups=4"), HasSubstr("6 filters"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=6x3"),
              HasSubstr("does not fit into a padded image of 5"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 dilation=1x3"), HasSubstr("a window of 7"));
  EXPECT_EQ(convolution_fault("shape=1x4x5x5 filters=6 window=3x7 padding=0x1"), "");
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 padding=3x0"), HasSubstr("holds a whole window"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 stride=0x1"), HasSubstr("stride 0"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 padding=[-1,0]"), HasSubstr("padding -1"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3x3"), HasSubstr("window has 3 numbers"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=0 window=3x3"), HasSubstr("filters"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=4 window=3x3 groups=0"), HasSubstr("groups"));
  EXPECT_THAT(convolution_fault("shape=4x5x5 filters=6 window=3x3"), HasSubstr("rank 3"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 layout=NCWH"), HasSubstr("unknown layout"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 output_layout=order:0,1,2"),
              HasSubstr("unknown layout"));
}

TEST(Convolution, RefusesNumbersThatOverflow) {
  const std::string huge = "9223372036854775807";
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=" + huge + " window=3x3"), HasSubstr("2^27"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=" + huge + "x3"), HasSubstr("2^16"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 padding=" + huge + "x0"), HasSubstr("2^16"));
  EXPECT_THAT(convolution_fault("shape=1x4x5x5 filters=6 window=3x3 dilation=65536x65536"), HasSubstr("does not fit"));
  EXPECT_THAT(convolution_fault("shape=1x1x16000x16000 filters=1 window=1x1"), HasSubstr("2^27"));
  EXPECT_THAT(convolution_fault("shape=1x1024x300x300 filters=1024 window=65x65"), HasSubstr("2^27"));
  EXPECT_THAT(convolution_fault("shape=1x1024x300x300 filters=1024 window=9x9"), HasSubstr("2^40"));
}

TEST(Convolution, RowsThatNoMemoryHoldsAreUnsupported) {
  EXPECT_TRUE(HostConvolution::supports(
      ConvolutionProblem(convolution_case("shape=1x1024x1x8 filters=1 window=6000x1 padding=5999x0"))));
  const Support no = HostConvolution::supports(
      ConvolutionProblem(convolution_case("shape=1x65536x1x1 filters=1 window=1x200 padding=0x60000 dilation=1x305")));
  EXPECT_THAT(no.reason(), HasSubstr("padded rows"));
}

TEST(Convolution, WeightsThatALibraryBroughtIntoItsLayoutAreTold) {
  const Case item = convolution_case("shape=1x16x9x9 filters=16 window=3x3", "conv2d_onednn processor=cpu");
  ProcessorInfo info;
  info.name = "cpu";
  HostCpu cpu(info, {allowed_cpus().at(0)});
  Processor* const on[] = {&cpu};
  const auto kernel = make_kernel<KernelId::conv2d_onednn>();
  if (Support support = kernel->supports(item, on); !support) GTEST_SKIP() << support.reason();
  const std::vector<Operand> inputs = make_operation<OperationId::conv2d>()->inputs(item, 1);
  EXPECT_GE(kernel->prepare(item, on, inputs)->prepared_bytes(), 4 * 16 * 16 * 3 * 3);
}

TEST(OpenClConvolution, AnImageTheDeviceHasNotIsUnsupported) {
  ProcessorSet processors;
  const Catalog catalog = make_catalog();
  int devices = 0;
  for (const ProcessorInfo& info : processors.discover().found) {
    if (info.program_model != ProgramModel::opencl_c) continue;
    auto& device = dynamic_cast<OpenClProcessor&>(processors.at(info.name));
    if (!device.limits().images) continue;
    ++devices;
    Processor* const on[] = {&device};
    const std::string width = std::to_string(device.limits().image2d_width + 1);
    const std::string axes = " shape=1x4x2x" + width + " filters=4 window=1x1 layout=NC4HW4";
    const auto reason_of = [&](const std::string& kernel) {
      return catalog.kernels()
          .at(kernel)
          .supports(convolution_case(axes, kernel + " processor=" + info.name), on)
          .reason();
    };
    EXPECT_THAT(reason_of("conv2d_image2d"), HasSubstr(width)) << info.name;
    EXPECT_EQ(reason_of("conv2d_buffer"), "") << info.name;
  }
  if (devices == 0) GTEST_SKIP() << "no OpenCL device of this machine has images";
}

}  // namespace
}  // namespace hetscope
