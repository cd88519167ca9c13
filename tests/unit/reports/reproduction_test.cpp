// SAME, DIFFERENT or NOT COMPARABLE, and what differs.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "reports/reproduction.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

ReproducedRow row_at(double level_ns) { return {make_record("tiled", level_ns), run_json_text(), 1}; }

ReproducedRow row_with(Status status, const std::string& reason) {
  return {make_problem(status, "tiled", reason), run_json_text(), 1};
}

// Names of what differs.
std::vector<std::string> names(const ReproductionCheck& check) {
  std::vector<std::string> result;
  for (const Difference& difference : check.differences) result.push_back(difference.what);
  return result;
}

TEST(ReproductionTest, TheWholeIntervalDecides) {
  const ReproducedRow then = row_at(40000);
  const auto verdict = [&then](std::vector<double> levels, double margin) {
    std::vector<ReproducedRow> now;
    for (const double level_ns : levels) now.push_back(row_at(level_ns));
    return check_reproduction(then, now, margin).verdict;
  };
  EXPECT_EQ(verdict({40000, 40400, 39700}, 0.05), Reproduction::same);
  EXPECT_EQ(verdict({46000, 46500}, 0.05), Reproduction::different);
  EXPECT_EQ(verdict({30000, 30100}, 0.05), Reproduction::different);
  // One launch within and one outside of the margin.
  EXPECT_EQ(verdict({40000, 46000}, 0.05), Reproduction::not_comparable);
  EXPECT_EQ(verdict({40000, 42000}, 0.05), Reproduction::not_comparable);
  EXPECT_EQ(verdict({40000, 42000}, 0.10), Reproduction::same);
  EXPECT_THROW(verdict({40000}, 0), Error);
}

TEST(ReproductionTest, TheRatioSpansAllSessions) {
  const ReproductionCheck check = check_reproduction(row_at(40000), {row_at(39000), row_at(41000)}, 0.05);
  ASSERT_TRUE(check.ratio.has_value());
  EXPECT_NEAR(check.ratio->low, 39000 * 0.995 / (40000 * 1.005), 1e-9);
  EXPECT_NEAR(check.ratio->high, 41000 * 1.005 / (40000 * 0.995), 1e-9);
  EXPECT_EQ(check.clock, "host_monotonic");
}

TEST(ReproductionTest, StatusesAreComparedBeforeTimes) {
  const auto check = [](const ReproducedRow& then, const ReproducedRow& now) {
    return check_reproduction(then, {now}, 0.05);
  };
  const ReproducedRow ok = row_at(40000);
  const ReproducedRow wrong = row_with(Status::mismatch, "0.25 instead of 0.5");
  const ReproducedRow none = row_with(Status::unsupported, "no images");
  const ReproducedRow skipped = row_with(Status::skipped, "the budget is spent");
  const ReproducedRow shaky = row_with(Status::unstable, "3 samples");
  EXPECT_EQ(check(ok, wrong).verdict, Reproduction::different);
  EXPECT_NE(check(ok, wrong).reason.find("0.25 instead of 0.5"), std::string::npos);
  EXPECT_EQ(check(wrong, ok).verdict, Reproduction::different);
  EXPECT_EQ(check(none, none).verdict, Reproduction::same);
  EXPECT_EQ(check(ok, skipped).verdict, Reproduction::not_comparable);
  EXPECT_EQ(check(skipped, ok).verdict, Reproduction::not_comparable);
  EXPECT_EQ(check(ok, shaky).verdict, Reproduction::not_comparable);
}

TEST(ReproductionTest, AnotherDeviceAnotherToolAndAnotherClockAreNotComparable) {
  const ReproducedRow then = row_at(40000);
  ReproducedRow now = row_at(40000);
  now.record.device_unit = "feedfeedfeedfeed";
  const ReproductionCheck other_unit = check_reproduction(then, {now}, 0.05);
  EXPECT_EQ(other_unit.verdict, Reproduction::not_comparable);
  EXPECT_EQ(names(other_unit), std::vector<std::string>{"device unit"});

  ReproducedRow imported = then;
  imported.record.source = SourceRecord{"benchncnn", "", "benchncnn/1", "", 0, ""};
  EXPECT_NE(why_not_reproducible(imported.record, "", "").find("benchncnn"), std::string::npos);

  now = row_at(40000);
  now.record.latencies = {{"opencl_event", now.record.latencies.at("host_monotonic")}};
  now.record.clock = "opencl_event";
  EXPECT_NE(check_reproduction(then, {now}, 0.05).reason.find("host_monotonic"), std::string::npos);
  EXPECT_EQ(check_reproduction(then, {}, 0.05).verdict, Reproduction::not_comparable);
}

TEST(ReproductionTest, DifferencesAreNamedWhateverTheVerdict) {
  const ReproducedRow then = row_at(40000);
  ReproducedRow now = row_at(40000);
  EXPECT_TRUE(check_reproduction(then, {now}, 0.05).differences.empty());
  now.record.boot = "boot-2";
  now.record.conditions.governor = "powersave";
  now.record.conditions.load = 0.9;  // changes by itself
  nlohmann::json run = parse_json(now.run_json, "run.json");
  run["build"]["git_commit"] = "def";
  run["host"]["memory_bytes"] = 1;
  run["processors"][0]["details"]["driver"] = "2";
  run["processors"][2]["details"]["driver"] = "of a processor that this case does not use";
  now.run_json = run.dump();
  const ReproductionCheck check = check_reproduction(then, {now}, 0.05);
  EXPECT_EQ(check.verdict, Reproduction::same);
  EXPECT_EQ(names(check),
            (std::vector<std::string>{"boot", "host: memory_bytes", "build: git_commit", "cpu: driver", "governor"}));
  EXPECT_EQ(check.differences[2].then, "abc");
  EXPECT_EQ(check.differences[2].now, "def");
}

TEST(ReproductionTest, AMissingRunJsonIsADifference) {
  ReproducedRow then = row_at(40000);
  then.run_json.clear();
  EXPECT_EQ(names(check_reproduction(then, {row_at(40000)}, 0.05)), std::vector<std::string>{"run.json"});
}

}  // namespace
}  // namespace hetscope
