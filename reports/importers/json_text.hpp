// JSON as tools write it: with bare NaN and Infinity, and cut off where the tool died. What is read is what is there.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "reports/importers/log_text.hpp"

namespace hetscope {

struct ImportInput;
struct ImportResult;

struct ToolJson {
  std::string text;       // valid JSON unless the tool wrote something else wrong
  bool is_cut = false;    // the tool's text ends early; the last whole list element is the last that is kept
  int not_finite = 0;     // bare NaN and Infinity, null here
  bool has_more = false;  // lines before it or text behind it: the tool's other stream, a shell's last words
};
// Replaces NaN, Infinity and -Infinity by null. Of a text that ends early, keeps every element of the root's lists (or
// of the root, when that is a list) that is whole; nothing is left when there is none.
ToolJson repaired_json(std::string_view text);
// The same of a file, with a remark about what stands around the JSON.
ToolJson repaired_json(const ImportInput& input, ImportResult& result);

// Of an object: nullptr when the name is not there or `value` is no object.
const nlohmann::json* find_member(const nlohmann::json& value, const char* name);
// A number, or a text that is one (some tools quote them), digit for digit; NaN for all else.
Decimal decimal_of(const nlohmann::json& value);
Decimal decimal_member(const nlohmann::json& value, const char* name);
// "" when it is missing or no text.
std::string text_member(const nlohmann::json& value, const char* name);
// nullopt when it is missing or no whole number.
std::optional<std::int64_t> integer_member(const nlohmann::json& value, const char* name);

// Lower case, for names of back ends.
std::string lowered(std::string_view text);

// The first line, counted from 1, at which `part` stands from `from` on, 0 when nowhere; moves `from` behind it.
class LineFinder {
 public:
  explicit LineFinder(std::string_view text) : text_(text) {}
  std::int64_t next(std::string_view part);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::string missed_;  // it is not looked for again: many rows without it would walk the whole rest each
};

}  // namespace hetscope
