// Splits a matrix into an ordered series of N:M terms and a residual (TASD, arXiv 2403.07953, section 3): the first
// term keeps, in every block of M along the reduction dimension, the N entries of largest magnitude; the next term does
// the same to what is left. Values are copied unchanged, so matrix = sum of the terms + residual, exactly.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/processor/thread_pool.hpp"
#include "harness/tensor/dtype.hpp"
#include "kernels/sparse/nm_pattern.hpp"

namespace hetscope {

// A matrix in memory that is not owned: rows x cols, row-major, rows `row_stride` elements apart. Blocks run along
// `cols`, the reduction dimension K of C = A·B. Elements are f32, f16 (binary16 bits) or i8, where an element stands
// for scale * q.
struct MatrixView {
  DType dtype = DType::f32;
  const void* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t row_stride = 0;
  double scale = 1;  // i8 only

  // Throw Error unless there are exactly rows x cols values.
  static MatrixView f32(std::span<const float> values, std::int64_t rows, std::int64_t cols);
  static MatrixView f16(std::span<const std::uint16_t> bits, std::int64_t rows, std::int64_t cols);
  static MatrixView i8(std::span<const std::int8_t> values, std::int64_t rows, std::int64_t cols, double scale);
};

// One term: `pattern.n` slots for each of `blocks` blocks of each row, [row][block][slot]. Slots of a block ascend by
// index; empty slots come last and hold value +0 and index 0. Values are in f32, which holds f16 and i8 exactly (i8:
// without the scale). An index is relative to its block; the column block * M + index is always below `cols`.
struct Term {
  NmPattern pattern;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t blocks = 0;  // a row: ceil(cols / M); the last block is padded with zeros
  std::vector<float> values;
  std::vector<std::uint8_t> indices;

  std::int64_t slots_per_row() const noexcept { return blocks * pattern.n; }
};

struct Decomposition {
  DType dtype = DType::f32;
  double scale = 1;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::vector<Term> terms;
  std::vector<float> residual;  // rows x cols, zeros are +0; empty when it was not asked for

  // Multiply-adds over those of the dense product, padding of the tail blocks included.
  double executed_slots() const noexcept;
  // Sum of the terms, rows x cols (i8: without the scale).
  std::vector<float> approximation() const;
  // Sum of the terms and the residual: the matrix itself. Throws Error when there is no residual.
  std::vector<float> reconstruction() const;
};

struct DecomposeOptions {
  bool keep_residual = true;
  ThreadPool* pool =
      nullptr;  // nullptr: the calling thread alone; rows are shared out, the result does not depend on it
};

// Throws Error for a matrix without elements or of another dtype, a row stride below cols, a scale that is not finite
// and positive, and NaN or infinity in the matrix (with row and column of the first). The buffers of `result` are
// reused. 1:4, 2:4, 1:8, 2:8 and 4:8 are vectorised; every other pattern takes a scalar loop.
void decompose(const MatrixView& matrix, const Series& series, const DecomposeOptions& options, Decomposition& result);
Decomposition decompose(const MatrixView& matrix, const Series& series, const DecomposeOptions& options = {});

// The values in f32 (i8: without the scale), rows x cols. Throws Error for what decompose() refuses.
std::vector<float> values_of(const MatrixView& matrix);

// Takes one more term out of `residual` (finite, from a decomposition): the greedy step by itself. Throws Error for a
// pattern that validate() refuses, and unless `residual` has rows x cols elements, at least one.
Term extract_term(NmPattern pattern, std::int64_t rows, std::int64_t cols, std::vector<float>& residual);

}  // namespace hetscope
