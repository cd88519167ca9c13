// Compares results with references, element by element, and says where the first wrong one is.
#include "harness/kernel/verify.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

#include "harness/core/units.hpp"
#include "harness/kernel/kernel.hpp"

namespace hetscope {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string describe(const TensorView& view) {
  return std::string(to_string(view.dtype())) + " " + view.shape().to_string() + " " + view.layout().name();
}

std::string describe(std::span<const std::int64_t> index) {
  std::string result = "(";
  for (std::size_t i = 0; i < index.size(); ++i) result += (i == 0 ? "" : ", ") + std::to_string(index[i]);
  return result + ")";
}

std::string wrong_element(std::size_t output, std::span<const std::int64_t> index, double got, double expected) {
  return "output " + std::to_string(output) + " at " + describe(index) + " is " + format_number(got, 9) + ", not " +
         format_number(expected, 9);
}

// |got - expected| where both are finite; 0 when both are the same infinity or both NaN; else infinite.
double abs_error(double got, double expected) {
  if (std::isfinite(got) && std::isfinite(expected)) return std::abs(got - expected);
  const bool same = got == expected || (std::isnan(got) && std::isnan(expected));
  return same ? 0 : kInfinity;
}

// The distance between two neighbouring numbers of the type at `value`; of integers, and of what becomes subnormal, the
// smallest there is.
double last_place(double value, DType dtype) {
  if (dtype == DType::i8 || dtype == DType::i32) return 1;
  const int digits = dtype == DType::f32 ? std::numeric_limits<float>::digits : 11;
  const int least = dtype == DType::f32 ? -149 : -24;
  if (value == 0) return std::ldexp(1.0, least);
  int exponent = 0;
  std::frexp(value, &exponent);
  return std::ldexp(1.0, std::max(exponent - digits, least));
}

// Adds one element to `result`; returns whether it is right.
bool add_element(Verification& result, double error, double bound) {
  const double scaled = error == 0 ? 0 : (bound > 0 ? error / bound : kInfinity);
  result.max_abs_error = std::max(result.max_abs_error, error);
  result.max_scaled_error = std::max(result.max_scaled_error, scaled);
  return scaled <= 1;
}

void note(Verification& result, std::string reason) {
  if (result.reason.empty()) result.reason = std::move(reason);
}

// Every bit of the storage, padding included.
void compare_exact(Verification& result, std::size_t number, const HostTensor& output, const HostTensor& exact) {
  if (output.dtype() != exact.dtype() || output.shape() != exact.shape() || output.layout() != exact.layout()) {
    note(result,
         "output " + std::to_string(number) + " is " + describe(output.view()) + ", not " + describe(exact.view()));
    return;
  }
  result.checked += exact.shape().element_count();
  if (std::memcmp(output.data(), exact.data(), exact.size_bytes()) == 0) return;
  result.max_scaled_error = kInfinity;
  const std::size_t width = size_of(exact.dtype());
  for_each_index(exact.shape(), [&](std::span<const std::int64_t> index) {
    const std::int64_t offset = exact.view().access(index).offset;
    const std::size_t at = static_cast<std::size_t>(offset) * width;
    if (std::memcmp(output.data() + at, exact.data() + at, width) == 0) return;
    const double got = output.get(offset);
    const double expected = exact.get(offset);
    result.max_abs_error = std::max(result.max_abs_error, abs_error(got, expected));
    note(result, wrong_element(number, index, got, expected) + ", bit for bit");
  });
  note(result, "output " + std::to_string(number) + " has padding that is not zero");
}

HostTensor with_positive_zeros(const HostTensor& output) {
  HostTensor result = output.clone();
  for (std::int64_t at = 0; at < result.view().storage_elements(); ++at) {
    if (result.get(at) == 0) result.set(at, 0);
  }
  return result;
}

void compare_within(Verification& result, std::size_t number, const HostTensor& output, const Expectation& expected,
                    const Tolerance& tolerance) {
  const std::size_t count = expected.values.size();
  if (static_cast<std::size_t>(output.shape().element_count()) != count || expected.magnitudes.size() != count) {
    note(result, "output " + std::to_string(number) + " is " + describe(output.view()) + ", but the reference has " +
                     std::to_string(count) + " values and " + std::to_string(expected.magnitudes.size()) +
                     " magnitudes");
    return;
  }
  std::size_t i = 0;
  for_each_index(output.shape(), [&](std::span<const std::int64_t> index) {
    const double got = output.get(output.view().access(index).offset);
    const double bound = tolerance.atol + tolerance.rtol * expected.magnitudes[i];
    if (!add_element(result, abs_error(got, expected.values[i]), bound)) {
      note(result, wrong_element(number, index, got, expected.values[i]));
    }
    ++i;
  });
  result.checked += static_cast<std::int64_t>(count);
}

}  // namespace

std::optional<std::vector<Expectation>> own_reference(const Kernel& kernel, const Operation& operation,
                                                      const Case& item, std::span<const Operand> inputs) {
  const auto approximated = kernel.approximated_inputs(item, inputs);
  if (!approximated) return std::nullopt;
  return operation.reference(item, *approximated);
}

Verification verify(std::span<const HostTensor> outputs, std::span<const Expectation> expectations,
                    const Tolerance& tolerance) {
  Verification result;
  result.tolerance = tolerance;
  if (outputs.size() != expectations.size()) {
    result.reason = std::to_string(outputs.size()) + " outputs, not " + std::to_string(expectations.size());
    return result;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (expectations[i].exact && expectations[i].zeros_are_equal) {
      compare_exact(result, i, with_positive_zeros(outputs[i]), *expectations[i].exact);
    } else if (expectations[i].exact) {
      compare_exact(result, i, outputs[i], *expectations[i].exact);
    } else {
      compare_within(result, i, outputs[i], expectations[i], tolerance);
    }
  }
  result.matches = result.reason.empty();
  return result;
}

double relative_error(std::span<const HostTensor> outputs, std::span<const Expectation> expectations) {
  double difference = 0;
  double norm = 0;
  if (outputs.size() != expectations.size()) return kInfinity;
  for (std::size_t number = 0; number < outputs.size(); ++number) {
    const std::vector<double>& values = expectations[number].values;
    if (expectations[number].exact) continue;
    if (static_cast<std::size_t>(outputs[number].shape().element_count()) != values.size()) return kInfinity;
    std::size_t i = 0;
    for_each_index(outputs[number].shape(), [&](std::span<const std::int64_t> index) {
      const double error = outputs[number].get(outputs[number].view().access(index).offset) - values[i];
      difference += error * error;
      norm += values[i] * values[i];
      ++i;
    });
  }
  if (norm == 0) return difference == 0 ? 0 : kInfinity;
  return std::sqrt(difference / norm);
}

Numerics numerics_of(std::span<const HostTensor> outputs, std::span<const Expectation> expectations) {
  Numerics result;
  double product = 0;
  double got_norm = 0;
  double expected_norm = 0;
  std::vector<double> ulps;
  for (std::size_t number = 0; number < std::min(outputs.size(), expectations.size()); ++number) {
    const HostTensor& output = outputs[number];
    const std::vector<double>& values = expectations[number].values;
    if (static_cast<std::size_t>(output.shape().element_count()) != values.size()) continue;
    std::size_t i = 0;
    for_each_index(output.shape(), [&](std::span<const std::int64_t> index) {
      const double expected = values[i++];
      if (!std::isfinite(expected)) return;
      const double got = output.get(output.view().access(index).offset);
      if (!std::isfinite(got)) {
        ++result.not_finite;
        return;
      }
      product += got * expected;
      got_norm += got * got;
      expected_norm += expected * expected;
      ulps.push_back(std::abs(got - expected) / last_place(expected, output.dtype()));
    });
  }
  if (got_norm > 0 || expected_norm > 0) {
    const double norms = std::sqrt(got_norm) * std::sqrt(expected_norm);
    result.cosine = norms > 0 ? product / norms : 0;
  }
  if (!ulps.empty()) {
    result.max_ulp = *std::ranges::max_element(ulps);
    const auto middle = ulps.begin() + std::ssize(ulps) / 2;
    std::nth_element(ulps.begin(), middle, ulps.end());
    result.median_ulp = *middle;
  }
  return result;
}

std::int64_t differing_elements(std::span<const HostTensor> left, std::span<const HostTensor> right) {
  assert(left.size() == right.size());
  std::int64_t count = 0;
  for (std::size_t number = 0; number < left.size(); ++number) {
    assert(left[number].size_bytes() == right[number].size_bytes());
    const std::size_t width = size_of(left[number].dtype());
    for (std::size_t at = 0; at + width <= left[number].size_bytes(); at += width) {
      count += std::memcmp(left[number].data() + at, right[number].data() + at, width) != 0 ? 1 : 0;
    }
  }
  return count;
}

SeamErrors seam_errors(const HostTensor& output, const Expectation& expectation, const Tolerance& tolerance,
                       std::span<const Region> seams) {
  SeamErrors result;
  std::size_t i = 0;
  for_each_index(output.shape(), [&](std::span<const std::int64_t> index) {
    const double got = output.get(output.view().access(index).offset);
    const double error = abs_error(got, expectation.values[i]);
    const double bound = tolerance.atol + tolerance.rtol * expectation.magnitudes[i];
    const double scaled = error == 0 ? 0 : (bound > 0 ? error / bound : kInfinity);
    const bool is_at_seam = std::ranges::any_of(seams, [&](const Region& seam) { return contains(seam, index); });
    double& largest = is_at_seam ? result.at_seam : result.elsewhere;
    largest = std::max(largest, scaled);
    ++i;
  });
  return result;
}

}  // namespace hetscope
