// Runs read for a report or an export, and the file that is made of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.hpp"

namespace hetscope {

// Every run that holds a record; one that holds none is told on standard error, and is an Error when no other is left.
ReportInput load_runs(const std::vector<std::string>& directories);
// The run in `path`, or the runs in the directories of it, sorted. Throws Error when there is none.
std::vector<std::string> runs_in(const std::string& path);
// Every record of these runs, also where one case has several (a session each); of one session's case the last one.
// What cannot be read becomes a fault of its run; a run without a record counts as one.
ReportInput load_sessions(const std::vector<std::string>& paths);
// Says on standard error which lines of a file, or of a run in `directory`, were left out and why, a line each.
void print_left_out(std::span<const std::string> faults, std::string_view directory = {});
// Throws Error when the file cannot be written whole.
void write_file(const std::string& path, const std::string& text);

}  // namespace hetscope
