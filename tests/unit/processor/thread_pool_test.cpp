// Shares cover a range exactly, every region runs once on every thread, and nothing depends on how many CPUs there are.
#include "harness/processor/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/processor/affinity.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {
namespace {

// `count` threads on the CPUs there are, several on one where they do not suffice.
std::vector<int> cpus_for(int count) {
  const std::vector<int> allowed = allowed_cpus();
  std::vector<int> cpus;
  for (int i = 0; i < count; ++i) cpus.push_back(allowed[static_cast<std::size_t>(i) % allowed.size()]);
  return cpus;
}

TEST(ThreadPoolShares, CoverTheRangeExactlyInWholeGrains) {
  for (int workers : {1, 2, 3, 7, 64}) {
    for (std::int64_t count : {0, 1, 2, 3, 15, 16, 17, 100, 12345}) {
      for (std::int64_t grain : {1, 4, 16, 1000}) {
        std::int64_t next = 0;
        for (int worker = 0; worker < workers; ++worker) {
          const auto [begin, end] = ThreadPool::share_of(worker, workers, count, grain);
          ASSERT_EQ(begin, next);
          ASSERT_LE(begin, end);
          ASSERT_TRUE(end == count || (end - begin) % grain == 0);
          next = end;
        }
        ASSERT_EQ(next, count) << workers << ' ' << count << ' ' << grain;
      }
    }
  }
}

TEST(ThreadPoolShares, DifferByOneGrainAtMost) {
  std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
  std::int64_t largest = 0;
  for (int worker = 0; worker < 7; ++worker) {
    const auto [begin, end] = ThreadPool::share_of(worker, 7, 8 * 100, 8);
    smallest = std::min(smallest, end - begin);
    largest = std::max(largest, end - begin);
  }
  EXPECT_LE(largest - smallest, 8);
}

TEST(ThreadPoolShares, OfAHugeRangeDoNotOverflow) {
  const std::int64_t count = std::int64_t{1} << 48;
  const auto [begin, end] = ThreadPool::share_of(255, 256, count, 16);
  EXPECT_EQ(end, count);
  EXPECT_EQ(end - begin, count / 256);
}

class ThreadPoolOfSize : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolOfSize, RunsABodyOnceOnEveryThread) {
  ThreadPool pool(cpus_for(GetParam()));
  ASSERT_EQ(pool.size(), GetParam());
  std::vector<int> calls(static_cast<std::size_t>(pool.size()), 0);
  std::vector<std::thread::id> threads(calls.size());
  const auto body = [&](int worker) {
    ++calls[static_cast<std::size_t>(worker)];
    threads[static_cast<std::size_t>(worker)] = std::this_thread::get_id();
  };
  pool.run(body);
  pool.enter();
  pool.run(body);
  pool.leave();
  pool.run(body);
  for (int count : calls) EXPECT_EQ(count, 3);
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  for (std::size_t i = 1; i < threads.size(); ++i) EXPECT_NE(threads[i], threads[i - 1]);
}

TEST_P(ThreadPoolOfSize, ParallelForVisitsEveryElementOnce) {
  ThreadPool pool(cpus_for(GetParam()));
  pool.enter();
  for (std::int64_t count : {0, 1, 5, 64, 1001}) {
    std::vector<int> visits(static_cast<std::size_t>(count), 0);
    pool.parallel_for(count, 4, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
    });
    for (int visit : visits) ASSERT_EQ(visit, 1);
  }
  pool.leave();
}

TEST_P(ThreadPoolOfSize, SurvivesEnteringAndLeavingOften) {
  ThreadPool pool(cpus_for(GetParam()));
  std::atomic<int> calls{0};
  for (int cycle = 0; cycle < 300; ++cycle) {
    pool.enter();
    for (int i = 0; i < cycle % 4; ++i) pool.run([&](int) { calls.fetch_add(1, std::memory_order_relaxed); });
    pool.leave();
  }
  EXPECT_EQ(calls.load(), (0 + 1 + 2 + 3) * 75 * GetParam());
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolOfSize, ::testing::Values(1, 2, 3, 16));

TEST(ThreadPool, HandsResultsOverThroughManyRegions) {
  // Plain memory that one region writes and the next reads on another thread: a lost hand-over gives a wrong sum.
  ThreadPool pool(cpus_for(2));
  std::vector<std::int64_t> values(2, 0);
  constexpr int kRegions = 100000;
  pool.enter();
  for (int i = 0; i < kRegions; ++i) {
    pool.run([&](int worker) { values[static_cast<std::size_t>((worker + i) % 2)] += worker + 1; });
  }
  pool.leave();
  EXPECT_EQ(values[0], std::int64_t{3} * kRegions / 2);
  EXPECT_EQ(values[1], std::int64_t{3} * kRegions / 2);
}

TEST(ThreadPool, OutsideEnterItWorksAsWell) {
  ThreadPool pool(cpus_for(4));
  std::atomic<int> calls{0};
  for (int i = 0; i < 1000; ++i) pool.run([&](int) { ++calls; });
  EXPECT_EQ(calls.load(), 4000);
}

TEST(ThreadPool, ManyThreadsOnOneCpuFinish) {
  ThreadPool pool(std::vector<int>(24, allowed_cpus().back()));
  std::atomic<int> calls{0};
  pool.enter();
  for (int i = 0; i < 200; ++i) pool.run([&](int) { ++calls; });
  pool.leave();
  EXPECT_EQ(calls.load(), 24 * 200);
}

TEST(ThreadPool, PinsTheCallerWhileEnteredAndRestoresIt) {
  const std::vector<int> before = affinity_of_this_thread();
  ThreadPool pool({allowed_cpus().back(), allowed_cpus().front()});
  EXPECT_EQ(affinity_of_this_thread(), before);
  pool.enter();
  std::vector<std::vector<int>> inside(2);
  pool.run([&](int worker) { inside[static_cast<std::size_t>(worker)] = affinity_of_this_thread(); });
  pool.leave();
  EXPECT_EQ(affinity_of_this_thread(), before);
  if (!pool.pinned()) GTEST_SKIP() << "this system refuses to pin threads";
  EXPECT_EQ(inside[0], std::vector<int>{allowed_cpus().back()});
  EXPECT_EQ(inside[1], std::vector<int>{allowed_cpus().front()});
}

TEST(ThreadPool, SaysWhenItCannotPin) {
  constexpr int kNoSuchCpu = 60000;
  for (const std::vector<int>& cpus :
       {std::vector<int>{kNoSuchCpu}, std::vector<int>{allowed_cpus().front(), kNoSuchCpu}}) {
    ThreadPool pool(cpus);
    EXPECT_FALSE(pool.pinned());
    std::atomic<int> calls{0};
    pool.enter();
    pool.run([&](int) { ++calls; });
    pool.leave();
    EXPECT_EQ(calls.load(), static_cast<int>(cpus.size()));
  }
}

TEST(ThreadPool, EnteringTwiceIsAnErrorAndLeavingMendsIt) {
  ThreadPool pool(cpus_for(2));
  pool.enter();
  EXPECT_THROW(pool.enter(), Error);
  pool.leave();
  EXPECT_NO_THROW(pool.enter());
  pool.leave();
}

TEST(ThreadPool, CanBeDestroyedWhileEntered) {
  const std::vector<int> before = affinity_of_this_thread();
  auto pool = std::make_unique<ThreadPool>(cpus_for(3));
  pool->enter();
  pool.reset();
  pin_this_thread(before);
}

TEST(HostCpu, GivesTheLastCpusFirstAndRefusesTooManyThreads) {
  ProcessorInfo info;
  info.name = "cpu";
  const std::vector<int> allowed = allowed_cpus();
  HostCpu cpu(info, allowed);
  EXPECT_EQ(cpu.pool(1).cpus(), std::vector<int>{allowed.back()});
  EXPECT_EQ(&cpu.pool(1), &cpu.pool(1));
  EXPECT_TRUE(cpu.supports_threads(static_cast<std::int64_t>(allowed.size())));
  for (std::int64_t threads : {std::int64_t{0}, std::int64_t{-1}, static_cast<std::int64_t>(allowed.size()) + 1}) {
    EXPECT_FALSE(cpu.supports_threads(threads));
  }
  EXPECT_THROW(cpu.pool(static_cast<int>(allowed.size()) + 1), Error);
}

TEST(FlushFromCaches, LeavesTheBytesAsTheyAre) {
  std::vector<unsigned char> bytes(10007);
  std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(0));
  const std::vector<unsigned char> before = bytes;
  flush_from_caches(bytes.data() + 3, bytes.size() - 3);
  flush_from_caches(bytes.data(), 0);
  EXPECT_EQ(bytes, before);
}

}  // namespace
}  // namespace hetscope
