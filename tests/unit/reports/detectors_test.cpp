// Each detector on rows that have its pitfall and on rows that do not.
#include "reports/detectors/detectors.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/markdown.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;
using testing::Not;

// 30 us and 60 us alone, and both together in `divided_ns`.
std::vector<Record> a_split(double divided_ns) {
  std::vector<Record> records = {make_record("fast", 30000, "cpu@0"), make_record("only", 60000, "opencl:0"),
                                 make_record("divided", divided_ns)};
  records[2].item.set_processors({"cpu@0", "opencl:0"});
  records[2].item.set("ratio", 0.65);
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

std::vector<Record> beside_a_load(double efficiency) {
  std::vector<Record> records = {make_record("stream", 40000)};
  records[0].metrics["concurrency_efficiency"] = {efficiency, "1", ""};
  return records;
}

// The plan of the idle device is to divide at 0.7; beside a load it takes 40 us, and one processor takes `alone_ns`.
std::vector<Record> beside_another(double alone_ns) {
  std::vector<Record> records;
  for (const auto& [ratio, load, level_ns] : {std::tuple{0.7, "", 20000.0}, std::tuple{1.0, "", 30000.0},
                                              std::tuple{0.7, "spin", 40000.0}, std::tuple{1.0, "spin", alone_ns}}) {
    Record record = make_record("divided", level_ns);
    record.item.set_processors({"cpu@0", "opencl:0"});
    record.item.set("ratio", ratio);
    if (*load != 0) record.item.set("load", std::string(load));
    record.group = "g";
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

std::vector<Record> threaded(double many_ns) {
  std::vector<Record> records = {make_record("same", 40000), make_record("same", many_ns)};
  records[0].item.set("threads", std::int64_t{1});
  records[1].item.set("threads", std::int64_t{8});
  for (Record& record : records) record.group = "g";
  return records;
}

std::vector<Record> started(double first_s) {
  std::vector<Record> records = {make_record("framework", 1e6)};
  records[0].metrics["first_run"] = {first_s, "s", ""};
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

Finding finding_of(const std::string& id, std::vector<Record> records) {
  ReportInput input;
  input.runs.push_back(make_run(std::move(records)));
  const Summary summary = summarise(input);
  for (Finding& finding : detect(summary)) {
    if (finding.detector->id == id) return finding;
  }
  throw std::logic_error("no detector " + id);
}

struct Seed {
  const char* id;
  std::vector<Record> pitfall;
  std::vector<Record> clean;
};

std::vector<Seed> seeds() {
  return {{"D1", a_split(36000), a_split(22000)},
          {"D2", a_split_with({{"start", 8000}, {"compute.cpu@0", 10000}, {"merge", 2000}}),
           a_split_with({{"start", 500}, {"compute.cpu@0", 19000}, {"merge", 500}})},
          {"D3", a_split_with({{"compute.cpu@0", 20000}, {"alone.opencl:0.compute", 12000}}),
           a_split_with({{"compute.cpu@0", 20000}, {"alone.opencl:0.compute", 19000}})},
          {"D4", laid_out(5000), laid_out(25000)},
          {"D5", transferred(0.05), transferred(0)},
          {"D6", placed("cpu"), placed("npu")},
          {"D7", errors_of(0.9, 0.2), errors_of(0.2, 0.2)},
          {"D8", beside_a_load(1.05), beside_a_load(1.9)},
          {"D9", divided_thrice(8000), divided_thrice(500)},
          {"D10", beside_another(30000), beside_another(60000)},
          {"D11", clocked(1800000), clocked(2400000)},
          {"D12", soaked(1.3), soaked(1.02)},
          {"D13", metered(1.5), metered(0.6)},
          {"D14", waited(0.9), waited(0.05)},
          {"D15", threaded(60000), threaded(10000)},
          {"D16", started(0.02), started(0.002)},
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
  for (const Detector& detector : all_detectors()) {
    EXPECT_EQ(finding_of(detector.id, {make_record("only", 1000)}).evaluated, 0U) << detector.id;
    EXPECT_TRUE(can_fire.contains(detector.id)) << detector.id << " has no seeded case";
  }
}

TEST(Detectors, APartOfTheProcessorAskedForIsNoFallback) {
  EXPECT_EQ(finding_of("D6", placed("npu@1")).fired, 0U);
  EXPECT_EQ(finding_of("D6", placed("npu2")).fired, 1U);
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

TEST(Detectors, TheSectionNamesBothKinds) {
  ReportInput input;
  input.runs.push_back(make_run(a_split(36000)));
  const Summary summary = summarise(input);
  Document document;
  compose_pitfalls(summary, document);
  const std::string text = markdown_text(document);
  EXPECT_THAT(text, HasSubstr("dividing is slower than the best processor alone"));
  EXPECT_THAT(text, HasSubstr("| fires | 1 of 1 |"));
  EXPECT_THAT(text, HasSubstr("D9"));
  EXPECT_THAT(text, HasSubstr("stutter: not evaluated, no such rows (scenarios/curated/split/frames.json)"));
  EXPECT_THAT(text, Not(HasSubstr("passed")));
}

}  // namespace
}  // namespace hetscope
