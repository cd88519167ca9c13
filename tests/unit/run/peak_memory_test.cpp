// The peak of a process's memory: on files that a test writes, and on this very process where its kernel tells it.
#include "harness/run/peak_memory.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

// Where the compiler must believe that somebody looks.
const std::byte* volatile looked_at = nullptr;

void touch(std::size_t bytes) {
  const std::vector<std::byte> memory(bytes, std::byte{1});
  looked_at = memory.data();
}

class PeakMemoryTest : public testing::Test {
 protected:
  PeakMemoryTest() { std::filesystem::create_directory(procfs_.path() + "/self"); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(procfs_.path() + "/self/" + name) << text;
  }
  std::string written(const std::string& name) const {
    std::string text;
    std::ifstream(procfs_.path() + "/self/" + name) >> text;
    return text;
  }

  TemporaryDirectory procfs_;
  PeakMemory peak_{procfs_.path()};
};

TEST_F(PeakMemoryTest, IsThePeakAndWhatItIsAboveTheStart) {
  write("clear_refs", "");
  write("status", "Name:\thetscope\nVmHWM:\t    9000 kB\nVmRSS:\t    1000 kB\n");
  peak_.restart();
  EXPECT_EQ(written("clear_refs"), "5");
  write("status", "Name:\thetscope\nVmHWM:\t    5000 kB\nVmRSS:\t    2000 kB\n");
  ASSERT_TRUE(peak_.read());
  EXPECT_EQ(peak_.read()->bytes, 5000 * 1024);
  EXPECT_EQ(peak_.read()->added_bytes, 4000 * 1024);
  // The kernel's counts lag behind by a few pages.
  write("status", "VmHWM:\t    900 kB\nVmRSS:\t    900 kB\n");
  EXPECT_EQ(peak_.read()->added_bytes, 0);
}

TEST_F(PeakMemoryTest, SaysNothingOfAPeakThatItDidNotReset) {
  write("status", "VmHWM:\t    9000 kB\nVmRSS:\t    1000 kB\n");
  EXPECT_FALSE(peak_.read());
  peak_.restart();
  EXPECT_FALSE(peak_.read());
  EXPECT_FALSE(std::filesystem::exists(procfs_.path() + "/self/clear_refs"));
}

TEST_F(PeakMemoryTest, SaysNothingWhereTheKernelDoesNot) {
  write("clear_refs", "");
  peak_.restart();
  EXPECT_FALSE(peak_.read());
  write("status", "Name:\thetscope\nVmRSS:\t    1000 kB\n");
  peak_.restart();
  EXPECT_FALSE(peak_.read());
}

TEST(PeakMemoryHere, CountsWhatIsTouchedAfterTheStartAndNotBefore) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  constexpr auto kMostElsewhere = static_cast<std::int64_t>(kBytes) / 2;
  PeakMemory peak;
  touch(2 * kBytes);
  peak.restart();
  if (!peak.read()) GTEST_SKIP() << "this kernel does not tell the peak of a process's memory";
  EXPECT_LT(peak.read()->added_bytes, kMostElsewhere);
  touch(kBytes);
  EXPECT_GE(peak.read()->added_bytes, static_cast<std::int64_t>(kBytes) - kMostElsewhere);
  EXPECT_GE(peak.read()->bytes, peak.read()->added_bytes);
}

}  // namespace
}  // namespace hetscope
