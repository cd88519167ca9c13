// The decomposition over whole matrices: checks, rows over threads, tails. The inner loop is in decompose_row.
#include "kernels/sparse/decomposition.hpp"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "harness/core/error.hpp"
#include "kernels/sparse/decompose_row.hpp"

namespace hetscope {
namespace {

void check(const MatrixView& matrix) {
  if (matrix.dtype != DType::f32 && matrix.dtype != DType::f16 && matrix.dtype != DType::i8) {
    throw Error("a matrix of " + std::string(to_string(matrix.dtype)) + " cannot be decomposed", {},
                "use f32, f16 or i8");
  }
  if (matrix.rows < 1 || matrix.cols < 1 || matrix.data == nullptr)
    throw Error("the matrix to decompose has no elements");
  if (matrix.row_stride < matrix.cols) throw Error("the row stride is smaller than a row of the matrix");
  if (matrix.rows > (std::int64_t{1} << 48) / matrix.row_stride) throw Error("the matrix to decompose is too large");
  if (!std::isfinite(matrix.scale) || matrix.scale <= 0) throw Error("the scale of an i8 matrix must be positive");
}

void check_size(std::size_t values, std::int64_t rows, std::int64_t cols) {
  if (rows < 1 || cols < 1 || static_cast<std::int64_t>(values) % cols != 0 ||
      static_cast<std::int64_t>(values) / cols != rows) {
    throw Error(std::to_string(values) + " values are not a matrix of " + std::to_string(rows) + " x " +
                std::to_string(cols));
  }
}

// Row `row` in f32; false when it holds NaN or infinity.
bool load_row(const MatrixView& matrix, std::int64_t row, float* to) {
  const std::int64_t first = row * matrix.row_stride;
  switch (matrix.dtype) {
    case DType::f32:
      return copy_finite_f32(static_cast<const float*>(matrix.data) + first, to, matrix.cols);
    case DType::f16:
      return widen_finite_f16(static_cast<const std::uint16_t*>(matrix.data) + first, to, matrix.cols);
    default:
      widen_i8(static_cast<const std::int8_t*>(matrix.data) + first, to, matrix.cols);
      return true;
  }
}

// Reads the matrix itself: what conversions by vectors make of such elements is not their values.
[[noreturn]] void throw_not_finite(const MatrixView& matrix, std::int64_t row) {
  const auto value_at = [&](std::int64_t col) {
    const std::int64_t at = row * matrix.row_stride + col;
    return matrix.dtype == DType::f16 ? f32_from_f16(static_cast<const std::uint16_t*>(matrix.data)[at])
                                      : static_cast<const float*>(matrix.data)[at];
  };
  std::int64_t col = 0;
  while (col + 1 < matrix.cols && std::isfinite(value_at(col))) ++col;
  throw Error(std::string(std::isnan(value_at(col)) ? "NaN" : "infinity") + " in the matrix to decompose",
              "row " + std::to_string(row) + ", column " + std::to_string(col),
              "only finite values have a magnitude order");
}

void shape_term(Term& term, NmPattern pattern, std::int64_t rows, std::int64_t cols) {
  term.pattern = pattern;
  term.rows = rows;
  term.cols = cols;
  term.blocks = (cols + pattern.m - 1) / pattern.m;
  const auto slots = static_cast<std::size_t>(rows * term.slots_per_row());
  term.values.resize(slots);
  term.indices.resize(slots);
}

// `row` holds cols elements and NmPattern::kMaxM zeros behind them, which stay zero.
void extract_row(Term& term, std::int64_t row, float* elements) {
  const std::int64_t first = row * term.slots_per_row();
  decompose_row(term.pattern, elements, term.blocks, term.values.data() + first, term.indices.data() + first);
}

template <class Body>
void for_shares(ThreadPool* pool, std::int64_t count, Body&& body) {
  if (pool == nullptr || pool->size() == 1) {
    body(0, std::int64_t{0}, count);
    return;
  }
  pool->run([&](int worker) {
    const auto [begin, end] = ThreadPool::share_of(worker, pool->size(), count, 1);
    if (begin < end) body(worker, begin, end);
  });
}

}  // namespace

MatrixView MatrixView::f32(std::span<const float> values, std::int64_t rows, std::int64_t cols) {
  check_size(values.size(), rows, cols);
  return {DType::f32, values.data(), rows, cols, cols, 1};
}

MatrixView MatrixView::f16(std::span<const std::uint16_t> bits, std::int64_t rows, std::int64_t cols) {
  check_size(bits.size(), rows, cols);
  return {DType::f16, bits.data(), rows, cols, cols, 1};
}

MatrixView MatrixView::i8(std::span<const std::int8_t> values, std::int64_t rows, std::int64_t cols, double scale) {
  check_size(values.size(), rows, cols);
  return {DType::i8, values.data(), rows, cols, cols, scale};
}

void decompose(const MatrixView& matrix, const Series& series, const DecomposeOptions& options, Decomposition& result) {
  check(matrix);
  result.dtype = matrix.dtype;
  result.scale = matrix.scale;
  result.rows = matrix.rows;
  result.cols = matrix.cols;
  result.terms.resize(series.terms().size());
  for (std::size_t t = 0; t < result.terms.size(); ++t) {
    shape_term(result.terms[t], series.terms()[t], matrix.rows, matrix.cols);
  }
  result.residual.resize(options.keep_residual ? static_cast<std::size_t>(matrix.rows * matrix.cols) : 0);

  // A thread's row: the elements, then zeros for the tail blocks, then the rest of a cache line so that no two share
  // one.
  const std::int64_t scratch_stride = (matrix.cols + NmPattern::kMaxM + 31) / 16 * 16;
  const int workers = options.pool == nullptr ? 1 : options.pool->size();
  const auto scratch = hwy::AllocateAligned<float>(static_cast<std::size_t>(workers * scratch_stride));
  if (scratch == nullptr) throw Error("no memory for the rows of the decomposition");
  std::atomic<std::int64_t> first_bad_row{std::numeric_limits<std::int64_t>::max()};
  for_shares(options.pool, matrix.rows, [&](int worker, std::int64_t begin, std::int64_t end) {
    float* elements = scratch.get() + worker * scratch_stride;
    std::fill(elements + matrix.cols, elements + scratch_stride, 0.0F);
    for (std::int64_t row = begin; row < end; ++row) {
      if (!load_row(matrix, row, elements)) {
        std::int64_t known = first_bad_row.load();
        while (row < known && !first_bad_row.compare_exchange_weak(known, row)) {
        }
        return;
      }
      for (Term& term : result.terms) extract_row(term, row, elements);
      if (options.keep_residual) {
        std::memcpy(result.residual.data() + row * matrix.cols, elements,
                    static_cast<std::size_t>(matrix.cols) * sizeof(float));
      }
    }
  });
  const std::int64_t bad_row = first_bad_row.load();
  if (bad_row < matrix.rows) throw_not_finite(matrix, bad_row);
}

Decomposition decompose(const MatrixView& matrix, const Series& series, const DecomposeOptions& options) {
  Decomposition result;
  decompose(matrix, series, options, result);
  return result;
}

std::vector<float> values_of(const MatrixView& matrix) {
  check(matrix);
  std::vector<float> values(static_cast<std::size_t>(matrix.rows * matrix.cols));
  for (std::int64_t row = 0; row < matrix.rows; ++row) {
    float* to = values.data() + row * matrix.cols;
    if (!load_row(matrix, row, to)) throw_not_finite(matrix, row);
  }
  return values;
}

Term extract_term(NmPattern pattern, std::int64_t rows, std::int64_t cols, std::vector<float>& residual) {
  check_size(residual.size(), rows, cols);
  validate(pattern);
  Term term;
  shape_term(term, pattern, rows, cols);
  std::vector<float> elements(static_cast<std::size_t>(cols + NmPattern::kMaxM), 0.0F);
  const auto row_bytes = static_cast<std::size_t>(cols) * sizeof(float);
  for (std::int64_t row = 0; row < rows; ++row) {
    std::memcpy(elements.data(), residual.data() + row * cols, row_bytes);
    extract_row(term, row, elements.data());
    std::memcpy(residual.data() + row * cols, elements.data(), row_bytes);
  }
  return term;
}

double Decomposition::executed_slots() const noexcept {
  std::int64_t slots = 0;
  for (const Term& term : terms) slots += term.slots_per_row();
  return cols == 0 ? 0 : static_cast<double>(slots) / static_cast<double>(cols);
}

std::vector<float> Decomposition::approximation() const {
  std::vector<float> sum(static_cast<std::size_t>(rows * cols), 0.0F);
  for (const Term& term : terms) {
    const std::int64_t slots = term.slots_per_row();
    for (std::int64_t at = 0; at < rows * slots; ++at) {
      const auto slot = static_cast<std::size_t>(at);
      // Each entry is in one term only: no two terms are added, and no rounding happens.
      if (term.values[slot] == 0.0F) continue;
      const std::int64_t block = at % slots / term.pattern.n;
      sum[static_cast<std::size_t>(at / slots * cols + block * term.pattern.m + term.indices[slot])] =
          term.values[slot];
    }
  }
  return sum;
}

std::vector<float> Decomposition::reconstruction() const {
  if (residual.empty()) throw Error("the decomposition has no residual", {}, "ask for it with keep_residual");
  std::vector<float> sum = approximation();
  for (std::size_t i = 0; i < sum.size(); ++i) {
    if (residual[i] != 0.0F) sum[i] = residual[i];
  }
  return sum;
}

}  // namespace hetscope
