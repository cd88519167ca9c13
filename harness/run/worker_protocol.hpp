// What supervisor and worker say to each other, one JSON document per line.
//   supervisor: {"run": {"group": ..., "identity": ..., "meter": ""}}  or  {"discover": {"skip": ["opencl"]}}
//   worker:     {"hello": ...} once; then {"record": ...} per case and {"done": true},
//               or {"looking": "cpu"}, {"found": [...], "missing": [...], "meters": [...]} per back end and {"done":
//               true}
// Reading throws Error for whatever does not fit: both sides treat that as the other's death.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/processor/processor.hpp"
#include "harness/record/record.hpp"
#include "harness/run/runner.hpp"
#include "harness/run/scenario.hpp"

namespace hetscope {

// What `looking` and `skip` call the energy meters; everything else there is a back end.
inline constexpr const char* kMetersLook = "meters";

struct RunRequest {
  PlannedGroup group;
  RunIdentity identity;
  std::string meter;
};

struct Request {
  std::optional<RunRequest> run;
  std::optional<std::vector<std::string>> discover_skip;
};

struct Answer {
  bool done = false;
  std::optional<Record> record;
  std::string looking;  // the back end, or "meters", that is looked at next
  Discovery discovery;
  std::vector<std::string> meters;
};

std::string request_line(const RunRequest& request);
std::string discover_line(const std::vector<std::string>& skip);
Request parse_request(const std::string& line);

std::string hello_line();
std::string record_line(const Record& record);
std::string looking_line(const std::string& what);
std::string discovery_line(const Discovery& discovery, const std::vector<std::string>& meters);
std::string done_line();
Answer parse_answer(const std::string& line);

}  // namespace hetscope
