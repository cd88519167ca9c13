// What other programs are given: benchmarks with the right figures, no row lost, nothing that names a device.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/record/json.hpp"
#include "reports/export.hpp"
#include "reports/redact.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using nlohmann::json;

json google(const ReportInput& input) { return parse_json(google_benchmark_json(input), "export"); }

// The entries of a benchmark whose `run_type` is "iteration".
std::vector<json> repetitions(const json& document, const std::string& name) {
  std::vector<json> result;
  for (const json& entry : document.at("benchmarks")) {
    if (entry.at("name") == name && entry.at("run_type") == "iteration") result.push_back(entry);
  }
  return result;
}

const json* entry_named(const json& document, const std::string& name) {
  for (const json& entry : document.at("benchmarks")) {
    if (entry.at("name") == name) return &entry;
  }
  return nullptr;
}

TEST(ExportTest, ARoundIsARepetition) {
  Record record = make_record("tiled", 40000);
  LatencyRecord& latency = record.latencies["host_monotonic"];
  latency.rounds = {0, 0, 1};
  latency.order = {0, 0, 0};
  latency.iterations = {10, 30, 5};
  latency.totals_ns = {1000, 5000, 600};
  latency.n = 3;
  latency.median_ns = 120;
  latency.mean_ns = 129;
  const json document = google(make_input({record}));
  const std::vector<json> found = repetitions(document, record.item.line());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at("iterations"), 40);
  EXPECT_DOUBLE_EQ(found[0].at("real_time").get<double>(), 150);
  EXPECT_DOUBLE_EQ(found[1].at("real_time").get<double>(), 120);
  for (const json& entry : found) {
    EXPECT_EQ(entry.at("repetitions"), 2);
    EXPECT_EQ(entry.at("time_unit"), "ns");
    EXPECT_EQ(entry.at("cpu_time"), 0.0);
    EXPECT_EQ(entry.at("run_name"), record.item.line());
  }
  EXPECT_EQ(found[1].at("repetition_index"), 1);
  EXPECT_DOUBLE_EQ(entry_named(document, record.item.line() + "_median")->at("real_time").get<double>(), 120);
  EXPECT_DOUBLE_EQ(entry_named(document, record.item.line() + "_mean")->at("real_time").get<double>(), 129);
}

TEST(ExportTest, SamplesThatCouldNotBeReadAreNoRepetition) {
  Record record = make_record("tiled", 40000);
  LatencyRecord& latency = record.latencies["host_monotonic"];
  latency.rounds = {0, 0, 0};
  latency.order = {0, 0, 0};
  latency.iterations = {10, 10, 10};
  latency.totals_ns = {1000, std::numeric_limits<double>::quiet_NaN(), 3000};
  const std::vector<json> found = repetitions(google(make_input({record})), record.item.line());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_DOUBLE_EQ(found[1].at("real_time").get<double>(), 300);
}

TEST(ExportTest, ADifferenceOfTimesThatIsBelowZeroForARoundHasAggregatesOnly) {
  Record record = make_record("tiled", 40000);
  record.latencies["host_minus_empty_launch"] = make_latency(30000, 1);
  record.latencies["host_minus_empty_launch"].totals_ns[0] = -1e9;
  const json document = google(make_input({record}));
  const std::string name = record.item.line() + " [clock host_minus_empty_launch]";
  EXPECT_TRUE(repetitions(document, name).empty());
  EXPECT_EQ(entry_named(document, name + "_median")->at("real_time"), 30000);
  EXPECT_EQ(repetitions(document, record.item.line()).size(), 12U);
}

TEST(ExportTest, RowsWithoutATimeAreNamedAndOtherClocksAreBenchmarksOfTheirOwn) {
  Record timed = make_record("tiled", 40000);
  timed.latencies["opencl_event"] = make_latency(30000, 1);
  timed.metrics["bandwidth"] = {39.5, "GB/s", ""};
  Record wrong = make_record("wrong", 40000);
  wrong.status = Status::mistrusted;
  wrong.reason = "1.3 of its roof";
  const json document = google(make_input({timed, make_problem(Status::unsupported, "texture", "no images"), wrong}));
  const json& left_out = document.at("context").at("hetscope_without_time");
  ASSERT_EQ(left_out.size(), 2U);
  EXPECT_NE(left_out[0].get<std::string>().find("unsupported: no images"), std::string::npos);
  EXPECT_NE(left_out[1].get<std::string>().find("mistrusted: 1.3 of its roof"), std::string::npos);
  const std::string event = timed.item.line() + " [clock opencl_event]";
  EXPECT_EQ(repetitions(document, event).size(), 12U);
  EXPECT_FALSE(entry_named(document, event)->contains("bandwidth (GB/s)"));
  EXPECT_FALSE(entry_named(document, timed.item.line())->contains("bandwidth (GB/s)"));
  EXPECT_EQ(entry_named(document, timed.item.line() + "_median")->at("bandwidth (GB/s)"), 39.5);
  EXPECT_EQ(entry_named(document, wrong.item.line()), nullptr);
  // compare.py fails on entries without these.
  for (const json& entry : document.at("benchmarks")) {
    for (const char* name : {"name", "run_name", "run_type", "real_time", "cpu_time", "time_unit"}) {
      EXPECT_TRUE(entry.contains(name)) << name;
    }
  }
}

TEST(ExportTest, AnotherToolsMeanIsOneRepetitionOnlyWhenItsCountIsKnown) {
  Record record = make_record("benchncnn", 1);
  record.source = SourceRecord{"benchncnn", "", "benchncnn/1", "00", 1, "host time"};
  LatencyRecord mean;
  mean.statistic = Statistic::mean;
  mean.mean_ns = 11740000;
  mean.median_ns = mean.p05_ns = mean.p95_ns = mean.ci95_low_ns = mean.ci95_high_ns =
      std::numeric_limits<double>::quiet_NaN();
  mean.n = 4;
  record.latencies = {{"benchncnn", mean}};
  record.clock = "benchncnn";
  const std::vector<json> known = repetitions(google(make_input({record})), record.item.line());
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].at("iterations"), 4);
  record.latencies["benchncnn"].n = 0;
  const json document = google(make_input({record}));
  EXPECT_TRUE(repetitions(document, record.item.line()).empty());
  const json* aggregate = entry_named(document, record.item.line() + "_mean");
  ASSERT_NE(aggregate, nullptr);
  EXPECT_FALSE(aggregate->contains("iterations"));
  EXPECT_EQ(entry_named(document, record.item.line() + "_median"), nullptr);
}

TEST(ExportTest, TheJsonDocumentHoldsEveryRecordAndWhatWasNotRead) {
  ReportInput input = make_input({make_record("tiled", 40000), make_problem(Status::failed, "crash", "signal 11")});
  input.runs[0].faults = {"records.jsonl line 3: no JSON"};
  input.runs.push_back({"other", "{broken", {}, {}});
  const json document = parse_json(json_export(input), "export");
  EXPECT_EQ(document.at("schema"), "hetscope/export/1");
  const json& first = document.at("runs")[0];
  ASSERT_EQ(first.at("records").size(), 2U);
  EXPECT_EQ(first.at("records")[0], to_json(input.runs[0].records[0]));
  EXPECT_EQ(first.at("run").at("host").at("cpu_model"), "Eight cores");
  EXPECT_EQ(first.at("faults").size(), 1U);
  EXPECT_TRUE(document.at("runs")[1].at("run").is_null());
  EXPECT_EQ(document.at("runs")[1].at("faults").size(), 1U);
}

TEST(RedactTest, TextsLoseWhatNamesADevice) {
  const std::pair<const char*, const char*> cases[] = {
      {"QUALCOMM build: commit #6ff34ae changeid #Ice2d0a30ba Date: 11/15/18",
       "QUALCOMM build: commit #[removed] changeid #[removed] Date: 11/15/18"},
      {"Serial Number: R58M12345X, 4 cores", "Serial Number: [removed], 4 cores"},
      {"serial=0123abcd", "serial=[removed]"},
      {"GPU-3fa85f64-5717-4562-b3fc-2c963f66afa6", "GPU-[removed]"},
      {"eth0 52:54:00:ab:cd:ef up", "eth0 [removed] up"},
      {"/home/jane/models/m.onnx", "/home/[removed]/models/m.onnx"},
      {"5.10.157-android13-4-00001-gfe3d0ec9b1f2-ab10186565", "5.10.157-android13-4-00001-[removed]-[removed]"},
      {"id 0123456789abcdef0123", "id [removed]"},
      {"imei 356938035643809", "imei [removed]"},
      // Nothing of a device: figures, versions, names.
      {"OpenCL 3.0 PoCL 3.1, 2000 MHz, 1234567890123 ns", "OpenCL 3.0 PoCL 3.1, 2000 MHz, 1234567890123 ns"},
      {"built with GCC 12.2, feedface", "built with GCC 12.2, feedface"},
      {"", ""},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(redacted_text(text), expected);
}

TEST(RedactTest, NoFormatStillHoldsASecret) {
  const std::vector<std::string> secrets = {"0123456789abcdef",
                                            "b007b007-0000-4000-8000-00000000b007",
                                            "5ec2e7c0ffee",
                                            "R58M12345X",
                                            "jane",
                                            "deadbeefcafe0123",
                                            "customer",
                                            "ab12cd"};
  Record record = make_record("tiled", 40000);
  record.device_unit = secrets[0];
  record.boot = secrets[1];
  record.placement = {{"opencl:0", "opencl:0", "driver of build " + secrets[2]}};
  record.notes = {{"program", "/home/jane/benchncnn"},
                  {"program_sha256", secrets[5]},
                  {"command", "/home/jane/benchncnn 4 1 param=/srv/customer-x/net.param 'customer/y.bin'"},
                  {"model_sha256", secrets[7]}};
  Record failed = make_problem(Status::failed, "crash", "cannot open /home/jane/x; serial " + secrets[3]);
  failed.device_unit = secrets[0];
  failed.boot = secrets[1];
  Record imported = make_record("benchncnn", 40000);
  imported.device_unit.clear();
  imported.source = SourceRecord{"benchncnn", "", "benchncnn/1", "00", 1, ""};
  imported.item.set("model", std::string("/home/jane/m.bin"));
  imported.group = imported.item.line();
  ReportInput input = make_input({record, failed, imported});
  json run = parse_json(input.runs[0].run_json, "run.json");
  run["host"]["device_unit"] = secrets[0];
  run["host"]["boot_id"] = secrets[1];
  run["host"]["kernel"] = "6.1.0-g" + secrets[2];
  run["build"]["git_commit"] = secrets[5];
  run["binary_sha256"] = secrets[5];
  run["scenarios"][0]["path"] = "/home/jane/scenarios/a.json";
  run["processors"][1]["driver"] = "serial: " + secrets[3];
  run["processors"][1]["details"]["serial"] = secrets[3];
  input.runs[0].run_json = run.dump();
  input.runs[0].directory = "/home/jane/out/run1";
  input.runs[0].faults = {"/home/jane/out/run1/records.jsonl line 9: no JSON"};
  redact(input);
  for (const std::string& text : {google_benchmark_json(input), json_export(input), csv_report(input)}) {
    for (const std::string& secret : secrets) EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
  EXPECT_EQ(input.runs[0].directory, "run1");
  EXPECT_EQ(input.runs[0].records[0].device_unit, "unit-1");
  EXPECT_EQ(input.runs[0].records[0].notes.at("program"), "benchncnn");
  EXPECT_EQ(input.runs[0].records[0].notes.at("command"), "benchncnn 4 1 param=net.param 'y.bin'");
  EXPECT_EQ(input.runs[0].records[1].boot, "boot-1");
  EXPECT_EQ(input.runs[0].records[2].device_unit, "");
  EXPECT_EQ(input.runs[0].records[2].group, input.runs[0].records[2].item.line());
  const json after = parse_json(input.runs[0].run_json, "run.json");
  EXPECT_EQ(after.at("host").at("kernel"), "6.1.0");
  EXPECT_EQ(after.at("host").at("device_unit"), "unit-1");
  EXPECT_EQ(after.at("scenarios")[0].at("path"), "a.json");
  EXPECT_EQ(after.at("run_uuid"), run.at("run_uuid"));
  // Figures and case lines are what is shared.
  EXPECT_EQ(input.runs[0].records[0].item, record.item);
  EXPECT_EQ(input.runs[0].records[0].latencies.at("host_monotonic").totals_ns,
            record.latencies.at("host_monotonic").totals_ns);
}

TEST(RedactTest, ARunJsonThatCannotBeReadIsLeftOut) {
  ReportInput input = make_input({make_record("tiled", 40000)});
  input.runs[0].run_json = "{\"host\": {\"boot_id\": \"5ec2e7\"";
  redact(input);
  EXPECT_EQ(input.runs[0].run_json, "");
  ASSERT_EQ(input.runs[0].faults.size(), 1U);
}

}  // namespace
}  // namespace hetscope
