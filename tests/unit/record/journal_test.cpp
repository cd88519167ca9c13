// A run's directory: made once, gone on with after a kill, read back with its faults told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/json.hpp"
#include "tests/fakes/record_fixtures.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const json kRun = {{"schema", "hetscope/run/1"}};

std::string complaint_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(RunDirectoryTest, KeepsWhatItIsGiven) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("a/b/run");
  const Record ok = fixtures::ok_record();
  {
    RunDirectory run = RunDirectory::create(path, kRun);
    EXPECT_EQ(run.path(), path);
    run.started(ok.item.line());
    EXPECT_THAT(run.interrupted(), ElementsAre(ok.item.line()));
    run.append(ok);
    EXPECT_THAT(run.finished(), ElementsAre(ok.item.line()));
    EXPECT_THAT(run.interrupted(), IsEmpty());
  }
  EXPECT_EQ(read_json_file(path + "/run.json"), kRun);
  EXPECT_FALSE(std::filesystem::exists(path + "/run.json.tmp"));
  EXPECT_EQ(read_text_file(path + "/journal.jsonl"),
            dump_line({{"started", ok.item.line()}}) + "\n" + dump_line({{"released", true}}) + "\n");
  const LoadedRun loaded = load_run(path);
  EXPECT_EQ(loaded.directory, path);
  EXPECT_EQ(parse_json(loaded.run_json, "run.json"), kRun);
  EXPECT_THAT(loaded.faults, IsEmpty());
  ASSERT_EQ(loaded.records.size(), 1U);
  EXPECT_EQ(to_json(loaded.records[0]), to_json(ok));
}

TEST(RunDirectoryTest, LooksAgainOnceItHasTheLock) {
  const TemporaryDirectory directory;
  const std::string records = directory.path("records.jsonl");
  auto first = std::make_unique<LineFile>(records);
  std::string complaint;
  std::thread second([&] {
    complaint = complaint_of([&] { RunDirectory::create(directory.path(), {{"schema", "of the second"}}); });
  });
  // It has looked at the directory and waits when it has the file open, too.
  const auto opened = [own = std::filesystem::canonical(records)] {
    int count = 0;
    std::error_code ignored;
    for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
      count += std::filesystem::read_symlink(fd.path(), ignored) == own ? 1 : 0;
    }
    return count;
  };
  for (int i = 0; i < 900 && opened() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  directory.write("run.json", dump_line(kRun));
  first.reset();
  second.join();
  EXPECT_THAT(complaint, HasSubstr("holds a run already"));
  EXPECT_EQ(read_json_file(directory.path("run.json")), kRun);
}

TEST(RunDirectoryTest, ResumeKnowsWhatWasDone) {
  const TemporaryDirectory directory;
  const Case crashed = Case::parse("copy kernel=k processor=cpu");
  {
    RunDirectory run = RunDirectory::create(directory.path("run"), kRun);
    for (const Record& record : fixtures::every_status()) {
      run.started(record.item.line());
      run.append(record);
    }
    run.started(crashed.line());
  }
  EXPECT_THAT(RunDirectory::resume(directory.path("run")).interrupted(), IsEmpty()) << "it ended in order";
  // As kill -9 leaves it.
  std::string journal = directory.read("run/journal.jsonl");
  journal.resize(journal.rfind("{\"released\""));
  directory.write("run/journal.jsonl", journal);
  const RunDirectory run = RunDirectory::resume(directory.path("run"));
  std::set<std::string> finished;
  std::set<std::string> failed;
  for (const Record& record : fixtures::every_status()) {
    finished.insert(record.item.line());
    const Status status = record.status;
    if (status == Status::failed || status == Status::mismatch || status == Status::unstable ||
        status == Status::mistrusted) {
      failed.insert(record.item.line());
    }
  }
  EXPECT_EQ(run.finished(), finished);
  EXPECT_EQ(run.failed(), failed);
  EXPECT_THAT(run.interrupted(), ElementsAre(crashed.line()));
  EXPECT_THAT(run.faults(), IsEmpty());
}

TEST(RunDirectoryTest, TheLastRecordOfACaseCounts) {
  const TemporaryDirectory directory;
  Record record = fixtures::failed_record();
  {
    RunDirectory run = RunDirectory::create(directory.path("run"), kRun);
    run.append(record);
    EXPECT_EQ(run.failed().size(), 1U);
    record.status = Status::unsupported;
    run.append(record);
    EXPECT_THAT(run.failed(), IsEmpty());
  }
  EXPECT_THAT(RunDirectory::resume(directory.path("run")).failed(), IsEmpty());
  LoadedRun loaded = load_run(directory.path("run"));
  ASSERT_EQ(loaded.records.size(), 1U);
  EXPECT_EQ(loaded.records[0].status, Status::unsupported);

  // A directory is one run; in a file the same case of another run is another row.
  record.run_uuid = "another";
  RunDirectory::resume(directory.path("run")).append(record);
  EXPECT_EQ(load_run(directory.path("run")).records.size(), 1U);
  EXPECT_EQ(load_run(directory.path("run/records.jsonl")).records.size(), 2U);
}

TEST(RunDirectoryTest, ResumesAfterAKillAtEveryByteOfTheLastRecord) {
  const TemporaryDirectory directory;
  const std::string run_path = directory.path("run");
  { const RunDirectory run = RunDirectory::create(run_path, kRun); }
  const Record first = fixtures::unsupported_record();
  const Record last = fixtures::skipped_record();
  const std::string kept = dump_line(to_json(first)) + "\n";
  const std::string line = dump_line(to_json(last)) + "\n";
  directory.write("run/journal.jsonl", dump_line({{"started", last.item.line()}}) + "\n{\"star");
  for (std::size_t length = 0; length < line.size(); ++length) {
    directory.write("run/records.jsonl", kept + line.substr(0, length));
    RunDirectory run = RunDirectory::resume(run_path);
    ASSERT_THAT(run.faults(), IsEmpty()) << length;
    ASSERT_THAT(run.interrupted(), ElementsAre(last.item.line())) << length;
    run.append(last);
    ASSERT_EQ(directory.read("run/records.jsonl"), kept + line) << length;
  }
}

TEST(RunDirectoryTest, LinesThatCannotBeReadAreFaults) {
  const TemporaryDirectory directory;
  { const RunDirectory run = RunDirectory::create(directory.path("run"), kRun); }
  const std::string line = dump_line(to_json(fixtures::ok_record()));
  directory.write("run/records.jsonl", "garbage\n" + line + "\n\n{}\n");
  directory.write("run/journal.jsonl",
                  "[]\n{\"started\":7}\nnot json\n{\"started\":\"copy kernel=k processor=cpu\"}\n");
  const RunDirectory run = RunDirectory::resume(directory.path("run"));
  EXPECT_EQ(run.finished().size(), 1U);
  EXPECT_THAT(run.interrupted(), ElementsAre("copy kernel=k processor=cpu"));
  EXPECT_THAT(run.faults(), ElementsAre(HasSubstr("records.jsonl line 1"), HasSubstr("records.jsonl line 4"),
                                        HasSubstr("journal.jsonl line 3")));
}

TEST(RunDirectoryTest, RefusesWhatItWouldOverwrite) {
  const TemporaryDirectory directory;
  { const RunDirectory run = RunDirectory::create(directory.path("run"), kRun); }
  const auto create = [&](const std::string& name) {
    return complaint_of([&] { RunDirectory::create(directory.path(name), kRun); });
  };
  EXPECT_THAT(create("run"), testing::AllOf(HasSubstr("holds a run already"), HasSubstr("--resume or another --out")));
  directory.write("records/records.jsonl", "{}\n");
  EXPECT_THAT(create("records"), HasSubstr("holds records already"));
  EXPECT_EQ(directory.read("records/records.jsonl"), "{}\n");
  directory.write("file", "");
  EXPECT_THAT(create("file"), HasSubstr("is a file, not a directory"));
  EXPECT_NE(create("file/below"), "");
  EXPECT_EQ(create("fresh"), "");
}

TEST(RunDirectoryTest, ResumeNeedsARun) {
  const TemporaryDirectory directory;
  const auto resume = [&](const std::string& name) {
    return complaint_of([&] { RunDirectory::resume(directory.path(name)); });
  };
  EXPECT_THAT(resume("missing"), HasSubstr("holds no run"));
  directory.write("broken/run.json", "{");
  EXPECT_THAT(resume("broken"), HasSubstr("not valid JSON"));
  directory.write("bare/run.json", "{}");
  EXPECT_EQ(resume("bare"), "");
}

// Root may write everywhere, so that a test about permissions must not be root while it lasts.
class OrdinaryUser {
 public:
  OrdinaryUser() : is_changed_(::geteuid() == 0 && ::seteuid(65534) == 0) {}
  ~OrdinaryUser() {
    if (is_changed_ && ::seteuid(0) != 0) std::abort();
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  bool is_changed_;
};

TEST(RunDirectoryTest, SaysThatItMayNotWrite) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("locked"));
  ::chmod(directory.path().c_str(), 0755);
  ::chmod(directory.path("locked").c_str(), 0555);
  const OrdinaryUser user;
  if (::geteuid() == 0) GTEST_SKIP() << "this root cannot become an ordinary user";
  const auto create = [&](const std::string& name) {
    return complaint_of([&] { RunDirectory::create(directory.path(name), kRun); });
  };
  EXPECT_THAT(create("locked"), HasSubstr("Permission denied"));
  EXPECT_THAT(create("locked/below"), HasSubstr("Permission denied"));
}

TEST(RunDirectoryTest, CannotBeMadeWhereNothingCanBe) {
  EXPECT_THAT(complaint_of([] { RunDirectory::create("/proc/hetscope-run", kRun); }), HasSubstr("cannot be made"));
}

TEST(LoadRunTest, SaysWhatIsNotThere) {
  const TemporaryDirectory directory;
  EXPECT_THROW(load_run(directory.path("missing")), Error);
  EXPECT_THAT(complaint_of([&] { load_run(directory.path()); }), HasSubstr("holds no run"));
  directory.write("run/run.json", "{}");
  EXPECT_THAT(load_run(directory.path("run")).records, IsEmpty());
}

TEST(LoadRunTest, ReadsAFileWhoseLastLineHasNoEnd) {
  const TemporaryDirectory directory;
  const std::string line = dump_line(to_json(fixtures::ok_record()));
  directory.write("a.jsonl", line);
  EXPECT_EQ(load_run(directory.path("a.jsonl")).records.size(), 1U);
  directory.write("a.jsonl", line + "\n" + line.substr(0, 100));
  const LoadedRun run = load_run(directory.path("a.jsonl"));
  EXPECT_EQ(run.records.size(), 1U);
  EXPECT_THAT(run.faults, ElementsAre(HasSubstr("the file ends in the middle of this line")));
}

TEST(LoadRunTest, KeepsTheFaultsOfAStrangeFileFew) {
  const TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "x\n";
  directory.write("a.jsonl", text);
  const LoadedRun run = load_run(directory.path("a.jsonl"));
  ASSERT_EQ(run.faults.size(), 1001U);
  EXPECT_EQ(run.faults.back(), "a.jsonl: 4000 more lines cannot be read");
}

}  // namespace
}  // namespace hetscope
