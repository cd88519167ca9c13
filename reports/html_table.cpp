// Columns as lists; see html_table.hpp.
#include "reports/html_table.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

char tone_letter(Tone tone) {
  switch (tone) {
    case Tone::good:
      return 'g';
    case Tone::bad:
      return 'b';
    case Tone::neutral:
      return 'n';
    case Tone::warning:
      return 'w';
    case Tone::plain:
      break;
  }
  return ' ';
}

std::string quoted(const std::string& text) {
  return nlohmann::json(one_line(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Enough digits to sort by.
void append_values(const Table& table, std::size_t column, std::string& out) {
  out += ",\"v\":[";
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (row > 0) out += ',';
    const auto& value = table.rows[row][column].sort_value;
    if (value && std::isfinite(*value)) {
      fmt::format_to(std::back_inserter(out), "{:.7g}", *value);
    } else {
      out += "null";
    }
  }
  out += ']';
}

}  // namespace

std::string json_inside_script(std::string json) {
  // '<' occurs in texts only, where it may be escaped; without it nothing can end the element or begin a comment.
  for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at)) {
    json.replace(at, 1, "\\u003c");
  }
  return json;
}

std::size_t LongTables::text_number(const std::string& text) {
  const auto [place, is_new] = numbers_.try_emplace(text, texts_.size());
  if (is_new) texts_.push_back(&place->first);
  return place->second;
}

std::size_t LongTables::add(const Table& table) {
  std::string out = fmt::format("{{\"rows\":{},\"columns\":[", table.rows.size());
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    out += column == 0 ? "{\"t\":[" : ",{\"t\":[";
    std::string tones;
    bool has_values = false;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      const Cell& cell = table.rows[row].at(column);
      fmt::format_to(std::back_inserter(out), "{}{}", row > 0 ? "," : "", text_number(cell.text));
      tones += tone_letter(cell.tone);
      has_values = has_values || cell.sort_value.has_value();
    }
    out += ']';
    if (has_values) append_values(table, column, out);
    if (tones.find_first_not_of(' ') != std::string::npos) out += ",\"c\":\"" + tones + "\"";
    const auto is_code = [column](const auto& row) { return row[column].is_code; };
    if (std::any_of(table.rows.begin(), table.rows.end(), is_code)) out += ",\"code\":true";
    if (table.columns[column].is_case) out += ",\"case\":true";
    out += '}';
  }
  out += "]}";
  tables_.push_back(std::move(out));
  return tables_.size() - 1;
}

std::string LongTables::json() const {
  std::string out = "{\"texts\":[";
  for (std::size_t i = 0; i < texts_.size(); ++i) out += (i == 0 ? "" : ",") + quoted(*texts_[i]);
  out += "],\"tables\":[";
  for (std::size_t i = 0; i < tables_.size(); ++i) out += (i == 0 ? "" : ",") + tables_[i];
  return json_inside_script(out + "]}");
}

}  // namespace hetscope
