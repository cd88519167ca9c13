// What a record says of energy and EDP: measured, modelled, or why not.
#include <gmock/gmock.h>

#include "tests/unit/run/runner_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

TEST_F(RunnerTest, EnergyWithoutAMeterSaysWhy) {
  add("a", taking(20'000));
  PlannedGroup planned = group({"a"});
  planned.energy = true;
  const std::vector<Record> records = run(planned);
  ASSERT_EQ(records[0].energies.size(), 1U);
  EXPECT_THAT(records[0].energies[0].reason, HasSubstr("no meter is wanted"));
  EXPECT_FALSE(records[0].edp.has_value());
}

TEST_F(RunnerTest, AModelSpeaksWhereNoMeterDoes) {
  add("a", taking(20'000));
  PlannedGroup planned = group({"a"});
  planned.energy = true;
  models_.push_back(parse_energy_model(R"({"schema": "hetscope/energy-model/1", "name": "ops", "version": "3",
    "method": "operations", "source": "a test", "pj_per_operation": {"": 2}, "pj_per_byte": 100})",
                                       "ops.json"));
  models_.push_back(parse_energy_model(R"({"schema": "hetscope/energy-model/1", "name": "cpu", "version": "1",
    "method": "cpu_time", "source": "a test", "share_of_tdp": 0.5, "cpus": []})",
                                       "cpu.json"));
  const std::vector<Record> records = run(planned);
  const std::vector<EnergyRecord>& energies = records[0].energies;
  ASSERT_EQ(energies.size(), 3U);
  EXPECT_THAT(energies[0].reason, HasSubstr("no meter is wanted"));
  EXPECT_EQ(energies[1].kind, "modelled");
  EXPECT_EQ(energies[1].meter, "ops/3");
  ASSERT_TRUE(energies[1].model.has_value());
  EXPECT_EQ(energies[1].model->source, "a test");
  EXPECT_NEAR(*energies[1].value_j,
              1e-12 * static_cast<double>(2 * records[0].executed_flops + 100 * records[0].executed_bytes), 1e-18);
  EXPECT_EQ(energies[2].kind, "none");
  EXPECT_THAT(energies[2].reason, HasSubstr("cpu/1 says nothing"));
  ASSERT_TRUE(records[0].edp.has_value());
  EXPECT_EQ(records[0].edp->kind, "modelled");
}

TEST_F(RunnerTest, EnergyTimesLatencyIsTheEdp) {
  add("a", taking(20'000));
  PlannedGroup planned = group({"a"});
  planned.energy = true;
  std::vector<std::unique_ptr<EnergyMeter>> meters;
  meters.push_back(std::make_unique<FakeMeter>(
      clock_, 1'000'000, [](std::int64_t t_ns) { return 5.0 * static_cast<double>(t_ns) * 1e-9; }));
  const std::vector<Record> records = run(planned, std::move(meters));
  ASSERT_TRUE(records[0].edp.has_value()) << records[0].energies[0].reason;
  EXPECT_NEAR(*records[0].energies[0].value_j, 5.0 * 20e-6, 5.0 * 20e-6 * 0.02);
  EXPECT_NEAR(records[0].edp->value_js, 5.0 * 20e-6 * 20e-6, 5.0 * 20e-6 * 20e-6 * 0.02);
  EXPECT_EQ(records[0].edp->kind, "measured_counter");
  ASSERT_TRUE(records[0].edp->ci95_js.has_value());
  EXPECT_LE(records[0].edp->ci95_js->first, records[0].edp->value_js);
  EXPECT_GE(records[0].edp->ci95_js->second, records[0].edp->value_js);
  EXPECT_EQ(records[0].energies[0].segment_j.size(), 10U);
}

}  // namespace
}  // namespace hetscope
