// Threads that libraries make for themselves. They cannot be pinned one by one, but they can be kept on some CPUs.
#pragma once

#include <set>
#include <vector>

namespace hetscope {

// While it lives, the calling thread and the threads that libraries have made may run on `cpus` alone; a thread that is
// made meanwhile inherits that, and counts from then on as a library's. Its end gives the calling thread back the CPUs
// that it had; the others sleep until the next one.
class LibraryThreads {
 public:
  explicit LibraryThreads(const std::vector<int>& cpus);
  ~LibraryThreads();
  LibraryThreads(const LibraryThreads&) = delete;
  LibraryThreads& operator=(const LibraryThreads&) = delete;

  // false: the system refused it, or another one lives, whose threads nobody can tell from those of this one.
  bool are_restricted() const noexcept { return are_restricted_; }

 private:
  std::vector<int> callers_affinity_;
  std::set<int> threads_before_;  // of the process
  bool are_restricted_ = false;
};

}  // namespace hetscope
