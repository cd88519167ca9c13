// The names of the statuses and the one rule about a record's principal latency.
#include "harness/record/record.hpp"

#include <array>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"

namespace hetscope {
namespace {

constexpr std::array<std::pair<Status, std::string_view>, 7> kStatusNames = {{{Status::ok, "ok"},
                                                                              {Status::unsupported, "unsupported"},
                                                                              {Status::skipped, "skipped"},
                                                                              {Status::mismatch, "mismatch"},
                                                                              {Status::unstable, "unstable"},
                                                                              {Status::mistrusted, "mistrusted"},
                                                                              {Status::failed, "failed"}}};

}  // namespace

std::string_view to_string(Status status) {
  for (const auto& [value, name] : kStatusNames) {
    if (value == status) return name;
  }
  return "failed";
}

Status parse_status(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [value, known] : kStatusNames) {
    if (known == name) return value;
    names.emplace_back(known);
  }
  throw unknown_name("status", name, names);
}

std::string_view to_string(Statistic statistic) { return statistic == Statistic::mean ? "mean" : "median"; }

const LatencyRecord* Record::latency() const {
  const auto found = latencies.find(clock);
  return found == latencies.end() ? nullptr : &found->second;
}

}  // namespace hetscope
