// Numbers as a person reads them: one place for prefixes and significant digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hetscope {

std::string format_ns(double ns);                            // "41.1 us"
std::string format_bytes(double bytes);                      // "1.53 MiB"
std::string format_si(double value, std::string_view unit);  // "39.0 GB/s" from (39e9, "B/s")
// `digits` significant digits, never an exponent between 1e-4 and 1e9; "inf", "nan" for what is not finite.
std::string format_number(double value, int digits = 3);

}  // namespace hetscope
