// The section on texture and buffer: knees of made series, crossovers of made ratios, and a CPU that proves nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Rate = std::function<double(std::int64_t bytes)>;  // GB/s

// 16 KiB to 64 MiB, 16 MiB read each time.
std::vector<Record> walk(const std::string& memory, const Rate& gb_per_s, const std::string& processor = "opencl:1",
                         const std::string& pattern = "tile") {
  constexpr std::int64_t kRead = 16 << 20;
  std::vector<Record> records;
  for (std::int64_t bytes = 1 << 14; bytes <= 1 << 26; bytes *= 2) {
    const double time_ns = static_cast<double>(kRead) / gb_per_s(bytes);
    Record record = make_record("memory_walk_" + memory, time_ns, processor);
    record.item = Case("memory_walk", "memory_walk_" + memory, {processor});
    record.item.set("pattern", pattern);
    record.item.set("dtype", std::string("f32"));
    record.item.set("bytes", bytes);
    record.group = "memory_walk " + pattern + " " + std::to_string(bytes);
    record.executed_bytes = kRead;
    record.useful_bytes = bytes;
    records.push_back(std::move(record));
  }
  return records;
}

double level(std::int64_t) { return 100; }

TEST(TextureReport, FindsTheKneesOfEachMemory) {
  const std::string text = report_of(
      {walk("buffer", [](std::int64_t bytes) { return bytes <= 1 << 20 ? 400.0 : 50.0; }), walk("image2d", level)});
  EXPECT_THAT(text, HasSubstr("## Texture against buffer"));
  EXPECT_THAT(line_with(text, "| tile | f32 | buffer |"),
              AllOf(HasSubstr("| 400 |"), HasSubstr("falls between 1.00 MiB and 2.00 MiB"), HasSubstr("50.0 GB/s")));
  EXPECT_THAT(line_with(text, "| tile | f32 | image2d | 100 |"), HasSubstr("| none |"));
}

TEST(TextureReport, SaysFromWhichSizeOnAnImageWins) {
  const std::string text =
      report_of({walk("buffer", [](std::int64_t bytes) { return bytes <= 1 << 20 ? 400.0 : 50.0; }),
                 walk("image2d", level), walk("image_buffer", [](std::int64_t) { return 20.0; })});
  EXPECT_THAT(text, HasSubstr("| tile | f32 | image2d | **image2d wins from 2.00 MiB on** |"));
  EXPECT_THAT(text, HasSubstr("| tile | f32 | image_buffer | buffer always: image_buffer wins at no size |"));
}

TEST(TextureReport, NoDifferenceIsNoGain) {
  EXPECT_THAT(report_of({walk("buffer", level), walk("image2d", level)}),
              HasSubstr("| image2d | buffer always: image2d wins at no size |"));
}

TEST(TextureReport, OnTheHostsCpuNothingIsTestedWhateverTheNumbers) {
  const std::string text =
      report_of({walk("buffer", level, "opencl:0"), walk(
                                                        "image2d", [](std::int64_t) { return 1000.0; }, "opencl:0")});
  EXPECT_THAT(text, HasSubstr("not testable here: this device is the host's CPU"));
  EXPECT_THAT(text, Not(HasSubstr("image2d wins")));
}

TEST(TextureReport, UnclearSizesLeaveItUndecided) {
  std::vector<Record> images = walk("image2d", level);
  for (Record& record : images) record.session = "another";  // shares no rounds with the buffer
  EXPECT_THAT(report_of({walk("buffer", level), images}), HasSubstr("| tile | f32 | image2d | undecided |"));
}

TEST(TextureReport, FewSizesAndStrangersMakeNoKnees) {
  std::vector<Record> few = walk("buffer", level);
  few.resize(3);
  EXPECT_THAT(report_of({few}), HasSubstr("not looked for: fewer than four sizes"));
  Record strange = walk("buffer", level)[0];
  strange.item.set("bytes", std::string("many"));
  EXPECT_THAT(markdown_report(make_input({strange})), Not(HasSubstr("Texture against buffer")));
}

}  // namespace
}  // namespace hetscope
