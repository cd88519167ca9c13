// The section on pitfalls: a line for each place, and what was not looked at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/compose.hpp"
#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string pitfalls_of(std::vector<Record> records) {
  const ReportInput input = make_input(std::move(records));
  Document document;
  compose_pitfalls(detect(summarise(input)), document);
  return markdown_text(document);
}

std::vector<Record> lasting(int rows) {
  std::vector<Record> records;
  for (int row = 0; row < rows; ++row) {
    records.push_back(make_record("lasting" + std::to_string(row), 40000));
    records.back().metrics["soak_drift_low"] = {1.2 + 0.1 * row, "1", ""};
  }
  return records;
}

std::size_t count_in(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Pitfalls, HaveALineForEachPlaceAndTheLargestFirst) {
  const std::string text = pitfalls_of(lasting(2));
  EXPECT_THAT(text, HasSubstr("| fires | 2 of 2 |"));
  EXPECT_THAT(line_with(text, "D12, it does not last"), AllOf(HasSubstr("1.30, above 1.10"), HasSubstr("lasting1")));
  EXPECT_EQ(count_in(text, "D12, it does not last"), 2U);
  EXPECT_THAT(text, Not(HasSubstr("D12: and")));
}

TEST(Pitfalls, OfManyPlacesAreEightNamed) {
  const std::string text = pitfalls_of(lasting(10));
  EXPECT_EQ(count_in(text, "D12, it does not last"), 8U);
  EXPECT_THAT(text, AllOf(HasSubstr("D12: and 2 more"), HasSubstr("| fires | 10 of 10 |")));
}

TEST(Pitfalls, NameWhatWasNotEvaluatedAndNeverCallItPassed) {
  const std::string text = pitfalls_of(lasting(1));
  EXPECT_THAT(text, HasSubstr("stutter: not evaluated, no such rows (scenarios/curated/split/frames.json)"));
  EXPECT_THAT(text, HasSubstr("D6 boundary, much passes the borders between fragments: not evaluated"));
  EXPECT_THAT(text, Not(HasSubstr("passed")));
}

TEST(Pitfalls, SayNotEvaluatedForEachWhenNothingCouldBe) {
  const std::string text = pitfalls_of({make_record("only", 1000)});
  EXPECT_THAT(text, HasSubstr("Pitfalls"));
  EXPECT_EQ(count_in(text, ": not evaluated, no such rows"), all_detectors().size());
  EXPECT_THAT(text, Not(HasSubstr("| detector |")));
}

}  // namespace
}  // namespace hetscope
