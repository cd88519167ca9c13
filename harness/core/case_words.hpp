// The words of a case line: quoting, and which word reads as which type of value. Only case.cpp and case_line.cpp know
// it.
#pragma once

#include <string>
#include <string_view>

#include "harness/core/case.hpp"

namespace hetscope {

// [A-Za-z_][A-Za-z0-9_.]*, and neither "kernel" nor "processor".
bool is_axis_name(std::string_view name) noexcept;

// Appends `text` as it is when it holds only visible ASCII without a quote, a backslash or any of `reserved`, else in
// quotes with \" \\ \n \t \r and \xNN, so that a line is always plain ASCII. Plans of tens of thousands of cases are
// written with it: nothing is made on the way.
void append_quoted_when_needed(std::string& line, std::string_view text, std::string_view reserved = {});
// Appends what to_string(value) gives.
void append_value(std::string& line, const AxisValue& value);

// Throws Error: what is wrong at which column of which line.
[[noreturn]] void throw_at(std::string_view line, std::size_t at, const std::string& what, std::string remedy = {});

// Reads the quotation that starts at line[at]; `at` ends behind its closing quote. Throws Error with the column.
std::string read_quotation(std::string_view line, std::size_t& at);

// What an unquoted word says: a boolean, an integer, a real, a shape, or else a text.
AxisValue value_of_bare_word(std::string_view word);

}  // namespace hetscope
