// What two take from each other: memory, or a core; and what no two can have together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reports/detector_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The remark on the pair with `load`, when beside spin the case keeps `beside_spin` (negative: not measured).
std::string cause_beside(const std::string& load, double beside_spin) {
  std::vector<Record> records = {contended("stream_read", load, 0.5, 0.5)};
  if (beside_spin >= 0) records.push_back(contended("stream_read", "spin", beside_spin, 0.95));
  const Finding finding = finding_of("D8 loss", records);
  for (const Measured& place : finding.places) {
    if (place.evidence.find(load + " kernel") != std::string::npos) return place.remark;
  }
  return "";
}

TEST(ContentionDetectors, MemoryIsNamedOnlyWhereItSlowsMoreThanArithmetic) {
  for (const char* load : {"stream_write", "pointer_chase"}) {
    EXPECT_THAT(cause_beside(load, 0.97), StartsWith("memory contention")) << load;
    EXPECT_THAT(cause_beside(load, 0.51), StartsWith("sharing of a core")) << load << ": the intervals meet";
    EXPECT_THAT(cause_beside(load, -1), HasSubstr("no load of spin")) << load;
  }
}

TEST(ContentionDetectors, ALoadThatIsNoneOfMemoryTakesACore) {
  EXPECT_THAT(cause_beside("matmul", 0.97), StartsWith("sharing of a core"));
}

TEST(ContentionDetectors, ArithmeticOnAnotherProcessorTellsNothing) {
  std::vector<Record> records = {contended("stream_read", "stream_write", 0.5, 0.5),
                                 contended("stream_read", "spin", 0.97, 0.97)};
  records[1].item.set("load", std::string("spin kernel=buffer processor=opencl:1"));
  const Finding finding = finding_of("D8 loss", records);
  ASSERT_EQ(finding.places.size(), 1U);
  EXPECT_THAT(finding.places[0].remark, HasSubstr("no load of spin"));
}

TEST(ContentionDetectors, BandwidthAboveTheRunsBestStreamIsAMeasurementBug) {
  const Finding finding = finding_of("D8 bandwidth", streaming_together(30));
  ASSERT_EQ(finding.places.size(), 1U);
  EXPECT_THAT(finding.detector->pitfall, HasSubstr("measurement bug"));
  EXPECT_THAT(finding.places[0].remark, HasSubstr("30.0 GB/s together, 20.1 GB/s by copy_bandwidth"));
}

TEST(ContentionDetectors, BandwidthIsJudgedInOneMemoryOutsideTheCachesOfACore) {
  std::vector<Record> other_memory = streaming_together(30);
  other_memory[1].item.set("load", std::string("stream_write kernel=buffer processor=opencl:1"));
  EXPECT_EQ(finding_of("D8 bandwidth", other_memory).evaluated, 0U);
  std::vector<Record> in_caches = streaming_together(30);
  in_caches[1].useful_bytes = 65536;
  EXPECT_EQ(finding_of("D8 bandwidth", in_caches).evaluated, 0U);
  std::vector<Record> without_roof = streaming_together(30);
  without_roof.erase(without_roof.begin());
  EXPECT_EQ(finding_of("D8 bandwidth", without_roof).evaluated, 0U);
  std::vector<Record> arithmetic = streaming_together(30);
  arithmetic[1].item.set("load", std::string("matmul kernel=buffer processor=opencl:0"));
  EXPECT_EQ(finding_of("D8 bandwidth", arithmetic).evaluated, 0U) << "its bytes come from caches";
}

}  // namespace
}  // namespace hetscope
