// Reading runs leniently and writing one file; see run_files.hpp.
#include "bench/commands/run_files.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/record/journal.hpp"

namespace hetscope {

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

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error(std::string("cannot be written (") + std::strerror(errno) + ")", path, "choose another --out");
}

}  // namespace hetscope
