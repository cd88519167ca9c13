// One place for the axes of sparse inputs, so that a mask or a law is added once.
#include "kernels/sparse/sparse_axes.hpp"

#include <array>
#include <string>

#include "harness/core/error.hpp"

namespace hetscope {

std::span<const AxisSpec> sparse_input_axes() {
  static const std::array<AxisSpec, 4> kAxes = {
      AxisSpec{"sparsity", AxisType::real, "share of the matrix's entries that are zero, 0 to 1", AxisValue(0.9), {}},
      AxisSpec{"mask",
               AxisType::text,
               "which entries are zero",
               AxisValue(std::string("random")),
               {"random", "global_magnitude", "row_magnitude", "channel_skewed", "banded", "adversary"}},
      AxisSpec{"law",
               AxisType::text,
               "what the other entries hold",
               AxisValue(std::string("gaussian")),
               {"gaussian", "laplace", "constant", "heavy_tail", "half_normal", "gelu", "silu"}},
      AxisSpec{
          "seed", AxisType::integer, "which of the matrices with these properties", AxisValue(std::int64_t{1}), {}},
  };
  return kAxes;
}

AxisSpec series_axis() {
  return {"series",
          AxisType::text,
          "N:M terms in the order in which they are extracted, such as 2:4+2:8",
          AxisValue(std::string("2:4")),
          {}};
}

AxisSpec residual_axis() {
  return {"residual",
          AxisType::text,
          "what becomes of the entries that no term keeps: csr multiplies them too",
          AxisValue(std::string("drop")),
          {"drop", "csr"}};
}

bool keeps_residual(const Case& item) { return item.text("residual") == "csr"; }

SparseInput sparse_input_of(const Case& item, std::int64_t rows, std::int64_t cols) {
  return {rows,
          cols,
          item.real("sparsity"),
          parse_mask_kind(item.text("mask")),
          parse_value_law(item.text("law")),
          static_cast<std::uint64_t>(item.integer("seed"))};
}

void check_sparse_input(const SparseInput& input, std::string_view where) {
  if (!(input.sparsity >= 0 && input.sparsity <= 1)) {
    throw Error("the sparsity is outside [0, 1]", std::string(where), "0.9 is 90 % zeros");
  }
}

Series series_of(const Case& item) { return Series::parse(item.text("series"), item.line()); }

}  // namespace hetscope
