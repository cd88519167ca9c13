// Reading runs leniently and writing one file; see run_files.hpp.
#include "bench/commands/run_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"

namespace hetscope {
namespace fs = std::filesystem;

ReportInput load_runs(const std::vector<std::string>& directories) {
  ReportInput input;
  for (const std::string& directory : directories) {
    LoadedRun run = load_run(directory);
    if (!run.records.empty()) {
      input.runs.push_back(std::move(run));
      continue;
    }
    const Error empty("holds no record that can be read" +
                          (run.faults.empty() ? std::string() : "; the first fault: " + run.faults.front()),
                      directory, "give a directory that `hetscope run` wrote");
    if (input.runs.empty() && &directory == &directories.back()) throw empty;
    std::fprintf(stderr, "left out: %s\n", empty.what());
  }
  return input;
}

std::vector<std::string> runs_in(const std::string& path) {
  std::error_code ignored;
  std::vector<std::string> runs;
  if (fs::exists(path + "/run.json", ignored)) return {path};
  for (const fs::directory_entry& entry : fs::directory_iterator(path, ignored)) {
    if (fs::exists(entry.path() / "run.json", ignored)) runs.push_back(entry.path().string());
  }
  std::sort(runs.begin(), runs.end());
  if (runs.empty()) {
    throw Error("is no run and holds none", path, "give a directory that `hetscope run` wrote, or one of such");
  }
  return runs;
}

ReportInput load_sessions(const std::vector<std::string>& paths) {
  ReportInput input;
  std::size_t records = 0;
  for (const std::string& path : paths) {
    for (const std::string& directory : runs_in(path)) {
      LoadedRun run{directory, read_text_file(directory + "/run.json"), {}, {}};
      std::map<std::tuple<std::string, std::string, std::string>, std::size_t> places;
      const auto keep = [&](Record&& record) {
        const auto [place, is_new] =
            places.try_emplace({record.session, record.group, record.item.line()}, run.records.size());
        if (is_new) {
          run.records.push_back(std::move(record));
        } else {
          run.records[place->second] = std::move(record);
        }
      };
      std::error_code ignored;
      if (fs::exists(directory + "/records.jsonl", ignored)) {
        for_each_record(directory + "/records.jsonl", keep, run.faults);
      }
      if (run.records.empty()) run.faults.emplace_back("holds no record that can be read");
      records += run.records.size();
      input.runs.push_back(std::move(run));
    }
  }
  if (records == 0) throw Error("holds no record that can be read", paths.front());
  return input;
}

void print_left_out(std::span<const std::string> faults, std::string_view directory) {
  const std::string where = directory.empty() ? "" : one_line(std::string(directory)) + ": ";
  for (const std::string& fault : faults) fmt::print(stderr, "{}left out: {}\n", where, one_line(fault));
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error(std::string("cannot be written (") + std::strerror(errno) + ")", path, "choose another --out");
}

}  // namespace hetscope
