// The section of foreign frameworks: ratios, operators before and after, and the reasons of empty cells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Record framework(const std::string& kernel, double level_ns) {
  Record record = make_record(kernel, level_ns);
  record.item = Case::parse("model_inference kernel=" + kernel + " processor=cpu model=tiny precision=f32 threads=2");
  record.group = "model_inference model=tiny";
  record.scenario = "frameworks";
  record.metrics["model_operators"] = {100, "1", ""};
  record.metrics["optimised_operators"] = {40, "1", ""};
  record.metrics["model_layout_operators"] = {12, "1", ""};
  record.metrics["load"] = {0.25, "s", ""};
  record.metrics["peak_memory"] = {1048576, "B", ""};
  record.notes = {{"framework", "Frame " + kernel},
                  {"version", "1.2"},
                  {"times", "its call"},
                  {"licence", "MIT"},
                  {"publish", "yes"}};
  return record;
}

TEST(FrameworksSection, ShowsRatiosOperatorsAndReasons) {
  Record first = framework("first", 1000);
  Record second = framework("second", 2000);
  second.baseline_case = first.item.line();
  Record third = framework("third", 1);
  third.baseline_case = first.item.line();
  third.status = Status::skipped;
  third.reason = "Third is not installed";
  third.latencies.clear();
  third.metrics.clear();
  third.notes.clear();
  third.clock.clear();
  LoadedRun run;
  run.records = {first, second, third};
  const std::string text = markdown_report({{run}});
  EXPECT_THAT(text, HasSubstr("Frameworks on this device"));
  EXPECT_THAT(text, HasSubstr("Frame second 1.2"));
  EXPECT_THAT(text, HasSubstr("100 \u2192 40, layout 12 \u2192 \u2013"));
  EXPECT_THAT(text, HasSubstr("skipped: Third is not installed"));
  EXPECT_THAT(text, HasSubstr("SLOWER"));
  EXPECT_THAT(text, HasSubstr("its own clock encloses its call"));
  LoadedRun other;
  other.records = {make_record("plain", 10)};
  EXPECT_THAT(markdown_report({{other}}), Not(HasSubstr("Frameworks on this device")));
}

TEST(FrameworksSection, SetsAToolBesideABaselineOnTheClockThatBothHave) {
  Record first = framework("first", 1200);
  first.latencies["framework_call"] = make_latency(1000, 1);
  Record tool = framework("tool", 1);
  tool.latencies = {{"framework_call", make_latency(2000, 2)}};
  tool.clock = "framework_call";
  tool.baseline_case = first.item.line();
  tool.verify.reset();
  tool.notes["not_verified"] = "it prints times only";
  tool.metrics["cold_start"] = {0.25, "s", ""};
  LoadedRun run;
  run.records = {first, tool};
  const std::string text = markdown_report({{run}});
  EXPECT_THAT(text, HasSubstr("| Frame first 1.2 | 1.20 us | host_monotonic | 1 |"));
  EXPECT_THAT(text, HasSubstr("| Frame tool 1.2 | 2.00 us | framework_call | 2.0"));
  EXPECT_THAT(text, HasSubstr("not verified: it prints times only; a launch takes 250 ms besides"));
}

}  // namespace
}  // namespace hetscope
