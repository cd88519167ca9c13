// Reading a run's records back. A line that cannot be read costs itself and is told; the rest counts.
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/parallel.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"
#include "harness/record/line_reader.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;

// A file that is something else altogether would otherwise be repeated in the faults.
constexpr std::size_t kMaxFaults = 1000;

// Enough for every CPU, little beside what the records themselves take.
constexpr std::size_t kBatchBytes = std::size_t{2} << 20;

struct ReadLine {
  std::string where;
  std::string text;
  bool is_unfinished = false;
  std::optional<Record> record;
  std::string fault;
};

void parse(ReadLine& line) {
  if (!line.fault.empty()) return;
  try {
    line.record = record_from_json(parse_json(line.text, line.where), line.where);
  } catch (const Error& error) {
    line.fault = error.what() + std::string(line.is_unfinished ? " (the file ends in the middle of this line)" : "");
  }
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

void for_each_record(const std::string& records_path, const std::function<void(Record&&)>& visit,
                     std::vector<std::string>& faults) {
  const std::string name = fs::path(records_path).filename().string();
  std::size_t told = 0;
  std::size_t untold = 0;
  const auto fault = [&](std::string what) {
    if (told < kMaxFaults) {
      faults.push_back(std::move(what));
      ++told;
    } else {
      ++untold;
    }
  };
  LineReader reader(records_path);
  std::vector<ReadLine> batch;
  std::size_t bytes = 0;
  // Lines are parsed by all CPUs, a batch at a time, and visited in their order.
  const auto finish_batch = [&] {
    for_each_index(batch.size(), [&batch](std::size_t i) { parse(batch[i]); });
    for (ReadLine& line : batch) {
      if (line.record) visit(std::move(*line.record));
      if (!line.fault.empty()) fault(std::move(line.fault));
    }
    batch.clear();
    bytes = 0;
  };
  while (reader.next()) {
    const std::string where = name + " line " + std::to_string(reader.number());
    if (!reader.is_too_long() && is_blank(reader.line())) continue;
    ReadLine line{where, std::string(reader.line()), reader.is_unfinished(), std::nullopt, {}};
    if (reader.is_too_long()) {
      line.fault = where + ": longer than " + std::to_string(LineReader::kMaxLineBytes >> 20) + " MiB";
    }
    bytes += line.text.size();
    batch.push_back(std::move(line));
    if (bytes >= kBatchBytes) finish_batch();
  }
  finish_batch();
  if (untold > 0) faults.push_back(name + ": " + std::to_string(untold) + " more lines cannot be read");
}

LoadedRun load_run(const std::string& path) {
  LoadedRun run;
  std::error_code fault;
  const auto kind = fs::status(path, fault).type();
  if (kind == fs::file_type::not_found) throw Error("does not exist", path);
  if (kind == fs::file_type::none) throw Error("cannot be read: " + fault.message(), path);

  std::string records_path = path;
  if (kind == fs::file_type::directory) {
    run.directory = path;
    records_path = path + "/records.jsonl";
    const bool has_run = fs::exists(path + "/run.json", fault);
    if (has_run) run.run_json = read_text_file(path + "/run.json");
    if (!fs::exists(records_path, fault)) {
      if (has_run) return run;
      throw Error("holds no run: there is no records.jsonl", path);
    }
  } else {
    run.directory = fs::path(path).parent_path().string();
  }

  // A directory is one run, whatever its sessions were called. A file may hold the records of several runs, and a case
  // counts once in each of them.
  const bool is_one_run = kind == fs::file_type::directory;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for_each_record(
      records_path,
      [&](Record&& record) {
        const auto [place, is_new] =
            places.try_emplace({is_one_run ? std::string() : record.run_uuid, record.item.line()}, run.records.size());
        if (is_new) {
          run.records.push_back(std::move(record));
        } else {
          run.records[place->second] = std::move(record);
        }
      },
      run.faults);
  return run;
}

}  // namespace hetscope
