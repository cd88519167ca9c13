// strtod, held to decimal numbers; the suite never leaves the C locale.
#include "harness/core/decimal.hpp"

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

}  // namespace hetscope
