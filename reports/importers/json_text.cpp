// One walk over the text that knows strings and brackets; the parser proper is nlohmann's.
#include "reports/importers/json_text.hpp"

#include <nlohmann/json.hpp>

#include "reports/importers/importer.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

std::string_view trimmed_lines(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

// Does JSON begin here, and not a log line's "[I] "?
bool begins_json(std::string_view text) {
  if (text.starts_with('{')) return true;
  if (!text.starts_with('[')) return false;
  const std::string_view rest = trimmed_lines(text.substr(1));
  return rest.empty() || rest.front() == '{' || rest.front() == '[' || rest.front() == ']';
}

// From the first line that begins JSON on; all of it when none does.
std::string_view without_lines_before(std::string_view text) {
  std::string_view rest = trimmed_lines(text);
  while (!rest.empty() && !begins_json(rest)) {
    const std::size_t end = rest.find('\n');
    rest = end == std::string_view::npos ? std::string_view() : trimmed_lines(rest.substr(end + 1));
  }
  return rest.empty() ? text : rest;
}

// Follows the text token by token; `kept` and `closing` are the last place where it can be cut, and how to close it.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  ToolJson run() {
    while (at_ < text_.size() && !is_over_) step();
    result_.has_more = !trimmed_lines(text_.substr(at_)).empty();
    if (open_.empty() && !in_string_) return std::move(result_);
    result_.is_cut = true;
    result_.text.resize(kept_);
    result_.text += closing_;
    return std::move(result_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (in_string_) {
      copy(c == '\\' && at_ + 1 < text_.size() ? 2 : 1);
      if (c == '"') in_string_ = false;
      return;
    }
    for (const std::string_view word : {"-Infinity", "Infinity", "NaN", "-NaN"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      result_.text += "null";
      ++result_.not_finite;
      at_ += word.size();
      return;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') open_ += c == '{' ? '}' : ']';
    copy(1);
    if ((c == '}' || c == ']') && !open_.empty()) {
      open_.pop_back();
      // An element of a list is whole: of the root's list, or of a list that is a member of the root.
      const bool is_element = (open_.size() == 1 || open_.size() == 2) && open_.back() == ']';
      if (is_element || open_.empty()) {
        kept_ = result_.text.size();
        closing_.assign(open_.rbegin(), open_.rend());
      }
      is_over_ = open_.empty();
    }
  }
  void copy(std::size_t count) {
    result_.text += text_.substr(at_, count);
    at_ += count;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_string_ = false;
  bool is_over_ = false;  // the root is closed
  std::string open_;      // the brackets that close what is open, innermost last
  std::size_t kept_ = 0;
  std::string closing_;
  ToolJson result_;
};

}  // namespace

ToolJson repaired_json(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string_view own = without_lines_before(text);
  ToolJson result = Walk(own).run();
  result.has_more = result.has_more || own.size() < trimmed_lines(text).size();
  return result;
}

ToolJson repaired_json(const ImportInput& input, ImportResult& result) {
  ToolJson tool = repaired_json(input.text);
  if (tool.has_more) result.remarks.emplace_back("text around the JSON is left out");
  return tool;
}

const json* find_member(const json& value, const char* name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

Decimal decimal_of(const json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.is_number() ? value.dump() : "";
  return Decimal::parse(text).value_or(Decimal());
}

Decimal decimal_member(const json& value, const char* name) {
  const json* member = find_member(value, name);
  return member == nullptr ? Decimal() : decimal_of(*member);
}

std::string text_member(const json& value, const char* name) {
  const json* member = find_member(value, name);
  return member != nullptr && member->is_string() ? member->get<std::string>() : std::string();
}

std::optional<std::int64_t> integer_member(const json& value, const char* name) {
  return decimal_member(value, name).integer();
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::int64_t LineFinder::next(std::string_view part) {
  if (part == missed_) return 0;
  const std::size_t found = text_.find(part, at_);
  if (found == std::string_view::npos) {
    missed_ = part;
    return 0;
  }
  for (; at_ < found; ++at_) line_ += text_[at_] == '\n' ? 1 : 0;
  const std::int64_t line = line_;
  for (; at_ < found + part.size(); ++at_) line_ += text_[at_] == '\n' ? 1 : 0;
  return line;
}

}  // namespace hetscope
