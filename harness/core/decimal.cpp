// strtod and from_chars, held to decimal numbers; the suite never leaves the C locale.
#include "harness/core/decimal.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace hetscope {

std::optional<double> read_decimal(std::string_view word) {
  if (word.empty() || word.front() == '+' || word.find_first_not_of("0123456789.eE+-") != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string text(word);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_whole(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (code != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

}  // namespace hetscope
