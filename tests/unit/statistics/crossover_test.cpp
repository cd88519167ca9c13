// Every order of verdicts that has a name, and those that have none.
#include "harness/statistics/crossover.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hetscope {
namespace {

// One letter a size, x = 1, 2, 4, ...: w faster, s same, l slower, u unclear.
Crossover of(const std::string& letters) {
  std::vector<SizedVerdict> verdicts;
  double x = 1;
  for (const char letter : letters) {
    verdicts.push_back({x, letter == 'w'   ? Verdict::faster
                           : letter == 's' ? Verdict::same
                           : letter == 'l' ? Verdict::slower
                                           : Verdict::unclear});
    x *= 2;
  }
  return find_crossover(verdicts);
}

TEST(Crossover, AllOfOneSide) {
  EXPECT_EQ(of("wwww").kind, CrossoverKind::always);
  EXPECT_EQ(of("lsls").kind, CrossoverKind::never);
  EXPECT_EQ(of("w").kind, CrossoverKind::always);
}

TEST(Crossover, FromASizeOn) {
  const Crossover found = of("lslww");
  EXPECT_EQ(found.kind, CrossoverKind::from);
  EXPECT_EQ(found.x, 8);
  EXPECT_EQ(found.unclear, 0);
}

TEST(Crossover, UpToASize) {
  const Crossover found = of("wwsl");
  EXPECT_EQ(found.kind, CrossoverKind::up_to);
  EXPECT_EQ(found.x, 2);
}

TEST(Crossover, UnclearSizesBetweenTheSidesMoveNothing) {
  const Crossover found = of("lluuww");
  EXPECT_EQ(found.kind, CrossoverKind::from);
  EXPECT_EQ(found.x, 16);
  EXPECT_EQ(found.unclear, 2);
  EXPECT_EQ(of("uww").kind, CrossoverKind::from);
  EXPECT_EQ(of("uww").x, 2);
  EXPECT_EQ(of("wwu").kind, CrossoverKind::up_to);
  EXPECT_EQ(of("wwu").x, 2);
}

TEST(Crossover, UnclearSizesElsewhereLeaveItOpen) {
  EXPECT_EQ(of("llul").kind, CrossoverKind::undecided);
  EXPECT_EQ(of("llul").unclear, 1);
  EXPECT_EQ(of("lulww").kind, CrossoverKind::undecided);
  EXPECT_EQ(of("wuwl").kind, CrossoverKind::undecided);
  EXPECT_EQ(of("uuu").kind, CrossoverKind::undecided);
  EXPECT_EQ(of("").kind, CrossoverKind::undecided);
}

TEST(Crossover, NoOrder) {
  EXPECT_EQ(of("wlw").kind, CrossoverKind::mixed);
  EXPECT_EQ(of("lwl").kind, CrossoverKind::mixed);
}

TEST(Crossover, SortsBySize) {
  const std::vector<SizedVerdict> verdicts = {{4, Verdict::faster}, {1, Verdict::slower}, {2, Verdict::same}};
  const Crossover found = find_crossover(verdicts);
  EXPECT_EQ(found.kind, CrossoverKind::from);
  EXPECT_EQ(found.x, 4);
}

}  // namespace
}  // namespace hetscope
