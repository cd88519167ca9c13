// The arithmetic of roofs: which probe counts, at which size and clock, and when a row is not believed.
#include "harness/run/roofs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/run/small_catalog.hpp"

namespace hetscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RoofsTest : public ::testing::Test, protected SmallCatalog {
 protected:
  static LatencyRecord latency(double median_ns, double half_width = 0.01) {
    LatencyRecord result;
    result.median_ns = median_ns;
    result.ci95_low_ns = median_ns * (1 - half_width);
    result.ci95_high_ns = median_ns * (1 + half_width);
    result.n = 30;
    return result;
  }
  // `bytes` moved and `flops` done in `median_ns`.
  static Record row(const std::string& line, std::int64_t bytes, std::int64_t flops, double median_ns) {
    Record record;
    record.item = Case::parse(line);
    record.status = Status::ok;
    record.clock = kHostClock;
    record.latencies[kHostClock] = latency(median_ns);
    record.useful_bytes = record.executed_bytes = bytes;
    record.useful_flops = record.executed_flops = flops;
    return record;
  }
  using SmallCatalog::add;
  void add(const Record& record) { roofs.add(record, catalog); }
  void judge(Record& record) { roofs.judge(record, catalog); }

  const std::string small_copy = "copy kernel=copy_a processor=cpu shape=[64] threads=1";
  const std::string large_copy = "copy kernel=copy_a processor=cpu shape=[1024] threads=1";
  const Case host_case = Case::parse("double kernel=plain processor=cpu shape=[64] threads=1");
  Roofs roofs;
};

TEST_F(RoofsTest, WithoutProbesThereIsNoRoofAndNoShare) {
  Record record = row("double kernel=plain processor=cpu shape=[64] threads=1", 4000, 500, 1000);
  judge(record);
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_DOUBLE_EQ(record.metrics.at("bandwidth").value, 4.0);
  EXPECT_EQ(record.metrics.at("bandwidth").unit, "GB/s");
  EXPECT_DOUBLE_EQ(record.metrics.at("flop_rate").value, 0.5);
  EXPECT_EQ(record.metrics.at("flop_rate").unit, "GFLOP/s");
  EXPECT_FALSE(record.metrics.contains("of_bandwidth_roof"));
  EXPECT_FALSE(record.metrics.contains("of_compute_roof"));
}

TEST_F(RoofsTest, TheBestKernelOfASizeCounts) {
  add(row(small_copy, 512, 0, 100));
  add(row("copy kernel=copy_b processor=cpu shape=[64] threads=1", 512, 0, 50));
  add(row("copy kernel=copy_a processor=cpu shape=[64] threads=1", 512, 0, 80));
  const auto roof = roofs.bandwidth(host_case, 512);
  ASSERT_TRUE(roof);
  EXPECT_DOUBLE_EQ(roof->value, 512 / 50e-9);
  EXPECT_DOUBLE_EQ(roof->high, 512 / (50e-9 * 0.99));
  EXPECT_EQ(roof->name, "copy@cpu threads=1");
}

TEST_F(RoofsTest, BetweenTwoSizesTheLargerRoofCounts) {
  add(row(large_copy, 8192, 0, 8192));  // 1 GB/s
  add(row(small_copy, 512, 0, 128));    // 4 GB/s
  for (const std::int64_t bytes : {1, 512, 513, 8191}) {
    EXPECT_DOUBLE_EQ(roofs.bandwidth(host_case, bytes)->value, 4e9) << bytes;
  }
  EXPECT_DOUBLE_EQ(roofs.bandwidth(host_case, 8192)->value, 1e9);
  EXPECT_DOUBLE_EQ(roofs.bandwidth(host_case, 1'000'000)->value, 1e9);
}

TEST_F(RoofsTest, APlaceIsAProcessorANumberOfThreadsAndAClock) {
  add(row(small_copy, 512, 0, 128));
  EXPECT_FALSE(roofs.bandwidth(Case::parse("double kernel=plain processor=cpu shape=[64] threads=2"), 512));
  EXPECT_FALSE(roofs.bandwidth(Case::parse("double kernel=plain processor=cpu.big shape=[64] threads=1"), 512));
  EXPECT_FALSE(roofs.bandwidth(host_case, 512, "opencl_event"));

  Record device = row("copy kernel=copy_cl processor=opencl:0 shape=[64]", 512, 0, 512);
  device.latencies["opencl_event"] = latency(128);
  add(device);
  const Case item = Case::parse("double kernel=device processor=opencl:0 shape=[64]");
  EXPECT_DOUBLE_EQ(roofs.bandwidth(item, 512)->value, 1e9);
  EXPECT_DOUBLE_EQ(roofs.bandwidth(item, 512, "opencl_event")->value, 4e9);
  EXPECT_EQ(roofs.bandwidth(item, 512)->name, "copy@opencl:0");
}

TEST_F(RoofsTest, OnlyGoodRowsOfProbesCount) {
  Record failed = row(small_copy, 512, 0, 128);
  failed.status = Status::mistrusted;
  add(failed);
  add(row("double kernel=plain processor=cpu shape=[64] threads=1", 512, 0, 128));
  add(row("copy kernel=copy_a processor=cpu shape=[128] threads=1", 1024, 0, 128));  // not one of roof_axes()
  add(row(small_copy + " cache=cold", 512, 0, 128));
  add(row(small_copy, 0, 0, 128));  // moved nothing
  add(row("unknown_operation kernel=copy_a processor=cpu shape=[64] threads=1", 512, 0, 128));
  EXPECT_FALSE(roofs.bandwidth(host_case, 512));
}

TEST_F(RoofsTest, SharesNameTheirRoof) {
  add(row(small_copy, 512, 0, 100));
  add(row("multiply_add kernel=peak processor=cpu shape=[64] threads=1", 0, 1000, 100));
  Record record = row("double kernel=plain processor=cpu shape=[64] threads=1", 512, 500, 200);
  judge(record);
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_DOUBLE_EQ(record.metrics.at("of_bandwidth_roof").value, 0.5);
  EXPECT_EQ(record.metrics.at("of_bandwidth_roof").unit, "1");
  EXPECT_EQ(record.metrics.at("of_bandwidth_roof").roof, "copy@cpu threads=1");
  EXPECT_DOUBLE_EQ(record.metrics.at("of_compute_roof").value, 0.25);
  EXPECT_EQ(record.metrics.at("of_compute_roof").roof, "multiply_add@cpu threads=1");
}

TEST_F(RoofsTest, IsMistrustedOnlyWhenTheWholeIntervalIsAbove) {
  add(row(small_copy, 512, 0, 100));  // high end: 512 / 99 ns; with the margin: above 512 / 94.29 ns
  Record near =
      row("double kernel=plain processor=cpu shape=[64] threads=1", 512, 0, 94);  // reaches down to 512 / 94.94
  judge(near);
  EXPECT_EQ(near.status, Status::ok);
  EXPECT_GT(near.metrics.at("of_bandwidth_roof").value, 1.05);
  Record above = row("double kernel=plain processor=cpu shape=[64] threads=1", 512, 0, 93);  // down to 512 / 93.93
  judge(above);
  EXPECT_EQ(above.status, Status::mistrusted);
  EXPECT_THAT(above.reason, AllOf(HasSubstr("copy@cpu threads=1"), HasSubstr("GB/s"), HasSubstr("1.05")));
  EXPECT_TRUE(above.metrics.contains("of_bandwidth_roof"));
}

TEST_F(RoofsTest, TheComputeRoofIsOfTheTypeThatIsComputedIn) {
  add(row("multiply_add kernel=peak processor=cpu shape=[64] threads=1", 0, 1000, 100));
  const std::string line = "double kernel=plain processor=cpu shape=[64] threads=1";
  EXPECT_TRUE(roofs.compute(Case::parse(line + " dtype=f32")));
  EXPECT_TRUE(roofs.compute(Case::parse(line + " dtype=f16"))) << "f16 is stored, f32 computed";
  EXPECT_FALSE(roofs.compute(Case::parse(line + " dtype=i8")));
  EXPECT_FALSE(roofs.compute(Case::parse(line + " dtype=f16 accumulator=f16")));
}

TEST_F(RoofsTest, RoofsAreNotJudgedByEachOtherAndOtherStatusesAreLeftAlone) {
  add(row(small_copy, 512, 0, 100));
  Record better = row("copy kernel=copy_b processor=cpu shape=[64] threads=1", 512, 0, 10);
  judge(better);
  EXPECT_EQ(better.status, Status::ok);
  EXPECT_TRUE(better.metrics.contains("bandwidth"));
  EXPECT_FALSE(better.metrics.contains("of_bandwidth_roof"));

  Record unstable = row("double kernel=plain processor=cpu shape=[64] threads=1", 512, 0, 1);
  unstable.status = Status::unstable;
  judge(unstable);
  EXPECT_EQ(unstable.status, Status::unstable);
  EXPECT_TRUE(unstable.metrics.empty());

  Record failed;
  failed.item = host_case;
  judge(failed);
  EXPECT_EQ(failed.status, Status::failed);
}

TEST_F(RoofsTest, ADisturbedProbeJudgesNobody) {
  Record probe = row(small_copy, 512, 0, 100);
  probe.conditions.load = 0.5;
  add(probe);
  Record record = row("double kernel=plain processor=cpu shape=[64] threads=1", 512, 0, 10);
  judge(record);
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_NEAR(record.metrics.at("of_bandwidth_roof").value, 10, 1e-9);
}

class UnboundedOperation final : public FakeOperation {
 public:
  UnboundedOperation() : FakeOperation("walk") {}
  bool is_bounded_by_copies() const override { return false; }
};

TEST_F(RoofsTest, WhatCopiesDoNotBoundHasARateAndNoShare) {
  catalog.operations().add(std::make_unique<UnboundedOperation>());
  add("walker", "walk", ProgramModel::host_function);
  add(row(small_copy, 512, 0, 100));
  Record record = row("walk kernel=walker processor=cpu shape=[64] threads=1", 512, 0, 10);
  judge(record);
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_DOUBLE_EQ(record.metrics.at("bandwidth").value, 51.2);
  EXPECT_FALSE(record.metrics.contains("of_bandwidth_roof"));
}

class TextureKernel final : public FakeKernel {
 public:
  using FakeKernel::FakeKernel;
  bool uses_textures() const override { return true; }
};

TEST_F(RoofsTest, TexturesHaveAShareAndNoBound) {
  catalog.kernels().add(
      std::make_unique<TextureKernel>("texels", clock, FakeScript{}, "double", ProgramModel::host_function));
  add(row(small_copy, 512, 0, 100));
  Record record = row("double kernel=texels processor=cpu shape=[64] threads=1", 512, 0, 10);
  judge(record);
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_NEAR(record.metrics.at("of_bandwidth_roof").value, 10, 1e-9);
}

TEST_F(RoofsTest, ARoofIsAsHighAsItsBestTwentieth) {
  Record probe = row(small_copy, 512, 0, 100);
  probe.latencies[kHostClock].p05_ns = 20;
  add(probe);
  Record record = row("double kernel=plain processor=cpu shape=[64] threads=1", 512, 0, 25);
  judge(record);
  EXPECT_EQ(record.status, Status::ok);
  Record beyond = row("double kernel=plain processor=cpu shape=[64] threads=1", 512, 0, 15);
  judge(beyond);
  EXPECT_EQ(beyond.status, Status::mistrusted);
}

}  // namespace
}  // namespace hetscope
