// Escaping and number formats; see text.hpp.
#include "reports/text.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/core/units.hpp"

namespace hetscope {
namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (char c : one_line(std::string(text))) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string escape_markdown(std::string_view text) {
  const std::string line = one_line(std::string(text));
  std::string result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool at_start = i == 0;
    const bool inside_word = i > 0 && i + 1 < line.size() && is_word(line[i - 1]) && is_word(line[i + 1]);
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (std::string_view("\\`*[]|~").find(c) != std::string_view::npos || (c == '_' && !inside_word) ||
               (at_start && (c == '#' || c == '+' || c == '-' || c == '='))) {
      result += '\\';
      result += c;
    } else {
      result += c;
    }
  }
  return result;
}

std::string markdown_code(std::string_view text) {
  const std::string line = one_line(std::string(text));
  std::size_t longest = 0;
  std::size_t run = 0;
  std::string body;
  for (char c : line) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    // A table's cells end at a pipe even inside a code span; GitHub takes the backslash away again.
    if (c == '|') body += '\\';
    body += c;
  }
  const std::string fence(longest + 1, '`');
  const bool needs_space = longest > 0 || body.empty() || (body.front() == ' ' && body.back() == ' ');
  const std::string padding = needs_space ? " " : "";
  return fence + padding + body + padding + fence;
}

std::string shell_quoted(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string result = "'";
  for (char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string run_command(std::string_view case_line) {
  return "hetscope run --case " + shell_quoted(case_line) + " --out DIR";
}

std::string csv_text(std::string_view text) {
  std::string field(text);
  if (!field.empty() && std::string_view("=+-@\t\r").find(field.front()) != std::string_view::npos) {
    field.insert(field.begin(), '\'');
  }
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string result = "\"";
  for (char c : field) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

std::string csv_number(double value) {
  if (!std::isfinite(value)) return "";
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return error == std::errc() ? std::string(buffer, end) : std::string();
}

std::string time_text(double ns) { return std::isfinite(ns) ? format_ns(ns) : std::string(kMissing); }

std::string time_range_text(double low_ns, double high_ns) {
  if (!std::isfinite(low_ns) || !std::isfinite(high_ns)) return std::string(kMissing);
  const std::string low = format_ns(low_ns);
  const std::string high = format_ns(high_ns);
  const auto low_unit = low.rfind(' ');
  const auto high_unit = high.rfind(' ');
  if (low_unit == std::string::npos || high_unit == std::string::npos ||
      low.substr(low_unit) != high.substr(high_unit)) {
    return "[" + low + ", " + high + "]";
  }
  return "[" + low.substr(0, low_unit) + ", " + high.substr(0, high_unit) + "]" + high.substr(high_unit);
}

std::string ratio_text(double ratio) {
  if (!std::isfinite(ratio)) return std::string(kMissing);
  return std::abs(ratio) < 10 && std::abs(ratio) >= 0.1 ? fmt::format("{:.3f}", ratio) : format_number(ratio);
}

std::string ratio_range_text(double low, double high) {
  if (!std::isfinite(low) || !std::isfinite(high)) return std::string(kMissing);
  return "[" + ratio_text(low) + ", " + ratio_text(high) + "]";
}

std::string gain_text(double gain) { return format_number(gain, 3) + "x"; }

std::string joined_names(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + (name.empty() ? "(unnamed)" : name);
  return text;
}

std::string count_of(std::size_t count, std::string_view singular, std::string_view plural) {
  std::string noun(singular);
  if (count != 1) noun = plural.empty() ? noun + "s" : std::string(plural);
  return std::to_string(count) + " " + noun;
}

}  // namespace hetscope
