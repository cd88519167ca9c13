// First order in the unit roundoff; each operator passes on the errors of its input and adds its own.
#include "kernels/elimination/bounded.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>

#include "harness/kernel/operation.hpp"

namespace hetscope {
namespace {

Bounded relu_of(Bounded in) {
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    in.values[i] = std::max(0.0, in.values[i]);  // the first of equals: 0 of -0
  }
  return in;
}

// Worst case of what computes the error function: an approximation by a polynomial, rounded at each of its steps. The
// slope of gelu is at most 1.13.
constexpr double kGeluUnits = 32;
// Likewise an exponential of 3 units, a sum and a quotient; the slope of silu is at most 1.1.
constexpr double kSiluUnits = 16;

Bounded gelu_of(Bounded in) {
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    const double x = in.values[i];
    // Where x is far below zero, 1 + erf would lose what erfc keeps.
    in.values[i] = 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
    in.errors[i] = 1.13 * in.errors[i] + kGeluUnits * std::abs(x);
  }
  return in;
}

Bounded silu_of(Bounded in) {
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    in.values[i] /= 1 + std::exp(-in.values[i]);
    in.errors[i] = 1.1 * in.errors[i] + kSiluUnits * std::abs(in.values[i]);
  }
  return in;
}

// A row of `n` elements at a time: row(values, errors), in place.
template <class Row>
Bounded by_rows(Bounded in, Row&& row) {
  const auto n = static_cast<std::size_t>(in.shape[in.shape.rank() - 1]);
  for (std::size_t at = 0; at < in.values.size(); at += n) {
    row(std::span(in.values).subspan(at, n), std::span(in.errors).subspan(at, n));
  }
  return in;
}

// An exponential is taken to be right to 16 units.
Bounded softmax_of(Bounded in) {
  return by_rows(std::move(in), [](std::span<double> values, std::span<double> errors) {
    const double greatest = *std::ranges::max_element(values);
    const double most_error = *std::ranges::max_element(errors);
    double sum = 0;
    double worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      worst = std::max(worst, 2 * most_error + greatest - values[i]);
      sum += std::exp(values[i] - greatest);
    }
    const auto n = static_cast<double>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double share = std::exp(values[i] - greatest) / sum;
      errors[i] = share * (errors[i] + most_error + (greatest - values[i]) + worst + n + 40);
      values[i] = share;
    }
  });
}

constexpr double kEpsilon = 1e-5;

Bounded layer_norm_of(Bounded in) {
  return by_rows(std::move(in), [](std::span<double> values, std::span<double> errors) {
    const auto n = static_cast<double>(values.size());
    double mean = 0;
    double magnitude = 0;
    double error = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      mean += values[i] / n;
      magnitude += std::abs(values[i]) / n;
      error = std::max(error, errors[i]);
    }
    double variance = 0;
    double greatest = 0;
    for (const double value : values) {
      variance += (value - mean) * (value - mean) / n;
      greatest = std::max(greatest, std::abs(value - mean));
    }
    const double scale = 1 / std::sqrt(variance + kEpsilon);
    // Of a difference from the mean, and, relative, of the scale that is made of them.
    const double difference = 2 * error + (n + 2) * magnitude + greatest;
    const double of_scale = scale * scale * greatest * difference + n + 8;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = (values[i] - mean) * scale;
      errors[i] = scale * difference + std::abs(values[i]) * of_scale;
    }
  });
}

Bounded sum_of(const Bounded& in) {
  std::vector<std::int64_t> dims = in.shape.dims();
  const std::int64_t n = dims.back();
  const double of_sum = summing_error(n);
  dims.back() = 1;
  Bounded out{Shape(dims), {}, {}};
  for (std::size_t at = 0; at < in.values.size(); at += static_cast<std::size_t>(n)) {
    double sum = 0;
    double error = 0;
    for (std::size_t i = at; i < at + static_cast<std::size_t>(n); ++i) {
      sum += in.values[i];
      error += in.errors[i] + of_sum * std::abs(in.values[i]);
    }
    out.values.push_back(sum);
    out.errors.push_back(error);
  }
  return out;
}

}  // namespace

Bounded exactly(const HostTensor& tensor) {
  const auto elements = static_cast<std::size_t>(tensor.shape().element_count());
  return {tensor.shape(), row_major_values(tensor), std::vector<double>(elements, 0)};
}

Bounded moved(const IndexMap& map, const Bounded& in) {
  Bounded out{map.output(), {}, {}};
  IndexMapEvaluator evaluator(map);
  for_each_index(map.output(), [&](std::span<const std::int64_t> index) {
    const IndexSource from = evaluator.at(index);
    std::int64_t offset = 0;
    for (int axis = 0; axis < in.shape.rank(); ++axis) {
      offset = offset * in.shape[axis] + from.coordinates[static_cast<std::size_t>(axis)];
    }
    out.values.push_back(in.values[static_cast<std::size_t>(offset)]);
    out.errors.push_back(in.errors[static_cast<std::size_t>(offset)]);
  });
  return out;
}

Bounded applied_to_rows(OperatorKind kind, Bounded in) {
  if (kind == OperatorKind::relu) return relu_of(std::move(in));
  if (kind == OperatorKind::gelu) return gelu_of(std::move(in));
  if (kind == OperatorKind::silu) return silu_of(std::move(in));
  if (kind == OperatorKind::softmax) return softmax_of(std::move(in));
  if (kind == OperatorKind::layer_norm) return layer_norm_of(std::move(in));
  return sum_of(in);
}

Bounded product_of(std::int64_t columns, const Bounded& in, const HostTensor& weights) {
  std::vector<std::int64_t> dims = in.shape.dims();
  dims.back() = columns;
  Bounded out{Shape(dims), {}, {}};
  const auto k = static_cast<std::size_t>(in.shape[in.shape.rank() - 1]);
  const auto n = static_cast<std::size_t>(columns);
  const std::size_t rows = in.values.size() / k;
  out.values.assign(rows * n, 0);
  out.errors.assign(rows * n, 0);
  const double of_sum = summing_error(static_cast<std::int64_t>(k));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < k; ++i) {
      const double value = in.values[row * k + i];
      const double error = in.errors[row * k + i] + std::abs(value) * of_sum;
      const float* right = weights.as<float>() + i * n;
      for (std::size_t column = 0; column < n; ++column) {
        const double weight = right[column];
        out.values[row * n + column] += value * weight;
        out.errors[row * n + column] += error * std::abs(weight);
      }
    }
  }
  return out;
}

}  // namespace hetscope
