// The problem of a two-dimensional convolution, as its kernels see it.
#pragma once

#include <cstdint>
#include <string>

#include "harness/core/case.hpp"
#include "harness/core/divided_up.hpp"
#include "harness/kernel/operation.hpp"
#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

// Images, channels, rows, columns.
inline constexpr int kConvolutionRank = 4;

// A pair of numbers along the rows and along the columns of an image.
struct Extent2 {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
};

// What slides over the images of x (N x C x H x W). Each group of filters sees a group of channels.
struct ConvolutionWindow {
  std::int64_t filters = 1;
  Extent2 window;
  Extent2 stride;
  Extent2 padding{0, 0};  // zeros above and on the left
  Extent2 dilation;
  std::int64_t groups = 1;
  Extent2 padding_behind{0, 0};  // zeros below and on the right

  // Throws Error (at `where`) for what is not a convolution of x: numbers below their least, groups that divide neither
  // channels nor filters, a window larger than the padded image, padding as large as the window, more than 2^27
  // elements in an operand or 2^40 multiply-adds. The shape of the result.
  Shape output(const Shape& x, const std::string& where) const;
};

// y[n, f, p, q] = sum over c, r, s of x[n, c0(f) + c, p * stride + r * dilation - padding, ...] * weights[f, c, r, s]
struct ConvolutionProblem {
  // Throws Error where the case is not a convolution.
  explicit ConvolutionProblem(const Case& item);
  ConvolutionProblem(Shape x_shape, const ConvolutionWindow& sliding, DType type, const std::string& where);

  std::int64_t group_channels() const { return x[1] / sliding.groups; }
  std::int64_t group_filters() const { return sliding.filters / sliding.groups; }
  // Each channel has one filter of its own.
  bool is_depthwise() const { return sliding.groups == x[1] && sliding.filters == x[1]; }
  // Of one element of y.
  std::int64_t terms() const { return group_channels() * sliding.window.rows * sliding.window.columns; }
  // f x c/g x r x s
  Shape weights() const { return {sliding.filters, group_channels(), sliding.window.rows, sliding.window.columns}; }
  Work work() const;
  // What a sum of i8 products becomes a result by: of their steps, kMatmulI8Step each, steps of the result's own
  // (kernels/dense/matmul.hpp). 1 for other types.
  float result_factor() const;

  Shape x;
  ConvolutionWindow sliding;
  DType dtype;  // of x, weights and y; sums are f32, of i8 too
  Shape y;
};

// The order of the operation's inputs.
inline constexpr std::size_t kConvolutionInput = 0;
inline constexpr std::size_t kConvolutionWeights = 1;

// In f64 by nested loops, from `x` in row-major order and weights as they are; magnitudes are sum |x||w|.
struct ConvolutionSums {
  std::vector<double> values;
  std::vector<double> magnitudes;
};
ConvolutionSums convolution_reference(const ConvolutionProblem& problem, const std::vector<double>& x,
                                      const HostTensor& weights);

}  // namespace hetscope
