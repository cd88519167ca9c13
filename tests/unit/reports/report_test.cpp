// The three forms of a report: what they say, that nothing is dropped, and that hostile records stay text.
#include "reports/report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/text.hpp"
#include "tests/unit/reports/report_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kHostile = "\"><script>alert('x')</script><img src=x onerror=alert(1)>|`*[a](javascript:1)\n# b";

// The same whatever the program was built with; the charts have tests of their own (tests/e2e/html_test.py).
std::string plain_html(const ReportInput& input) { return html_report(input, Charts::plain); }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// "" when every element is closed in order and every attribute is quoted, else where it goes wrong. Contents of style
// and script are skipped.
std::string html_fault(const std::string& html) {
  const std::set<std::string> empty_elements{"meta", "input", "!DOCTYPE"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at)) {
    std::size_t end = at + 1;
    for (bool quoted = false; end < html.size() && (quoted || html[end] != '>'); ++end) {
      if (html[end] == '"') quoted = !quoted;
      if (!quoted && html[end] == '<') return "'<' in a tag: " + html.substr(at, 80);
    }
    if (end >= html.size()) return "unclosed tag: " + html.substr(at, 80);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /\n", tag[0] == '/' ? 1 : 0));
    at = end;
    if (name[0] == '/') {
      if (open.empty() || "/" + open.back() != name) return "unexpected <" + name + ">";
      open.pop_back();
    } else if (tag.back() != '/' && empty_elements.count(name) == 0) {
      open.push_back(name);
      if (name == "script" || name == "style") at = html.find("</" + name, at);
    }
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

TEST(Report, FirstScreenSaysQuestionVerdictAndDoubt) {
  const ReportInput input = make_input(make_pair_of(0.8));
  for (const std::string& report : {markdown_report(input), plain_html(input)}) {
    EXPECT_THAT(report, HasSubstr("Layout transforms"));
    EXPECT_THAT(report, HasSubstr("Which layout transforms can be removed?"));
    EXPECT_THAT(report, HasSubstr("1 comparison: 1 FASTER."));
    EXPECT_THAT(report, HasSubstr("kernel=tiled"));
    EXPECT_THAT(report, HasSubstr("One session alone never gives GO"));
    EXPECT_THAT(report, HasSubstr("Board X"));
    EXPECT_THAT(report, HasSubstr("performance"));
    EXPECT_THAT(report, HasSubstr("39.")) << "a rate from useful work: 1605632 B in about 40 us";
    EXPECT_LT(report.find("1 FASTER"), report.find("Device and conditions"));
    EXPECT_LT(report.find("Device and conditions"), report.find("Results"));
    EXPECT_LT(report.find("Results"), report.find("How to reproduce"));
  }
}

TEST(Report, HtmlIsWellFormedAndSelfContained) {
  auto records = make_pair_of(0.8);
  records.push_back(make_problem(Status::failed, "crash", "SIGSEGV"));
  const std::string html = plain_html(make_input(records));
  EXPECT_EQ(html_fault(html), "");
  EXPECT_EQ(count(html, "<svg"), count(html, "</svg"));
  EXPECT_GT(count(html, "<svg"), 0U);
  for (const char* external : {"http:", "https:", "src=", "href=", "@import", "url(", "innerHTML"}) {
    EXPECT_THAT(html, Not(HasSubstr(external)));
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(html, HasSubstr("@media print"));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST(Report, HostileTextStaysText) {
  auto records = make_pair_of(0.8);
  for (Record& record : records) {
    record.device_model = kHostile;
    record.device_unit = kHostile;
    record.group = kHostile;
    record.conditions.governor = kHostile;
    record.conditions.temp_c = {{kHostile, 40}};
    record.item.set("note", kHostile);
    record.metrics[kHostile] = {1, kHostile, kHostile};
    record.stages_ns[kHostile] = 5;
    record.latencies[kHostile] = make_latency(9, 9);
    record.energies.push_back({1.0, kHostile, kHostile, kHostile, {}, {}, {}, {}, kHostile});
    record.placement.push_back({"cpu", kHostile, kHostile});
  }
  records[1].baseline_case = records[0].item.line();
  records.push_back(make_problem(Status::failed, "crash", kHostile));
  LoadedRun run = make_run(records);
  run.directory = kHostile;
  run.faults = {kHostile};
  run.run_json = R"json({"scenarios":[{"name":"<script>","title":"</title><script>alert(1)</script>",
    "question":"<img src=x>","path":"a b"}],"host":{"<script>":"<script>"},"processors":[{"name":"<script>"}],
    "missing":["<script>"],"argv":["`","$(x)"]})json";
  const ReportInput input{{run}};

  const std::string html = plain_html(input);
  EXPECT_EQ(html_fault(html), "");
  EXPECT_EQ(count(html, "<script"), 1U);
  EXPECT_EQ(count(html, "<img"), 0U);
  EXPECT_EQ(count(html, "</title>"), 1U);

  const std::string markdown = markdown_report(input);
  EXPECT_THAT(markdown, Not(HasSubstr("\n# b")));
  EXPECT_THAT(markdown, HasSubstr("'$(x)'"));
  // Every table row has as many cells as its head, whatever the cells hold.
  std::size_t pipes_of_head = 0;
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("|", 0) != 0) {
      pipes_of_head = 0;
      continue;
    }
    const std::size_t pipes = count(line, "|") - count(line, "\\|");
    if (pipes_of_head == 0) pipes_of_head = pipes;
    EXPECT_EQ(pipes, pipes_of_head) << line;
  }
  // Outside code spans and blocks no raw tag is left but our own.
  EXPECT_EQ(count(markdown, "<summary>"), count(markdown, "</summary>"));
}

TEST(Report, EveryRowWithoutAResultAppearsWithItsReason) {
  std::vector<Record> records = make_pair_of(0.8);
  for (Status status :
       {Status::unsupported, Status::skipped, Status::mismatch, Status::unstable, Status::mistrusted, Status::failed}) {
    for (int i = 0; i < 3; ++i) {
      records.push_back(make_problem(status, std::string(to_string(status)) + std::to_string(i),
                                     "because of " + std::string(to_string(status))));
    }
  }
  records.push_back(make_problem(Status::failed, "silent", ""));
  const ReportInput input = make_input(records);
  const std::string markdown = markdown_report(input);
  const std::string html = plain_html(input);
  const std::string csv = csv_report(input);
  for (const Record& record : records) {
    EXPECT_THAT(markdown, HasSubstr(record.item.line()));
    EXPECT_THAT(html, HasSubstr(escape_html(record.item.line())));
    EXPECT_THAT(csv, HasSubstr(record.item.line()));
    EXPECT_THAT(html, HasSubstr("hetscope run --case &#39;" + escape_html(record.item.line())));
    EXPECT_THAT(markdown, HasSubstr("hetscope run --case '" + record.item.line() + "'"));
    EXPECT_THAT(markdown, HasSubstr(record.reason));
    EXPECT_THAT(html, HasSubstr(record.reason));
  }
  EXPECT_THAT(html, HasSubstr("3 rows: because of unsupported"));
  EXPECT_THAT(html, HasSubstr("no reason was recorded"));
}

TEST(Report, UnstableAndMistrustedRowsShowTheirTimeApart) {
  Record record = make_record("too_good", 5);
  record.status = Status::mistrusted;
  record.reason = "above 1.05 of copy@cpu";
  const std::string markdown = markdown_report(make_input({record}));
  EXPECT_THAT(markdown, HasSubstr("median 5"));
  EXPECT_THAT(markdown, HasSubstr("No case has a result"));
  EXPECT_THAT(markdown, Not(HasSubstr("## Results")));
}

TEST(Report, EmptyInputs) {
  for (const ReportInput& input : {ReportInput{}, make_input({}), ReportInput{{LoadedRun{}}}}) {
    EXPECT_THAT(markdown_report(input), HasSubstr("nothing was measured"));
    const std::string html = plain_html(input);
    EXPECT_THAT(html, HasSubstr("nothing was measured"));
    EXPECT_EQ(html_fault(html), "");
    EXPECT_EQ(count(csv_report(input), "\n"), 1U);
  }
}

TEST(Report, MissingRunJsonIsAFault) {
  LoadedRun run = make_run(make_pair_of(0.8));
  run.run_json.clear();
  run.faults = {"records.jsonl line 12: not valid JSON"};
  const std::string markdown = markdown_report({{run}});
  EXPECT_THAT(markdown, HasSubstr("run.json is missing"));
  EXPECT_THAT(markdown, HasSubstr("records.jsonl line 12"));
  EXPECT_THAT(markdown, HasSubstr("2 faults in reading the input"));
}

TEST(Report, NumbersThatAreMissingAreNeverZero) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  auto records = make_pair_of(0.8);
  Record& record = records[1];
  LatencyRecord& latency = record.latencies["host_monotonic"];
  latency.median_ns = latency.ci95_low_ns = latency.p95_ns = nan;
  latency.totals_ns[3] = nan;
  latency.iterations[4] = 0;
  record.metrics["bandwidth"] = {nan, "GB/s", ""};
  record.metrics["of_roof"] = {nan, "1", "copy@cpu"};
  record.conditions.load = nan;
  record.conditions.temp_c["broken"] = nan;
  record.energies = {{std::nullopt, "none", "none", "", {}, {}, {}, {}, "no meter: not readable"}};
  record.edp = EdpRecord{nan, "measured_counter"};
  const ReportInput input = make_input(records);
  for (const std::string& report : {markdown_report(input), plain_html(input), csv_report(input)}) {
    EXPECT_THAT(report, Not(testing::ContainsRegex("[^a-z]nan[^a-z]")));
    EXPECT_THAT(report, Not(testing::ContainsRegex("[^a-z]inf[^a-z]")));
    EXPECT_THAT(report, HasSubstr("no meter: not readable"));
  }
  EXPECT_EQ(html_fault(plain_html(input)), "");
}

TEST(Report, ModelledEnergyIsMarked) {
  Record record = make_record("k", 1000);
  record.energies = {{0.002, "modelled", "tdp@v1", "package", 1.0, 100, {}, {}, ""}};
  record.edp = EdpRecord{2e-9, "modelled"};
  const std::string markdown = markdown_report(make_input({record}));
  EXPECT_THAT(markdown, HasSubstr("\\~2.00 mJ (modelled, package, by tdp@v1)"));
  EXPECT_THAT(markdown, HasSubstr("\\~2.00 nJ s"));
  EXPECT_THAT(plain_html(make_input({record})), HasSubstr("~2.00 mJ (modelled"));
}

TEST(Report, EnergyShowsItsUncertainty) {
  Record record = make_record("k", 1000);
  record.energies = {{0.002, "measured_counter", "rapl:package-0", "package", 1.0, 100, {}, {}, ""}};
  record.energies[0].ci95_j = {0.00197, 0.00203};
  EXPECT_THAT(markdown_report(make_input({record})), HasSubstr("2.00 mJ \u00b1 1.5 % (measured_counter, package)"));
}

TEST(Report, ConditionsSayWhatWasSlowAndThrottled) {
  auto records = make_pair_of(0.8);
  records[0].conditions.freq_khz = {{"cpu1", 2000000}, {"gpu:mali", 848000}};
  records[0].conditions.lowest_khz = {{"cpu1", 900000}};
  records[0].conditions.hottest_c = {{"soc", 88}};
  records[0].conditions.cooling = {"cpufreq-cpu4 3/12"};
  records[0].conditions.battery = BatteryRecord{80, "Discharging", {}};
  records[0].conditions.speed = BlockSpeedRecord{40, 3, 3, 1.25, 2.5, true};
  records[1].conditions.speed = BlockSpeedRecord{40, 30, 0, 1.5, 2.5, true};
  const std::string markdown = markdown_report(make_input(records));
  for (const char* words : {"900 MHz to 2.40 GHz", "848 MHz", "88.0", "cpufreq-cpu4 3/12", "Discharging",
                            "discarded 3 of 80, kept 30 in cases that were slow most of the time", "1.50",
                            "up to 2.50 s in a group, and gave up"}) {
    EXPECT_THAT(markdown, HasSubstr(words));
  }
}

TEST(Report, RoofsAndSharesAreShown) {
  Record roof = make_record("memcpy", 100);
  roof.item = Case("copy_bandwidth", "memcpy", {"cpu"});
  roof.metrics["bandwidth"] = {42.5, "GB/s", ""};
  Record record = make_record("k", 1000);
  record.metrics["bandwidth"] = {39.0, "GB/s", ""};
  record.metrics["of_roof"] = {0.91, "1", "copy_bandwidth@cpu"};
  record.metrics["slots"] = {0.5, "1", ""};
  const std::string markdown = markdown_report(make_input({roof, record}));
  EXPECT_THAT(markdown, HasSubstr("## Roofs"));
  EXPECT_THAT(markdown, HasSubstr("42.5 GB/s"));
  EXPECT_THAT(markdown, HasSubstr("91.0 % of copy_bandwidth@cpu"));
  EXPECT_THAT(markdown, HasSubstr("slots 0.500"));
}

TEST(Report, OtherClocksStandApart) {
  Record record = make_record("k", 1000);
  record.latencies["opencl_events"] = make_latency(700, 3);
  const std::string markdown = markdown_report(make_input({record}));
  EXPECT_THAT(markdown, HasSubstr("Other clocks: 1 row"));
  EXPECT_THAT(markdown, HasSubstr("never compared across clocks"));
  EXPECT_LT(markdown.find("## Results"), markdown.find("opencl_events"));
}

TEST(Report, HostCpuBehindOpenClIsLabelledWhereverItStands) {
  Record record = make_record("k", 1000, "opencl:0");
  Record other = make_record("k", 1000, "cpu");
  const ReportInput input = make_input({record, other});
  EXPECT_THAT(markdown_report(input), HasSubstr("| opencl:0 (host CPU) |"));
  EXPECT_THAT(plain_html(input), HasSubstr("say nothing about any GPU"));
  EXPECT_THAT(plain_html(input), HasSubstr("the host&#39;s CPU, not a GPU"));
}

// Minimal reader of RFC 4180, to check what was written.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        rows.back().back() += text[++i];
      } else if (c == '"') {
        quoted = false;
      } else {
        rows.back().back() += c;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      rows.back().emplace_back();
    } else if (c == '\n') {
      rows.emplace_back(1);
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  return rows;
}

TEST(CsvReport, ReadsBackAsATable) {
  auto records = make_pair_of(0.8);
  records[1].latencies["opencl_events"] = make_latency(700, 3);
  records[1].device_model = "=HYPERLINK(\"x\"), \"quoted\"\nsecond line";
  records.push_back(make_problem(Status::failed, "crash", "a, \"b\""));
  const auto rows = parse_csv(csv_report(make_input(records)));
  ASSERT_EQ(rows.size(), 5U);  // header, baseline, candidate with two clocks, failed
  const auto& header = rows[0];
  for (const auto& row : rows) EXPECT_EQ(row.size(), header.size());
  const auto value = [&](std::size_t row, const std::string& column) {
    const auto found = std::find(header.begin(), header.end(), column);
    return found == header.end() ? "no column " + column : rows[row][static_cast<std::size_t>(found - header.begin())];
  };
  EXPECT_EQ(value(1, "kernel"), "naive");
  EXPECT_EQ(value(1, "median_ns"), "40000");
  EXPECT_EQ(value(1, "ratio"), "");
  EXPECT_EQ(value(2, "clock"), "host_monotonic");
  EXPECT_EQ(value(2, "is_principal"), "true");
  EXPECT_EQ(value(2, "verdict"), "FASTER");
  EXPECT_NEAR(std::stod(value(2, "ratio")), 0.8, 0.01);
  EXPECT_EQ(value(3, "clock"), "opencl_events");
  EXPECT_EQ(value(3, "is_principal"), "false");
  EXPECT_EQ(value(3, "ratio"), "");
  EXPECT_EQ(value(2, "device_model"), "'=HYPERLINK(\"x\"), \"quoted\"\nsecond line");
  EXPECT_EQ(value(4, "status"), "failed");
  EXPECT_EQ(value(4, "reason"), "a, \"b\"");
  EXPECT_EQ(value(4, "median_ns"), "");
  EXPECT_EQ(value(1, "axes"), "shape=1x64x56x56 dtype=f32");
}

TEST(Report, SeveralRunsAreNumbered) {
  ReportInput input = make_input(make_pair_of(0.8));
  auto second = make_pair_of(0.7);
  for (Record& record : second) record.run_uuid = "another";
  input.runs.push_back(make_run(second));
  const std::string markdown = markdown_report(input);
  EXPECT_THAT(markdown, HasSubstr("run 2: transpose (layouts)"));
  EXPECT_THAT(markdown, HasSubstr("2 sessions"));
}

TEST(Report, LongTablesOfHostileTextStayData) {
  std::vector<Record> records;
  for (int i = 0; i < 700; ++i) records.push_back(make_problem(Status::failed, "k" + std::to_string(i), kHostile));
  for (Record& record : records) record.item.set("note", kHostile);
  const std::string html = plain_html(make_input(records));
  EXPECT_EQ(html_fault(html), "");
  EXPECT_EQ(count(html, "<script"), 2U) << "the rows and the page's own";
  EXPECT_EQ(count(html, "</script"), 2U);
  EXPECT_THAT(html, HasSubstr("\\u003c/script"));
}

TEST(Report, ManyRowsAllAppear) {
  std::vector<Record> records;
  for (int i = 0; i < 1500; ++i) {
    records.push_back(i % 3 == 0 ? make_problem(Status::unsupported, "k" + std::to_string(i), "no f16")
                                 : make_record("k" + std::to_string(i), 1000 + i));
  }
  const ReportInput input = make_input(records);
  const std::string html = plain_html(input);
  EXPECT_EQ(html_fault(html), "");
  for (const Record& record : records) {
    EXPECT_NE(html.find("\"" + record.item.line() + "\""), std::string::npos) << record.item.line();
  }
  EXPECT_THAT(html, HasSubstr("500 rows: no f16"));
  EXPECT_THAT(html, HasSubstr("are not drawn"));
  EXPECT_EQ(count(csv_report(input), "\n"), records.size() + 1);
}

}  // namespace
}  // namespace hetscope
