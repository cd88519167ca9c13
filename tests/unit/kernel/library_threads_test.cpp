// Threads that a library makes for itself: stubs of one that keeps a thread, as OpenMP and OpenBLAS do.
#include "harness/kernel/library_threads.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "harness/kernel/host_kernel.hpp"
#include "harness/processor/affinity.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;
using Cpus = std::vector<int>;

// A thread that lives on and says where it may run.
class KeptThread {
 public:
  KeptThread() : thread_([this] { work(); }) {}
  ~KeptThread() {
    give(Order::end);
    thread_.join();
  }
  KeptThread(const KeptThread&) = delete;
  KeptThread& operator=(const KeptThread&) = delete;

  Cpus affinity() {
    give(Order::tell);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return order_ == Order::none; });
    return affinity_;
  }

 private:
  enum class Order { none, tell, end };

  void give(Order order) {
    const std::lock_guard lock(mutex_);
    order_ = order;
    changed_.notify_all();
  }
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return order_ != Order::none; });
      if (order_ == Order::end) return;
      affinity_ = affinity_of_this_thread();
      order_ = Order::none;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Order order_ = Order::none;
  Cpus affinity_;
  std::thread thread_;  // the last, as it uses the others
};

class LibraryThreadsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (all_.size() < 2) GTEST_SKIP() << "needs two CPUs";
  }

  const Cpus all_ = affinity_of_this_thread();
};

TEST_F(LibraryThreadsTest, AThreadThatIsMadeMeanwhileStaysOnTheCpus) {
  const Cpus one = {all_.back()};
  std::optional<LibraryThreads> threads(one);
  EXPECT_TRUE(threads->are_restricted());
  EXPECT_EQ(affinity_of_this_thread(), one);
  KeptThread of_library;
  EXPECT_EQ(of_library.affinity(), one);
  threads.reset();
  EXPECT_EQ(affinity_of_this_thread(), all_);
}

TEST_F(LibraryThreadsTest, AThreadThatWasMadeForOtherCpusMoves) {
  KeptThread of_others;
  std::optional<LibraryThreads> first(Cpus{all_.front()});
  KeptThread of_library;
  first.reset();
  const Cpus other = {all_.back()};
  const LibraryThreads second(other);
  EXPECT_TRUE(second.are_restricted());
  EXPECT_EQ(of_library.affinity(), other);
  EXPECT_EQ(of_others.affinity(), all_);
}

TEST_F(LibraryThreadsTest, TwoAtOnceSayThatNothingIsCertain) {
  const LibraryThreads first(Cpus{all_.front()});
  std::thread([&] { EXPECT_FALSE(LibraryThreads(Cpus{all_.back()}).are_restricted()); }).join();
}

TEST_F(LibraryThreadsTest, CpusThatAreNotThereAreNoRestriction) {
  const LibraryThreads threads(Cpus{60000});
  EXPECT_FALSE(threads.are_restricted());
}

// A run with threads that are not the pool's.
class WithLibrary final : public HostRunnable {
 public:
  WithLibrary(HostCpu& cpu, ThreadPool& pool) : HostRunnable(cpu, pool, HostThreads::library) {}
  std::vector<HostTensor> outputs() override { return {}; }
  Cpus callers;

 protected:
  void run_once() override { callers = affinity_of_this_thread(); }
  std::vector<std::span<const std::byte>> operands() const override { return {}; }
};

TEST_F(LibraryThreadsTest, ARunSaysWhoseThreadsRanWhere) {
  ProcessorInfo info;
  info.name = "cpu";
  HostCpu cpu(info, all_);
  WithLibrary of_library(cpu, cpu.pool(2));
  of_library.enter();
  of_library.run(1);
  of_library.leave();
  EXPECT_EQ(of_library.callers, all_);
  EXPECT_THAT(of_library.placement().at(0).evidence, HasSubstr("the library's own threads, restricted to these CPUs"));
  EXPECT_EQ(of_library.placement().at(0).actual, "cpu@" + format_cpu_list(all_));

  WithLibrary alone(cpu, cpu.pool(1));
  alone.enter();
  alone.run(1);
  alone.leave();
  EXPECT_EQ(alone.callers.size(), 1U);
  EXPECT_THAT(alone.placement().at(0).evidence, HasSubstr("each thread is pinned"));
}

}  // namespace
}  // namespace hetscope
