// Text as each form of a report needs it. Records may come from strangers: everything of theirs passes through here.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace hetscope {

// What stands where nothing is known.
inline constexpr std::string_view kMissing = "\u2013";

// For HTML text and for quoted attributes, SVG included. Control characters become spaces.
std::string escape_html(std::string_view text);
// For running text and table cells of Markdown; nothing of `text` is taken for markup.
std::string escape_markdown(std::string_view text);
// A code span whose fence is longer than any run of backticks inside.
std::string markdown_code(std::string_view text);
// One word of a POSIX shell, whatever it holds.
std::string shell_quoted(std::string_view text);
// The command that runs a case again.
std::string run_command(std::string_view case_line);
// One field of a CSV file (RFC 4180). Texts that a spreadsheet would take for a formula get a leading apostrophe.
std::string csv_text(std::string_view text);
// Shortest text that reads back as the same number; "" when it is not finite.
std::string csv_number(double value);

// "41.1 us" and "[40.9 us, 41.3 us]" ("[40.9, 41.3] us" when both have one unit); kMissing when not finite.
std::string time_text(double ns);
std::string time_range_text(double low_ns, double high_ns);
// "0.812" with three decimals below 10, else three digits; kMissing when not finite.
std::string ratio_text(double ratio);
std::string ratio_range_text(double low, double high);
// "a, b", with "(unnamed)" for an empty one.
std::string joined_names(const std::set<std::string>& names);
// "1.45x".
std::string gain_text(double gain);
// "1 row", "2 rows".
std::string count_of(std::size_t count, std::string_view singular, std::string_view plural = {});

}  // namespace hetscope
