// Importers, applied to a program that has just ended.
#include "bench/commands/tool_output.hpp"

#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "reports/importers/importer.hpp"

namespace hetscope {

namespace {

bool is_of_a_node(const Record& record) { return record.item.has("node") || record.item.has("node_type"); }

class ImportersAsToolReader final : public ToolReader {
 public:
  void check(const std::string& importer) const override { static_cast<void>(importer_named(importer)); }
  Record read(const std::string& importer, const ProgramOutput& output, const std::string& row) const override {
    return record_of_tool(output, importer, "", row);
  }
};

}  // namespace

Record record_of_tool(const ProgramOutput& output, const std::string& importer, const std::string& command,
                      const std::string& words) {
  ImportInput input;
  input.text = output.out;
  input.second_text = output.error;
  // benchncnn prints on standard error alone.
  if (output.out.empty()) std::swap(input.text, input.second_text);
  input.path = "its output";
  input.command = command;
  std::vector<Record> records =
      import_text(importer.empty() ? detect_importer(input) : importer_named(importer), input).records;
  std::string reason;
  std::erase_if(records, [&](const Record& record) {
    if (reason.empty()) reason = record.reason;
    return record.latency() == nullptr || record.item.line().find(words) == std::string::npos ||
           (words.empty() && is_of_a_node(record));
  });
  if (records.size() == 1) return std::move(records.front());
  if (records.empty()) {
    throw Error("the tool printed no time" + (words.empty() ? "" : " for '" + words + "'") +
                (reason.empty() ? "" : ": " + reason));
  }
  std::string lines;
  for (const Record& record : records) lines += (lines.empty() ? "" : "; ") + record.item.line();
  throw Error("the tool printed " + std::to_string(records.size()) + " times: " + lines, {},
              "name words of one of them: --cmd-row, or the row of a baseline's entry");
}

std::shared_ptr<const ToolReader> make_tool_reader() { return std::make_shared<ImportersAsToolReader>(); }

}  // namespace hetscope
