// Libraries at run time: a missing one is an answer, not a failure.
#include "harness/core/dynamic_library.hpp"

#include <gtest/gtest.h>

#include <array>

namespace hetscope {
namespace {

TEST(DynamicLibrary, SaysWhyNoCandidateLoads) {
  const std::array<std::string, 2> names = {"libno_such_thing.so.1", "libno_such_thing.so"};
  std::string why_not;
  const DynamicLibrary library = DynamicLibrary::open_first(names, &why_not);
  EXPECT_FALSE(library);
  EXPECT_EQ(library.symbol("anything"), nullptr);
  for (const auto& name : names) EXPECT_NE(why_not.find(name), std::string::npos);
  EXPECT_FALSE(DynamicLibrary::open_first({}, &why_not));
  EXPECT_FALSE(why_not.empty());
}

TEST(DynamicLibrary, OpensTheFirstThatLoadsAndMoves) {
  const std::array<std::string, 4> names = {"libno_such_thing.so", "libm.so.6", "libm.so", "libSystem.dylib"};
  DynamicLibrary library = DynamicLibrary::open_first(names);
  ASSERT_TRUE(library);
  EXPECT_NE(library.path(), names[0]);
  DynamicLibrary moved = std::move(library);
  EXPECT_FALSE(library);  // NOLINT(bugprone-use-after-move): a moved-from library is empty
  auto* square_root = moved.function<double(double)>("sqrt");
  ASSERT_NE(square_root, nullptr);
  EXPECT_EQ(square_root(9.0), 3.0);
  EXPECT_EQ(moved.symbol("no_such_function_here"), nullptr);
}

}  // namespace
}  // namespace hetscope
