// A record through JSON and back, whatever it holds; and whatever a text holds, a record or an Error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/record/json.hpp"
#include "harness/record/schema_check.hpp"
#include "tests/error_of.hpp"
#include "tests/fakes/record_fixtures.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Record through_json(const Record& record) {
  return record_from_json(parse_json(dump_line(to_json(record)), "line"), "line");
}

std::string complaint_about(const json& document) {
  return error_of([&document] { record_from_json(document, "records.jsonl line 3"); });
}

TEST(StatusTest, NamesReadBack) {
  for (const Record& record : fixtures::every_status())
    EXPECT_EQ(parse_status(to_string(record.status)), record.status);
  EXPECT_THROW(parse_status("good"), Error);
  EXPECT_THROW(parse_status(""), Error);
}

TEST(RecordTest, PrincipalLatencyIsTheOneOfItsClock) {
  Record record = fixtures::ok_record_with_energy();
  EXPECT_EQ(record.latency(), &record.latencies.at("host_monotonic"));
  record.clock = "opencl_event";
  EXPECT_EQ(record.latency(), &record.latencies.at("opencl_event"));
  record.clock = "";
  EXPECT_EQ(record.latency(), nullptr);
}

TEST(RecordJsonTest, EveryStatusSurvives) {
  for (const Record& record : fixtures::every_status()) {
    const Record again = through_json(record);
    EXPECT_EQ(again.item, record.item);
    EXPECT_EQ(again.status, record.status);
    EXPECT_EQ(to_json(again), to_json(record)) << record.item.line();
  }
}

TEST(RecordJsonTest, EveryFieldSurvives) {
  const Record record = fixtures::ok_record_with_energy();
  const Record again = through_json(record);
  EXPECT_EQ(again.run_uuid, record.run_uuid);
  EXPECT_EQ(again.session, record.session);
  EXPECT_EQ(again.boot, record.boot);
  EXPECT_EQ(again.device_model, record.device_model);
  EXPECT_EQ(again.device_unit, record.device_unit);
  EXPECT_EQ(again.group, record.group);
  EXPECT_EQ(again.scenario, record.scenario);
  EXPECT_EQ(again.verify->max_abs_error, record.verify->max_abs_error);
  EXPECT_EQ(again.verify->max_scaled_error, record.verify->max_scaled_error);
  EXPECT_EQ(again.verify->atol, record.verify->atol);
  EXPECT_EQ(again.verify->rtol, record.verify->rtol);
  EXPECT_EQ(again.verify->checked, record.verify->checked);
  const LatencyRecord& latency = *again.latency();
  EXPECT_EQ(latency.median_ns, record.latency()->median_ns);
  EXPECT_EQ(latency.ci95_low_ns, record.latency()->ci95_low_ns);
  EXPECT_EQ(latency.ci95_high_ns, record.latency()->ci95_high_ns);
  EXPECT_EQ(latency.rounds, record.latency()->rounds);
  EXPECT_EQ(latency.order, record.latency()->order);
  EXPECT_EQ(latency.iterations, record.latency()->iterations);
  EXPECT_EQ(latency.totals_ns, record.latency()->totals_ns);
  EXPECT_EQ(again.stages_ns, record.stages_ns);
  ASSERT_EQ(again.energies.size(), 2U);
  EXPECT_EQ(again.energies[0].value_j, record.energies[0].value_j);
  EXPECT_EQ(again.energies[0].dynamic_j, record.energies[0].dynamic_j);
  EXPECT_EQ(again.energies[0].scope, "package");
  EXPECT_EQ(again.energies[0].runs, 1538);
  EXPECT_EQ(again.energies[1].kind, "modelled");
  EXPECT_EQ(again.energies[1].idle_w, std::nullopt);
  EXPECT_EQ(again.edp->value_js, record.edp->value_js);
  EXPECT_EQ(again.edp->kind, "measured_counter");
  EXPECT_EQ(again.executed_flops, record.executed_flops);
  EXPECT_EQ(again.placement[1].evidence, "4 threads");
  const Record other = through_json(fixtures::ok_record());
  EXPECT_EQ(other.baseline_case, fixtures::ok_record().baseline_case);
  EXPECT_EQ(other.prepare_ns, 15300.5);
  EXPECT_EQ(other.prepare_bytes, 4096);
  EXPECT_EQ(other.metrics.at("of_roof").roof, "copy_bandwidth@cpu");
  EXPECT_EQ(other.conditions.freq_khz, fixtures::ok_record().conditions.freq_khz);
  EXPECT_EQ(other.conditions.temp_c, fixtures::ok_record().conditions.temp_c);
  EXPECT_EQ(other.conditions.governor, "performance");
  EXPECT_EQ(other.conditions.affinity, std::vector<int>{1});
}

TEST(RecordJsonTest, EnergyWindowModelAndConditionsSurvive) {
  Record record = fixtures::ok_record_with_energy();
  EnergyRecord& energy = record.energies[0];
  energy.method = "a counter";
  energy.ci95_j = {0.0111, 0.0115};
  energy.updates = 107;
  energy.period_s = 0.001;
  energy.aligned = true;
  energy.idle_before_w = 4.25;
  energy.idle_after_w = 4.5;
  energy.background_load = 0.02;
  energy.segment_j = {1.5, 1.25};
  energy.segment_ns = {1e8, 1.1e8};
  energy.segment_runs = {120, 110};
  record.energies[1].model = EnergyModelRecord{"ops", "1", "a paper", "00ff"};
  record.edp->ci95_js = {1e-9, 2e-9};
  ConditionsRecord& conditions = record.conditions;
  conditions.before_khz = {{"cpu1", 2800000}};
  conditions.lowest_khz = {{"cpu1", 1400000}};
  conditions.before_c = {{"soc", 40.5}};
  conditions.hottest_c = {{"soc", 88}};
  conditions.cooling = {"cpufreq-cpu4 3/12"};
  conditions.battery = BatteryRecord{81, "Discharging", 31.25};
  conditions.screen = "off";
  conditions.cpuset = "/top-app";
  conditions.thermal_status = "light";
  conditions.speed = BlockSpeedRecord{40, 3, 3, 1.25, 2.5, true};
  EXPECT_THAT(SchemaCheck().violations(to_json(record)), testing::IsEmpty());
  const Record again = through_json(record);
  EXPECT_EQ(to_json(again), to_json(record));
  EXPECT_EQ(again.energies[0].segment_runs, energy.segment_runs);
  EXPECT_EQ(again.energies[1].model->source, "a paper");
  EXPECT_EQ(again.conditions.speed->slow, 3);
  EXPECT_TRUE(again.conditions.speed->gave_up_cooling);
  EXPECT_EQ(again.conditions.battery->percent, 81);
}

TEST(RecordJsonTest, MissingIsNull) {
  Record record;
  record.item = Case::parse("copy kernel=k processor=cpu");
  record.reason = "nothing was done";
  const json document = to_json(record);
  for (const char* name : {"baseline_case", "verify", "clock", "edp_js", "edp_kind"}) {
    EXPECT_TRUE(document.at(name).is_null()) << name;
  }
  EXPECT_EQ(document.at("latencies"), json::object());
  EXPECT_EQ(document.at("energies"), json::array());
  EXPECT_EQ(to_json(through_json(record)), document);
}

TEST(RecordJsonTest, WritesNothingThatIsNotFinite) {
  Record record = fixtures::ok_record_with_energy();
  record.latencies["opencl_event"].median_ns = kNan;
  record.stages_ns["wait"] = kInfinity;
  record.prepare_ns = kNan;
  record.energies[0].value_j = kInfinity;
  record.edp->value_js = kNan;
  record.metrics["split_gain"].value = kInfinity;
  record.conditions.temp_c["broken"] = kNan;
  record.conditions.load = kNan;
  record.verify->max_scaled_error = kInfinity;
  const json document = to_json(record);
  EXPECT_EQ(json::parse(dump_line(document)), document) << "a NaN in the document would be written as null";
  EXPECT_FALSE(document.at("latencies").contains("opencl_event"));
  EXPECT_EQ(document.at("clock"), "host_monotonic");
  EXPECT_NE(document.at("energies")[0].at("reason"), "");
  const Record again = through_json(record);
  EXPECT_EQ(again.verify->max_scaled_error, kInfinity);
  EXPECT_TRUE(std::isnan(again.metrics.at("split_gain").value));
  EXPECT_FALSE(again.edp.has_value());

  record.latencies["host_monotonic"].ci95_low_ns = -kInfinity;
  EXPECT_TRUE(to_json(record).at("clock").is_null());
  EXPECT_EQ(to_json(record).at("latencies"), json::object());
}

TEST(RecordJsonTest, KeepsUnreadableSamplesInTheirPlace) {
  const Record again = through_json(fixtures::ok_record_with_energy());
  const LatencyRecord& latency = again.latencies.at("opencl_event");
  ASSERT_EQ(latency.totals_ns.size(), 30U);
  EXPECT_TRUE(std::isnan(latency.totals_ns[7]));
  EXPECT_FALSE(std::isnan(latency.totals_ns[8]));
}

TEST(RecordJsonTest, SurvivesOddTexts) {
  Record record = fixtures::failed_record();
  record.item = Case("op\xff", "kernel \"x\"\n", {"opencl:Vendor\xae 1,2", "cpu"});
  record.item.set("text", std::string("a\0b\xff", 4));
  record.item.set("real", kInfinity);
  record.reason = "bytes \xc3\x28 and \x01 and\nlines";
  const Record again = through_json(record);
  EXPECT_EQ(again.item, record.item);
  EXPECT_EQ(through_json(again).reason, again.reason);
}

TEST(RecordJsonTest, RefusesListsOfDifferentLengths) {
  Record record = fixtures::ok_record();
  record.latencies["host_monotonic"].order.pop_back();
  EXPECT_THROW(to_json(record), Error);
  for (const char* list : {"rounds", "order", "iterations", "totals_ns"}) {
    json document = to_json(fixtures::ok_record());
    document["latencies"]["host_monotonic"][list].push_back(1);
    EXPECT_THAT(complaint_about(document), testing::HasSubstr("differ in length")) << list;
  }
}

TEST(RecordJsonTest, SaysWhichNameIsMissingOrWrong) {
  const json valid = to_json(fixtures::ok_record_with_energy());
  for (const auto& [name, value] : valid.items()) {
    if (name == "scenario") continue;
    json without = valid;
    without.erase(name);
    EXPECT_THAT(complaint_about(without),
                testing::AllOf(testing::StartsWith("records.jsonl line 3"), testing::HasSubstr(name)));
    json wrong = valid;
    wrong[name] = json::array({json::object()});
    EXPECT_THAT(complaint_about(wrong), testing::HasSubstr("at /" + name)) << name;
  }
  json deep = valid;
  deep["latencies"]["host_monotonic"]["n"] = "64";
  EXPECT_EQ(complaint_about(deep), "records.jsonl line 3 at /latencies/host_monotonic/n: is string, not an integer");
}

TEST(RecordJsonTest, ReadsWhatOtherWritersLeaveOut) {
  json document = to_json(fixtures::ok_record());
  document.erase("scenario");
  document.erase("edp_kind");
  document["conditions"].erase("governor");
  document["energies"][0].erase("dynamic_j");
  document["a name of a later version"] = 1;
  EXPECT_EQ(complaint_about(document), "");
}

TEST(RecordJsonTest, ChecksTheCaseAgainstItsParts) {
  const json valid = to_json(fixtures::ok_record());
  for (const char* name : {"operation", "kernel"}) {
    json document = valid;
    document[name] = "other";
    EXPECT_THAT(complaint_about(document), testing::HasSubstr("disagrees with 'case'"));
  }
  for (const json& processors : {json::array(), json{"gpu"}, json{"cpu", "gpu"}}) {
    json document = valid;
    document["processors"] = processors;
    EXPECT_THAT(complaint_about(document), testing::HasSubstr("disagrees with 'case'"));
  }
  json document = valid;
  document["case"] = "\"";
  EXPECT_THAT(complaint_about(document), testing::HasSubstr("at /case"));
}

TEST(RecordJsonTest, RefusesOtherVersionsAndInconsistentClocks) {
  json document = to_json(fixtures::ok_record());
  document["schema"] = "hetscope/record/2";
  EXPECT_THAT(complaint_about(document), testing::HasSubstr("this hetscope reads hetscope/record/1; update it"));
  document = to_json(fixtures::ok_record());
  document["clock"] = "sundial";
  EXPECT_THAT(complaint_about(document), testing::HasSubstr("/clock"));
  document = to_json(fixtures::ok_record_with_energy());
  document["edp_kind"] = nullptr;
  EXPECT_THAT(complaint_about(document), testing::HasSubstr("/edp_kind"));
}

TEST(RecordJsonTest, RefusesIntegersOutOfRange) {
  const json valid = to_json(fixtures::ok_record());
  for (const json& value : {json(3000000000), json(1.5), json(1e300), json(18446744073709551615U)}) {
    json document = valid;
    document["latencies"]["host_monotonic"]["rounds"][0] = value;
    EXPECT_THAT(complaint_about(document), testing::HasSubstr("/rounds/0")) << value;
  }
  json document = valid;
  document["latencies"]["host_monotonic"]["n"] = 64.0;
  EXPECT_EQ(complaint_about(document), "");
}

// What another tool printed: a mean without a median, no interval, no number of samples.
Record imported_record() {
  constexpr double kNotPrinted = std::numeric_limits<double>::quiet_NaN();
  Record record = fixtures::ok_record();
  record.source = SourceRecord{"benchncnn", "1.0", "benchncnn/1", "00ff", 7, "host time"};
  LatencyRecord latency;
  latency.statistic = Statistic::mean;
  latency.mean_ns = 11740000;
  latency.median_ns = latency.p05_ns = latency.p95_ns = latency.ci95_low_ns = latency.ci95_high_ns = kNotPrinted;
  record.clock = "benchncnn";
  record.latencies = {{"benchncnn", latency}};
  return record;
}

TEST(RecordJsonTest, AnotherToolsRowKeepsWhatItLacks) {
  const json written = to_json(imported_record());
  const json& latency = written.at("latencies").at("benchncnn");
  EXPECT_EQ(latency.at("statistic"), "mean");
  EXPECT_EQ(latency.at("mean_ns"), 11740000);
  for (const char* name : {"median_ns", "p05_ns", "p95_ns", "ci95_ns", "n"})
    EXPECT_TRUE(latency.at(name).is_null()) << name;
  const Record record = record_from_json(written, "row");
  EXPECT_TRUE(std::isnan(record.latency()->median_ns));
  EXPECT_EQ(record.latency()->n, 0);
  EXPECT_EQ(record.source->line, 7);
  EXPECT_EQ(to_json(record), written);
}

TEST(RecordJsonTest, OwnRowsHaveEveryFigureAndNoSource) {
  json own = to_json(fixtures::ok_record());
  EXPECT_FALSE(own.contains("source"));
  json& latency = own.at("latencies").at("host_monotonic");
  EXPECT_FALSE(latency.contains("statistic"));
  latency["p05_ns"] = nullptr;
  EXPECT_THROW(record_from_json(own, "row"), Error);
  latency["p05_ns"] = 1;
  latency["statistic"] = "mean";
  EXPECT_THROW(record_from_json(own, "row"), Error);
}

std::string mutated(std::string line, Random& random) {
  static const std::vector<std::string> kPieces = {
      "null", "-1",   "1e999",   "{",  "}", "[", "]", "\"", ",", ":", "\\", "\xff", "99999999999999999999",
      "0.5",  "true", "\\u0000", "\n", "e", "-"};
  const auto changes = 1 + random.below(4);
  for (std::uint64_t change = 0; change < changes && !line.empty(); ++change) {
    const std::size_t at = random.below(line.size());
    switch (random.below(6)) {
      case 0:
        line[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        line.erase(at, 1 + random.below(20));
        break;
      case 2:
        line.insert(at, kPieces[random.below(kPieces.size())]);
        break;
      case 3:
        line.resize(at);
        break;
      case 4:
        line.insert(at, line.substr(random.below(line.size()), random.below(60)));
        break;
      default: {
        // A whole value exchanged: what stands behind a colon, up to the next comma.
        const std::size_t colon = line.find(':', at);
        if (colon == std::string::npos) break;
        const std::size_t end = line.find_first_of(",}", colon);
        if (end == std::string::npos) break;
        line.replace(colon + 1, end - colon - 1, kPieces[random.below(kPieces.size())]);
      }
    }
  }
  return line;
}

TEST(RecordJsonTest, HostileLinesAreRecordsOrErrors) {
  std::vector<std::string> lines;
  for (const Record& record : fixtures::every_status()) lines.push_back(dump_line(to_json(record)));
  Random random(20240611);
  int accepted = 0;
  int refused = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    const std::string line = mutated(lines[random.below(lines.size())], random);
    try {
      const Record record = record_from_json(parse_json(line, "line"), "line");
      // What was accepted can be written, and reads back the same.
      const std::string written = dump_line(to_json(record));
      EXPECT_EQ(dump_line(to_json(record_from_json(parse_json(written, "line"), "line"))), written);
      ++accepted;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace hetscope
