// Long tables of the HTML report: the first rows as HTML, all rows as columns of numbers into one list of texts, from
// which the page's script shows a screenful at a time. A page of 10,000 rows then opens as fast as one of 100, and a
// text that many rows share (a case line, a unit) is in the file once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reports/document.hpp"

namespace hetscope {

// JSON that may stand inside a script element: no '<' is left in it.
std::string json_inside_script(std::string json);

class LongTables {
 public:
  // Tables of more rows are long.
  static constexpr std::size_t kFromRows = 200;
  // Rows that stand in the HTML too, for readers without scripts.
  static constexpr std::size_t kStaticRows = 50;

  bool empty() const { return tables_.empty(); }
  // Returns the table's number.
  std::size_t add(const Table& table);
  // {"texts": [...], "tables": [{"rows": n, "columns": [{"t": text numbers, "v": sort values, "c": tones}]}]}
  std::string json() const;

 private:
  std::size_t text_number(const std::string& text);

  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<const std::string*> texts_;  // keys of numbers_
  std::vector<std::string> tables_;        // JSON
};

}  // namespace hetscope
