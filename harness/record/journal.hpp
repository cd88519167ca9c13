// A run's directory: run.json (who, what, where), records.jsonl (one record per line, flushed as it is finished) and
// journal.jsonl (which cases were started). Appending survives kill -9: a half-written last line is cut off on
// reopening, and a full disk leaves whole lines only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "harness/record/record.hpp"

namespace hetscope {

// Lines appended to a file, each written whole by one write() and flushed to the disk.
class LineFile {
 public:
  // Opens for appending, creates when missing, and locks against a second writer. Cuts a last line without its end;
  // `cut_bytes()` tells how much. Throws Error when it cannot be opened or another run holds it.
  explicit LineFile(std::string path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;
  // Throws Error (disk full: what is there stays whole).
  void append(std::string_view line);
  // Where nobody can be told of a fault. false: it was not written.
  bool try_append(std::string_view line) noexcept;
  std::int64_t cut_bytes() const noexcept { return cut_bytes_; }

 private:
  // 0, or the errno that stopped it; `is_whole`: whether the file ends with a whole line.
  int write_line(std::string_view line, bool& is_whole);

  std::string path_;
  int descriptor_ = -1;
  std::int64_t cut_bytes_ = 0;
};

class RunDirectory {
 public:
  // Creates `path` (and its parents) for a new run; throws Error when it holds a run already ("--resume or another
  // --out") or cannot be written.
  static RunDirectory create(const std::string& path, const nlohmann::json& run);
  // Opens an existing run to go on with it; throws Error when it holds none.
  static RunDirectory resume(const std::string& path);

  RunDirectory(RunDirectory&&) noexcept;
  // A run that ends in order (finished, interrupted, out of disk) blames no case: its journal ends with `released`.
  ~RunDirectory();

  const std::string& path() const noexcept { return path_; }
  // The case of this line is being worked on from now on: if the run ends without a word, it was the one.
  void started(const std::string& line);
  void append(const Record& record);
  // Case lines that have a record, and case lines that were started and have none.
  const std::set<std::string>& finished() const noexcept { return finished_; }
  const std::set<std::string>& interrupted() const noexcept { return interrupted_; }
  // Case lines whose last record is not ok, unsupported or skipped: what --retry-failed runs again.
  const std::set<std::string>& failed() const noexcept { return failed_; }
  // Lines that resume() could not read and left out.
  const std::vector<std::string>& faults() const noexcept { return faults_; }

 private:
  explicit RunDirectory(std::string path);
  void note(const Record& record);
  std::string path_;
  std::unique_ptr<LineFile> records_;
  std::unique_ptr<LineFile> journal_;
  std::set<std::string> finished_;
  std::set<std::string> interrupted_;
  std::set<std::string> failed_;
  std::vector<std::string> faults_;
  bool has_started_ = false;  // a case, by this launch
};

// What reading a run's records found.
struct LoadedRun {
  std::string directory;
  std::string run_json;             // its text; "" when missing
  std::vector<Record> records;      // of each case line the last record; in a .jsonl file of each run and case line
  std::vector<std::string> faults;  // "records.jsonl line 12: ...": lines that were left out
};
// Reads a directory, or a .jsonl file. Lines that do not parse become faults; throws Error only when nothing can be
// read.
LoadedRun load_run(const std::string& path);
// Streams: visit is called for each record, in order, without keeping them. A line above 64 MiB is a fault; at most
// 1,000 faults are kept in full. Throws Error when the file cannot be opened.
void for_each_record(const std::string& records_path, const std::function<void(Record&&)>& visit,
                     std::vector<std::string>& faults);

}  // namespace hetscope
