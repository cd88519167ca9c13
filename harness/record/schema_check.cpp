// valijson behind the record's schema. It knows draft 7; the schema keeps to the keywords that 2020-12 shares with it,
// and a test holds its verdicts to those of a full 2020-12 validator.
#include "harness/record/schema_check.hpp"

// Without it valijson aborts the program where it could throw.
#define VALIJSON_USE_EXCEPTIONS 1

#include <algorithm>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "harness/core/embedded_file.hpp"
#include "harness/record/json.hpp"

namespace hetscope {

std::span<const EmbeddedFile> record_schema_files();

namespace {

using Path = std::vector<std::string>;

// Each is held against every other, and nobody reads more.
constexpr std::size_t kMostViolations = 1000;

// valijson's {"<root>", "[latencies]", "[0]"} as "/latencies/0".
std::string json_pointer(const Path& context) {
  std::string pointer;
  for (const std::string& step : context) {
    if (step == "<root>") continue;
    const bool is_bracketed = step.size() >= 2 && step.front() == '[' && step.back() == ']';
    pointer += "/" + (is_bracketed ? step.substr(1, step.size() - 2) : step);
  }
  return pointer.empty() ? "/" : pointer;
}

bool is_above(const Path& outer, const Path& inner) {
  return outer.size() < inner.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

}  // namespace

std::string_view record_schema_text() {
  return embedded_text(record_schema_files(), "harness/record/schema/record-1.json");
}

struct SchemaCheck::Implementation {
  valijson::Schema schema;
};

SchemaCheck::SchemaCheck() : implementation_(std::make_unique<Implementation>()) {
  const nlohmann::json document = parse_json(record_schema_text(), "record-1.json");
  const valijson::adapters::NlohmannJsonAdapter adapter(document);
  valijson::SchemaParser parser;
  parser.populateSchema(adapter, implementation_->schema);
}

SchemaCheck::~SchemaCheck() = default;

std::vector<std::string> SchemaCheck::violations(const nlohmann::json& record) const {
  valijson::Validator validator;
  valijson::ValidationResults results;
  const valijson::adapters::NlohmannJsonAdapter adapter(record);
  if (validator.validate(implementation_->schema, adapter, &results)) return {};

  // A fault is followed by one echo for every schema around it and one complaint for every level above it; neither adds
  // anything to the cause, which stands before them.
  const std::size_t count = std::min(results.numErrors(), kMostViolations);
  const std::vector<valijson::ValidationResults::Error> faults(results.begin(),
                                                               results.begin() + static_cast<std::ptrdiff_t>(count));
  std::vector<std::string> found;
  for (const auto& fault : faults) {
    const bool is_echo = fault.description.rfind("Failed to validate against", 0) == 0;
    const bool has_cause = std::any_of(faults.begin(), faults.end(),
                                       [&fault](const auto& other) { return is_above(fault.context, other.context); });
    std::string line = json_pointer(fault.context) + ": " + fault.description;
    if (is_echo || has_cause || std::find(found.begin(), found.end(), line) != found.end()) continue;
    found.push_back(std::move(line));
  }
  if (count < results.numErrors()) found.emplace_back("/: and more, which are not looked at");
  if (found.empty()) found.emplace_back("/: is not a valid record");
  return found;
}

}  // namespace hetscope
