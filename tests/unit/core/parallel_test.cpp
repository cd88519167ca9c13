// Every index once, and exceptions arrive.
#include "harness/core/parallel.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/error_of.hpp"

namespace hetscope {
namespace {

TEST(ForEachIndex, DoesEachOnce) {
  for (const std::size_t count : {0U, 1U, 7U, 10'000U}) {
    std::vector<int> done(count);
    for_each_index(count, [&done](std::size_t i) { ++done[i]; });
    EXPECT_EQ(done, std::vector<int>(count, 1));
  }
}

TEST(ForEachIndex, PassesAnExceptionOn) {
  EXPECT_THROW(for_each_index(1000,
                              [](std::size_t i) {
                                if (i == 500) throw Error("here");
                              }),
               Error);
}

TEST(ForEachIndex, TellsTheFaultOfTheLowestIndex) {
  for (int again = 0; again < 100; ++again) {
    EXPECT_EQ(error_of([] { for_each_index(20, [](std::size_t i) { throw Error(std::to_string(i)); }); }), "0");
  }
}

}  // namespace
}  // namespace hetscope
