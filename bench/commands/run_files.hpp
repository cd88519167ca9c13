// Runs read for a report or an export, and the file that is made of them.
#pragma once

#include <string>
#include <vector>

#include "reports/report.hpp"

namespace hetscope {

// Every run that holds a record; one that holds none is told on standard error, and is an Error when no other is left.
ReportInput load_runs(const std::vector<std::string>& directories);
// Throws Error when the file cannot be written whole.
void write_file(const std::string& path, const std::string& text);

}  // namespace hetscope
