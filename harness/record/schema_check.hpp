// Checks a document against the record's JSON Schema (harness/record/schema/record-1.json, embedded in the binary).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace hetscope {

// The embedded schema's text.
std::string_view record_schema_text();
// Every violation as "/latencies/host_monotonic/n: ...", empty when valid.
class SchemaCheck {
 public:
  SchemaCheck();
  ~SchemaCheck();
  std::vector<std::string> violations(const nlohmann::json& record) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace hetscope
