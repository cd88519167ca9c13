// Words and values. Numbers are read without the locale and without from_chars for reals, which some standard libraries
// of our targets lack.
#include "harness/core/case_words.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "harness/core/decimal.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kShownInErrors = 200;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_visible(char c) noexcept { return c > 0x20 && c < 0x7f; }

// Digits, with a minus before them when `allow_minus`, and nothing else.
std::optional<std::int64_t> read_integer(std::string_view word, bool allow_minus) {
  if (!allow_minus && word.starts_with('-')) return std::nullopt;
  return read_whole(word);
}

// -?digits(.digits)?(e[+-]?digits)? with a point or an exponent.
bool has_form_of_real(std::string_view word) {
  std::size_t at = word.starts_with('-') ? 1 : 0;
  const auto skip_digits = [&] {
    const std::size_t first = at;
    while (at < word.size() && is_digit(word[at])) ++at;
    return at > first;
  };
  if (!skip_digits()) return false;
  bool marked = false;
  if (at < word.size() && word[at] == '.') {
    ++at;
    marked = true;
    if (!skip_digits()) return false;
  }
  if (at < word.size() && (word[at] == 'e' || word[at] == 'E')) {
    ++at;
    marked = true;
    if (at < word.size() && (word[at] == '+' || word[at] == '-')) ++at;
    if (!skip_digits()) return false;
  }
  return marked && at == word.size();
}

std::optional<double> read_real(std::string_view word) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (word == "inf") return kInfinity;
  if (word == "-inf") return -kInfinity;
  if (!has_form_of_real(word)) return std::nullopt;
  const double value = std::strtod(std::string(word).c_str(), nullptr);
  // A number too large for a double stays a text, which no axis of reals accepts, rather than become infinity.
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Dims> read_list(std::string_view items, char separator, bool allow_minus) {
  Dims dims;
  while (true) {
    const std::size_t end = items.find(separator);
    const auto item = read_integer(items.substr(0, end), allow_minus);
    if (!item) return std::nullopt;
    dims.push_back(*item);
    if (end == std::string_view::npos) return dims;
    items.remove_prefix(end + 1);
  }
}

std::optional<Dims> read_dims(std::string_view word) {
  if (word == "[]") return Dims{};
  if (word.size() > 2 && word.front() == '[' && word.back() == ']') {
    return read_list(word.substr(1, word.size() - 2), ',', true);
  }
  if (word.find('x') == std::string_view::npos) return std::nullopt;
  return read_list(word, 'x', false);
}

void append_integer(std::string& line, std::int64_t value) {
  const fmt::format_int digits(value);
  line.append(digits.data(), digits.size());
}

void append_real(std::string& line, double value) {
  if (std::isnan(value)) {
    line += "nan";
  } else if (std::isinf(value)) {
    line += value < 0 ? "-inf" : "inf";
  } else {
    const std::string text = fmt::format("{}", value);  // the shortest that reads back as the same value
    line += text;
    if (text.find_first_of(".e") == std::string::npos) line += ".0";
  }
}

void append_dims(std::string& line, const Dims& dims) {
  bool plain = dims.size() >= 2;
  for (const std::int64_t extent : dims) plain = plain && extent >= 0;
  if (!plain) line += '[';
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) line += plain ? 'x' : ',';
    append_integer(line, dims[i]);
  }
  if (!plain) line += ']';
}

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The character of the escape whose backslash is at line[at]; `at` ends behind it.
char read_escape(std::string_view line, std::size_t& at) {
  const std::size_t start = at++;
  const char kind = at < line.size() ? line[at++] : '\0';
  switch (kind) {
    case '"':
    case '\\':
      return kind;
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'x': {
      const int high = at < line.size() ? hex_digit(line[at]) : -1;
      const int low = at + 1 < line.size() ? hex_digit(line[at + 1]) : -1;
      if (high < 0 || low < 0) throw_at(line, start, "\\x wants two hexadecimal digits");
      at += 2;
      return static_cast<char>(static_cast<unsigned char>(high * 16 + low));
    }
    default:
      throw_at(line, start, "unknown escape in a quotation", "use one of \\\" \\\\ \\n \\t \\r \\xNN");
  }
}

// Whether the bare word is read back as the text that it is.
bool reads_as_text(std::string_view word) {
  // What is no number, list, boolean or name of a real that is none begins with another character.
  if (!word.empty() && std::string_view("-[0123456789tfni").find(word.front()) == std::string_view::npos) return true;
  return std::holds_alternative<std::string>(value_of_bare_word(word));
}

}  // namespace

void throw_at(std::string_view line, std::size_t at, const std::string& what, std::string remedy) {
  std::string shown(line.substr(0, kShownInErrors));
  if (shown.size() < line.size()) shown += "...";
  throw Error("column " + std::to_string(at + 1) + ": " + what, "'" + shown + "'", std::move(remedy));
}

bool is_axis_name(std::string_view name) noexcept {
  if (name.empty() || !is_letter(name.front()) || name == "kernel" || name == "processor") return false;
  for (const char c : name) {
    if (!is_letter(c) && !is_digit(c) && c != '.') return false;
  }
  return true;
}

void append_quoted_when_needed(std::string& line, std::string_view text, std::string_view reserved) {
  bool plain = !text.empty();
  for (const char c : text) {
    plain = plain && is_visible(c) && c != '"' && c != '\\' && reserved.find(c) == std::string_view::npos;
  }
  if (plain) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        line += "\\\"";
        break;
      case '\\':
        line += "\\\\";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\t':
        line += "\\t";
        break;
      case '\r':
        line += "\\r";
        break;
      default:
        if (is_visible(c) || c == ' ') {
          line += c;
        } else {
          line += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
  }
  line += '"';
}

std::string read_quotation(std::string_view line, std::size_t& at) {
  const std::size_t start = at++;
  std::string text;
  while (at < line.size()) {
    const char c = line[at];
    if (c == '"') {
      ++at;
      return text;
    }
    if (c == '\\') {
      text += read_escape(line, at);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) throw_at(line, at, "control character in a quotation", "write it as \\xNN");
    text += c;
    ++at;
  }
  throw_at(line, start, "quotation without an end", "close it with \"");
}

AxisValue value_of_bare_word(std::string_view word) {
  if (word == "true") return true;
  if (word == "false") return false;
  if (const auto integer = read_integer(word, true)) return *integer;
  if (const auto real = read_real(word)) return *real;
  if (auto dims = read_dims(word)) return *std::move(dims);
  return std::string(word);
}

void append_value(std::string& line, const AxisValue& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) {
    line += *boolean ? "true" : "false";
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    append_integer(line, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    append_real(line, *real);
  } else if (const auto* dims = std::get_if<Dims>(&value)) {
    append_dims(line, *dims);
  } else {
    const std::string_view text = std::get<std::string>(value);
    // A lone reserved character that occurs for certain makes a text that reads as another type a quotation.
    append_quoted_when_needed(line, text, reads_as_text(text) ? std::string_view() : text.substr(0, 1));
  }
}

std::string to_string(const AxisValue& value) {
  std::string text;
  append_value(text, value);
  return text;
}

AxisValue parse_axis_value(std::string_view word) {
  if (word.starts_with('"')) {
    std::size_t at = 0;
    std::string text = read_quotation(word, at);
    if (at != word.size()) throw_at(word, at, "text behind a closing quote", "escape a quote as \\\"");
    return text;
  }
  const std::size_t quote = word.find('"');
  if (quote != std::string_view::npos) throw_at(word, quote, "quote inside a word", "quote the whole text");
  return value_of_bare_word(word);
}

}  // namespace hetscope
