// hetscope import: another tool's output becomes a run's directory, with the original bytes beside the records.
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/command.hpp"
#include "bench/commands/run_files.hpp"
#include "harness/core/error.hpp"
#include "harness/record/fingerprint.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"
#include "reports/importers/importer.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

struct ImportOptions {
  std::vector<std::string> format_and_path;  // the format may be missing
  std::string path;
  std::string second_path;
  std::string out;
  std::optional<int> exit_code;
  std::string command;
  std::string model;
  std::string processor;
};

// A name within raw/ for the file at `path`, another one when it is taken.
std::string raw_name(const std::string& path, const std::string& taken) {
  std::string name = std::filesystem::path(path).filename().string();
  if (name.empty() || name == "." || name == "..") name = "input";
  return "raw/" + (("raw/" + name) == taken ? "stderr-" + name : name);
}

json file_json(const std::string& raw, const std::string& path, const std::string& text) {
  return {{"file", std::filesystem::path(path).filename().string()},
          {"raw", raw},
          {"sha256", sha256_of_text(text)},
          {"bytes", text.size()}};
}

// The words that make the same records from the bytes that are kept.
json argv_of(const ImportOptions& options, const Importer& importer, const std::string& raw,
             const std::string& second_raw) {
  std::vector<std::string> words = {"hetscope", "import", std::string(importer.name()), raw};
  const auto add = [&words](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  add("--stderr", second_raw);
  add("--exit-code", options.exit_code ? std::to_string(*options.exit_code) : std::string());
  add("--command", options.command);
  add("--model", options.model);
  add("--processor", options.processor);
  add("--out", "DIR");
  return words;
}

json imported_from(const ImportOptions& options, const Importer& importer, const ImportResult& result) {
  const BuildInfo build = build_info();
  json source = {{"format", importer.name()},
                 {"parser", std::string(importer.name()) + "/" + std::to_string(importer.version())},
                 {"tool", result.tool},
                 {"tool_version", result.tool_version},
                 {"read_by", "hetscope " + build.version + (build.git_commit.empty() ? "" : " " + build.git_commit)},
                 {"remarks", result.remarks}};
  source["exit_code"] = options.exit_code ? json(*options.exit_code) : json(nullptr);
  source["command"] = options.command;
  source["model"] = options.model;
  source["processor"] = options.processor;
  return source;
}

std::string counts_text(const ImportResult& result) {
  std::map<Status, std::size_t> counts;
  for (const Record& record : result.records) ++counts[record.status];
  std::string text;
  for (const auto& [status, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(to_string(status));
  }
  return text;
}

int run_import(ImportOptions options) {
  options.path = options.format_and_path.back();
  const std::string format = options.format_and_path.size() > 1 ? options.format_and_path.front() : "auto";
  const std::string text = read_text_file(options.path);
  const std::string second = options.second_path.empty() ? std::string() : read_text_file(options.second_path);
  ImportInput input;
  input.text = text;
  input.second_text = second;
  input.path = options.path;
  input.exit_code = options.exit_code;
  input.command = options.command;
  input.model = options.model;
  input.processor = options.processor;
  const Importer& importer = format == "auto" ? detect_importer(input) : importer_named(format);
  const ImportResult result = import_text(importer, input);

  const std::string raw = raw_name(options.path, "");
  json source = imported_from(options, importer, result);
  source.update(file_json(raw, options.path, text));
  const std::string second_raw = options.second_path.empty() ? std::string() : raw_name(options.second_path, raw);
  if (!second_raw.empty()) source["second_stream"] = file_json(second_raw, options.second_path, second);
  const json run = {{"schema", "hetscope/run/1"},
                    {"run_uuid", result.records.front().run_uuid},
                    {"imported_from", source},
                    {"argv", argv_of(options, importer, raw, second_raw)}};
  RunDirectory directory = RunDirectory::create(options.out, run);
  std::error_code told_by_the_write;
  std::filesystem::create_directories(options.out + "/raw", told_by_the_write);
  write_file(options.out + "/" + raw, text);
  if (!second_raw.empty()) write_file(options.out + "/" + second_raw, second);
  for (const Record& record : result.records) directory.append(record);

  for (const std::string& remark : result.remarks) fmt::print(stderr, "{}: {}\n", options.path, one_line(remark));
  fmt::print("{} as {}: {} ({}) in {}\n", options.path, importer.name(),
             result.records.size() == 1 ? "1 row" : fmt::format("{} rows", result.records.size()), counts_text(result),
             options.out);
  for (const Record& record : result.records) {
    if (record.status == Status::failed) return kExitFailed;
  }
  return kExitOk;
}

}  // namespace

void add_import(Commands& commands) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = commands.app.add_subcommand("import", "another tool's output becomes records");
  command
      ->add_option("FORMAT FILE", options->format_and_path,
                   "the format's name or auto (by content), and the file that the tool printed or wrote")
      ->required()
      ->expected(1, 2)
      ->option_text("(the format may be left out)");
  command->add_option("--out", options->out, "directory for run.json, records.jsonl and raw/")->required();
  command->add_option("--stderr", options->second_path,
                      "the tool's other stream, when it was kept in a file of its own");
  command->add_option("--exit-code", options->exit_code, "of the tool; other than 0 its rows are `failed`");
  command->add_option("--command", options->command, "the tool's command line, kept in run.json");
  command->add_option("--model", options->model, "name of the model, for tools that do not print it");
  command->add_option("--processor", options->processor, "what computed, for tools that do not print it");
  std::string footer = "Formats:\n";
  for (const auto& importer : importers())
    footer += fmt::format("  {:24}{}\n", importer->name(), importer->description());
  command->footer(footer);
  command->callback([&commands, options] { commands.action = [options] { return run_import(*options); }; });
}

}  // namespace hetscope
