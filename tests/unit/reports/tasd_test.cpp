// The section on structured sparse products, of made rows with known answers, and the accelerator's model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "reports/accelerator_model.hpp"
#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Layer {
  std::string name = "bert/base.attention";
  Dims shape = {768, 768, 384};
  double sparsity = 0.9;
};

Record product(const Layer& layer, const std::string& kernel, double time_ns, const std::string& series = "") {
  Record record = make_record("sparse_matmul_" + kernel, time_ns);
  record.item = Case("sparse_matmul", "sparse_matmul_" + kernel, {"cpu"});
  record.item.set("shape", layer.shape);
  record.item.set("layer", layer.name);
  record.item.set("dtype", std::string("f32"));
  record.item.set("sparsity", layer.sparsity);
  if (!series.empty()) record.item.set("series", series);
  record.group = "sparse_matmul " + layer.name + " " + std::to_string(layer.sparsity);
  return record;
}

Record series_of(const Layer& layer, double time_ns, const std::string& series, double slots, double error) {
  Record record = product(layer, "series", time_ns, series);
  record.metrics["slots"] = {slots, "1", ""};
  record.metrics["relative_error_of_matrix"] = {error + 0.01, "1", ""};
  record.metrics["relative_error_to_exact_operand"] = {error, "1", ""};
  return record;
}

// Dense takes 100 and 80 us; 1:8 a quarter of the better one at a large error, 2:4 a half at a small one.
std::vector<Record> layer_rows(const Layer& layer) {
  return {product(layer, "openblas", 100'000), product(layer, "onednn", 80'000),
          series_of(layer, 20'000, "1:8", 0.125, 0.34), series_of(layer, 40'000, "2:4", 0.5, 0.04),
          product(layer, "csr", 64'000)};
}

std::string tasd_report(std::vector<Record> records) { return markdown_report(make_input(std::move(records))); }

TEST(TasdReport, SaysSpeedAtAnErrorAndNoGo) {
  const std::string text = tasd_report(layer_rows({}));
  EXPECT_THAT(text, HasSubstr("## TASD on this device"));
  EXPECT_THAT(text, HasSubstr("no GO: the error of a matrix or of a product is not the accuracy of a network"));
}

TEST(TasdReport, SpeedUpsAreAgainstTheBestDenseOfTheGroup) {
  const std::string row = line_with(tasd_report(layer_rows({})), "| bert |  | 1:8 |");
  // 80 us over 20 us; a sixteenth at constant power.
  EXPECT_THAT(row, AllOf(HasSubstr("| 0.125 | 0.350 | 0.340 | 4.00x \\["), HasSubstr("| 6 % |")));
}

TEST(TasdReport, TheFastestIsChosenByWhatItMayLose) {
  EXPECT_THAT(line_with(tasd_report(layer_rows({})), "| sparse_matmul_onednn, 80.0 us |"),
              AllOf(HasSubstr("**csr 1.25x"), HasSubstr("**2:4 2.00x"), HasSubstr("**1:8 4.00x")));
}

TEST(TasdReport, NetsAreGeometricMeansWithTheirWorstLayer) {
  std::vector<Record> rows = layer_rows({});
  const Layer slow{"bert/base.output", {768, 3072, 384}, 0.9};
  for (Record& record : layer_rows(slow)) {
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
    const Layer layer{"bert/base.attention", {768, 768, 384}, sparsity};
    rows.push_back(product(layer, "onednn", 80'000));
    rows.push_back(series_of(layer, 40'000, "2:4", 0.5, 0.2 * (1 - sparsity)));
    rows.push_back(product(layer, "csr", 800'000 * (1 - sparsity)));
  }
  const std::string text = tasd_report(rows);
  const std::string csr = line_with(text, "| csr | 4 |");
  EXPECT_THAT(csr, HasSubstr("| faster from 0.950 on | \u2013 |"));
  EXPECT_THAT(line_with(text, "| 2:4 | 4 | 0.100 |"),
              HasSubstr("| faster at every sparsity measured | faster up to 0.900 |"));
}

TEST(TasdReport, OneSparsityIsNoCrossover) {
  EXPECT_THAT(tasd_report(layer_rows({})), Not(HasSubstr("From which sparsity on")));
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
  std::vector<Record> rows = layer_rows({});
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
  const std::string text = tasd_report(layer_rows({}));
  EXPECT_THAT(text, AllOf(HasSubstr("EDP modelled, of dense (horowitz-fp32-45nm)"),
                          HasSubstr("EDP modelled, of dense (sparseloop-dstc-45nm)"), HasSubstr("ISSCC 2014")));
  EXPECT_THAT(line_with(text, "| csr | 1 |"), Not(HasSubstr("\\~")));
  std::vector<Record> rows = layer_rows({});
  for (Record& record : rows) record.item.set("dtype", std::string("i8"));
  EXPECT_THAT(line_with(tasd_report(rows), "| 2:4 | 1 |"), Not(HasSubstr("\\~")));
}

TEST(TasdReport, LossyProductsWithoutAnErrorAreNotTakenForExact) {
  std::vector<Record> rows = {product({}, "onednn", 80'000), product({}, "series", 20'000, "1:8")};
  const std::string text = tasd_report(rows);
  EXPECT_THAT(text, HasSubstr("| not measured | not measured | not measured | not measured |"));
  rows[1].item.set("residual", std::string("csr"));
  EXPECT_THAT(tasd_report(rows), HasSubstr("**1:8+csr 4.00x"));
}

TEST(TasdReport, WithoutADenseProductOrRoundsNothingIsClaimed) {
  EXPECT_THAT(tasd_report({series_of({}, 20'000, "1:8", 0.125, 0.3)}), Not(HasSubstr("TASD on this device")));
  std::vector<Record> apart = layer_rows({});
  for (Record& record : apart) {
    if (record.item.kernel() == "sparse_matmul_series") record.session = "another";
  }
  EXPECT_THAT(tasd_report(apart), AllOf(Not(HasSubstr("| 1:8 | 1 |")), HasSubstr("| csr | 1 |"),
                                        HasSubstr("Left out: 2 rows whose group has no dense product")));
}

TEST(TasdReport, StrangersRecordsDoNotHurt) {
  std::vector<Record> rows = layer_rows({});
  for (Record& record : rows) {
    record.item.set("shape", Dims{4});
    record.item.set("sparsity", std::string("much"));
    record.item.set("layer", std::string("/"));
    if (record.item.has("series")) record.item.set("series", std::string("2:4+<b>"));
  }
  const std::string text = tasd_report(rows);
  EXPECT_THAT(line_with(text, "| 2:4+&lt;b&gt; | 1 |"), AllOf(HasSubstr("4.00x"), Not(HasSubstr("\\~"))));
  for (Record& record : rows) record.metrics.clear();
  EXPECT_THAT(tasd_report(rows), HasSubstr("**csr 1.25x \\[1.25, 1.25\\]** | **csr 1.25x \\[1.25, 1.25\\]** |"));
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
  const Layer layer{"resnet/conv", {128, 1152, 784}, 0.9};
  std::vector<Record> rows = layer_rows(layer);
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
  const std::string text =
      tasd_report({product({}, "dense_buffer", 90'000), product({}, "dense_image2d", 80'000),
                   product({}, "series_buffer", 50'000, "1:8"), product({}, "series_image2d", 40'000, "1:8")});
  EXPECT_THAT(line_with(text, "| bert |  | 1:8 image |"), HasSubstr("| 2.00x \\["));
  EXPECT_THAT(line_with(text, "| bert |  | 1:8 |"), HasSubstr("| 1.60x \\["));
}

// 10 us once, 20 us of product where dense takes 80 for 384 columns: 10 / (60 / 384) is 64.
TEST(TasdReport, ActivationsAreWonBackFromSoManyColumnsOn) {
  std::vector<Record> rows = {product({}, "onednn", 80'000), product({}, "series_online", 30'000, "1:8")};
  rows[1].stages_ns = {{"decompose", 6'000}, {"pack", 4'000}, {"multiply", 20'000}};
  EXPECT_THAT(line_with(tasd_report(rows), "| 1:8 online | 10.0 us |"),
              AllOf(HasSubstr("| 20.0 us | 33 % | 2.67x"), HasSubstr("| 384 | 64 |")));
  rows[1].stages_ns["multiply"] = 90'000;
  EXPECT_THAT(line_with(tasd_report(rows), "| 1:8 online | 10.0 us |"), HasSubstr("| never |"));
  rows[1].stages_ns.erase("pack");
  EXPECT_THAT(tasd_report(rows), Not(HasSubstr("won back")));
}

AcceleratorModel one_pj_each() { return {"unit", "made", "up", 1, 1, 1, 1, 1, 1}; }

TEST(AcceleratorModel, IsTheArithmeticOfItsFormula) {
  const LayerExtents layer{2, 8, 4};
  // 64 multiply-adds, 16 words of a, 32 of b, 8 read and 8 written of c.
  EXPECT_DOUBLE_EQ(modelled_energy_pj(one_pj_each(), layer, {}), 64 + 16 + 32 + 16);
  // Half of the multiply-adds and of a, and 2 bits of 16 for each of its 8 indices.
  const auto terms = modelled_terms("2:4");
  EXPECT_DOUBLE_EQ(modelled_energy_pj(one_pj_each(), layer, terms), 32 + 8 + 1 + 32 + 16);
  EXPECT_DOUBLE_EQ(modelled_edp_ratio(one_pj_each(), layer, terms), 89.0 / 128 / 2);
}

TEST(AcceleratorModel, ReadsSeriesAndRefusesWhatIsNone) {
  EXPECT_DOUBLE_EQ(slots_of_terms(modelled_terms("2:4+1:8")), 0.625);
  for (const char* text : {"", "2", "2:", ":4", "5:4", "0:4", "2:4+", "2:4 ", "99999999999:4", "-1:4"}) {
    EXPECT_TRUE(modelled_terms(text).empty()) << text;
  }
}

TEST(AcceleratorModel, TablesAreReadStrictly) {
  ASSERT_EQ(known_accelerators().size(), 2U);
  EXPECT_EQ(known_accelerators()[0].name, "horowitz-fp32-45nm");
  EXPECT_DOUBLE_EQ(known_accelerators()[0].multiply_add_pj, 4.6);
  EXPECT_THROW(parse_accelerator(R"({"schema":"other/1"})", "x.json"), Error);
  EXPECT_THROW(parse_accelerator(R"({"schema":"hetscope/accelerator-model/1","name":"a","source":"b","note":"c",
    "pj":{"multiply_add":-1,"left_word":1,"index_word":1,"right_word":1,"result_read":1,"result_write":1}})",
                                 "x.json"),
               Error);
}

}  // namespace
}  // namespace hetscope
