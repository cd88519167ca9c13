// Verdicts of launches whose truth is known, and what stands in their way.
#include "reports/launch_comparison.hpp"

#include <cmath>
#include <span>

#include <gtest/gtest.h>

#include "harness/core/random.hpp"
#include "reports/session_comparison.hpp"
#include "tests/fakes/record_fixtures.hpp"

namespace hetscope {
namespace {

Record timed(const std::string& session, double median_ns, const std::string& baseline = "") {
  Record record = fixtures::base_record("copy kernel=k processor=cpu", Status::ok, "");
  record.session = session;
  record.baseline_case = baseline;
  record.clock = "host_monotonic";
  record.latencies["host_monotonic"] = fixtures::latency_around(median_ns, 50, seed_from(session + baseline));
  return record;
}

// Bases and candidates in turn, as `ab` writes them.
std::vector<Record> launches(int count, double ratio, double noise) {
  Random random(4);
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) {
    const std::string session = "s" + std::to_string(i);
    const double level = 1e6 * std::exp(0.2 * random.normal());  // launches differ a lot, their ratios little
    records.push_back(timed(session, level));
    records.push_back(timed(session, level * ratio * std::exp(noise * random.normal()), records.back().item.line()));
  }
  return records;
}

Verdict verdict_of(const std::vector<Record>& records) {
  return compare_launches(launches_of(records), 0.02).verdict();
}

TEST(CompareLaunches, KnowsSameFasterAndSlower) {
  EXPECT_EQ(verdict_of(launches(20, 1.0, 0.005)), Verdict::same);
  EXPECT_EQ(verdict_of(launches(20, 0.9, 0.005)), Verdict::faster);
  EXPECT_EQ(verdict_of(launches(20, 1.1, 0.005)), Verdict::slower);
  EXPECT_EQ(verdict_of(launches(20, 1.02, 0.05)), Verdict::unclear);
  EXPECT_EQ(verdict_of(launches(kMinLaunches - 1, 0.5, 0)), Verdict::unclear) << "too few launches";
}

// Launches whose medians are known to `within` of themselves (half an interval).
std::vector<Record> launches_within(double noise, double within, double median_ns = 1e5) {
  std::vector<Record> records = launches(40, 1, noise);
  for (Record& record : records) {
    LatencyRecord& latency = record.latencies.at("host_monotonic");
    latency.median_ns *= median_ns / 1e6;
    latency.ci95_low_ns = latency.median_ns * (1 - within);
    latency.ci95_high_ns = latency.median_ns * (1 + within);
    // Without samples the ratio of a launch is that of its medians.
    latency.totals_ns.clear();
    latency.rounds.clear();
    latency.order.clear();
    latency.iterations.clear();
  }
  return records;
}

TEST(BestLaunchSeconds, ShortWhereLaunchesDifferAndLongWhereRunsDo) {
  const auto best = [](const std::vector<Record>& records) {
    return best_launch_seconds(launches_of(records), kLaunchSeconds, 0.1);
  };
  EXPECT_EQ(best(launches_within(0.03, 1e-4)), kShortestLaunchSeconds);
  EXPECT_EQ(best(launches_within(0.0001, 0.01)), kLaunchSeconds);
  // sqrt(0.1 s * 2 (0.02 / 1.96)^2 0.4 s / (2 (0.03^2 - 2 (0.02 / 1.96)^2))), with 40 draws of the 0.03.
  EXPECT_NEAR(best(launches_within(0.03, 0.02)), 0.0764, 0.02);
  EXPECT_NEAR(best(launches_within(0.03, 1e-4, 5e6)), 30 * 5e-3, 0.1) << "30 runs of the slowest median";
  EXPECT_GE(best(launches_within(0.03, 1e-4, 5e6)), 0.15);
  EXPECT_EQ(best(launches_within(0.03, 1e-4, 1e9)), kLaunchSeconds) << "never longer than the first ones";
  EXPECT_EQ(best({}), kLaunchSeconds);
}

TEST(CompareLaunches, SaysHowManyMoreItNeeds) {
  const std::vector<Record> records = launches(12, 1.05, 0.1);
  const LaunchComparison comparison = compare_launches(launches_of(records), 0.02);
  ASSERT_EQ(comparison.verdict(), Verdict::unclear);
  ASSERT_TRUE(comparison.ratios[0].more_launches.has_value());
  EXPECT_GT(*comparison.ratios[0].more_launches, 0);
}

TEST(CompareLaunches, CountsLaunchesThatMeasuredNothing) {
  std::vector<Record> records = launches(10, 1, 0.001);
  records[3].latencies.clear();
  records[3].clock.clear();
  records[3].status = Status::failed;
  records[3].reason = "it crashed";
  const LaunchComparison comparison = compare_launches(launches_of(records), 0.02);
  EXPECT_EQ(comparison.launches, 10);
  EXPECT_EQ(comparison.failed, 1);
  EXPECT_NE(comparison.reason.find("it crashed"), std::string::npos);
  EXPECT_EQ(comparison.ratios[0].estimate.rounds, 9);
  EXPECT_TRUE(compare_launches({}, 0.02).ratios.empty());
}

TEST(CompareLaunches, ComparesEnergiesOfOneMeterOnly) {
  std::vector<Record> records = launches(10, 1, 0.001);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EnergyRecord& energy = records[i].energies[0];
    energy.value_j = i % 2 == 0 ? 1.0 : 0.8;
    energy.kind = "measured_counter";
    energy.meter = "rapl:package-0";
    energy.scope = "package";
    records[i].edp = EdpRecord{*energy.value_j * 1e-3, energy.kind};
  }
  LaunchComparison comparison = compare_launches(launches_of(records), 0.02);
  ASSERT_EQ(comparison.ratios.size(), 3u);
  EXPECT_EQ(comparison.ratios[1].quantity, "energy");
  EXPECT_NEAR(comparison.ratios[1].estimate.ratio, 0.8, 1e-12);
  EXPECT_EQ(comparison.ratios[1].verdict, Verdict::faster);
  EXPECT_EQ(comparison.ratios[2].quantity, "EDP");
  for (std::size_t i = 1; i < records.size(); i += 2) records[i].energies[0].kind = "modelled";
  comparison = compare_launches(launches_of(records), 0.02);
  EXPECT_EQ(comparison.ratios.size(), 1u) << "kinds of energy are never mixed";
}

TEST(LaunchLook, GrowsGeometrically) {
  EXPECT_EQ(launch_look(1), 8);
  EXPECT_EQ(launch_look(8), 8);
  EXPECT_EQ(launch_look(9), 12);
  EXPECT_EQ(launch_look(13), 18);
  EXPECT_EQ(launch_look(19), 27);
}

TEST(LaunchesOf, NeedsBothSidesOfOneSession) {
  std::vector<Record> records = launches(3, 1, 0);
  records[3].session = "another";
  EXPECT_EQ(launches_of(records).size(), 2u);
  records.erase(records.begin());
  EXPECT_EQ(launches_of(records).size(), 1u);
}

std::vector<Record> sessions_of_unit(int count, double median_ns, const std::string& unit = "unit") {
  Random random(seed_from(unit));
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(timed(unit + std::to_string(i), median_ns * std::exp(0.003 * random.normal())));
    records.back().device_unit = unit;
    records.back().run_uuid = "run of " + records.back().session;
  }
  return records;
}

TEST(CompareSessions, NeedsThreeSessionsASide) {
  const auto base = sessions_of_unit(3, 1e6);
  EXPECT_EQ(compare_sessions(base, sessions_of_unit(3, 0.5e6), 0.02).front().comparison.verdict(), Verdict::faster);
  const SessionComparison few = compare_sessions(base, sessions_of_unit(2, 0.5e6), 0.02).front();
  EXPECT_EQ(few.comparison.verdict(), Verdict::unclear);
  EXPECT_EQ(few.comparison.ratios[0].more_launches, 1);
  EXPECT_FALSE(few.comparison.reason.empty());
}

TEST(CompareSessions, CopiesAndRetriesOfOneRunAreOneSession) {
  const auto base = sessions_of_unit(3, 1e6);
  std::vector<Record> copies(3, sessions_of_unit(1, 0.5e6).front());
  EXPECT_EQ(compare_sessions(base, copies, 0.02).front().comparison.launches, 1);
  EXPECT_EQ(compare_sessions(base, copies, 0.02).front().comparison.verdict(), Verdict::unclear);
  std::vector<Record> retried = sessions_of_unit(3, 0.5e6);
  for (Record& record : retried) record.run_uuid = "one run";
  const SessionComparison comparison = compare_sessions(base, retried, 0.02).front();
  EXPECT_EQ(comparison.comparison.launches, 1);
  const SessionComparison last = compare_sessions(base, std::span(retried).last(1), 0.02).front();
  EXPECT_EQ(comparison.comparison.ratios[0].candidate, last.comparison.ratios[0].candidate) << "the last one counts";
  retried.back().status = Status::failed;
  EXPECT_TRUE(compare_sessions(base, retried, 0.02).empty()) << "also where it has no time";
}

TEST(CompareSessions, TellsTheSpreadOfUnits) {
  auto base = sessions_of_unit(3, 1e6, "one");
  for (Record& record : sessions_of_unit(3, 1.2e6, "two")) base.push_back(record);
  const SessionComparison comparison = compare_sessions(base, sessions_of_unit(3, 1e6, "three"), 0.02).front();
  EXPECT_EQ(comparison.units_base, 2);
  EXPECT_NEAR(comparison.unit_spread, 0.2, 0.02);
}

TEST(DifferencesBetween, NamesWhatDiffers) {
  auto base = sessions_of_unit(1, 1e6);
  auto candidate = sessions_of_unit(1, 1e6);
  EXPECT_TRUE(differences_between(base, candidate).empty());
  candidate[0].device_model = "another board";
  candidate[0].conditions.launch = "app";
  const auto differences = differences_between(base, candidate);
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0], "device model: fixture board against another board");
}

}  // namespace
}  // namespace hetscope
