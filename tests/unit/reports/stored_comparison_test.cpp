// The fast way over stored intervals says what the full records say.
#include "reports/stored_comparison.hpp"

#include <cmath>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/record/json.hpp"
#include "reports/stored_row.hpp"
#include "tests/fakes/record_fixtures.hpp"
#include "tests/fakes/temporary_directory.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

std::string write(const TemporaryDirectory& directory, const std::string& name, const std::string& text) {
  const std::string path = directory.path() + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string stored_line(const Record& record) { return dump_line(to_json(record)) + "\n"; }

std::vector<StoredRow> stored_rows(const std::string& path, std::vector<std::string>& faults) {
  std::vector<StoredRow> rows;
  for_each_stored_row(
      path, [&rows](StoredRow&& row, std::string_view) { rows.push_back(std::move(row)); }, faults);
  return rows;
}

TEST(StoredRow, SaysWhatTheRecordSays) {
  const TemporaryDirectory directory;
  std::string text;
  std::vector<Record> records = fixtures::every_status();
  Record imported = make_record("theirs", 2000);
  imported.source = SourceRecord{"tool", "1", "tool/1", "00", 3, "all of it"};
  LatencyRecord& latency = imported.latencies["host_monotonic"];
  latency.statistic = Statistic::mean;
  latency.mean_ns = 2500;
  latency.median_ns = latency.ci95_low_ns = latency.ci95_high_ns = std::numeric_limits<double>::quiet_NaN();
  records.push_back(imported);
  for (const Record& record : records) text += stored_line(record);
  std::vector<std::string> faults;
  const std::vector<StoredRow> rows = stored_rows(write(directory, "records.jsonl", text), faults);
  EXPECT_TRUE(faults.empty());
  ASSERT_EQ(rows.size(), records.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].line, records[i].item.line());
    EXPECT_EQ(rows[i].session, records[i].session);
    EXPECT_EQ(rows[i].run, records[i].run_uuid);
    EXPECT_EQ(rows[i].device_unit, records[i].device_unit);
    EXPECT_EQ(rows[i].clock, records[i].clock);
    const bool has_time = records[i].status == Status::ok || records[i].status == Status::unstable;
    EXPECT_EQ(rows[i].has_time, has_time) << i;
    if (has_time) {
      EXPECT_DOUBLE_EQ(rows[i].figure_ns, records[i].latency()->figure_ns());
    }
  }
  EXPECT_TRUE(std::isnan(rows.back().interval.low));
}

TEST(StoredRow, ComplainsAsTheRecordReaderDoes) {
  const TemporaryDirectory directory;
  const std::string good = stored_line(make_record("fast", 1000));
  std::string future = good;
  future.replace(future.find("hetscope/record/1"), 17, "hetscope/record/9");
  const std::string path =
      write(directory, "records.jsonl", good + "nonsense\n" + future + "\n" + good.substr(0, good.size() / 2));
  std::vector<std::string> faults;
  EXPECT_EQ(stored_rows(path, faults).size(), 1U);
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_THAT(faults[0], HasSubstr("line 2"));
  EXPECT_THAT(faults[1], HasSubstr("hetscope/record/9"));
  EXPECT_THAT(faults[2], HasSubstr("ends in the middle of this line"));
}

TEST(StoredComparison, RatiosAndHullsOverSessions) {
  const TemporaryDirectory directory;
  std::string base, candidate;
  for (int session = 0; session < 3; ++session) {
    for (const char* kernel : {"same", "halved", "only_base"}) {
      Record record = make_record(kernel, 1000 + 10 * session);
      record.session = record.run_uuid = "base-" + std::to_string(session);
      base += stored_line(record);
      record.session = record.run_uuid = "candidate-" + std::to_string(session);
      const double level = std::string(kernel) == "halved" ? 500 + 5 * session : 1000 + 10 * session;
      record.latencies["host_monotonic"] = make_latency(level, 1);
      if (std::string(kernel) != "only_base") candidate += stored_line(record);
    }
  }
  const std::vector<std::string> base_files{write(directory, "base.jsonl", base)};
  const std::vector<std::string> candidate_files{write(directory, "candidate.jsonl", candidate)};
  const StoredSides sides = compare_stored(base_files, candidate_files);
  EXPECT_EQ(sides.records, 15U);
  EXPECT_TRUE(sides.differences.empty());
  ASSERT_EQ(sides.rows.size(), 2U);
  EXPECT_THAT(sides.rows[0].line, HasSubstr("halved"));
  EXPECT_DOUBLE_EQ(sides.rows[0].ratio, 0.5);
  EXPECT_EQ(sides.rows[0].sessions_base, 3);
  EXPECT_DOUBLE_EQ(sides.rows[0].interval.low, 500 * 0.995 / (1020 * 1.005));
  EXPECT_DOUBLE_EQ(sides.rows[0].interval.high, 510 * 1.005 / (1000 * 0.995));

  std::vector<std::string> faults;
  const std::vector<Record> full = records_of_cases(candidate_files, {sides.rows[0].line}, faults);
  EXPECT_EQ(full.size(), 3U);
  EXPECT_TRUE(faults.empty());
}

TEST(StoredComparison, OfOneRunsCaseTheLastRecordCounts) {
  const TemporaryDirectory directory;
  Record record = make_record("fast", 1000);
  const std::string base = stored_line(record);
  record.session = "session-2";
  record.latencies["host_monotonic"] = make_latency(500, 1);
  const std::string candidate = base + stored_line(record);
  // A copy of the run, too, is no session more.
  const std::vector<std::string> files{write(directory, "b.jsonl", candidate), write(directory, "c.jsonl", candidate)};
  const std::vector<std::string> base_files{write(directory, "a.jsonl", base)};
  const StoredSides sides = compare_stored(base_files, files);
  ASSERT_EQ(sides.rows.size(), 1U);
  EXPECT_EQ(sides.rows[0].sessions_candidate, 1);
  EXPECT_DOUBLE_EQ(sides.rows[0].ratio, 0.5);

  record = make_problem(Status::failed, "fast", "it crashed");
  const std::string lost = write(directory, "d.jsonl", candidate + stored_line(record));
  EXPECT_TRUE(compare_stored(base_files, {lost}).rows.empty());
}

TEST(StoredComparison, NamesWhatDiffers) {
  const TemporaryDirectory directory;
  Record record = make_record("fast", 1000);
  const std::string base = stored_line(record);
  record.device_model = "Board Y";
  const StoredSides sides =
      compare_stored({write(directory, "a.jsonl", base)}, {write(directory, "b.jsonl", stored_line(record))});
  EXPECT_THAT(sides.differences, testing::ElementsAre(HasSubstr("Board X against Board Y")));
}

}  // namespace
}  // namespace hetscope
