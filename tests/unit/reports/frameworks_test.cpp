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

}  // namespace
}  // namespace hetscope
