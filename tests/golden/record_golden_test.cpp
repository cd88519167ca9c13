// Records written by the first version load for ever, unchanged, and the embedded schema judges them like the full
// validator of schema_oracle.py does.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"
#include "harness/record/line_reader.hpp"
#include "harness/record/schema_check.hpp"
#include "tests/fakes/record_fixtures.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

const std::string kGolden = std::string(HETSCOPE_SOURCE_DIR) + "/tests/golden/";

std::vector<json> golden_documents(const std::string& name = "record-1.jsonl") {
  std::vector<json> documents;
  LineReader reader(kGolden + name);
  while (reader.next()) documents.push_back(parse_json(reader.line(), "record-1.jsonl"));
  return documents;
}

TEST(RecordGoldenTest, EveryRecordLoadsAsItWasWritten) {
  const LoadedRun run = load_run(kGolden + "record-1.jsonl");
  EXPECT_TRUE(run.faults.empty()) << run.faults.front();
  const std::vector<Record> expected = fixtures::every_status();
  ASSERT_EQ(run.records.size(), expected.size());
  std::set<Status> statuses;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    statuses.insert(run.records[i].status);
    EXPECT_EQ(run.records[i].item, expected[i].item);
    EXPECT_EQ(to_json(run.records[i]), to_json(expected[i])) << expected[i].item.line();
  }
  EXPECT_EQ(statuses.size(), 7U);
}

// What is read is written again with every name and value that was there; later versions may write more names.
TEST(RecordGoldenTest, NothingIsLostOnTheWayThrough) {
  for (const json& document : golden_documents()) {
    const json again = to_json(record_from_json(document, "record-1.jsonl"));
    for (const auto& [name, value] : document.items()) EXPECT_EQ(again.value(name, json()), value) << name;
  }
}

TEST(RecordGoldenTest, TheSchemaAcceptsThem) {
  const SchemaCheck check;
  for (const json& document : golden_documents()) {
    const auto violations = check.violations(document);
    EXPECT_TRUE(violations.empty()) << violations.front();
  }
}

// Rows of other tools: means without a median, samples, metrics without a time, a failure.
TEST(RecordGoldenTest, ImportedRecordsComeBackAsTheyWereWritten) {
  const SchemaCheck check;
  const std::vector<json> documents = golden_documents("record-1-imported.jsonl");
  std::set<std::string> statistics;
  for (const json& document : documents) {
    const auto violations = check.violations(document);
    EXPECT_TRUE(violations.empty()) << violations.front();
    const Record record = record_from_json(document, "record-1-imported.jsonl");
    ASSERT_TRUE(record.source.has_value());
    const json again = to_json(record);
    for (const auto& [name, value] : document.items()) EXPECT_EQ(again.value(name, json()), value) << name;
    const LatencyRecord* latency = record.latency();
    statistics.insert(latency == nullptr ? "none" : std::string(to_string(latency->statistic)));
  }
  EXPECT_EQ(statistics, (std::set<std::string>{"mean", "median", "none"}));
}

TEST(RecordGoldenTest, TheSchemaFindsEveryViolation) {
  const SchemaCheck check;
  const std::vector<json> documents = golden_documents();
  const json violations = read_json_file(kGolden + "record-1-violations.json");
  ASSERT_FALSE(violations.empty());
  for (const json& violation : violations) {
    const json broken = documents.at(violation.at("line").get<std::size_t>() - 1).patch(violation.at("patch"));
    EXPECT_FALSE(check.violations(broken).empty()) << violation.at("rule");
  }
}

}  // namespace
}  // namespace hetscope
