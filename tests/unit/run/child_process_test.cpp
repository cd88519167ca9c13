// Programs that end well, badly, late, loudly and not at all.
#include "harness/run/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/core/error.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RunProgram, KeepsWhatItPrints) {
  const ProgramOutput output = run_program({"sh", "-c", "echo out; echo first >&2; echo last >&2"}, 30);
  EXPECT_EQ(output.out, "out\n");
  EXPECT_EQ(output.error_tail, "last");
  EXPECT_EQ(output.fault, "");
}

TEST(RunProgram, SaysHowItEnded) {
  EXPECT_EQ(run_program({"sh", "-c", "exit 3"}, 30).fault, "exited with code 3");
  EXPECT_EQ(run_program({"sh", "-c", "kill -SEGV $$"}, 30).fault, "was killed by SIGSEGV");
  EXPECT_EQ(run_program({"sh", "-c", "kill -KILL $$"}, 30).fault, "was killed by SIGKILL, perhaps for want of memory");
  EXPECT_THAT(run_program({"sleep", "100"}, 0.05).fault, HasSubstr("timed out"));
  // It closes its output and goes on.
  EXPECT_THAT(run_program({"sh", "-c", "exec >&- 2>&-; sleep 100"}, 0.05).fault, HasSubstr("timed out"));
  EXPECT_THAT(run_program({"sh", "-c", "yes"}, 30, 5000).fault, HasSubstr("printed more than"));
  EXPECT_THROW(run_program({"/no/such/program"}, 30), Error);
  EXPECT_THROW(run_program({}, 30), Error);
}

TEST(RunProgram, LeavesNoChildBehind) {
  // The grandchild holds the pipe open; it goes with its group.
  const ProgramOutput output = run_program({"sh", "-c", "sleep 100 & echo $!; exec >&- 2>&-"}, 0.2);
  EXPECT_THAT(output.out, HasSubstr("\n"));
}

TEST(RunProgram, HasTheSurroundingsThatItIsGiven) {
  const ChildSurroundings surroundings{"/usr", std::vector<std::string>{"ONE=1"}};
  const ProgramOutput output = run_program({find_program("sh"), "-c", "pwd; echo $ONE$HOME"}, 30, 1000, surroundings);
  EXPECT_EQ(output.out, "/usr\n1\n");
  EXPECT_THROW(run_program({find_program("sh")}, 30, 1000, {"/no/such/directory", {}}), Error);
}

TEST(RunProgram, HandsNoTextToAShell) {
  const TemporaryDirectory directory;
  directory.write("text", "touch hacked\n");
  std::filesystem::permissions(directory.path("text"), std::filesystem::perms::owner_all);
  const ChildSurroundings surroundings{directory.path(), std::vector<std::string>()};
  EXPECT_THROW(run_program({directory.path("text")}, 30, 1000, surroundings), Error);
  EXPECT_FALSE(std::filesystem::exists(directory.path("hacked")));
}

TEST(FindProgram, LooksWhereAShellDoes) {
  EXPECT_THAT(find_program("sh"), HasSubstr("/sh"));
  EXPECT_EQ(find_program("./sh"), "./sh");
  EXPECT_EQ(find_program("no_such_program_anywhere"), "");
  EXPECT_EQ(find_program(""), "");
}

TEST(SplitCommand, KnowsQuotes) {
  EXPECT_THAT(split_command("a  b\tc"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_command(R"(run "two words" 'single "inside"' x\ y "")"),
              ElementsAre("run", "two words", "single \"inside\"", "x y", ""));
  EXPECT_THAT(split_command("$(touch x); y"), ElementsAre("$(touch", "x);", "y"));
  EXPECT_TRUE(split_command("  ").empty());
  EXPECT_THROW(split_command("'open"), Error);
}

}  // namespace
}  // namespace hetscope
