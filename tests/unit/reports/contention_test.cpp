// The section on contention: a matrix for each pair of places, and whether the traffic of both together is possible.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/chart_spec.hpp"
#include "reports/markdown.hpp"
#include "tests/unit/reports/detector_fixture.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(ContentionReport, IsAMatrixOfWorkAgainstWork) {
  const std::string text = markdown_report(
      make_input({best_copy(), contended("stream_read", "stream_read", 0.5, 0.6, 15),
                  contended("stream_read", "spin", 0.98, 0.99, 12), contended("spin", "spin", 0.97, 0.96, 0)}));
  EXPECT_THAT(text, HasSubstr("What processors take from each other"));
  EXPECT_THAT(text, HasSubstr("cpu@0 beside opencl:0 (host CPU)"));
  EXPECT_THAT(text, HasSubstr("| stream_read | 0.500 (1.100) | 0.980 (1.970) |"));
  EXPECT_THAT(text, HasSubstr("| spin | \u2013 | 0.970 (1.930) |")) << "a pair that was not measured";
  EXPECT_THAT(text, HasSubstr("0.500 \\[0.490, 0.510\\]"));
  EXPECT_THAT(text, HasSubstr("Bandwidth together: possible in 1 of 1 pair of streams")) << "spin moves nothing";
  EXPECT_THAT(text, HasSubstr("at most 20 % gained over taking turns: stream_read beside stream_read."));
}

TEST(ContentionReport, OneKindAtTwoSizesIsTwoLines) {
  Record small = contended("stream_read", "spin", 0.5, 0.6, 15);
  small.item.set("bytes", std::int64_t{4096});
  EXPECT_THAT(markdown_report(make_input({small, contended("stream_read", "spin", 0.98, 0.99, 12)})),
              AllOf(HasSubstr("| stream_read bytes=4096 | 0.500 (1.100) |"),
                    HasSubstr("| stream_read bytes=64000000 | 0.980 (1.970) |")));
}

TEST(ContentionReport, TellsImpossibleTrafficAndWhatWasNotEvaluated) {
  EXPECT_THAT(markdown_report(make_input({best_copy(), contended("stream_read", "stream_write", 0.9, 0.9, 30)})),
              AllOf(HasSubstr("Measurement bug: in 1 of 1 pair of streams"), HasSubstr("times the 20.1 GB/s of copy"),
                    HasSubstr("no pair is surely below 1.2")));
  Record elsewhere = contended("stream_read", "stream_write", 0.9, 0.9, 30);
  EXPECT_THAT(markdown_report(make_input({elsewhere})),
              HasSubstr("Bandwidth together: not evaluated, because the run"));
  elsewhere.item.set("load", std::string("stream_write kernel=buffer processor=opencl:1"));
  EXPECT_THAT(markdown_report(make_input({best_copy(), elsewhere})),
              HasSubstr("Bandwidth together: not evaluated, because nothing says"));
  EXPECT_THAT(markdown_report(make_input({best_copy()})), Not(HasSubstr("take from each other")));
}

TEST(ContentionReport, DoubtsSumsThatContentionCannotGiveAndABusyMachine) {
  Record busy = contended("stream_read", "stream_write", 0.9, 0.9, 10);
  busy.conditions.load = 0.5;
  EXPECT_THAT(markdown_report(make_input({busy, contended("spin", "spin", 1.5, 1.6, 0)})),
              AllOf(HasSubstr("Doubt: 1 of 2 pairs with a sum surely above 2.05"),
                    HasSubstr("; 1 measured while other processes used more than 10 %")));
  EXPECT_THAT(markdown_report(make_input({contended("stream_read", "stream_write", 0.9, 0.9, 10)})),
              Not(HasSubstr("Doubt:")));
}

TEST(ContentionReport, ALoadThatIsNoCaseLineIsNoContention) {
  Record hostile = contended("stream_read", "stream_write", 0.9, 0.9, 30);
  hostile.item.set("load", std::string("a \"b"));
  Record number = contended("stream_read", "stream_write", 0.9, 0.9, 30);
  number.item.set("load", std::int64_t{3});
  EXPECT_THAT(markdown_report(make_input({hostile, number})), Not(HasSubstr("take from each other")));
}

TEST(ContentionReport, TheHeatMapHasACellForEachPair) {
  const std::string spec = chart_spec(HeatChart{"t", "beside it", {{"spin", "stream_read", 0.5, "0.5 [0.4, 0.6]"}}});
  EXPECT_THAT(spec, AllOf(HasSubstr("\"rect\""), HasSubstr("\"value\":0.5"), HasSubstr("0.5 [0.4, 0.6]")));
}

}  // namespace
}  // namespace hetscope
