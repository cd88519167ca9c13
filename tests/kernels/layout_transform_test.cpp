// The reference of layout_transform is itself compared with the definition, index by index.
#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "harness/kernel/verify.hpp"
#include "harness/processor/processor.hpp"
#include "kernels/catalog.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

Case case_with(const std::string& axes) { return Case::parse("layout_transform kernel=any processor=cpu " + axes); }

TEST(LayoutTransform, ReferenceMovesEveryElementToItsPlace) {
  const auto operation = make_operation<OperationId::layout_transform>();
  for (const char* from : {"NCHW", "NHWC", "NC4HW4", "NHWC4"}) {
    for (const char* to : {"NCHW", "NHWC", "NC8HW8", "NC4HW4", "order:3,1,0,2"}) {
      for (const char* dtype : {"f32", "f16"}) {
        const Case item = case_with("shape=2x5x3x4 from=" + std::string(from) + " to=" + to + " dtype=" + dtype);
        SCOPED_TRACE(item.line());
        const std::vector<Operand> inputs = operation->inputs(item, 5);
        const std::vector<Expectation> expected = operation->reference(item, inputs);
        const HostTensor& source = inputs[0].tensor;
        const HostTensor& target = expected[0].exact.value();
        std::int64_t checked = 0;
        for_each_index(source.shape(), [&](std::span<const std::int64_t> index) {
          EXPECT_EQ(target.get(target.view().access(index).offset), source.get(source.view().access(index).offset));
          ++checked;
        });
        EXPECT_EQ(checked, 120);
      }
    }
  }
}

TEST(LayoutTransform, WorkCountsElementsReadAndStorageWritten) {
  const auto operation = make_operation<OperationId::layout_transform>();
  const auto bytes = [&](const std::string& axes) { return operation->useful_work(case_with(axes)).bytes; };
  EXPECT_EQ(bytes("shape=1x64x56x56 from=NCHW to=NHWC dtype=f32"), 1605632);
  EXPECT_EQ(bytes("shape=1x64x56x56 from=NCHW to=NHWC dtype=f16"), 802816);
  // Three channels in lanes of four: 3 * 4 elements read, 4 * 4 written.
  EXPECT_EQ(bytes("shape=1x3x2x2 from=NCHW to=NC4HW4 dtype=f32"), 48 + 64);
  EXPECT_EQ(bytes("shape=1x3x2x2 from=NC4HW4 to=NCHW dtype=f32"), 48 + 48);
}

TEST(LayoutTransform, RefusesWhatDoesNotFitTogether) {
  const auto operation = make_operation<OperationId::layout_transform>();
  EXPECT_THROW(operation->validate(case_with("shape=3x4x5 from=NCHW to=NHWC dtype=f32")), Error);
  EXPECT_THROW(operation->validate(case_with("shape=1x0x5x5 from=NCHW to=NHWC dtype=f32")), Error);
  EXPECT_THROW(operation->validate(case_with("shape=1x2x5x5 from=NCWH to=NHWC dtype=f32")), Error);
  EXPECT_THROW(operation->validate(case_with("shape=1x2x5x5 from=NCHW to=NC5HW5 dtype=f32")), Error);
  EXPECT_THROW(operation->validate(case_with("shape=1x65536x65536x1 from=NCHW to=NHWC dtype=f32")), Error);
  EXPECT_THROW(operation->validate(case_with("shape=3x4x5 from=order:0,1,2 to=order:0,2,2 dtype=f32")), Error);
  EXPECT_THROW(operation->validate(case_with("shape=3x4x5 from=order:0,1,2 to=order:0,2,3 dtype=f32")), Error);
  EXPECT_THROW(operation->validate(case_with("shape=3x4x5 from=order:0,1,2 to=order:0,1 dtype=f32")), Error);
  EXPECT_THROW(operation->validate(case_with("shape=3x4x5 from=order:0,1,2 to=order:0,1,2/p1x5 dtype=f32")), Error);
  EXPECT_THROW(
      operation->validate(case_with("shape=1x1x1x1x1x1x1 from=order:0,1,2,3,4,5,6 to=order:0,1,2,3,4,6,5 dtype=f32")),
      Error);
  EXPECT_NO_THROW(operation->validate(case_with("shape=3x4x5 from=order:0,1,2 to=order:0,2,1 dtype=i8")));
  EXPECT_NO_THROW(operation->validate(case_with("shape=1x2x5x5 from=NCHW to=NHWC dtype=f32")));
}

TEST(LayoutTransform, TheSameSeedGivesTheSameInputs) {
  const auto operation = make_operation<OperationId::layout_transform>();
  const Case item = case_with("shape=1x2x5x5 from=NCHW to=NHWC dtype=f32");
  const auto element = [&](std::uint64_t seed) { return operation->inputs(item, seed)[0].tensor.get(49); };
  EXPECT_EQ(element(1), element(1));
  EXPECT_NE(element(1), element(2));
}

// Source and target are larger than the device's caches by a little: then blocks may be written past them.
TEST(LayoutTransform, TensorsBeyondTheCachesAreMovedByBlocks) {
  const Catalog catalog = make_catalog();
  const Kernel& kernel = catalog.kernels().at("layout_transform_buffer_blocks");
  const Operation& operation = catalog.operations().at("layout_transform");
  ProcessorSet processors;
  int devices = 0;
  for (const ProcessorInfo& info : processors.discover().found) {
    constexpr std::int64_t kLargest = std::int64_t{64} << 20;
    if (info.program_model != ProgramModel::opencl_c || info.cache_bytes <= 0 || info.cache_bytes > kLargest) continue;
    ++devices;
    const std::int64_t columns = info.cache_bytes / (2 * 512 * 4) + 64;
    Case item = Case::parse("layout_transform kernel=layout_transform_buffer_blocks processor=" + info.name +
                            " from=order:0,1,2 to=order:0,2,1 dtype=f32 shape=1x512x" + std::to_string(columns));
    item = catalog.complete(item);
    SCOPED_TRACE(item.line());
    const std::vector<Operand> inputs = operation.inputs(item, 3);
    Processor* const on[] = {&processors.at(info.name)};
    const std::unique_ptr<Runnable> runnable = kernel.prepare(item, on, inputs);
    runnable->enter();
    runnable->run(1);
    const Verification verification =
        verify(runnable->outputs(), operation.reference(item, inputs), operation.tolerance(item));
    runnable->leave();
    EXPECT_TRUE(verification.matches) << verification.reason;
  }
  if (devices == 0) GTEST_SKIP() << "this machine has no OpenCL device that tells a cache of at most 64 MiB";
}

}  // namespace
}  // namespace hetscope
