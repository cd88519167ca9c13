// hetscope validate: checks records, line by line, against the JSON Schema.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/commands/command.hpp"
#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "harness/record/schema_check.hpp"

namespace hetscope {
namespace {

// Violations of one file, printed with their line; the number of records looked at is added to `records`.
std::size_t check_file(const std::string& path, const SchemaCheck& schema, std::size_t& records) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path)) throw Error("cannot be read", path, "give a records.jsonl file");
  std::size_t violations = 0;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::string where = path + ":" + std::to_string(number);
    ++records;
    try {
      const nlohmann::json value = parse_json(line, where);
      for (const std::string& violation : schema.violations(value)) {
        fmt::print("{}: {}\n", where, violation);
        ++violations;
      }
      record_from_json(value, where);
    } catch (const Error& error) {
      fmt::print("{}\n", error.what());
      ++violations;
    }
  }
  return violations;
}

}  // namespace

void add_validate(Commands& commands) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command = commands.app.add_subcommand("validate", "check records against the JSON Schema");
  command->add_option("FILE", *files, "records.jsonl files")->required();
  command->callback([&commands, files] {
    commands.action = [files] {
      const SchemaCheck schema;
      std::size_t violations = 0;
      std::size_t records = 0;
      for (const std::string& path : *files) {
        const std::size_t before = records;
        violations += check_file(path, schema, records);
        if (records == before) throw Error("holds no record", path, "give the records.jsonl of a run");
      }
      fmt::print("{} records, {} violations\n", records, violations);
      return violations == 0 ? kExitOk : kExitFailed;
    };
  });
}

}  // namespace hetscope
