// Divided convolutions: every axis, layout and type gives the whole result, parts bring the rows under their windows
// along, and what would take groups or vectors of channels apart is refused in one line.
#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "tests/kernels/split_fixture.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConvolutionSplitTest : public SplitTest {
 protected:
  Case split(const std::string& words) {
    const bool names_processors = words.find("processor=") != std::string::npos;
    return parse("conv2d kernel=conv2d_split " + words +
                 (names_processors ? "" : " processor=cpu,opencl:0 parts=conv2d_direct,conv2d_buffer"));
  }
  PartialProblem part_of(const std::string& words, const char* axis, std::int64_t begin, std::int64_t end) {
    return operation_.part_of(split(words + " ratio=0.5"), axis, begin, end);
  }
  std::string refusal_of(const std::string& words) {
    const Case item = split(words);
    catalog_.validate(item);
    return catalog_.kernels().at(item.kernel()).supports(item, on(item)).reason();
  }

  const Operation& operation_ = catalog_.operations().at("conv2d");
};

TEST_F(ConvolutionSplitTest, HostAndDeviceGiveTheWholeConvolution) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  for (const char* problem :
       {"shape=1x1x1x1 filters=1 window=1x1", "shape=2x4x11x6 filters=10 window=3x2 padding=2x1 stride=2x3",
        "shape=1x3x13x9 filters=5 window=5x3 padding=4x2 dilation=2x1",
        "shape=1x3x10x4 filters=3 window=1x1 stride=3x2",
        "shape=1x7x10x5 filters=7 window=3x3 padding=1x1 stride=2x2 groups=7"}) {
    for (const char* axis : {"output_channels", "rows", "batch"}) {
      for (const char* ratio : {"0.0", "0.4", "1.0"}) {
        expect_right(split(std::string(problem) + " split=" + axis + " ratio=" + ratio));
      }
    }
  }
}

TEST_F(ConvolutionSplitTest, EveryLayoutGivesTheWholeConvolution) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  for (const char* layout : {"NHWC", "NC4HW4", "NHWC4", "order:0,2,1,3/p3x4"}) {
    for (const char* axis : {"output_channels", "rows", "batch"}) {
      expect_right(split(std::string("shape=2x6x9x7 filters=13 window=3x3 padding=1x1 ratio=0.5 unit=4 split=") + axis +
                         " layout=" + layout + " output_layout=" + layout));
    }
  }
  expect_right(
      split("shape=2x6x9x7 filters=13 window=3x3 padding=1x1 ratio=0.5 layout=NHWC output_layout=NC4HW4 unit=4"));
}

TEST_F(ConvolutionSplitTest, EveryTypeAndSharingGivesTheWholeConvolution) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  for (const char* axis : {"output_channels", "rows"}) {
    const std::string problem =
        std::string("shape=1x6x9x8 filters=9 window=3x3 padding=1x1 stride=2x1 ratio=0.4 split=") + axis;
    for (const char* dtype : {"f32", "f16", "i8"}) expect_right(split(problem + " dtype=" + dtype));
    for (const std::string_view sharing : kSharingNames) {
      for (const std::string_view sync : kWaitingNames) {
        expect_right_or_declined(split(problem + " sharing=" + std::string(sharing) + " sync=" + std::string(sync)));
      }
    }
    expect_right(split(problem + " processor=opencl:0,cpu parts=conv2d_buffer,conv2d_onednn"));
  }
}

TEST_F(ConvolutionSplitTest, GroupsGoWhole) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  const std::string problem = "shape=1x6x5x4 filters=12 window=3x3 padding=1x1 groups=3 ratio=0.5 split=";
  EXPECT_THAT(refusal_of(problem + "output_channels"), HasSubstr("take groups of 4 apart"));
  expect_right(split(problem + "output_channels unit=4"));
  expect_right(split(problem + "rows"));
}

TEST_F(ConvolutionSplitTest, TwoAndThreeProcessorsGiveTheWholeConvolution) {
  const std::string sets = two_host_sets();
  if (sets.empty()) GTEST_SKIP() << "one CPU only";
  const std::string problem = "shape=1x6x17x8 filters=9 window=5x3 padding=2x1 ";
  for (const char* axis : {"output_channels", "rows"}) {
    expect_right(split(problem + "processor=" + sets + " parts=conv2d_direct,conv2d_direct ratio=0.5 split=" + axis));
    if (!has_device()) continue;
    expect_right(split(problem + "processor=" + sets + ",opencl:0 parts=conv2d_direct,conv2d_direct,conv2d_buffer " +
                       "ratio=0.3 ratio_of_second=0.4 split=" + axis));
  }
}

TEST_F(ConvolutionSplitTest, RowsBringTheirHaloAndThePaddingThatIsLeft) {
  const std::string problem = "shape=2x4x10x6 filters=8 window=3x3 padding=1x1";
  const PartialProblem first = part_of(problem, "rows", 0, 4);
  EXPECT_EQ(first.inputs[0], (Region{{0, 0, 0, 0}, {2, 4, 5, 6}}));
  EXPECT_EQ(first.outputs[0], (Region{{0, 0, 0, 0}, {2, 8, 4, 6}}));
  EXPECT_THAT(first.item.dims("padding"), ElementsAre(1, 1, 0, 1));
  const PartialProblem second = part_of(problem, "rows", 4, 10);
  EXPECT_EQ(second.inputs[0], (Region{{0, 0, 3, 0}, {2, 4, 7, 6}})) << "two rows twice: window - stride";
  EXPECT_THAT(second.item.dims("padding"), ElementsAre(0, 1, 1, 1));
  // The last row is under no window, and windows of the middle touch neither border.
  const PartialProblem strided = part_of("shape=1x1x12x3 filters=1 window=3x1 stride=2x1", "rows", 1, 3);
  EXPECT_EQ(strided.inputs[0], (Region{{0, 0, 2, 0}, {1, 1, 5, 3}}));
  EXPECT_THAT(strided.item.dims("padding"), ElementsAre(0, 0, 0, 0));
  const PartialProblem spread = part_of("shape=1x1x4x3 filters=1 window=3x1 dilation=3x1 padding=6x0", "rows", 0, 1);
  EXPECT_EQ(spread.inputs[0], (Region{{0, 0, 0, 0}, {1, 1, 1, 3}})) << "a window that is mostly padding";
  EXPECT_THAT(spread.item.dims("padding"), ElementsAre(6, 0, 0, 0));
}

TEST_F(ConvolutionSplitTest, OutputChannelsBringTheirGroupsChannels) {
  const PartialProblem plain = part_of("shape=1x6x5x5 filters=8 window=1x1", "output_channels", 3, 8);
  EXPECT_EQ(plain.inputs[0], whole_of({1, 6, 5, 5}));
  EXPECT_EQ(plain.inputs[1], (Region{{3, 0, 0, 0}, {5, 6, 1, 1}}));
  const PartialProblem grouped = part_of("shape=1x6x5x5 filters=9 window=1x1 groups=3", "output_channels", 3, 9);
  EXPECT_EQ(grouped.inputs[0], (Region{{0, 2, 0, 0}, {1, 4, 5, 5}}));
  EXPECT_EQ(grouped.item.integer("groups"), 2);
  EXPECT_EQ(grouped.item.integer("filters"), 6);
}

TEST_F(ConvolutionSplitTest, WhatIsReadTwiceIsCounted) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  const auto repeated_bytes = [&](const std::string& words) {
    const Case item = split("shape=1x4x10x6 filters=8 window=3x3 padding=1x1 ratio=0.5 " + words);
    const std::vector<Operand> inputs = operation_.inputs(item, 3);
    return catalog_.kernels()
        .at(item.kernel())
        .prepare(item, on(item), inputs)
        ->metrics()
        .at("repeated_input_bytes")
        .value;
  };
  EXPECT_EQ(repeated_bytes("split=rows"), 4 * 4 * 2 * 6);
  EXPECT_EQ(repeated_bytes("split=output_channels"), 4 * 4 * 10 * 6);
  EXPECT_EQ(repeated_bytes("split=batch"), 0) << "one image is not divided";
}

TEST_F(ConvolutionSplitTest, WorkIsTheSumOfThePartsHalosIncluded) {
  const std::string problem = "shape=1x4x10x6 filters=8 window=3x3 padding=1x1";
  const Kernel& kernel = catalog_.kernels().at("conv2d_split");
  const Work whole = operation_.useful_work(split(problem + " ratio=0.5"));
  const Work rows = kernel.executed_work(split(problem + " ratio=0.5 split=rows"), operation_);
  EXPECT_EQ(rows.flops, whole.flops) << "no result is computed twice";
  // The halo, and the weights by both.
  EXPECT_EQ(rows.bytes, whole.bytes + 4 * (4 * 2 * 6 + 8 * 4 * 9));
  const Work channels = kernel.executed_work(split(problem + " ratio=0.5"), operation_);
  EXPECT_EQ(channels.bytes, whole.bytes + 4 * (4 * 10 * 6));
}

TEST_F(ConvolutionSplitTest, SeamsAreTheRowsOrChannelsOnBothSidesOfTheCut) {
  const std::string problem = "shape=1x4x10x6 filters=8 window=3x3 padding=1x1 ratio=0.5 split=";
  const Kernel& kernel = catalog_.kernels().at("conv2d_split");
  EXPECT_THAT(kernel.seams(split(problem + "rows")),
              ElementsAre(Region{{0, 0, 4, 0}, {1, 8, 1, 6}}, Region{{0, 0, 5, 0}, {1, 8, 1, 6}}));
  EXPECT_THAT(kernel.seams(split(problem + "output_channels")),
              ElementsAre(Region{{0, 3, 0, 0}, {1, 1, 10, 6}}, Region{{0, 4, 0, 0}, {1, 1, 10, 6}}));
  EXPECT_THAT(kernel.seams(split(problem + "batch")), IsEmpty());
}

TEST_F(ConvolutionSplitTest, WhatMakesNoSplitIsRefusedWithTheReason) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  const std::string problem = "shape=1x6x8x8 filters=8 window=3x3 ratio=0.4 ";
  EXPECT_THAT(refusal_of(problem + "output_layout=NC4HW4"), HasSubstr("within a vector of 4 in layout NC4HW4"));
  EXPECT_EQ(refusal_of(problem + "output_layout=NC4HW4 unit=4"), "");
  EXPECT_EQ(refusal_of(problem + "output_layout=NC4HW4 split=rows"), "");
  const std::string grouped = "shape=1x6x8x8 filters=12 window=3x3 groups=3 ratio=0.4 unit=4 layout=";
  EXPECT_THAT(refusal_of(grouped + "NC4HW4"), HasSubstr("a cut at 2 is within a vector of 4"));
  EXPECT_EQ(refusal_of(grouped + "NHWC"), "");
  for (const char* words : {"ratio=1.5", "ratio=-0.1", "ratio=0.5 split=columns", "ratio=0.5 split=reduction"}) {
    SCOPED_TRACE(words);
    EXPECT_THROW(catalog_.validate(split(std::string("shape=1x6x8x8 filters=8 window=3x3 ") + words)), Error);
  }
  const Case textured = split(problem + "processor=cpu,opencl:0 parts=conv2d_direct,conv2d_image2d layout=NC4HW4");
  if (!catalog_.kernels().at("conv2d_split").supports(textured, on(textured))) return;  // a device without images
  const std::vector<Operand> inputs = operation_.inputs(textured, 3);
  EXPECT_THROW(catalog_.kernels().at("conv2d_split").prepare(textured, on(textured), inputs), Declined);
}

}  // namespace
}  // namespace hetscope
