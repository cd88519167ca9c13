// Appending survives kill -9 at any byte and a disk that fills up; reading survives any file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/line_reader.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

std::string append_complaint(LineFile& file, const std::string& line) {
  try {
    file.append(line);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// Files may grow to `bytes` while it lives; the signal that comes with the limit is ignored.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(LineFileTest, AppendsWholeLines) {
  const TemporaryDirectory directory;
  {
    LineFile file(directory.path("a"));
    file.append("one");
    file.append("");
  }
  LineFile file(directory.path("a"));
  EXPECT_EQ(file.cut_bytes(), 0);
  file.append("two");
  EXPECT_EQ(directory.read("a"), "one\n\ntwo\n");
}

TEST(LineFileTest, ReopensAfterAKillAtEveryByte) {
  const TemporaryDirectory directory;
  const std::string kept = "{\"a\":1}\n{\"b\":2}\n";
  const std::string last = "{\"c\":\"the last line\"}\n";
  for (std::size_t length = 0; length <= last.size(); ++length) {
    directory.write("a", kept + last.substr(0, length));
    const bool is_whole = length == last.size();
    {
      LineFile file(directory.path("a"));
      EXPECT_EQ(file.cut_bytes(), is_whole ? 0 : static_cast<std::int64_t>(length));
      file.append("next");
    }
    EXPECT_EQ(directory.read("a"), kept + (is_whole ? last : "") + "next\n") << length;
  }
}

TEST(LineFileTest, CutsAFileWithoutAnyLineEndAndALongLastLine) {
  const TemporaryDirectory directory;
  directory.write("a", "no end");
  EXPECT_EQ(LineFile(directory.path("a")).cut_bytes(), 6);
  EXPECT_EQ(directory.read("a"), "");
  for (const std::size_t length : {65534U, 65535U, 65536U, 65537U, 200000U}) {
    directory.write("a", "kept\n" + std::string(length, 'x'));
    EXPECT_EQ(LineFile(directory.path("a")).cut_bytes(), static_cast<std::int64_t>(length));
    EXPECT_EQ(directory.read("a"), "kept\n");
  }
}

TEST(LineFileTest, SaysThatTheDiskIsFull) {
  LineFile file("/dev/full");
  EXPECT_THAT(append_complaint(file, "line"),
              testing::AllOf(testing::HasSubstr("/dev/full"), testing::HasSubstr("the disk is full")));
}

TEST(LineFileTest, LeavesWholeLinesWhenTheRoomEndsInTheMiddleOfOne) {
  const TemporaryDirectory directory;
  LineFile file(directory.path("a"));
  file.append("one");
  std::string complaint;
  {
    const FileSizeLimit limit(10);
    complaint = append_complaint(file, "a line of more than ten bytes");
  }
  EXPECT_THAT(complaint, testing::HasSubstr("the disk is full"));
  EXPECT_THAT(complaint, testing::HasSubstr("the lines before it are whole"));
  EXPECT_EQ(directory.read("a"), "one\n");
  file.append("two");
  EXPECT_EQ(directory.read("a"), "one\ntwo\n");
}

TEST(LineFileTest, RefusesASecondWriter) {
  const TemporaryDirectory directory;
  const LineFile first(directory.path("a"));
  try {
    const LineFile second(directory.path("a"));
    FAIL() << "two writers";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("another run is writing here"));
  }
}

TEST(LineFileTest, SaysWhyItCannotOpen) {
  const TemporaryDirectory directory;
  EXPECT_THROW(LineFile(directory.path("missing/a")), Error);
  EXPECT_THROW(LineFile(directory.path()), Error);
}

std::vector<std::string> lines_of(const TemporaryDirectory& directory, const std::string& text) {
  directory.write("lines", text);
  LineReader reader(directory.path("lines"), 100000);
  std::vector<std::string> lines;
  while (reader.next()) {
    EXPECT_EQ(reader.number(), static_cast<std::int64_t>(lines.size() + 1));
    lines.push_back(reader.is_too_long() ? "(too long)" : std::string(reader.line()));
    if (reader.is_unfinished()) lines.back() += "(unfinished)";
  }
  return lines;
}

TEST(LineReaderTest, ReadsLinesOfEveryLength) {
  const TemporaryDirectory directory;
  using testing::ElementsAre;
  using testing::IsEmpty;
  EXPECT_THAT(lines_of(directory, ""), IsEmpty());
  EXPECT_THAT(lines_of(directory, "\n"), ElementsAre(""));
  EXPECT_THAT(lines_of(directory, "a\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(lines_of(directory, "a\nb"), ElementsAre("a", "b(unfinished)"));
  for (const std::size_t length : {65535U, 65536U, 65537U, 100000U}) {
    const std::string text(length, 'x');
    EXPECT_THAT(lines_of(directory, text + "\n" + text + "\nb\n"), ElementsAre(text, text, "b"));
  }
  EXPECT_THAT(lines_of(directory, std::string(100001, 'x') + "\nb\n" + std::string(300000, 'x')),
              ElementsAre("(too long)", "b", "(too long)(unfinished)"));
}

TEST(LineReaderTest, SaysWhyItCannotRead) {
  const TemporaryDirectory directory;
  EXPECT_THROW(LineReader(directory.path("missing")), Error);
  LineReader reader(directory.path());
  EXPECT_THROW(reader.next(), Error);
}

}  // namespace
}  // namespace hetscope
