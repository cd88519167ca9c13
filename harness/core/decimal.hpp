// Numbers in texts that others have written. Some C++ libraries that the suite is built with have no std::from_chars
// for reals (LLVM's before version 20, and with it the NDK's).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hetscope {

// The whole word as a finite decimal number (digits, point, exponent, a minus before them), else nothing: no blanks, no
// plus, no hexadecimal digits, no "inf" or "nan".
std::optional<double> read_decimal(std::string_view word);

// The whole word as digits, a minus before them, else nothing; nothing, too, beyond 64 bits.
std::optional<std::int64_t> read_whole(std::string_view word);

}  // namespace hetscope
