// Each detector on rows that have its pitfall and on rows that do not.
#include "reports/detectors/detectors.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "tests/unit/reports/detector_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

// 30 us and 60 us alone, and both together in `divided_ns`.
std::vector<Record> a_split(double divided_ns) {
  std::vector<Record> records = {make_record("fast", 30000, "cpu@0"), make_record("only", 60000, "opencl:0"),
                                 make_division(0.65, divided_ns)};
  for (Record& record : records) record.group = "g";
  return records;
}

std::vector<Record> a_split_with(std::map<std::string, double> stages_ns) {
  std::vector<Record> records = a_split(22000);
  records[2].stages_ns = std::move(stages_ns);
  return records;
}

std::vector<Record> errors_of(double at_seam, double elsewhere) {
  std::vector<Record> records = a_split(22000);
  records[2].metrics["max_scaled_error_at_seam"] = {at_seam, "1", ""};
  records[2].metrics["max_scaled_error_elsewhere"] = {elsewhere, "1", ""};
  return records;
}

std::vector<Record> placed(const std::string& actual) {
  std::vector<Record> records = make_pair_of(0.5);
  records[1].placement = {{"npu", "npu", "profile"}, {"npu", actual, "profile"}};
  return records;
}

// 30 us on the CPU alone; `delegated_ns` on an accelerator and the CPU, in `partitions` pieces.
std::vector<Record> in_pieces(double delegated_ns, double partitions, double boundary_bytes) {
  std::vector<Record> records = {make_record("host", 30000), make_record("pieces", delegated_ns)};
  records[1].item.set_processors({"npu", "cpu"});
  records[1].metrics["partitions"] = {partitions, "1", ""};
  records[1].metrics["boundary_bytes"] = {boundary_bytes, "B", ""};
  for (Record& record : records) record.group = "g";
  return records;
}

// A division whose imprecise part is not only at the seam; the kernels of its parts alone are `fast_error` and 0.9
// tolerances off.
std::vector<Record> imprecise_in_part(double fast_error) {
  std::vector<Record> records = errors_of(0.9, 0.9);
  records[0].verify->max_scaled_error = fast_error;
  records[1].verify->max_scaled_error = 0.9;
  records[2].item.set("parts", std::string("fast,only"));
  return records;
}

// The plan of the idle device is to divide at 0.7; beside a load it takes 40 us, and one processor takes `alone_ns`.
std::vector<Record> beside_another(double alone_ns) {
  std::vector<Record> records;
  for (const auto& [ratio, load, level_ns] : {std::tuple{0.7, "", 20000.0}, std::tuple{1.0, "", 30000.0},
                                              std::tuple{0.7, "spin", 40000.0}, std::tuple{1.0, "spin", alone_ns}}) {
    Record record = make_division(ratio, level_ns);
    if (*load != 0) record.item.set("load", std::string(load));
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<Record> soaked(double drift_low) {
  std::vector<Record> records = {make_record("lasting", 40000)};
  records[0].metrics["soak_drift_low"] = {drift_low, "1", ""};
  return records;
}

std::vector<Record> clocked(std::int64_t candidate_khz) {
  std::vector<Record> records = make_pair_of(0.5);
  records[1].conditions.freq_khz = {{"cpu0", candidate_khz}};
  return records;
}

// The faster of two uses `fast_j`, the other 1 J.
std::vector<Record> metered(double fast_j, const std::string& kind = "measured_counter") {
  std::vector<Record> records = make_pair_of(0.5);
  for (std::size_t i = 0; i < 2; ++i) {
    EnergyRecord energy;
    energy.value_j = i == 1 ? fast_j : 1.0;
    energy.kind = kind;
    energy.meter = "rapl";
    records[i].energies = {energy};
  }
  return records;
}

std::vector<Record> threaded(const std::map<std::int64_t, double>& ns_by_threads) {
  std::vector<Record> records;
  for (const auto& [threads, ns] : ns_by_threads) {
    records.push_back(make_record("same", ns));
    records.back().item.set("threads", threads);
    records.back().group = "g";
  }
  return records;
}

// Of 1 ms when it is warm.
std::vector<Record> started(double first_s, double prepare_s = 0, double library_s = 0, double load_s = 0) {
  std::vector<Record> records = {make_record("framework", 1e6)};
  records[0].prepare_ns = prepare_s * 1e9;
  for (const auto& [name, value] :
       {std::pair{"first_run", first_s}, std::pair{"library_load", library_s}, std::pair{"load", load_s}}) {
    records[0].metrics[name] = {value, "s", ""};
  }
  return records;
}

// A copy of 0.1 ns a byte, and a mapping of `beta_ns` a byte.
std::vector<Record> transferred(double beta_ns) {
  std::vector<Record> records;
  for (const auto& [sharing, slope_ns] : {std::pair{"copy", 0.1}, std::pair{"alloc_host_ptr", beta_ns}}) {
    for (std::int64_t bytes = 4; bytes <= 1 << 26; bytes *= 16) {
      Record record = make_record("transfer_opencl", 9'000 + slope_ns * static_cast<double>(bytes));
      record.item = Case("transfer", "transfer_opencl", {"opencl:1"});
      record.item.set("bytes", bytes);
      record.item.set("sharing", std::string(sharing));
      records.push_back(std::move(record));
    }
  }
  return records;
}

std::vector<Record> waited(double cpu_share) {
  std::vector<Record> records = {make_record("matmul_split", 20000)};
  records[0].metrics["waiting_cpu_share"] = {cpu_share, "1", ""};
  return records;
}

// One division that sleeps while it waits, its host's part taking 10 us, and one whose waiting thread takes
// `cpu_share`.
std::vector<Record> waited_twice(double spinning_compute_ns, double cpu_share = 0.95) {
  std::vector<Record> records = a_split(22000);
  records.push_back(make_division(0.65, 22500));
  for (const auto& [row, sync, ns, share] :
       {std::tuple{2, "wait", 10000.0, 0.05}, std::tuple{3, "poll", spinning_compute_ns, cpu_share}}) {
    Record& record = records[static_cast<std::size_t>(row)];
    record.item.set("sync", std::string(sync));
    record.stages_ns = {{"compute.cpu@0", ns}};
    record.metrics["waiting_cpu_share"] = {share, "1", ""};
  }
  return records;
}

// The times alone ask for two thirds: a division at 0.65 takes `near_ns`, one at 0.8 22 us.
std::vector<Record> divided_twice(double near_ns) {
  std::vector<Record> records = a_split(near_ns);
  records.push_back(make_division(0.8, 22000));
  return records;
}

// The device alone takes 60 us in the layout of the division, 30 us in another one, and `repacking_ns` to go there.
std::vector<Record> laid_out(double repacking_ns) {
  std::vector<Record> records = a_split(22000);
  for (Record& record : records) record.item.set("layout", std::string("NHWC"));
  Record other = make_record("only", 30000, "opencl:0");
  other.item.set("layout", std::string("NC4HW4"));
  Record transform = make_record("layout_transform_buffer", repacking_ns, "opencl:0");
  transform.item = Case("layout_transform", "layout_transform_buffer", {"opencl:0"});
  transform.item.set("shape", Dims{1, 64, 56, 56});
  transform.item.set("dtype", std::string("f32"));
  transform.item.set("from", std::string("NHWC"));
  transform.item.set("to", std::string("NC4HW4"));
  records.push_back(std::move(other));
  records.push_back(std::move(transform));
  return records;
}

// 30 us and 60 us alone. Divided at 0.25, 0.5 and 0.75 the slowest part would take 45, 30 and 22.5 us; each takes
// `overhead_ns` longer.
std::vector<Record> divided_thrice(double overhead_ns) {
  std::vector<Record> records = a_split(30000 + overhead_ns);
  records[2].item.set("ratio", 0.5);
  for (const auto& [ratio, predicted_ns] : {std::pair{0.25, 45000.0}, std::pair{0.75, 22500.0}}) {
    records.push_back(make_record("divided", predicted_ns + overhead_ns));
    records.back().item.set_processors({"cpu@0", "opencl:0"});
    records.back().item.set("ratio", ratio);
    records.back().group = "g";
  }
  return records;
}

std::vector<Record> asked_for_its_pointer(double mapped_elsewhere) {
  std::vector<Record> records = {make_record("transfer_opencl", 20000)};
  records[0].item.set("sharing", std::string("use_host_ptr"));
  records[0].metrics["mapped_elsewhere"] = {mapped_elsewhere, "1", ""};
  return records;
}

std::vector<Record> asked_for_a_part(double share_of_first) {
  std::vector<Record> records = {make_record("divided", 20000)};
  records[0].item.set_processors({"cpu@0", "opencl:0"});
  records[0].item.set("ratio", 0.1);
  records[0].metrics["share_of_first"] = {share_of_first, "1", ""};
  return records;
}

// Frames of which one in twenty takes `p95_ns` or longer, beside a load; 5 ms without.
std::vector<Record> paced(double p95_ns, std::int64_t iterations = 1) {
  std::vector<Record> records;
  for (const auto& [load, level_ns] : {std::pair{"", 5e6}, std::pair{"spin processor=opencl:0", p95_ns}}) {
    Record record = make_record("spin_paced", 16.7e6, "cpu@0");
    if (*load != '\0') record.item.set("load", std::string(load));
    record.group = "g";
    LatencyRecord frames = make_latency(4e6, 1, 120, 1);
    std::ranges::fill(frames.iterations, iterations);
    frames.p95_ns = level_ns;
    record.latencies["frame"] = std::move(frames);
    records.push_back(std::move(record));
  }
  return records;
}

struct Seed {
  const char* id;
  std::vector<Record> pitfall;
  std::vector<Record> clean;
};

std::vector<Seed> seeds() {
  return {{"D1", a_split(36000), a_split(22000)},
          {"D2 share", a_split_with({{"start", 8000}, {"compute.cpu@0", 10000}, {"merge", 2000}}),
           a_split_with({{"start", 500}, {"compute.cpu@0", 19000}, {"merge", 500}})},
          {"D2 share", a_split_with({{"compute.cpu@0", 9000}, {"alone.opencl:0.copy_in", 9000}}),
           a_split_with({{"compute.cpu@0", 9000}, {"alone.opencl:0.compute", 9000}})},
          {"D2 gain", a_split_with({{"start", 9000}, {"compute.cpu@0", 30000}, {"merge", 3000}}),
           a_split_with({{"start", 500}, {"compute.cpu@0", 19000}, {"merge", 500}})},
          {"D3 imbalance", a_split_with({{"compute.cpu@0", 20000}, {"alone.opencl:0.compute", 12000}}),
           a_split_with({{"compute.cpu@0", 20000}, {"alone.opencl:0.compute", 19000}})},
          {"D3 ratio", divided_twice(26000), divided_twice(21000)},
          {"D4", laid_out(5000), laid_out(25000)},
          {"D5", transferred(0.05), transferred(0)},
          {"D6 elsewhere", placed("cpu"), placed("npu")},
          {"D6 partitions", in_pieces(20000, 2, 0), in_pieces(20000, 1, 0)},
          {"D6 boundary", in_pieces(20000, 2, 400000), in_pieces(20000, 2, 40000)},
          {"D6 slower", in_pieces(40000, 1, 0), in_pieces(20000, 1, 0)},
          {"D7", errors_of(0.9, 0.2), errors_of(0.2, 0.2)},
          {"D7", imprecise_in_part(0.05), imprecise_in_part(0.8)},
          {"D8 loss", beside_a_stream(0.5, 0.55), beside_a_stream(0.95, 0.95)},
          {"D8 sum", beside_a_stream(1.1, 1.1), beside_a_stream(0.95, 0.95)},
          {"D8 bandwidth", streaming_together(30), streaming_together(15)},
          {"D9", divided_thrice(8000), divided_thrice(500)},
          {"D10", beside_another(30000), beside_another(60000)},
          {"D11", clocked(1800000), clocked(2400000)},
          {"D12", soaked(1.3), soaked(1.02)},
          {"D13", metered(1.5), metered(0.6)},
          {"D14 spinning", waited(0.9), waited(0.05)},
          {"D14 slowed", waited_twice(11000), waited_twice(10200)},
          {"D15", threaded({{1, 40000}, {8, 60000}}), threaded({{1, 40000}, {8, 10000}})},
          {"D16", started(0.002, 0.01), started(0.002, 0.001)},
          {"D16", started(0.002, 0, 0.01), started(0.002)},
          {"D17", asked_for_its_pointer(1), asked_for_its_pointer(0)},
          {"D17", asked_for_a_part(0), asked_for_a_part(0.125)},
          {"D18", paced(6.5e6), paced(5.2e6)}};
}

TEST(Detectors, FireOnThePitfallAndAreQuietWithoutIt) {
  for (const Seed& seed : seeds()) {
    const Finding fired = finding_of(seed.id, seed.pitfall);
    EXPECT_EQ(fired.evaluated, 1U) << seed.id;
    EXPECT_EQ(fired.fired, 1U) << seed.id;
    ASSERT_TRUE(fired.worst) << seed.id;
    EXPECT_FALSE(fired.worst->evidence.empty()) << seed.id;
    const Finding quiet = finding_of(seed.id, seed.clean);
    EXPECT_EQ(quiet.evaluated, 1U) << seed.id;
    EXPECT_EQ(quiet.fired, 0U) << seed.id << " " << quiet.worst->value;
  }
}

TEST(Detectors, WhoseExperimentWasNotRunAreNotEvaluated) {
  std::set<std::string> can_fire;
  for (const Seed& seed : seeds()) can_fire.insert(seed.id);
  std::set<std::string> ids;
  for (const Detector& detector : all_detectors()) {
    EXPECT_EQ(finding_of(detector.name(), {make_record("only", 1000)}).evaluated, 0U) << detector.name();
    EXPECT_TRUE(can_fire.contains(detector.name())) << detector.name() << " has no seeded case";
    ids.insert(detector.id);
  }
  EXPECT_EQ(ids.size(), 18U);
}

TEST(Detectors, HaveTheirLimitsAsData) {
  EXPECT_DOUBLE_EQ(limit_of("D9", "hit"), 0.1);
  EXPECT_DOUBLE_EQ(threshold_of("D8", "sum"), 2.05);
  EXPECT_DOUBLE_EQ(threshold_of("D8"), threshold_of("D8", "loss")) << "the first sign";
  EXPECT_THROW(limit_of("D9", "miss"), Error);
  EXPECT_THROW(threshold_of("D8", "noise"), Error);
}

TEST(Detectors, APartOfTheProcessorAskedForIsNoFallback) {
  EXPECT_EQ(finding_of("D6 elsewhere", placed("npu@1")).fired, 0U);
  const Finding fired = finding_of("D6 elsewhere", placed("npu2"));
  ASSERT_EQ(fired.places.size(), 1U);
  EXPECT_EQ(fired.places[0].remark, "npu2 for npu");
}

TEST(Detectors, AProviderOnTheHostsCpuRunsNodeByNodeAndIsNotFragmented) {
  std::vector<Record> records = in_pieces(20000, 16, 0);
  records[1].item.set_processors({"opencl:0"});
  EXPECT_EQ(finding_of("D6 partitions", records).evaluated, 0U);
}

TEST(Detectors, SharingAndTheTimeItIsAShareOfAreOfOnePass) {
  const Finding quiet = finding_of(
      "D2 share",
      a_split_with({{"compute.cpu@0", 10000}, {"alone.opencl:0.copy_in", 4000}, {"alone.opencl:0.compute", 16000}}));
  ASSERT_TRUE(quiet.worst);
  EXPECT_DOUBLE_EQ(quiet.worst->value, 0.2);
  EXPECT_THAT(quiet.worst->remark, HasSubstr("the part on opencl:0"));
}

TEST(Detectors, NothingIsSlowedByAThreadThatSleepsOrWasNotSeenToWait) {
  EXPECT_EQ(finding_of("D14 slowed", waited_twice(11000, 0.1)).evaluated, 0U);
  std::vector<Record> records = waited_twice(11000);
  records[2].metrics.erase("waiting_cpu_share");
  EXPECT_EQ(finding_of("D14 slowed", records).evaluated, 0U);
}

TEST(Detectors, EveryNumberOfThreadsIsLookedAt) {
  const Finding collapse = finding_of("D15", threaded({{1, 100e6}, {4, 30e6}, {8, 50e6}}));
  EXPECT_EQ(collapse.evaluated, 2U);
  ASSERT_EQ(collapse.places.size(), 1U);
  EXPECT_EQ(collapse.places[0].remark, "threads=8 beside threads=4");
  EXPECT_EQ(finding_of("D15", threaded({{1, 100e6}, {4, 50e6}, {8, 30e6}})).fired, 0U);
}

TEST(Detectors, MakingASessionIsCountedOnce) {
  EXPECT_EQ(finding_of("D16", started(0.001, 0.003, 0, 0.0025)).fired, 0U);
  EXPECT_EQ(finding_of("D16", started(0.001, 0, 0, 0.006)).fired, 1U) << "of a session that a tool tells";
}

TEST(Detectors, AProcessorAloneOnAnotherProblemIsNoMeasureOfPrecision) {
  std::vector<Record> records = imprecise_in_part(0.05);
  records[0].item.set("dtype", std::string("f16"));
  EXPECT_EQ(finding_of("D7", records).fired, 0U);
}

TEST(Detectors, BatchesAndFewFramesHaveNoPercentileOfFrames) {
  EXPECT_EQ(finding_of("D18", paced(9e6, 2)).evaluated, 0U);
  std::vector<Record> records = paced(9e6);
  records[1].latencies["frame"].n = 99;
  EXPECT_EQ(finding_of("D18", records).evaluated, 0U);
}

TEST(Detectors, ALayoutWithoutTheWayThereIsNotEvaluated) {
  std::vector<Record> records = laid_out(5000);
  records.pop_back();
  EXPECT_EQ(finding_of("D4", records).evaluated, 0U);
}

TEST(Detectors, AShareOfOneWasAskedFor) {
  std::vector<Record> records = asked_for_a_part(1);
  records[0].item.set("ratio", 1.0);
  EXPECT_EQ(finding_of("D17", records).evaluated, 0U);
}

TEST(Detectors, SmallRoundingAtTheSeamIsNoFinding) { EXPECT_EQ(finding_of("D7", errors_of(0.09, 0.001)).fired, 0U); }

TEST(Detectors, AModelledEnergyIsNotEvaluated) { EXPECT_EQ(finding_of("D13", metered(9, "modelled")).evaluated, 0U); }

}  // namespace
}  // namespace hetscope
