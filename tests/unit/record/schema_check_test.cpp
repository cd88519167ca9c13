// The embedded schema: what the program writes is valid, what breaks a rule is told with its place. The full list of
// rules is held against a second validator in tests/golden.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/record/json.hpp"
#include "harness/record/schema_check.hpp"
#include "tests/fakes/record_fixtures.hpp"

namespace hetscope {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::IsEmpty;
using testing::StartsWith;

TEST(SchemaCheckTest, AcceptsWhatIsWritten) {
  const SchemaCheck check;
  for (const Record& record : fixtures::every_status()) {
    EXPECT_THAT(check.violations(to_json(record)), IsEmpty()) << record.item.line();
  }
}

TEST(SchemaCheckTest, AcceptsWhatIsOptionalAndOpen) {
  const SchemaCheck check;
  json document = to_json(fixtures::ok_record());
  document.erase("scenario");
  document.erase("edp_kind");
  document["conditions"].erase("governor");
  document["energies"][0].erase("dynamic_j");
  document["metrics"]["bandwidth"]["note"] = "metrics are open";
  document["a name of a later version"] = 1;
  EXPECT_THAT(check.violations(document), IsEmpty());
}

TEST(SchemaCheckTest, SaysWhere) {
  const SchemaCheck check;
  json document = to_json(fixtures::ok_record());
  document["latencies"]["host_monotonic"]["n"] = 0;
  EXPECT_THAT(check.violations(document), Contains(StartsWith("/latencies/host_monotonic/n: ")));
  document = to_json(fixtures::ok_record());
  document["device"]["serial"] = "x";
  document["work"].erase("bytes");
  EXPECT_THAT(check.violations(document), Contains(StartsWith("/device: ")));
  EXPECT_THAT(check.violations(document), Contains(StartsWith("/work: ")));
}

TEST(SchemaCheckTest, StopsWhereNobodyReadsOn) {
  const SchemaCheck check;
  json document = to_json(fixtures::ok_record());
  document["latencies"]["host_monotonic"]["rounds"] = std::vector<std::string>(20'000, "x");
  const std::vector<std::string> violations = check.violations(document);
  EXPECT_LE(violations.size(), 1001U);
  EXPECT_THAT(violations.front(), StartsWith("/latencies/host_monotonic/rounds/0: "));
  EXPECT_THAT(violations.back(), StartsWith("/: and more"));
}

TEST(SchemaCheckTest, HoldsTheReasonRule) {
  const SchemaCheck check;
  for (const Record& record : fixtures::every_status()) {
    json document = to_json(record);
    document["reason"] = "";
    EXPECT_EQ(check.violations(document).empty(), record.status == Status::ok) << to_string(record.status);
  }
}

TEST(SchemaCheckTest, RefusesWhatIsNoRecordAtAll) {
  const SchemaCheck check;
  for (const char* text : {"null", "[]", "{}", "7", "\"record\"", "{\"schema\":{}}"}) {
    EXPECT_FALSE(check.violations(parse_json(text, "x")).empty()) << text;
  }
}

TEST(SchemaCheckTest, TheTextIsTheEmbeddedFile) {
  EXPECT_EQ(std::string(record_schema_text()),
            read_text_file(std::string(HETSCOPE_SOURCE_DIR) + "/harness/record/schema/record-1.json"));
}

}  // namespace
}  // namespace hetscope
