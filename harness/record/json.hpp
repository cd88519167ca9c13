// Records as JSON, both ways. Reading is strict about what it needs and keeps nothing it does not know.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "harness/record/record.hpp"

namespace hetscope {

// Never holds NaN or infinity: a latency without finite figures is left out (with `clock` null when it was the
// principal one), another number that is not finite is null. Throws Error when the sample lists of a latency differ in
// length.
nlohmann::json to_json(const Record& record);
// Throws Error with `where` for a missing name, a wrong type, an unknown status or another schema version ("this
// hetscope reads hetscope/record/1; update it").
Record record_from_json(const nlohmann::json& value, std::string_view where);

nlohmann::json axis_to_json(const AxisValue& value);
AxisValue axis_from_json(const nlohmann::json& value, std::string_view where);

// Nested deeper than this, a JSON text is refused.
inline constexpr int kMaxJsonDepth = 64;
// Parses a text that may come from anywhere: bounded depth, no name twice in an object nor more than `max_members`, no
// exceptions but Error with line and column.
nlohmann::json parse_json(std::string_view text, std::string_view where,
                          std::size_t max_members = std::numeric_limits<std::size_t>::max());
nlohmann::json read_json_file(const std::string& path);
// Throws Error when the file cannot be read or is larger than 256 MiB.
std::string read_text_file(const std::string& path);
// The document on one line; bytes that are not UTF-8 become U+FFFD instead of an exception.
std::string dump_line(const nlohmann::json& value);

}  // namespace hetscope
