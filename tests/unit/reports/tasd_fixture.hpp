// Rows of sparse products made in code, with known answers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {

struct TasdLayer {
  std::string name = "bert/base.attention";
  Dims shape = {768, 768, 384};
  double sparsity = 0.9;
};

inline Record tasd_product(const TasdLayer& layer, const std::string& kernel, double time_ns,
                           const std::string& series = "") {
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

inline Record tasd_series(const TasdLayer& layer, double time_ns, const std::string& series, double slots,
                          double error) {
  Record record = tasd_product(layer, "series", time_ns, series);
  record.metrics["slots"] = {slots, "1", ""};
  record.metrics["relative_error_of_matrix"] = {error + 0.01, "1", ""};
  record.metrics["relative_error_to_exact_operand"] = {error, "1", ""};
  return record;
}

// Dense takes 100 and 80 us; 1:8 a quarter of the better one at a large error, 2:4 a half at a small one.
inline std::vector<Record> tasd_rows(const TasdLayer& layer) {
  return {tasd_product(layer, "openblas", 100'000), tasd_product(layer, "onednn", 80'000),
          tasd_series(layer, 20'000, "1:8", 0.125, 0.34), tasd_series(layer, 40'000, "2:4", 0.5, 0.04),
          tasd_product(layer, "csr", 64'000)};
}

inline std::string tasd_report(std::vector<Record> records) { return markdown_report(make_input(std::move(records))); }

}  // namespace hetscope
