// The line form of a case: words between blanks, the first one the operation, every other one name=value.
#include <algorithm>
#include <string>

#include "harness/core/case.hpp"
#include "harness/core/case_words.hpp"
#include "harness/core/error.hpp"

namespace hetscope {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
bool is_line_end(char c) noexcept { return c == '\n' || c == '\r'; }

// A word, or a part of one between commas, as a text and whether it was quoted.
struct Word {
  std::string text;
  bool quoted = false;
};

// Reads a line from left to right. Every step forward consumes at least one byte, so any input ends.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line) {
    while (!line_.empty() && is_line_end(line_.back())) line_.remove_suffix(1);
  }

  Case read() {
    skip_blanks();
    const std::size_t start = at_;
    Word operation = read_word("=");
    if (at_ == start || (!at_end() && line_[at_] == '=')) {
      fail(start, "the line does not begin with an operation", "as in 'copy kernel=... processor=...'");
    }
    expect_word_end();
    Case item(std::move(operation.text), {}, {});
    bool has_kernel = false;
    bool has_processors = false;
    for (skip_blanks(); !at_end(); skip_blanks()) {
      const std::size_t word_start = at_;
      const std::string name = read_name();
      if (name == "kernel") {
        refuse_second(has_kernel, word_start, name);
        Word kernel = read_word("");
        if (kernel.text.empty() && !kernel.quoted) fail(at_, "the kernel's name is missing");
        item.set_kernel(std::move(kernel.text));
      } else if (name == "processor") {
        refuse_second(has_processors, word_start, name);
        item.set_processors(read_processors());
      } else {
        if (!is_axis_name(name)) fail(word_start, "'" + name + "' cannot name an axis");
        bool has_axis = item.has(name);
        refuse_second(has_axis, word_start, name);
        Word word = read_word("");
        item.set(name, word.quoted ? AxisValue(std::move(word.text)) : value_of_bare_word(word.text));
      }
      expect_word_end();
    }
    return item;
  }

 private:
  bool at_end() const noexcept { return at_ >= line_.size(); }

  void skip_blanks() noexcept {
    while (!at_end() && is_blank(line_[at_])) ++at_;
  }

  [[noreturn]] void fail(std::size_t at, const std::string& what, std::string remedy = {}) const {
    throw_at(line_, at, what, std::move(remedy));
  }

  // A quotation, or the bytes up to a blank or one of `stops`.
  Word read_word(std::string_view stops) {
    if (!at_end() && line_[at_] == '"') return {read_quotation(line_, at_), true};
    Word word;
    while (!at_end() && !is_blank(line_[at_]) && stops.find(line_[at_]) == std::string_view::npos) {
      const auto byte = static_cast<unsigned char>(line_[at_]);
      if (byte == '"') fail(at_, "quote inside a word", "quote the whole text");
      if (byte < 0x20 || byte == 0x7f) fail(at_, "control character", "quote the text and write it as \\xNN");
      word.text += line_[at_++];
    }
    return word;
  }

  // The name before '=', whose place is taken.
  std::string read_name() {
    const std::size_t start = at_;
    if (line_[at_] == '"') fail(at_, "a quotation where name=value is wanted");
    const std::string name = read_word("=").text;
    if (at_end() || line_[at_] != '=') fail(start, "'" + name + "' is no name=value");
    ++at_;
    return name;
  }

  std::vector<std::string> read_processors() {
    std::vector<std::string> names;
    while (true) {
      const std::size_t start = at_;
      Word name = read_word(",");
      if (name.text.empty() && !name.quoted) fail(start, "a processor's name is missing");
      names.push_back(std::move(name.text));
      if (at_end() || line_[at_] != ',') return names;
      ++at_;
    }
  }

  void expect_word_end() const {
    if (!at_end() && !is_blank(line_[at_])) fail(at_, "text behind a closing quote", "put a blank between words");
  }

  void refuse_second(bool& seen, std::size_t at, const std::string& name) const {
    if (seen) fail(at, "'" + name + "' is given twice");
    seen = true;
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

// Where the word that starts at line[at] ends.
std::size_t end_of_word(std::string_view line, std::size_t at) noexcept {
  for (bool is_quoted = false; at < line.size() && (is_quoted || line[at] != ' '); ++at) {
    if (line[at] == '"') is_quoted = !is_quoted;
    if (line[at] == '\\') ++at;  // stands in quotations only
  }
  return std::min(at, line.size());
}

}  // namespace

std::optional<std::string_view> written_value(std::string_view line, std::string_view name) noexcept {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = end_of_word(line, at);
    const std::string_view word = line.substr(at, end - at);
    if (word.size() > name.size() && word[name.size()] == '=' && word.starts_with(name)) {
      return word.substr(name.size() + 1);
    }
    at = end + 1;
  }
  return std::nullopt;
}

std::string Case::line() const { return line_without({}); }

std::string Case::key_without(const std::vector<std::string>& axes) const { return line_without(axes); }

std::string Case::line_without(std::span<const std::string> left_out) const {
  const auto is_left_out = [&](std::string_view name) { return std::ranges::find(left_out, name) != left_out.end(); };
  std::string line;
  constexpr std::size_t kUsualLine = 240;
  line.reserve(kUsualLine);
  append_quoted_when_needed(line, operation_, "=");
  if (!kernel_.empty() && !is_left_out("kernel")) {
    line += " kernel=";
    append_quoted_when_needed(line, kernel_);
  }
  if (!is_left_out("processor")) {
    for (std::size_t i = 0; i < processors_.size(); ++i) {
      line += i == 0 ? " processor=" : ",";
      append_quoted_when_needed(line, processors_[i], ",");
    }
  }
  for (const auto& [name, value] : axes_) {
    if (is_left_out(name)) continue;
    line += ' ';
    line += name;
    line += '=';
    append_value(line, value);
  }
  return line;
}

Case Case::parse(std::string_view line) { return LineReader(line).read(); }

}  // namespace hetscope
