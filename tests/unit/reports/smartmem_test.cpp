// The sections on launches and on layouts, of made rows with known answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::vector<Record> chain(const std::string& kernel, double fixed_ns, double each_ns) {
  std::vector<Record> records;
  for (const std::int64_t operators : {1, 10, 100, 1000}) {
    Record record = make_record(kernel, fixed_ns + each_ns * static_cast<double>(operators), "opencl:1");
    record.item = Case("operator_chain", kernel, {"opencl:1"});
    record.item.set("operators", operators);
    record.item.set("words", std::int64_t{256});
    records.push_back(std::move(record));
  }
  return records;
}

TEST(LaunchReport, TheSlopeIsWhatAnOperatorCosts) {
  std::vector<Record> records = chain("operator_chain_launches", 8'000, 5'000);
  for (Record& record : chain("operator_chain_fused", 8'000, 20)) records.push_back(std::move(record));
  const std::string text = markdown_report(make_input(std::move(records)));
  EXPECT_THAT(text, HasSubstr("## What a launch costs"));
  EXPECT_THAT(line_with(text, "| opencl:1 | operator_chain_launches | words=256 |"),
              AllOf(HasSubstr("| 5.00 \\["), HasSubstr("| 500 \\[")));
  EXPECT_THAT(line_with(text, "| opencl:1 | operator_chain_fused | words=256 |"), HasSubstr("| 2.00 \\["));
}

TEST(LaunchReport, RowsWithoutANumberOfOperatorsAreLeftOut) {
  Record strange = chain("operator_chain_launches", 1'000, 1)[0];
  strange.item.set("operators", std::string("many"));
  EXPECT_THAT(markdown_report(make_input({strange})), Not(HasSubstr("What a launch costs")));
}

std::vector<Record> layouts(const std::string& processor) {
  std::vector<Record> records;
  double time_ns = 10'000;
  for (const char* layout : {"order:0,1,2/p2x4", "order:2,0,1/p0x4", "order:1,0,2/p2x4"}) {
    Record record = make_record("reduce_image2d", time_ns, processor);
    record.item = Case("reduce", "reduce_image2d", {processor});
    record.item.set("shape", Dims{96, 56, 56});
    record.item.set("layout", std::string(layout));
    record.group = "reduce shape=96x56x56";
    records.push_back(std::move(record));
    time_ns *= 2;
  }
  return records;
}

TEST(MappingReport, NamesTheBestAndTheWorstLayout) {
  const std::string row = line_with(markdown_report(make_input(layouts("opencl:1"))), "| shape=96x56x56 |");
  EXPECT_THAT(row, AllOf(HasSubstr("| order:0,1,2/p2x4 | order:1,0,2/p2x4 | 4.00"), HasSubstr("| 3 |"),
                         Not(HasSubstr("says nothing"))));
}

TEST(MappingReport, OnTheHostsCpuItSaysNothingOfTextures) {
  EXPECT_THAT(line_with(markdown_report(make_input(layouts("opencl:0"))), "| shape=96x56x56 |"),
              HasSubstr("says nothing of textures"));
}

TEST(MappingReport, TwoLayoutsAreNoChoice) {
  std::vector<Record> two = layouts("opencl:1");
  two.pop_back();
  EXPECT_THAT(markdown_report(make_input(two)), Not(HasSubstr("Best and worst layout")));
}

// A sweep in which the layout by reduction dimension is `regret` times as slow as the best.
std::vector<Record> sweep(const std::string& kernel, double regret) {
  std::vector<Record> records;
  const std::vector<std::pair<const char*, double>> layouts = {
      {"order:0,1,2", 4}, {"order:1,2,0", 1}, {"order:2,1,0/p0x4", 2}, {"k1", regret}};
  for (const auto& [layout, factor] : layouts) {
    Record record = make_record(kernel, 10'000 * factor, "opencl:1");
    record.item = Case("tensor_consumers", kernel, {"opencl:1"});
    record.item.set("consumers", std::string("sum:0"));
    record.item.set("layout", std::string(layout));
    record.group = "tensor_consumers " + kernel;
    records.push_back(std::move(record));
  }
  return records;
}

TEST(RegretReport, SetsTheLayoutByReductionBesideTheBestOfTheSweep) {
  std::vector<Record> records = sweep("tensor_consumers_buffer", 1.5);
  const std::string text = markdown_report(make_input(records));
  EXPECT_THAT(text, HasSubstr("## Regret of layouts by reduction dimension"));
  EXPECT_THAT(text, HasSubstr("tensor_consumers_buffer on opencl:1, k1: geometric mean 1.50"));
  EXPECT_THAT(text, HasSubstr("| k1 | order:1,2,0 | 1.50"));
  std::erase_if(records, [](const Record& record) { return record.item.text("layout") == "order:1,2,0"; });
  EXPECT_THAT(markdown_report(make_input(records)), Not(HasSubstr("Regret of"))) << "two layouts are no sweep";
}

TEST(RegretReport, ChannelsInnermostAreAConvolutionsLayoutByReduction) {
  std::vector<Record> records = sweep("conv2d_buffer", 1);
  for (Record& record : records) {
    Case item("conv2d", "conv2d_buffer", {"opencl:1"});
    const std::string layout = record.item.text("layout");
    item.set("layout", layout == "k1" ? std::string("NHWC") : layout);
    record.item = item;
  }
  EXPECT_THAT(markdown_report(make_input(records)), HasSubstr("| NHWC | order:1,2,0 | 1.00"));
}

}  // namespace
}  // namespace hetscope
