#include "harness/run/record_of.hpp"

#include <gmock/gmock.h>

#include "harness/core/random.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Samples of one iteration, 10 of each round.
Measurement measured(const std::vector<double>& samples_ns) {
  Measurement result;
  for (std::size_t i = 0; i < samples_ns.size(); ++i) {
    result.rounds.push_back(static_cast<std::int32_t>(i / 10));
    result.order.push_back(0);
    result.iterations.push_back(1);
  }
  result.totals_ns[kHostClock] = samples_ns;
  result.speed.blocks = 1;
  return result;
}

// 100 samples, in no order, of which this share is below zero, as if less had been measured than the clock itself
// costs.
std::vector<double> samples_below_zero(double share) {
  Random random(7);
  std::vector<double> result;
  for (int i = 0; i < 100; ++i)
    result.push_back((random.uniform() < share ? -200.0 : 100.0) + 100.0 * random.uniform());
  return result;
}

TEST(RecordOf, ATimeWhoseIntervalIncludesZeroIsUnstable) {
  Record record;
  add_measurement(record, measured(samples_below_zero(0.49)), MeasureOptions{});
  EXPECT_EQ(record.status, Status::unstable);
  EXPECT_THAT(record.reason, HasSubstr("includes zero"));
}

TEST(RecordOf, ATimeWhoseIntervalIsAboveZeroIsOk) {
  Record record;
  add_measurement(record, measured(samples_below_zero(0.1)), MeasureOptions{});
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_THAT(record.reason, IsEmpty());
}

TEST(RecordOf, FewSamplesAreUnstable) {
  Record record;
  add_measurement(record, measured({100, 101, 102, 103}), MeasureOptions{});
  EXPECT_EQ(record.status, Status::unstable);
  EXPECT_THAT(record.reason, HasSubstr("only 4 samples"));
}

}  // namespace
}  // namespace hetscope
