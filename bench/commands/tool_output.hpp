// A foreign benchmark tool's output as one row, read by an importer, so that a native tool on the device can be
// compared launch by launch.
#pragma once

#include <memory>
#include <string>

#include "harness/baseline/tool_reader.hpp"
#include "harness/record/record.hpp"
#include "harness/run/child_process.hpp"

namespace hetscope {

// The figure, clock and source of the one result in `output`; `words` must stand in its case line where the tool prints
// several, and times of single nodes count only then. What the tool did not print stays missing: from min, avg and max
// there is no interval within a launch. `importer` "": the one that recognises the output. Throws Error when there is
// none, or not exactly one result is left.
Record record_of_tool(const ProgramOutput& output, const std::string& importer, const std::string& command,
                      const std::string& words);

// For the tools among the baselines.
std::shared_ptr<const ToolReader> make_tool_reader();

}  // namespace hetscope
