// A foreign benchmark tool's output as one row: read by the importer that recognises it, so that a native tool on the
// device can be compared launch by launch.
#pragma once

#include <string>

#include "harness/record/record.hpp"
#include "harness/run/child_process.hpp"

namespace hetscope {

// The figure, clock and source of the one result in `output`; `words` must stand in its case line where the tool prints
// several. What the tool did not print stays missing: from min, avg and max there is no interval within a launch.
// Throws Error when no importer knows it, or not exactly one result is left.
Record record_of_tool(const ProgramOutput& output, const std::string& command, const std::string& words);

}  // namespace hetscope
