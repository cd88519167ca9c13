// Words and values. Numbers are read without the locale and without from_chars for reals, which some standard libraries
// of our targets lack.
#include "harness/core/case_words.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kShownInErrors = 200;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_visible(char c) noexcept { return c > 0x20 && c < 0x7f; }

// Digits, with a minus before them when `allow_minus`, and nothing else.
std::optional<std::int64_t> read_integer(std::string_view word, bool allow_minus) {
  const bool negative = !word.empty() && word.front() == '-';
  if (negative && !allow_minus) return std::nullopt;
  const std::string_view digits = word.substr(negative ? 1 : 0);
  if (digits.empty()) return std::nullopt;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
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

std::string print_real(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{}", value);  // the shortest that reads back as the same value
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string print_dims(const Dims& dims) {
  bool plain = dims.size() >= 2;
  for (const std::int64_t extent : dims) plain = plain && extent >= 0;
  std::string text = plain ? "" : "[";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += plain ? "x" : ",";
    text += std::to_string(dims[i]);
  }
  return plain ? text : text + "]";
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

std::string quoted_when_needed(std::string_view text, std::string_view reserved) {
  bool plain = !text.empty();
  for (const char c : text) {
    plain = plain && is_visible(c) && c != '"' && c != '\\' && reserved.find(c) == std::string_view::npos;
  }
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '\r':
        quoted += "\\r";
        break;
      default:
        if (is_visible(c) || c == ' ') {
          quoted += c;
        } else {
          quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
  }
  return quoted + "\"";
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

std::string to_string(const AxisValue& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value)) return print_real(*real);
  if (const auto* dims = std::get_if<Dims>(&value)) return print_dims(*dims);
  const std::string& text = std::get<std::string>(value);
  const bool reads_as_text = std::holds_alternative<std::string>(value_of_bare_word(text));
  // A lone reserved character that occurs for certain makes a text that reads as another type a quotation.
  return quoted_when_needed(text, reads_as_text ? std::string_view() : std::string_view(text).substr(0, 1));
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
