// Numbers that other programs have printed. Some C++ libraries that the suite is built with have no std::from_chars for
// reals (LLVM's before version 20, and with it the NDK's).
#pragma once

#include <optional>
#include <string_view>

namespace hetscope {

// The whole word as a finite decimal number (digits, point, exponent, a minus before them), else nothing: no blanks, no
// plus, no hexadecimal digits, no "inf" or "nan".
std::optional<double> read_decimal(std::string_view word);

}  // namespace hetscope
