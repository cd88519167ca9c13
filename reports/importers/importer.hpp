// What another tool printed becomes records. An importer knows one format: it says whether a text looks like it, and
// reads it without inventing anything: a figure that the tool did not print stays missing, a text that could be read in
// two ways is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/record/record.hpp"

namespace hetscope {

// A tool's output as it was kept, and what the user knows that the tool did not print.
struct ImportInput {
  std::string_view text;         // the file
  std::string_view second_text;  // the other stream (standard error), when it was kept in a file of its own
  std::string path;              // of the file, for messages
  std::optional<int> exit_code;  // of the tool
  std::string command;           // the tool's command line
  std::string model;             // overrides what the text says
  std::string processor;         // likewise
};

struct ImportResult {
  std::vector<Record> records;
  std::vector<std::string> remarks;  // what was left out, and why
  std::string tool;
  std::string tool_version;  // "" when the tool does not print it
};

class Importer {
 public:
  virtual ~Importer() = default;

  virtual std::string_view name() const = 0;         // of the format: "benchncnn"
  virtual std::string_view description() const = 0;  // one line
  // Raised whenever the same file would be read differently.
  virtual int version() const { return 1; }
  // 0: this is something else; up to 100: nothing else looks like this. Looks at the content, never at the file's name.
  virtual int detects(std::string_view text) const = 0;
  // Rows with their case, figures, status and line. Identity, group and unique case lines are import_text's. Throws
  // Error when the text cannot be read, or only in a doubtful way.
  virtual ImportResult parse(const ImportInput& input) const = 0;
};

// One of each, in the order of importers.inc.
const std::vector<std::unique_ptr<Importer>>& importers();
// Throws Error with the nearest names when there is none.
const Importer& importer_named(std::string_view name);
// The importer that recognises `text` (or, failing that, `second_text`). Throws Error when none does, or two equally.
const Importer& detect_importer(const ImportInput& input);

// Parses and completes the rows: identity, source, one case line each, statuses that the figures or the exit code
// contradict. A text without a single row gives one failed row that says what went wrong. Throws Error when the text
// cannot be read.
ImportResult import_text(const Importer& importer, const ImportInput& input);

}  // namespace hetscope
