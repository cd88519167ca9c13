// The section on handing memory over: the fitted lines, and a hidden copy that is seen as one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Times of alpha + beta n at sizes of 4 bytes to 64 MiB, known to half a percent.
std::vector<Record> way(const std::string& sharing, double alpha_ns, double beta_ns, const std::string& sync = "wait",
                        const std::string& kernel = "transfer_opencl") {
  std::vector<Record> records;
  for (std::int64_t bytes = 4; bytes <= 1 << 26; bytes *= 16) {
    Record record = make_record("transfer_opencl", alpha_ns + beta_ns * static_cast<double>(bytes), "opencl:1");
    record.item = Case("transfer", kernel, {"opencl:1"});
    record.item.set("bytes", bytes);
    record.item.set("direction", std::string("to_device"));
    record.item.set("sharing", sharing);
    record.item.set("sync", sync);
    record.useful_bytes = record.executed_bytes = 0;
    records.push_back(std::move(record));
  }
  return records;
}

// The table's line of a way.
std::string row_of(const std::string& report, const std::string& sharing, const std::string& sync = "wait") {
  const std::size_t at = report.find("| to_device | " + sharing + " | " + sync + " |");
  return at == std::string::npos ? "" : report.substr(at, report.find('\n', at) - at);
}

TEST(TransferReport, FitsALineToEachWay) {
  const std::string text = report_of({way("copy", 20'000, 0.1), way("svm_fine", 8'000, 0)});
  EXPECT_THAT(text, HasSubstr("## What handing memory over costs"));
  EXPECT_THAT(row_of(text, "copy"), AllOf(HasSubstr("| 20.0 \\["), HasSubstr("| 105 \\["), HasSubstr("| copies |")));
  EXPECT_THAT(row_of(text, "svm_fine"),
              AllOf(HasSubstr("| 8.00 \\["), HasSubstr("no copy: a byte costs less than 10 % of a copied one")));
}

TEST(TransferReport, AWayThatClaimsToCopyNothingAndDoesIsSeen) {
  const std::string text = report_of({way("copy", 20'000, 0.1), way("alloc_host_ptr", 9'000, 0.05)});
  EXPECT_THAT(row_of(text, "alloc_host_ptr"), HasSubstr("as a copy: a byte costs more than 10 % of a copied one"));
}

TEST(TransferReport, AFlagIsJudgedBesideACopyThatIsWaitedFor) {
  const std::string text = report_of({way("copy", 20'000, 0.1), way("svm_fine", 90'000, 0, "svm_flag")});
  EXPECT_THAT(row_of(text, "svm_fine", "svm_flag"), HasSubstr("no copy: a byte costs less than 10 %"));
  EXPECT_THAT(row_of(report_of({way("copy", 20'000, 0.1, "poll"), way("svm_fine", 90'000, 0, "svm_flag")}), "svm_fine",
                     "svm_flag"),
              HasSubstr("not evaluated: no copy"));
}

TEST(TransferReport, AnImageIsCopiedOpenly) {
  const std::string text = report_of({way("copy", 20'000, 0.1), way("copy", 20'000, 0.2, "wait", "transfer_image2d")});
  EXPECT_THAT(row_of(text, "copy, image"), AllOf(HasSubstr("| 210 \\["), HasSubstr("| copies |")));
  EXPECT_THAT(row_of(text, "copy"), HasSubstr("| 105 \\["));
  EXPECT_THAT(text, HasSubstr("zero-copy that copies: not evaluated"));
}

TEST(TransferReport, ASlopeAboutATenthOfACopysIsUnclear) {
  const std::string text = report_of({way("copy", 20'000, 0.1), way("alloc_host_ptr", 9'000, 0.01)});
  EXPECT_THAT(row_of(text, "alloc_host_ptr"), HasSubstr("unclear"));
}

TEST(TransferReport, ALaunchIntoABusyQueueHasALineOfItsOwn) {
  std::vector<Record> records;
  for (const std::int64_t launches : {1, 2, 4, 8, 16}) {
    Record record = way("copy", 60'000 + 15'000 * static_cast<double>(launches), 0).front();
    record.item.set("launches", launches);
    records.push_back(std::move(record));
  }
  const std::string text = report_of({way("copy", 75'000, 0.1), records});
  EXPECT_THAT(text, HasSubstr("### Launches into a busy queue"));
  EXPECT_THAT(text, AllOf(HasSubstr("| copy | wait | 4 | 60.0 \\["), HasSubstr("| 15.0 \\[")));
  EXPECT_THAT(row_of(text, "copy"), AllOf(HasSubstr("| 75.0 \\["), HasSubstr("| 105 \\[")))
      << "what is launched several times is no point of the line over sizes";
  EXPECT_THAT(report_of({way("copy", 75'000, 0.1)}), Not(HasSubstr("busy queue")));
  records.erase(records.begin());
  EXPECT_THAT(report_of({records}), HasSubstr("| 15.0 \\[")) << "also where no row has one launch";
  records.resize(2);
  EXPECT_THAT(report_of({records}), Not(HasSubstr("busy queue"))) << "two numbers lie on any line";
}

TEST(TransferReport, MemoryMappedElsewhereIsTold) {
  std::vector<Record> elsewhere = way("use_host_ptr", 9'000, 0);
  elsewhere[0].metrics["mapped_elsewhere"] = {1, "1", ""};
  elsewhere[0].metrics["address_changes"] = {3, "1", ""};
  const std::string row = row_of(report_of({way("copy", 20'000, 0.1), elsewhere}), "use_host_ptr");
  EXPECT_THAT(row, AllOf(HasSubstr("mapped elsewhere than the memory it was told to use"), HasSubstr("| 3.00 |")));
}

TEST(TransferReport, WhatCannotBeJudgedSaysWhy) {
  EXPECT_THAT(row_of(report_of({way("svm_fine", 8'000, 0)}), "svm_fine"), HasSubstr("not evaluated: no copy"));
  std::vector<Record> few = way("svm_fine", 8'000, 0);
  few.resize(2);
  EXPECT_THAT(row_of(report_of({way("copy", 20'000, 0.1), few}), "svm_fine"),
              HasSubstr("not evaluated: fewer than three"));
  Record strange = way("copy", 1'000, 0)[0];
  strange.item.set("bytes", std::string("many"));
  strange.item.set("direction", std::int64_t{3});
  EXPECT_THAT(markdown_report(make_input({strange})), Not(HasSubstr("handing memory over")));
}

}  // namespace
}  // namespace hetscope
