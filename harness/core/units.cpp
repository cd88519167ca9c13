// Prefixes are chosen after rounding, so that 999.9 never prints as "1000" of the smaller unit.
#include "harness/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace hetscope {
namespace {

constexpr int kDigits = 3;

// `value` rounded to `digits` significant digits.
double rounded(double value, int digits) {
  return std::strtod(fmt::format("{:.{}e}", value, digits - 1).c_str(), nullptr);
}

// The power of ten of the leading digit, after rounding; value is finite and not zero.
int exponent_of(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  return std::atoi(text.c_str() + text.find('e') + 1);
}

}  // namespace

std::string format_number(double value, int digits) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  if (value == 0) return "0";
  digits = std::clamp(digits, 1, 17);
  const int exponent = exponent_of(value, digits);
  if (exponent < -4 || exponent >= 9) return fmt::format("{:.{}e}", value, digits - 1);
  // The digits before the point are all kept: 200704 is a count, and 201000 would be another one.
  return fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent));
}

std::string format_si(double value, std::string_view unit) {
  static constexpr std::array<std::string_view, 13> kPrefixes = {"a", "f", "p", "n", "u", "m", "",
                                                                 "k", "M", "G", "T", "P", "E"};
  constexpr int kNoPrefix = 6;
  if (!std::isfinite(value) || value == 0) return format_number(value, kDigits) + " " + std::string(unit);
  const int thousands = static_cast<int>(std::floor(exponent_of(value, kDigits) / 3.0));
  const int prefix = std::clamp(thousands + kNoPrefix, 0, static_cast<int>(kPrefixes.size()) - 1);
  const double scaled = value / std::pow(10.0, 3 * (prefix - kNoPrefix));
  return fmt::format("{} {}{}", format_number(scaled, kDigits), kPrefixes[static_cast<std::size_t>(prefix)], unit);
}

std::string format_ns(double ns) {
  if (!std::isfinite(ns) || ns == 0) return format_number(ns, kDigits) + " ns";
  const double size = std::abs(rounded(ns, kDigits));
  if (size < 1e3) return format_number(ns, kDigits) + " ns";
  if (size < 1e6) return format_number(ns / 1e3, kDigits) + " us";
  if (size < 1e9) return format_number(ns / 1e6, kDigits) + " ms";
  return format_number(ns / 1e9, kDigits) + " s";
}

std::string format_bytes(double bytes) {
  static constexpr std::array<std::string_view, 7> kPrefixes = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  if (!std::isfinite(bytes)) return format_number(bytes, kDigits) + " B";
  double scaled = bytes;
  std::size_t prefix = 0;
  while (std::abs(std::round(scaled)) >= 1024 && prefix + 1 < kPrefixes.size()) {
    scaled /= 1024;
    ++prefix;
  }
  const bool whole = prefix == 0 && scaled == std::floor(scaled);
  return (whole ? fmt::format("{:.0f}", scaled) : format_number(scaled, kDigits)) + " " +
         std::string(kPrefixes[prefix]) + "B";
}

}  // namespace hetscope
