// What a native tool printed becomes a record: the importers' affair, who know more of records than a baseline may.
#pragma once

#include <string>

#include "harness/record/record.hpp"
#include "harness/run/child_process.hpp"

namespace hetscope {

class ToolReader {
 public:
  virtual ~ToolReader() = default;
  // Throws Error with the nearest names when there is no such importer.
  virtual void check(const std::string& importer) const = 0;
  // The one result in what a launch printed, with its figures, status and source; `row` are words of its case line
  // where there may be several. What the tool did not print stays missing. Throws Error when there is not exactly one.
  virtual Record read(const std::string& importer, const ProgramOutput& output, const std::string& row) const = 0;
};

}  // namespace hetscope
