// The samples of tests/golden/importers and what must hold of every import, whatever the text: no number that is not in
// the text, no status without its reason, nothing that the schema refuses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "reports/importers/importer.hpp"

namespace hetscope::samples {

// FORMAT/NAME.txt, or .hex for binary, with NAME.second.txt (the other stream) and NAME.options.json beside it.
struct Sample {
  std::string format;
  std::string name;
  std::string path;  // without its suffix
  std::string text;
  std::string second_text;
  std::optional<int> exit_code;
  std::string model;
  std::string processor;

  ImportInput input() const;
};
// All samples below `root`, in the order of their paths.
std::vector<Sample> load(const std::string& root);

// What an import gives, without what every row has in common: {"records": [...], "remarks": [...]} or {"error": "..."}.
nlohmann::json outcome(const Sample& sample);

// What is wrong with the result of an import, "" for nothing. The schema costs a millisecond for each of the rows that
// are checked against it.
std::string violation(const ImportInput& input, const ImportResult& result, std::size_t schema_rows);

}  // namespace hetscope::samples
