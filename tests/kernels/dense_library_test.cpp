// What dense libraries bring besides their products.
#include "kernels/dense/dense_library.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "harness/kernel/library_threads.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {
namespace {

// The CPUs of each thread of this process, as the kernel lists them.
std::map<std::string, std::string> cpus_of_threads() {
  std::map<std::string, std::string> cpus;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");
    const std::string key = "Cpus_allowed_list:\t";
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(key)) cpus[task.path().filename()] = line.substr(key.size());
    }
  }
  return cpus;
}

TEST(DenseLibraries, ThreadsThatTheyMakeWhenTheyAreOpenedMoveWithTheirRuns) {
  const auto before = cpus_of_threads();
  for (OpenDenseLibrary* open : {&openblas_library, &onednn_library}) open();
  auto made = cpus_of_threads();
  std::erase_if(made, [&](const auto& thread) { return before.contains(thread.first); });
  if (made.empty()) GTEST_SKIP() << "no library has made a thread";
  const int cpu = allowed_cpus().back();
  const LibraryThreads threads({cpu});
  EXPECT_TRUE(threads.are_restricted());
  const auto now = cpus_of_threads();
  for (const auto& [thread, cpus] : made) EXPECT_EQ(now.at(thread), std::to_string(cpu));
}

}  // namespace
}  // namespace hetscope
