// Values first, then the mask over them; everything from one generator, so that a seed is a matrix.
#include "kernels/sparse/inputs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <span>
#include <string>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/core/registry.hpp"

namespace hetscope {
namespace {

constexpr std::array<std::pair<MaskKind, std::string_view>, 6> kMasks = {{
    {MaskKind::random, "random"},
    {MaskKind::global_magnitude, "global_magnitude"},
    {MaskKind::row_magnitude, "row_magnitude"},
    {MaskKind::channel_skewed, "channel_skewed"},
    {MaskKind::banded, "banded"},
    {MaskKind::adversary, "adversary"},
}};
constexpr std::array<std::pair<ValueLaw, std::string_view>, 7> kLaws = {{
    {ValueLaw::gaussian, "gaussian"},
    {ValueLaw::laplace, "laplace"},
    {ValueLaw::constant, "constant"},
    {ValueLaw::heavy_tail, "heavy_tail"},
    {ValueLaw::half_normal, "half_normal"},
    {ValueLaw::gelu, "gelu"},
    {ValueLaw::silu, "silu"},
}};

template <class Entries, class Kind>
std::string_view name_of(const Entries& entries, Kind kind) {
  for (const auto& [value, name] : entries) {
    if (value == kind) return name;
  }
  return "?";
}

template <class Entries>
auto kind_of(const Entries& entries, std::string_view word, const char* what) {
  std::vector<std::string> names;
  for (const auto& [value, name] : entries) {
    if (name == word) return value;
    names.emplace_back(name);
  }
  throw unknown_name(what, word, names);
}

double draw(ValueLaw law, Random& random) {
  switch (law) {
    case ValueLaw::gaussian:
      return random.normal();
    case ValueLaw::laplace: {
      const double magnitude = -std::log(1.0 - random.uniform());
      return (random.next() & 1U) != 0 ? magnitude : -magnitude;
    }
    case ValueLaw::constant:
      return (random.next() & 1U) != 0 ? 1.0 : -1.0;
    case ValueLaw::heavy_tail: {
      // Inverse of the distribution function of Student's t with 2 degrees of freedom.
      const double u = 2.0 * random.uniform() - 1.0 + 0x1.0p-53;
      return u * std::sqrt(2.0 / (1.0 - u * u));
    }
    case ValueLaw::half_normal:
      return std::abs(random.normal());
    case ValueLaw::gelu: {
      const double x = random.normal();
      return x * 0.5 * std::erfc(-x / std::numbers::sqrt2);
    }
    case ValueLaw::silu: {
      const double x = random.normal();
      return x / (1.0 + std::exp(-x));
    }
  }
  return 0;
}

float draw_nonzero(ValueLaw law, Random& random) {
  float value = 0;
  while (value == 0.0F || !std::isfinite(value)) value = static_cast<float>(draw(law, random));
  return value;
}

std::int64_t kept_of(std::int64_t entries, double sparsity) {
  return std::llround(static_cast<double>(entries) * (1.0 - sparsity));
}

// Zeroes all but the `keep` largest magnitudes; the lower index wins a tie.
void keep_largest(std::span<float> values, std::int64_t keep) {
  if (keep >= static_cast<std::int64_t>(values.size())) return;
  if (keep == 0) {
    std::fill(values.begin(), values.end(), 0.0F);
    return;
  }
  std::vector<float> magnitudes(values.size());
  std::transform(values.begin(), values.end(), magnitudes.begin(), [](float v) { return std::abs(v); });
  std::nth_element(magnitudes.begin(), magnitudes.begin() + (keep - 1), magnitudes.end(), std::greater<>());
  const float threshold = magnitudes[static_cast<std::size_t>(keep - 1)];
  std::int64_t at_threshold = keep;
  for (const float v : values) at_threshold -= std::abs(v) > threshold ? 1 : 0;
  for (float& v : values) {
    const float magnitude = std::abs(v);
    if (magnitude == threshold && at_threshold > 0) {
      --at_threshold;
    } else if (magnitude <= threshold) {
      v = 0.0F;
    }
  }
}

// Each row keeps the `keep` columns from start(row) on, wrapped around.
template <class Start>
void keep_run(const SparseInput& input, std::vector<float>& values, Start&& start) {
  const std::int64_t keep = kept_of(input.cols, input.sparsity);
  for (std::int64_t row = 0; row < input.rows; ++row) {
    const std::int64_t first = start(row);
    for (std::int64_t step = keep; step < input.cols; ++step) {
      values[static_cast<std::size_t>(row * input.cols + (first + step) % input.cols)] = 0.0F;
    }
  }
}

void apply_mask(const SparseInput& input, std::vector<float>& values, Random& random) {
  const std::span<float> all(values);
  const auto cols = static_cast<std::size_t>(input.cols);
  switch (input.mask) {
    case MaskKind::random:
      for (float& v : values) v = random.uniform() < input.sparsity ? 0.0F : v;
      return;
    case MaskKind::channel_skewed:
      for (std::size_t row = 0; row < static_cast<std::size_t>(input.rows); ++row) {
        const auto scale = static_cast<float>(std::exp(random.normal()));
        for (float& v : all.subspan(row * cols, cols)) v *= scale;
      }
      [[fallthrough]];
    case MaskKind::global_magnitude:
      keep_largest(all, kept_of(input.rows * input.cols, input.sparsity));
      return;
    case MaskKind::row_magnitude:
      for (std::size_t row = 0; row < static_cast<std::size_t>(input.rows); ++row) {
        keep_largest(all.subspan(row * cols, cols), kept_of(input.cols, input.sparsity));
      }
      return;
    case MaskKind::banded:
      keep_run(input, values, [&](std::int64_t row) { return row * input.cols / input.rows; });
      return;
    case MaskKind::adversary:
      keep_run(input, values, [](std::int64_t) { return std::int64_t{0}; });
      return;
  }
}

}  // namespace

std::string_view to_string(MaskKind mask) { return name_of(kMasks, mask); }
std::string_view to_string(ValueLaw law) { return name_of(kLaws, law); }
MaskKind parse_mask_kind(std::string_view name) { return kind_of(kMasks, name, "mask"); }
ValueLaw parse_value_law(std::string_view name) { return kind_of(kLaws, name, "value law"); }

std::vector<float> make_sparse_input(const SparseInput& input) {
  if (input.rows < 1 || input.cols < 1 || input.rows > (std::int64_t{1} << 40) / input.cols) {
    throw Error("a sparse input of " + std::to_string(input.rows) + " x " + std::to_string(input.cols));
  }
  if (!(input.sparsity >= 0 && input.sparsity <= 1))
    throw Error("the sparsity is outside [0, 1]", {}, "0.9 is 90 % zeros");
  Random random(input.seed);
  std::vector<float> values(static_cast<std::size_t>(input.rows * input.cols));
  for (float& v : values) v = draw_nonzero(input.law, random);
  apply_mask(input, values, random);
  return values;
}

double stored_entry(float value, DType dtype) {
  constexpr double kI8Scale = 32;
  if (dtype != DType::i8 || value == 0) return static_cast<double>(value);
  const double rounded = std::clamp(std::nearbyint(static_cast<double>(value) * kI8Scale), -127.0, 127.0);
  return rounded == 0 ? std::copysign(1.0, static_cast<double>(value)) : rounded;
}

}  // namespace hetscope
