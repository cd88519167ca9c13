// A run's directory: run.json appears whole or not at all, every other file grows line by line.
#include "harness/record/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/record/json.hpp"
#include "harness/record/line_reader.hpp"

namespace hetscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string run_path(const std::string& directory) { return directory + "/run.json"; }
std::string records_path(const std::string& directory) { return directory + "/records.jsonl"; }
std::string journal_path(const std::string& directory) { return directory + "/journal.jsonl"; }

bool is_failure(Status status) {
  return status != Status::ok && status != Status::unsupported && status != Status::skipped;
}

void make_directory(const std::string& path) {
  std::error_code fault;
  if (fs::exists(path, fault) && !fs::is_directory(path, fault)) {
    throw Error("is a file, not a directory", path, "choose another --out");
  }
  fs::create_directories(path, fault);
  if (fault) {
    throw Error("the directory cannot be made: " + fault.message(), path, "choose an --out that you may write to");
  }
}

void refuse_if_used(const std::string& path) {
  std::error_code ignored;
  if (fs::exists(run_path(path), ignored)) {
    throw Error("holds a run already", path, "use --resume or another --out");
  }
  if (fs::exists(records_path(path), ignored) && fs::file_size(records_path(path), ignored) > 0) {
    throw Error("holds records already, of a run without its run.json", path, "use another --out");
  }
}

// A reader sees the old file or the new one, also after a power cut: written beside it, flushed, renamed.
void write_whole_file(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  std::error_code ignored;
  fs::remove(temporary, ignored);
  {
    LineFile file(temporary);
    file.append(text);
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    throw Error(std::string("cannot be written: ") + std::strerror(errno), path);
  }
  const int directory = ::open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

// The case that was being worked on when the journal ends: its last `started`, unless `released` follows.
std::string read_last_started(const std::string& path, std::vector<std::string>& faults) {
  std::string started;
  LineReader reader(path);
  while (reader.next()) {
    try {
      const json entry = parse_json(reader.line(), "journal.jsonl line " + std::to_string(reader.number()));
      if (const auto line = entry.find("started"); entry.is_object() && line != entry.end() && line->is_string()) {
        started = line->get<std::string>();
      } else if (entry.is_object() && entry.contains("released")) {
        started.clear();
      }
    } catch (const Error& error) {
      faults.emplace_back(error.what());
    }
  }
  return started;
}

}  // namespace

RunDirectory::RunDirectory(std::string path) : path_(std::move(path)) {}
RunDirectory::RunDirectory(RunDirectory&&) noexcept = default;
RunDirectory::~RunDirectory() {
  if (journal_ && has_started_) journal_->try_append(R"({"released":true})");
}

RunDirectory RunDirectory::create(const std::string& path, const json& run) {
  make_directory(path);
  refuse_if_used(path);
  RunDirectory directory(path);
  directory.records_ = std::make_unique<LineFile>(records_path(path));
  directory.journal_ = std::make_unique<LineFile>(journal_path(path));
  // Again under the lock: the run that it was waited for may have been here.
  refuse_if_used(path);
  write_whole_file(run_path(path), dump_line(run));
  return directory;
}

RunDirectory RunDirectory::resume(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(run_path(path), ignored)) {
    throw Error("holds no run to go on with: there is no run.json", path, "leave --resume out to start one");
  }
  (void)read_json_file(run_path(path));
  RunDirectory directory(path);
  directory.records_ = std::make_unique<LineFile>(records_path(path));
  directory.journal_ = std::make_unique<LineFile>(journal_path(path));
  for_each_record(
      records_path(path), [&directory](Record&& record) { directory.note(record); }, directory.faults_);
  const std::string last = read_last_started(journal_path(path), directory.faults_);
  if (!last.empty() && directory.finished_.count(last) == 0) directory.interrupted_.insert(last);
  return directory;
}

void RunDirectory::started(const std::string& line) {
  journal_->append(dump_line({{"started", line}}));
  has_started_ = true;
  if (finished_.count(line) == 0) interrupted_.insert(line);
}

void RunDirectory::append(const Record& record) {
  records_->append(dump_line(to_json(record)));
  note(record);
}

void RunDirectory::note(const Record& record) {
  const std::string line = record.item.line();
  finished_.insert(line);
  interrupted_.erase(line);
  if (is_failure(record.status)) {
    failed_.insert(line);
  } else {
    failed_.erase(line);
  }
}

}  // namespace hetscope
