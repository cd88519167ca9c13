// Whether another device's division is a good one here, on rows whose times are known.
#include "reports/replayed_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

// The plan is 0.7. `keep` outlives what is judged.
struct Replay {
  explicit Replay(std::vector<Record> records) {
    plan = records.front().item;
    input.runs.push_back(make_run(std::move(records)));
    summary.emplace(summarise(input));
    judged = judge_replay(*summary, plan);
  }
  Case plan;
  ReportInput input;
  std::optional<Summary> summary;
  ReplayedPlan judged;
};

TEST(ReplayedPlan, ThatIsTheFastestCarriesOver) {
  const Replay replay({make_division(0.7, 20000), make_division(0.5, 25000), make_division(1, 30000)});
  EXPECT_EQ(replay.judged.transfer, PlanTransfer::carries_over);
  EXPECT_EQ(replay.judged.alternatives, 3U);
  EXPECT_EQ(replay.judged.best, replay.judged.kept);
}

TEST(ReplayedPlan, WithALittleRegretCarriesOver) {
  const Replay replay({make_division(0.7, 20800), make_division(0.5, 20000)});
  EXPECT_EQ(replay.judged.transfer, PlanTransfer::carries_over);
  ASSERT_TRUE(replay.judged.regret.ratio);
  EXPECT_NEAR(replay.judged.regret.ratio->ratio, 1.04, 0.01);
}

TEST(ReplayedPlan, ThatIsFarFromTheBestDoesNot) {
  const Replay replay({make_division(0.7, 26000), make_division(0.5, 20000), make_division(0.6, 22000)});
  EXPECT_EQ(replay.judged.transfer, PlanTransfer::does_not_carry_over);
  EXPECT_NEAR(replay.judged.regret.ratio->ratio, 1.3, 0.02);
}

TEST(ReplayedPlan, WithoutATimeOrAnAlternativeIsUnclear) {
  EXPECT_THAT(Replay({make_division(0.7, 26000)}).judged.reason, HasSubstr("nothing else"));
  Record refused = make_problem(Status::unsupported, "divided", "no such unit");
  refused.group = "g";
  const Replay replay({refused, make_division(0.5, 20000)});
  EXPECT_EQ(replay.judged.transfer, PlanTransfer::unclear);
  EXPECT_EQ(replay.judged.reason, "unsupported: no such unit");
  Record other = make_division(0.5, 20000);
  other.group = "another";
  EXPECT_THAT(Replay({make_division(0.7, 26000), other}).judged.reason, HasSubstr("nothing else"));
}

TEST(ReplayedPlan, ThatWasNotMeasuredIsUnclear) {
  const Replay replay({make_division(0.7, 20000), make_division(0.5, 25000)});
  Case plan = replay.plan;
  plan.set("ratio", 0.65);
  EXPECT_THAT(judge_replay(*replay.summary, plan).reason, HasSubstr("not measured here"));
}

}  // namespace
}  // namespace hetscope
