// The section on structured sparse products, of made rows with known answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reports/tasd_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(TasdReport, SaysSpeedAtAnErrorAndNoGo) {
  const std::string text = tasd_report(tasd_rows({}));
  EXPECT_THAT(text, HasSubstr("## TASD on this device"));
  EXPECT_THAT(text, HasSubstr("no GO: the error of a matrix or of a product is not the accuracy of a network"));
}

TEST(TasdReport, SpeedUpsAreAgainstTheBestDenseOfTheGroup) {
  const std::string row = line_with(tasd_report(tasd_rows({})), "| bert |  | 1:8 |");
  // 80 us over 20 us; a sixteenth at constant power.
  EXPECT_THAT(row, AllOf(HasSubstr("| 0.125 | 0.350 | 0.340 | 4.00x \\["), HasSubstr("| 6 % |")));
}

TEST(TasdReport, TheFastestIsChosenByWhatItMayLose) {
  EXPECT_THAT(line_with(tasd_report(tasd_rows({})), "| sparse_matmul_onednn, 80.0 us |"),
              AllOf(HasSubstr("**csr 1.25x"), HasSubstr("**2:4 2.00x"), HasSubstr("**1:8 4.00x")));
}

TEST(TasdReport, NetsAreGeometricMeansWithTheirWorstLayer) {
  std::vector<Record> rows = tasd_rows({});
  const TasdLayer slow{"bert/base.output", {768, 3072, 384}, 0.9};
  for (Record& record : tasd_rows(slow)) {
    if (record.item.kernel() == "sparse_matmul_series") {
      for (double& total : record.latencies["host_monotonic"].totals_ns) total *= 4;
    }
    rows.push_back(std::move(record));
  }
  // 4 and 1 make 2.
  EXPECT_THAT(tasd_report(rows), AllOf(HasSubstr("| 1:8 | 2 | 0.125 | 0.350 | 0.340 | 2.00x \\["),
                                       HasSubstr("1.00x at base.output 768x3072x384")));
}

TEST(TasdReport, CrossoversAreOverTheSparsitiesMeasured) {
  std::vector<Record> rows;
  for (const double sparsity : {0.5, 0.7, 0.9, 0.95}) {
    const TasdLayer layer{"bert/base.attention", {768, 768, 384}, sparsity};
    rows.push_back(tasd_product(layer, "onednn", 80'000));
    rows.push_back(tasd_series(layer, 40'000, "2:4", 0.5, 0.2 * (1 - sparsity)));
    rows.push_back(tasd_product(layer, "csr", 800'000 * (1 - sparsity)));
  }
  const std::string text = tasd_report(rows);
  const std::string csr = line_with(text, "| csr | 4 |");
  EXPECT_THAT(csr, HasSubstr("| faster from 0.950 on | \u2013 |"));
  EXPECT_THAT(line_with(text, "| 2:4 | 4 | 0.100 |"),
              HasSubstr("| faster at every sparsity measured | faster up to 0.900 |"));
}

TEST(TasdReport, OneSparsityIsNoCrossover) {
  EXPECT_THAT(tasd_report(tasd_rows({})), Not(HasSubstr("From which sparsity on")));
}

EnergyRecord energy(double joules, const std::string& kind) {
  EnergyRecord record;
  record.value_j = joules;
  record.kind = kind;
  record.meter = "rapl";
  record.scope = "package";
  return record;
}

std::string energy_row(const std::string& kind) {
  std::vector<Record> rows = tasd_rows({});
  for (Record& record : rows) {
    const bool is_series = record.item.kernel() == "sparse_matmul_series";
    record.energies = {energy(is_series ? 0.3 : 1.0, kind)};
    record.edp = EdpRecord{is_series ? 0.15 : 1.0, kind};
  }
  return line_with(tasd_report(rows), "| 2:4 | 1 |");
}

TEST(TasdReport, MeasuredAndModelledEnergyStandApart) {
  // 1 / 2.00^2, then what the meter says, then the models.
  EXPECT_THAT(energy_row("measured_counter"), HasSubstr("| 25 % | 15 % | \\~"));
  EXPECT_THAT(energy_row("modelled"), HasSubstr("| 25 % | \u2013 | \\~"));
}

TEST(TasdReport, ModelsNameTheirTablesAndAreNotMadeForI8) {
  const std::string text = tasd_report(tasd_rows({}));
  EXPECT_THAT(text, AllOf(HasSubstr("EDP modelled, of dense (horowitz-fp32-45nm, 32-bit words)"),
                          HasSubstr("EDP modelled, of dense (sparseloop-dstc-45nm, 16-bit words)"),
                          HasSubstr("ISSCC 2014"), HasSubstr("before every number of kind modelled")));
  EXPECT_THAT(line_with(text, "| csr | 1 |"), Not(HasSubstr("\\~")));
  std::vector<Record> rows = tasd_rows({});
  for (Record& record : rows) record.item.set("dtype", std::string("i8"));
  EXPECT_THAT(line_with(tasd_report(rows), "| 2:4 | 1 |"),
              AllOf(Not(HasSubstr("\\~")), HasSubstr("not modelled: no table is of i8")));
}

TEST(TasdReport, ATableOfAnotherWidthSaysSoBesideItsNumber) {
  std::vector<Record> rows = tasd_rows({});
  const auto row_in = [&rows](const std::string& dtype) {
    for (Record& record : rows) record.item.set("dtype", dtype);
    return line_with(tasd_report(rows), "| 2:4 | 1 |");
  };
  EXPECT_THAT(row_in("f32"),
              AllOf(HasSubstr("(16-bit words, measured in f32)"), Not(HasSubstr("(32-bit words, measured in"))));
  EXPECT_THAT(row_in("f16"),
              AllOf(HasSubstr("(32-bit words, measured in f16)"), Not(HasSubstr("(16-bit words, measured in"))));
}

TEST(TasdReport, ActivationsAreModelledOnlyByTablesWithAComparison) {
  Record online = tasd_product({}, "series_online", 30'000, "1:8");
  const std::string row = line_with(tasd_report({tasd_product({}, "onednn", 80'000), online}), "| 1:8 online | 1 |");
  EXPECT_THAT(row, HasSubstr("% | not modelled: its table has no energy of a comparison |"));
}

TEST(TasdReport, LossyProductsWithoutAnErrorAreNotTakenForExact) {
  std::vector<Record> rows = {tasd_product({}, "onednn", 80'000), tasd_product({}, "series", 20'000, "1:8")};
  const std::string text = tasd_report(rows);
  EXPECT_THAT(text, HasSubstr("| not measured | not measured | not measured | not measured |"));
  rows[1].item.set("residual", std::string("csr"));
  EXPECT_THAT(tasd_report(rows), HasSubstr("**1:8+csr 4.00x"));
}

TEST(TasdReport, WithoutADenseProductOrRoundsNothingIsClaimed) {
  EXPECT_THAT(tasd_report({tasd_series({}, 20'000, "1:8", 0.125, 0.3)}), Not(HasSubstr("TASD on this device")));
  std::vector<Record> apart = tasd_rows({});
  for (Record& record : apart) {
    if (record.item.kernel() == "sparse_matmul_series") record.session = "another";
  }
  EXPECT_THAT(tasd_report(apart), AllOf(Not(HasSubstr("| 1:8 | 1 |")), HasSubstr("| csr | 1 |"),
                                        HasSubstr("Left out: 2 rows whose group has no dense product")));
}

TEST(TasdReport, StrangersRecordsDoNotHurt) {
  std::vector<Record> rows = tasd_rows({});
  for (Record& record : rows) {
    record.item.set("shape", Dims{4});
    record.item.set("sparsity", std::string("much"));
    record.item.set("layer", std::string("/"));
    if (record.item.has("series")) record.item.set("series", std::string("2:4+<b>"));
  }
  const std::string text = tasd_report(rows);
  EXPECT_THAT(line_with(text, "| 2:4+&lt;b&gt; | 1 |"), AllOf(HasSubstr("4.00x"), Not(HasSubstr("\\~"))));
  for (Record& record : rows) record.metrics.clear();
  EXPECT_THAT(tasd_report(rows),
              HasSubstr("**csr 1.25x \\[1.25, 1.25\\], exact** | **csr 1.25x \\[1.25, 1.25\\], exact** |"));
}

Record im2col(double time_ns, const Dims& shape) {
  Record record = make_record("im2col_rows", time_ns);
  record.item = Case("im2col", "im2col_rows", {"cpu"});
  record.item.set("shape", shape);
  record.item.set("dtype", std::string("f32"));
  record.item.set("filter", Dims{3, 3});
  record.item.set("stride", std::int64_t{1});
  record.item.set("padding", std::int64_t{1});
  return record;
}

TEST(TasdReport, ConvolutionsHaveTheTimeOfTheirColumns) {
  const TasdLayer layer{"resnet/conv", {128, 1152, 784}, 0.9};
  std::vector<Record> rows = tasd_rows(layer);
  EXPECT_THAT(tasd_report(rows), Not(HasSubstr("Convolutions")));
  rows.push_back(im2col(1'000, {64, 56, 56}));  // of another layer
  EXPECT_THAT(tasd_report(rows), Not(HasSubstr("Convolutions")));
  rows.push_back(im2col(20'000, {128, 28, 28}));
  // (20 + 80) over (20 + 20) us, of which columns are a fifth and a half.
  EXPECT_THAT(line_with(tasd_report(rows), "| 1:8 | 20.0 us |"),
              AllOf(HasSubstr("| 20 % | 50 % | 4.00x"), HasSubstr("| 2.50x |")));
  rows.back().item.set("padding", std::numeric_limits<std::int64_t>::max());
  EXPECT_THAT(tasd_report(rows), Not(HasSubstr("Convolutions")));
  rows.back().item.set("padding", std::int64_t{1});
  rows.back().item.set("stride", std::int64_t{0});
  EXPECT_THAT(tasd_report(rows), Not(HasSubstr("Convolutions")));
}

TEST(TasdReport, ASeriesFromATextureIsAgainstTheBestDenseOfTheDevice) {
  const std::string text = tasd_report(
      {tasd_product({}, "dense_buffer", 90'000), tasd_product({}, "dense_image2d", 80'000),
       tasd_product({}, "series_buffer", 50'000, "1:8"), tasd_product({}, "series_image2d", 40'000, "1:8")});
  EXPECT_THAT(line_with(text, "| bert |  | 1:8 image |"), HasSubstr("| 2.00x \\["));
  EXPECT_THAT(line_with(text, "| bert |  | 1:8 |"), HasSubstr("| 1.60x \\["));
}

// 10 us once, 20 us of product where dense takes 80 for 384 columns: 10 / (60 / 384) is 64.
TEST(TasdReport, ActivationsAreWonBackFromSoManyColumnsOn) {
  std::vector<Record> rows = {tasd_product({}, "onednn", 80'000), tasd_product({}, "series_online", 30'000, "1:8")};
  rows[1].stages_ns = {{"decompose", 6'000}, {"pack", 4'000}, {"multiply", 20'000}};
  const auto row = [&rows] { return line_with(tasd_report(rows), "| \u2013 | \u2013 | 10.0 us |"); };
  EXPECT_THAT(row(), AllOf(HasSubstr("| 20.0 us | 33 % | 2.67x"), HasSubstr("| 384 | 64 |")));
  rows[1].stages_ns["multiply"] = 90'000;
  EXPECT_THAT(row(), HasSubstr("| never |"));
  rows[1].stages_ns.erase("pack");
  EXPECT_THAT(tasd_report(rows), Not(HasSubstr("won back")));
}

TEST(TasdReport, ActivationsHaveTheirPseudoDensity) {
  std::vector<Record> rows = {tasd_product({}, "onednn", 80'000), tasd_product({}, "series_online", 30'000, "1:8")};
  rows[1].stages_ns = {{"decompose", 6'000}, {"pack", 4'000}, {"multiply", 20'000}};
  rows[1].metrics["density"] = {0.99, "1", ""};
  rows[1].metrics["pseudo_density"] = {0.87, "1", ""};
  EXPECT_THAT(tasd_report(rows),
              AllOf(HasSubstr("| density | pseudo-density |"), HasSubstr("| 1:8 online | 0.990 | 0.870 | 10.0 us |")));
}

// On two threads 1:8 takes half of dense's time, on one a quarter.
TEST(TasdReport, SeveralThreadsStandBesideOneWithTheirShareOfTheMemory) {
  std::vector<Record> rows = tasd_rows({});
  EXPECT_THAT(tasd_report(rows), Not(HasSubstr("share of the memory roof")));
  for (Record& record : rows) record.item.set("threads", std::int64_t{1});
  std::vector<Record> on_two = {tasd_product({}, "onednn", 80'000), tasd_series({}, 40'000, "1:8", 0.125, 0.34)};
  on_two[1].metrics["of_bandwidth_roof"] = {0.43, "1", "copy_bandwidth@cpu threads=2"};
  for (Record& record : on_two) {
    record.item.set("threads", std::int64_t{2});
    record.group += " threads=2";
    rows.push_back(record);
  }
  EXPECT_THAT(tasd_report(on_two),
              HasSubstr("| 2 | dense: sparse_matmul_onednn | 80.0 us | 1 | \u2013 | 20.1 | not recorded |"));
  const std::string text = tasd_report(rows);
  // 1,605,632 bytes in 80 us and in 40.
  EXPECT_THAT(text, HasSubstr("| 2 | dense: sparse_matmul_onednn | 80.0 us | 1 | 1 | 20.1 | not recorded |"));
  EXPECT_THAT(line_with(text, "| 2 | 1:8 | 40.0 us |"), AllOf(HasSubstr("| 2.00x \\["), HasSubstr("| 4.00x \\["),
                                                              HasSubstr("| 40.1 | 43 % of copy_bandwidth@cpu")));
}

}  // namespace
}  // namespace hetscope
