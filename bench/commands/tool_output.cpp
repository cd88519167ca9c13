// Importers, applied to a program that has just ended.
#include "bench/commands/tool_output.hpp"

#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "reports/importers/importer.hpp"

namespace hetscope {

Record record_of_tool(const ProgramOutput& output, const std::string& command, const std::string& words) {
  ImportInput input;
  input.text = output.out;
  input.second_text = output.error;
  // benchncnn prints on standard error alone.
  if (output.out.empty()) std::swap(input.text, input.second_text);
  input.path = "its output";
  input.command = command;
  std::vector<Record> records = import_text(detect_importer(input), input).records;
  std::erase_if(records, [&](const Record& record) {
    return record.latency() == nullptr || record.item.line().find(words) == std::string::npos;
  });
  if (records.size() == 1) return std::move(records.front());
  if (records.empty()) throw Error("the tool printed no time" + (words.empty() ? "" : " for '" + words + "'"));
  std::string lines;
  for (const Record& record : records) lines += (lines.empty() ? "" : "; ") + record.item.line();
  throw Error("the tool printed " + std::to_string(records.size()) + " times: " + lines, {},
              "name words of one of them with --cmd-row");
}

}  // namespace hetscope
