// Which threads are a library's is seen by when they appear in /proc/self/task: no library tells.
#include "harness/kernel/library_threads.hpp"

#include <sched.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>

#include "harness/processor/affinity.hpp"

namespace hetscope {
namespace {

// Of the process, as libraries keep their threads for its life.
struct MadeByLibraries {
  std::mutex mutex;
  std::set<int> threads;
  int living = 0;  // LibraryThreads
};

MadeByLibraries& made_by_libraries() {
  static MadeByLibraries made;
  return made;
}

// Empty when the system does not tell.
std::set<int> threads_of_this_process() {
  std::set<int> threads;
  std::error_code error;
  for (std::filesystem::directory_iterator task("/proc/self/task", error), end; !error && task != end;
       task.increment(error)) {
    const std::string name = task->path().filename();
    int thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    threads.insert(thread);
  }
  return threads;
}

// false when the system refuses.
bool give_callers_cpus_to(int thread) {
  std::array<cpu_set_t, 64> cpus{};  // as many as affinity.cpp knows
  return sched_getaffinity(0, sizeof cpus, cpus.data()) == 0 &&
         sched_setaffinity(thread, sizeof cpus, cpus.data()) == 0;
}

}  // namespace

LibraryThreads::LibraryThreads(const std::vector<int>& cpus)
    : callers_affinity_(affinity_of_this_thread()), threads_before_(threads_of_this_process()) {
  MadeByLibraries& made = made_by_libraries();
  const std::lock_guard lock(made.mutex);
  const bool is_alone = made.living++ == 0;
  are_restricted_ = pin_this_thread(cpus) && is_alone && !threads_before_.empty();
  if (!are_restricted_) return;
  std::erase_if(made.threads, [&](int thread) { return !threads_before_.contains(thread); });
  for (const int thread : made.threads) are_restricted_ = give_callers_cpus_to(thread) && are_restricted_;
}

LibraryThreads::~LibraryThreads() {
  if (!callers_affinity_.empty()) pin_this_thread(callers_affinity_);
  MadeByLibraries& made = made_by_libraries();
  const std::lock_guard lock(made.mutex);
  --made.living;
  for (const int thread : threads_of_this_process()) {
    if (!threads_before_.contains(thread)) made.threads.insert(thread);
  }
}

}  // namespace hetscope
