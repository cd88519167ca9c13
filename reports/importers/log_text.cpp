// The pieces of printed lines; every loop goes forward through the text once.
#include "reports/importers/log_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <span>

#include "harness/core/error.hpp"
#include "reports/importers/importer.hpp"

namespace hetscope {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_ignoring_case(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  return std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// Length of the number that `text` begins with, 0 for none.
std::size_t number_length(std::string_view text) {
  const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  for (const std::string_view word : {"infinity", "inf", "nan"}) {
    if (starts_with_ignoring_case(text.substr(sign), word)) return sign + word.size();
  }
  std::size_t at = sign;
  const std::size_t whole = digits_at(text, at);
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits_at(text, at + 1);
    if (whole == 0 && fraction == 0) return 0;
    at += 1 + fraction;
  } else if (whole == 0) {
    return 0;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const std::size_t exponent_sign = at + 1 < text.size() && (text[at + 1] == '-' || text[at + 1] == '+') ? 1 : 0;
    const std::size_t exponent = digits_at(text, at + 1 + exponent_sign);
    if (exponent > 0) at += 1 + exponent_sign + exponent;
  }
  return at;
}

void append_lines(std::string_view text, bool is_second, std::vector<LogLine>& lines) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    throw Error("the text is UTF-16", is_second ? "second stream" : "", "save it as UTF-8");
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::int64_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    LogLine line{text.substr(0, end), ++number, is_second, end == std::string_view::npos};
    // adb's terminal turns every line end into CRLF, and one that was CRLF into CRCRLF.
    while (line.text.ends_with('\r')) line.text.remove_suffix(1);
    lines.push_back(line);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

const LogLine* find_any(const std::vector<LogLine>& lines, std::span<const std::string_view> marks) {
  for (const LogLine& line : lines) {
    for (const std::string_view mark : marks) {
      if (contains(line.text, mark)) return &line;
    }
  }
  return nullptr;
}

constexpr std::array<std::string_view, 12> kCrashMarks = {
    "Segmentation fault", "Aborted",         "Killed",       "Bus error",    "Illegal instruction",
    "terminate called",   "core dumped",     "Fatal signal", "fatal signal", "CANNOT LINK EXECUTABLE",
    "std::bad_alloc",     "assertion failed"};
constexpr std::array<std::string_view, 13> kErrorMarks = {
    "ERROR",  "Error",     "error:",    "[E]",          "[E:",       "FAILED", "Failed",
    "failed", "Exception", "exception", "No such file", "not found", "cannot "};

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  if (text.empty() || number_length(text) != text.size()) return std::nullopt;
  return Decimal(text);
}

double Decimal::scaled(int power_of_ten) const {
  const std::size_t sign = text_[0] == '-' || text_[0] == '+' ? 1 : 0;
  const char first = lower(text_[sign]);
  if (first == 'n') return std::numeric_limits<double>::quiet_NaN();
  if (first == 'i') return (text_[0] == '-' ? -1 : 1) * std::numeric_limits<double>::infinity();
  std::string text = text_;
  if (power_of_ten != 0) {
    int exponent = 0;
    if (const std::size_t mark = text.find_first_of("eE"); mark != std::string::npos) {
      const std::size_t begin = mark + 1 + (text[mark + 1] == '+' ? 1 : 0);
      const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), exponent);
      if (error != std::errc()) exponent = text[mark + 1] == '-' ? -100000 : 100000;
      exponent = std::clamp(exponent, -100000, 100000);
      text.resize(mark);
    }
    text += "e" + std::to_string(exponent + power_of_ten);
  }
  return std::strtod(text.c_str(), nullptr);
}

std::optional<std::int64_t> Decimal::integer() const {
  std::int64_t value = 0;
  const char* begin = text_.data() + (text_[0] == '+' ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc() || end != text_.data() + text_.size()) return std::nullopt;
  return value;
}

std::vector<LogLine> split_lines(const ImportInput& input) {
  std::vector<LogLine> lines;
  append_lines(input.text, false, lines);
  append_lines(input.second_text, true, lines);
  return lines;
}

std::vector<LogLine> split_lines(std::string_view text) {
  std::vector<LogLine> lines;
  append_lines(text, false, lines);
  return lines;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool has_line(std::string_view text, std::string_view prefix) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::size_t at = text.find(prefix); at != std::string_view::npos; at = text.find(prefix, at + 1)) {
    if (at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r') return true;
  }
  return false;
}

void LineScanner::skip_blanks() {
  while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
}

LineScanner& LineScanner::literal(std::string_view word) {
  matched_ = optional(word) && matched_;
  return *this;
}

bool LineScanner::optional(std::string_view word) {
  if (!matched_) return false;
  const std::string_view before = rest_;
  skip_blanks();
  if (!rest_.starts_with(word)) {
    rest_ = before;
    return false;
  }
  rest_.remove_prefix(word.size());
  return true;
}

LineScanner& LineScanner::number(Decimal& out) {
  if (!matched_) return *this;
  skip_blanks();
  const std::size_t length = number_length(rest_);
  const std::optional<Decimal> number = Decimal::parse(rest_.substr(0, length));
  if (!number || (length == rest_.size() && line_->is_unfinished)) {
    matched_ = false;
    return *this;
  }
  rest_.remove_prefix(length);
  if (rest_.size() >= 2 && rest_[0] == ',' && is_digit(rest_[1])) {
    throw Error("a number with a decimal comma", "line " + std::to_string(line_->number),
                "run the tool again with LC_ALL=C");
  }
  out = *number;
  return *this;
}

LineScanner& LineScanner::integer(std::int64_t& out) {
  Decimal number;
  this->number(number);
  if (!matched_) return *this;
  const std::optional<std::int64_t> value = number.integer();
  matched_ = value.has_value();
  if (value) out = *value;
  return *this;
}

LineScanner& LineScanner::up_to(std::string_view marker, std::string_view& out) {
  const std::size_t at = matched_ ? rest_.find(marker) : std::string_view::npos;
  matched_ = at != std::string_view::npos;
  if (!matched_) return *this;
  out = trimmed(rest_.substr(0, at));
  rest_.remove_prefix(at + marker.size());
  return *this;
}

LineScanner& LineScanner::word(std::string_view& out) {
  if (!matched_) return *this;
  skip_blanks();
  std::size_t end = 0;
  while (end < rest_.size() && !is_blank(rest_[end])) ++end;
  matched_ = end > 0;
  out = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return *this;
}

LineScanner& LineScanner::end() {
  matched_ = matched_ && trimmed(rest_).empty();
  return *this;
}

const LogLine* find_crash(const std::vector<LogLine>& lines) { return find_any(lines, kCrashMarks); }

const LogLine* find_error(const std::vector<LogLine>& lines) {
  const LogLine* crash = find_crash(lines);
  const LogLine* error = find_any(lines, kErrorMarks);
  if (crash == nullptr || error == nullptr) return crash != nullptr ? crash : error;
  return std::min(crash, error);
}

}  // namespace hetscope
