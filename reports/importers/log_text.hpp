// A tool's printed output, line by line and piece by piece. No regular expressions: their engines recurse, and a
// hostile line would end the program. Numbers keep their text until their unit is known, so that 11.66 ms becomes
// exactly 11660000 ns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hetscope {

struct ImportInput;

// A number as it was printed.
class Decimal {
 public:
  // Not printed: NaN.
  Decimal() : text_("nan") {}
  // All of `text` is a number ("11.66", ".5", "1e+06", "inf", "-nan"); nothing otherwise.
  static std::optional<Decimal> parse(std::string_view text);

  // NaN where the tool printed no number; a number too large for a double is infinite.
  double value() const { return scaled(0); }
  // Times a power of ten, rounded once.
  double scaled(int power_of_ten) const;
  double from_ms() const { return scaled(6); }  // in nanoseconds
  double from_us() const { return scaled(3); }
  double from_s() const { return scaled(9); }
  // Nothing when it is not a whole number that fits.
  std::optional<std::int64_t> integer() const;
  const std::string& text() const { return text_; }

 private:
  explicit Decimal(std::string_view text) : text_(text) {}
  std::string text_;
};

struct LogLine {
  std::string_view text;       // without its end, CRLF included
  std::int64_t number = 0;     // in its stream, counted from 1
  bool is_second = false;      // of the second stream
  bool is_unfinished = false;  // the file ends in this line, which may therefore be cut off
};

// The lines of both streams, the first stream first. Throws Error for UTF-16, which some shells write.
std::vector<LogLine> split_lines(const ImportInput& input);
std::vector<LogLine> split_lines(std::string_view text);

std::string_view trimmed(std::string_view text);
bool contains(std::string_view text, std::string_view part);
// Does a line of `text` begin with `prefix`?
bool has_line(std::string_view text, std::string_view prefix);

// Reads a line from the left. After the first piece that is not there everything fails, and `matched` says so.
class LineScanner {
 public:
  explicit LineScanner(const LogLine& line) : rest_(line.text), line_(&line) {}

  // Any blanks, then exactly `word`.
  LineScanner& literal(std::string_view word);
  // The same, but it need not be there.
  bool optional(std::string_view word);
  // Any blanks, then a number. Fails when the number touches the end of an unfinished line: digits may be missing.
  // Throws Error when a comma and a digit follow: 11,66 is 11.66 to one reader and 11 to another.
  LineScanner& number(Decimal& out);
  LineScanner& integer(std::int64_t& out);
  // What stands before the next `marker`, which is passed over, too. Without blanks around it.
  LineScanner& up_to(std::string_view marker, std::string_view& out);
  LineScanner& word(std::string_view& out);  // up to the next blank
  // Nothing but blanks is left.
  LineScanner& end();

  bool matched() const { return matched_; }
  std::string_view rest() const { return rest_; }

 private:
  void skip_blanks();
  std::string_view rest_;
  const LogLine* line_;
  bool matched_ = true;
};

// The first line that says that the program died ("Segmentation fault"), nullptr when none does.
const LogLine* find_crash(const std::vector<LogLine>& lines);
// The first line that reports an error of any kind, the crash included.
const LogLine* find_error(const std::vector<LogLine>& lines);

}  // namespace hetscope
