// Clusters read from the sysfs trees of a phone, a board and a server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "harness/core/error.hpp"
#include "harness/processor/cpu_identity.hpp"
#include "harness/processor/host_cpu.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A /sys with CPUs of given capacity and frequency; 0 leaves the file out.
class FakeSysfs {
 public:
  void add_cpu(int cpu, std::int64_t capacity, std::int64_t max_freq_khz) {
    write(cpu, "uevent", "");
    if (capacity > 0) write(cpu, "cpu_capacity", std::to_string(capacity) + "\n");
    if (max_freq_khz > 0) write(cpu, "cpufreq/cpuinfo_max_freq", std::to_string(max_freq_khz) + "\n");
  }
  void write(int cpu, const std::string& name, const std::string& text) {
    directory_.write("devices/system/cpu/cpu" + std::to_string(cpu) + "/" + name, text);
  }
  void write_online(const std::string& text) { directory_.write("devices/system/cpu/online", text); }
  void write_root(const std::string& name, const std::string& text) { directory_.write(name, text); }
  const std::string& root() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
};

std::vector<int> first_cpus(int count) {
  std::vector<int> cpus(static_cast<std::size_t>(count));
  std::iota(cpus.begin(), cpus.end(), 0);
  return cpus;
}

struct FakePhone : FakeSysfs {
  FakePhone() {
    for (int cpu = 0; cpu < 4; ++cpu) add_cpu(cpu, 250, 1800000);
    for (int cpu = 4; cpu < 7; ++cpu) add_cpu(cpu, 800, 2400000);
    add_cpu(7, 1024, 3000000);
    write_online("0-7\n");
  }
};

TEST(CpuClusters, OfAPhoneWithFourAndThreeAndOne) {
  const FakePhone phone;
  const auto clusters = read_cpu_clusters(phone.root(), first_cpus(8));
  ASSERT_EQ(clusters.size(), 3u);
  EXPECT_EQ(clusters[0].name, "little");
  EXPECT_THAT(clusters[0].cpus, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(clusters[0].capacity, 250);
  EXPECT_EQ(clusters[0].max_freq_khz, 1800000);
  EXPECT_EQ(clusters[1].name, "mid");
  EXPECT_THAT(clusters[1].cpus, ElementsAre(4, 5, 6));
  EXPECT_EQ(clusters[2].name, "big");
  EXPECT_THAT(clusters[2].cpus, ElementsAre(7));
}

TEST(CpuClusters, StrengthDecidesTheOrderAndNotTheNumber) {
  FakeSysfs board;  // two strong CPUs in the middle of the numbering
  for (int cpu : {0, 3, 4, 5}) board.add_cpu(cpu, 446, 850000);
  for (int cpu : {1, 2}) board.add_cpu(cpu, 1024, 1100000);
  const auto clusters = read_cpu_clusters(board.root(), first_cpus(6));
  ASSERT_EQ(clusters.size(), 2u);
  EXPECT_EQ(clusters[0].name, "little");
  EXPECT_THAT(clusters[0].cpus, ElementsAre(0, 3, 4, 5));
  EXPECT_EQ(clusters[1].name, "big");
  EXPECT_THAT(clusters[1].cpus, ElementsAre(1, 2));
}

TEST(CpuClusters, WithoutCapacitiesTheFrequencyTellsThemApart) {
  FakeSysfs sysfs;
  for (int cpu = 0; cpu < 2; ++cpu) sysfs.add_cpu(cpu, 0, 2000000);
  for (int cpu = 2; cpu < 4; ++cpu) sysfs.add_cpu(cpu, 0, 1400000);
  const auto clusters = read_cpu_clusters(sysfs.root(), first_cpus(4));
  ASSERT_EQ(clusters.size(), 2u);
  EXPECT_THAT(clusters[0].cpus, ElementsAre(2, 3));
  EXPECT_THAT(clusters[1].cpus, ElementsAre(0, 1));
  EXPECT_EQ(clusters[0].capacity, 0);
}

TEST(CpuClusters, WithNothingToldThereIsOne) {
  FakeSysfs sysfs;
  for (int cpu = 0; cpu < 3; ++cpu) sysfs.add_cpu(cpu, 0, 0);
  const auto clusters = read_cpu_clusters(sysfs.root(), first_cpus(3));
  ASSERT_EQ(clusters.size(), 1u);
  EXPECT_EQ(clusters[0].name, "all");
  EXPECT_THAT(clusters[0].cpus, ElementsAre(0, 1, 2));
}

TEST(CpuClusters, WithoutSysfsTheAllowedCpusAreOne) {
  const auto clusters = read_cpu_clusters("/nonexistent", {5, 2, 2});
  ASSERT_EQ(clusters.size(), 1u);
  EXPECT_THAT(clusters[0].cpus, ElementsAre(2, 5));
}

TEST(CpuClusters, OfflineAndForbiddenCpusAreLeftOut) {
  FakePhone phone;
  phone.write_online("0-5\n");
  const auto clusters = read_cpu_clusters(phone.root(), {1, 2, 4, 5, 6, 7});
  ASSERT_EQ(clusters.size(), 2u);
  EXPECT_EQ(clusters[0].name, "little");
  EXPECT_THAT(clusters[0].cpus, ElementsAre(1, 2));
  EXPECT_EQ(clusters[1].name, "big");
  EXPECT_THAT(clusters[1].cpus, ElementsAre(4, 5));
}

TEST(CpuClusters, FourAndMoreHaveNames) {
  for (const auto& [count, first, last] :
       {std::tuple(4, "little", "prime"), std::tuple(5, "c0", "c4"), std::tuple(12, "c0", "c11")}) {
    FakeSysfs sysfs;
    for (int cpu = 0; cpu < count; ++cpu) sysfs.add_cpu(cpu, 100 + cpu, 0);
    const auto clusters = read_cpu_clusters(sysfs.root(), first_cpus(count));
    ASSERT_EQ(clusters.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(clusters.front().name, first);
    EXPECT_EQ(clusters.back().name, last);
  }
}

TEST(CpuClusters, GarbageInAFileCountsAsNotTold) {
  FakeSysfs sysfs;
  sysfs.add_cpu(0, 0, 0);
  sysfs.add_cpu(1, 0, 0);
  sysfs.write(0, "cpu_capacity", "lots\n");
  sysfs.write(0, "cpufreq/cpuinfo_max_freq", "-5\n");
  sysfs.write(1, "cpu_capacity", std::string(100000, '9'));
  sysfs.write(1, "cpufreq/cpuinfo_max_freq", "");
  sysfs.write_online("nonsense");
  const auto clusters = read_cpu_clusters(sysfs.root(), first_cpus(2));
  ASSERT_EQ(clusters.size(), 1u);
  EXPECT_EQ(clusters[0].max_freq_khz, 0);
}

TEST(AllowedCpus, AreWhatThisProcessMayUse) {
  const std::vector<int> cpus = allowed_cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_EQ(parse_cpu_list(format_cpu_list(cpus)), cpus);
}

TEST(CpuCaches, SharedOnesCountOnce) {
  FakeSysfs sysfs;
  for (int cpu = 0; cpu < 2; ++cpu) {
    const auto add = [&](int index, const std::string& level, const std::string& type, const std::string& size,
                         const std::string& shared) {
      const std::string name = "cache/index" + std::to_string(index) + "/";
      sysfs.write(cpu, name + "level", level + "\n");
      sysfs.write(cpu, name + "type", type + "\n");
      sysfs.write(cpu, name + "size", size + "\n");
      sysfs.write(cpu, name + "shared_cpu_list", shared + "\n");
    };
    add(0, "1", "Data", "48K", std::to_string(cpu));
    add(1, "1", "Instruction", "32K", std::to_string(cpu));
    add(2, "3", "Unified", "2M", "0-1");
    add(3, "4", "Unified", "huge", "0-1");
  }
  const auto caches = read_cpu_caches(sysfs.root(), {0, 1});
  ASSERT_EQ(caches.size(), 3u);
  EXPECT_EQ(caches[0].bytes, 48 * 1024);
  EXPECT_EQ(caches[2].level, 3);
  EXPECT_EQ(caches[2].bytes, 2 * 1024 * 1024);
  EXPECT_THAT(caches[2].cpus, ElementsAre(0, 1));
  EXPECT_THAT(describe_caches(caches), ::testing::HasSubstr("x2"));
  EXPECT_THAT(read_cpu_caches("/nonexistent", {0, 1}), IsEmpty());
  EXPECT_EQ(describe_caches({}), "not told");
}

TEST(CpuModel, NamesTheCoresOfTheAskedCpus) {
  FakeSysfs procfs;
  std::string text;
  for (const auto& [cpu, part] : {std::pair(0, "0xd05"), std::pair(1, "0xd41"), std::pair(2, "0xfff")}) {
    text += "processor\t: " + std::to_string(cpu) +
            "\nBogoMIPS\t: 38.40\nCPU implementer\t: 0x41\nCPU part\t: " + part + "\n\n";
  }
  procfs.write_root("cpuinfo", text + "Hardware\t: a board\n");
  EXPECT_EQ(read_cpu_model(procfs.root(), {0}), "Cortex-A55");
  EXPECT_EQ(read_cpu_model(procfs.root(), {0, 1}), "Cortex-A55 + Cortex-A78");
  EXPECT_EQ(read_cpu_model(procfs.root(), {2}), "implementer 0x41 part 0xfff");
  EXPECT_EQ(read_cpu_model(procfs.root(), {9}), "unknown");
  EXPECT_EQ(read_cpu_model("/nonexistent", {0}), "unknown");

  FakeSysfs server;
  server.write_root("cpuinfo", "processor\t: 0\nmodel name\t: A CPU @ 2.00GHz: fast\n:\n: \n   \nprocessor\t:\n");
  EXPECT_EQ(read_cpu_model(server.root(), {0}), "A CPU @ 2.00GHz: fast");
}

TEST(SecondaryThreads, AreAllButTheFirstOfACore) {
  FakeSysfs sysfs;
  for (int cpu = 0; cpu < 4; ++cpu) {
    sysfs.write(cpu, "topology/thread_siblings_list", cpu % 2 == 0 ? "0,2\n" : "1,3\n");
  }
  sysfs.write(4, "topology/thread_siblings_list", "?\n");
  EXPECT_THAT(secondary_threads(sysfs.root(), first_cpus(6)), ElementsAre(2, 3));
}

}  // namespace
}  // namespace hetscope
