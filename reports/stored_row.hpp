// What a record says about itself in a few words, read from its line without building the record: for files of millions
// of lines. Only what is read here is checked; a line that cannot be read this way is read in full, so that every
// complaint is the one of docs/record.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/statistics/statistics.hpp"

namespace hetscope {

struct StoredRow {
  std::string line;  // of the case
  std::string session;
  std::string run;  // by run_of()
  std::string device_model;
  std::string device_unit;
  std::string launch;
  std::string clock;      // the principal one
  bool has_time = false;  // ok, or unstable with its time
  double figure_ns = 0;   // median, or what stands for it
  Interval interval;      // of the figure as the record has it; NaN where the tool that measured gave none
};

// In the order of the file; `text` is the whole line. A line that is no record is told in `faults` and left out. Throws
// Error when the file cannot be opened.
void for_each_stored_row(const std::string& records_path,
                         const std::function<void(StoredRow&& row, std::string_view text)>& visit,
                         std::vector<std::string>& faults);

// stored_row_simdjson.cpp, or stored_row_plain.cpp where simdjson is not linked (one-file programs): false when the
// line has to be read in full.
class StoredRowReader {
 public:
  StoredRowReader();
  ~StoredRowReader();
  StoredRowReader(const StoredRowReader&) = delete;
  StoredRowReader& operator=(const StoredRowReader&) = delete;
  bool read(std::string_view text, StoredRow& row);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace hetscope
