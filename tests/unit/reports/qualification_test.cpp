// Devices that are quiet, noisy and biased.
#include "reports/qualification.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "harness/core/random.hpp"
#include "tests/fakes/record_fixtures.hpp"

namespace hetscope {
namespace {

// A/A launches of one probe: both sides around one level, apart by `bias` and noise.
std::vector<Record> probe_launches(int count, double bias, double noise) {
  Random random(11);
  std::vector<Record> records;
  for (int i = 0; i < 2 * count; ++i) {
    Record record = fixtures::base_record("probe kernel=k processor=cpu", Status::ok, "");
    record.session = "s" + std::to_string(i / 2);
    record.clock = "host_monotonic";
    const bool is_candidate = i % 2 == 1;
    if (is_candidate) record.baseline_case = record.item.line();
    const double level = 1e6 * (is_candidate ? bias : 1) * std::exp(noise * random.normal());
    record.latencies["host_monotonic"] = fixtures::latency_around(level, 40, random.next());
    records.push_back(std::move(record));
  }
  return records;
}

ProbeFitness probe(double bias, double noise, int count = 24) {
  return judge_probe("cpu", "probe kernel=k", launches_of(probe_launches(count, bias, noise)), 0.02);
}

TEST(JudgeProbe, MeasuresTheNoiseFloor) {
  const ProbeFitness quiet = probe(1, 0.002);
  EXPECT_EQ(quiet.verdict, Verdict::same);
  EXPECT_EQ(quiet.judged, 3);
  EXPECT_EQ(quiet.false_verdicts, 0);
  EXPECT_LT(quiet.noise_floor, 0.02);
  const ProbeFitness noisy = probe(1, 0.1);
  EXPECT_EQ(noisy.verdict, Verdict::unclear);
  EXPECT_GT(noisy.noise_floor, 0.1);
  EXPECT_GT(probe(1.1, 0.002).false_verdicts, 0);
}

TEST(Qualify, RestrictsAndRejectsWithReasons) {
  EXPECT_EQ(qualify({probe(1, 0.002)}, "").fitness, Fitness::qualified);
  EXPECT_TRUE(qualify({probe(1, 0.002)}, "").reasons.empty());

  const Qualification without_energy = qualify({probe(1, 0.002)}, "no meter");
  EXPECT_EQ(without_energy.fitness, Fitness::restricted);
  EXPECT_EQ(without_energy.reasons.size(), 1u);

  EXPECT_EQ(qualify({probe(1, 0.002), probe(1, 0.1)}, "").fitness, Fitness::restricted);
  EXPECT_EQ(qualify({probe(1, 0.1)}, "").fitness, Fitness::rejected) << "nothing came out SAME";
  EXPECT_EQ(qualify({probe(1, 0.002), probe(1.1, 0.002)}, "").fitness, Fitness::rejected) << "equal sides differ";
  EXPECT_EQ(qualify({}, "").fitness, Fitness::rejected);
}

TEST(Qualify, TheRateOfFalseVerdictsHasItsInterval) {
  const Qualification result = qualify({probe(1, 0.002, 80)}, "");
  EXPECT_EQ(result.false_rate.low, 0);
  EXPECT_NEAR(result.false_rate.high, 0.3085, 1e-3);  // nothing of 10
}

}  // namespace
}  // namespace hetscope
