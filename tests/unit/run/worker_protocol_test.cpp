// What supervisor and worker say survives the way there, and nonsense is an Error, not a crash.
#include "harness/run/worker_protocol.hpp"

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "tests/fakes/record_fixtures.hpp"

namespace hetscope {
namespace {

TEST(WorkerProtocol, CarriesARunRequest) {
  RunRequest request;
  request.group.key = "a key with \"quotes\"\nand a line end";
  request.group.scenario = "s";
  request.group.budget_s = 0.125;
  request.group.timeout_s = 7.5;
  request.group.energy = true;
  request.group.soak = true;
  request.group.cases = {{"c kernel=k processor=a,b shape=2x3 note=\"two words\""},
                         {"c kernel=l processor=a shape=[] ratio=0.1"}};
  request.group.baseline = request.group.cases[1].line;
  request.identity = {"run", "session", "boot", "model", "unit"};
  request.meter = "rapl";
  const std::string line = request_line(request);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const Request read = parse_request(line);
  ASSERT_TRUE(read.run);
  EXPECT_FALSE(read.discover_skip);
  EXPECT_EQ(read.run->group.key, request.group.key);
  EXPECT_EQ(read.run->group.budget_s, 0.125);
  EXPECT_EQ(read.run->group.timeout_s, 7.5);
  EXPECT_TRUE(read.run->group.energy);
  EXPECT_TRUE(read.run->group.soak);
  ASSERT_EQ(read.run->group.cases.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.run->group.cases[i].line, request.group.cases[i].line);
  }
  EXPECT_EQ(read.run->group.baseline_of(request.group.cases[0].line), request.group.cases[1].line);
  EXPECT_EQ(read.run->group.baseline_of(request.group.cases[1].line), "");
  EXPECT_EQ(read.run->identity.device_unit, "unit");
  EXPECT_EQ(read.run->meter, "rapl");
}

TEST(WorkerProtocol, CarriesRecordsOfEveryStatus) {
  for (const Record& record : fixtures::every_status()) {
    const Answer answer = parse_answer(record_line(record));
    ASSERT_TRUE(answer.record);
    EXPECT_EQ(answer.record->item, record.item);
    EXPECT_EQ(answer.record->status, record.status);
    EXPECT_EQ(answer.record->reason, record.reason);
    EXPECT_FALSE(answer.done);
  }
}

TEST(WorkerProtocol, CarriesDiscovery) {
  EXPECT_EQ(parse_request(discover_line({"opencl"})).discover_skip, std::vector<std::string>{"opencl"});
  EXPECT_EQ(parse_answer(looking_line("cpu")).looking, "cpu");
  ProcessorInfo info;
  info.name = "opencl:0";
  info.kind = ProcessorKind::gpu;
  info.program_model = ProgramModel::opencl_c;
  info.model = "a model";
  info.driver = "1.2";
  info.compute_units = 3;
  info.memory_bytes = std::int64_t{1} << 40;
  info.max_allocation_bytes = 5;
  info.cache_bytes = 6;
  info.runs_on_host_cpu = true;
  info.details = {{"image2d", "16x16"}, {"another", "one"}};
  const Answer answer = parse_answer(discovery_line({{info}, {"npu: none"}}, {"rapl:package-0"}));
  ASSERT_EQ(answer.discovery.found.size(), 1u);
  const ProcessorInfo& read = answer.discovery.found[0];
  EXPECT_EQ(read.name, info.name);
  EXPECT_EQ(read.kind, info.kind);
  EXPECT_EQ(read.program_model, info.program_model);
  EXPECT_EQ(read.model, info.model);
  EXPECT_EQ(read.driver, info.driver);
  EXPECT_EQ(read.compute_units, info.compute_units);
  EXPECT_EQ(read.memory_bytes, info.memory_bytes);
  EXPECT_EQ(read.max_allocation_bytes, info.max_allocation_bytes);
  EXPECT_EQ(read.cache_bytes, info.cache_bytes);
  EXPECT_TRUE(read.runs_on_host_cpu);
  EXPECT_EQ(read.details, info.details);
  EXPECT_EQ(answer.discovery.missing, std::vector<std::string>{"npu: none"});
  EXPECT_EQ(answer.meters, std::vector<std::string>{"rapl:package-0"});
  EXPECT_TRUE(parse_answer(done_line()).done);
}

TEST(WorkerProtocol, RefusesNonsense) {
  for (const char* line :
       {"", "nonsense", "[]", "{}", "7", "null", R"({"record":{}})", R"({"record":7})", R"({"looking":7})",
        R"({"found":7})", R"({"found":[{}],"missing":[],"meters":[]})", R"({"done":"yes"})", R"({"done":true)"}) {
    EXPECT_THROW(parse_answer(line), Error) << line;
  }
  for (const char* line : {"", "[]", "{}", R"({"run":7})", R"({"run":{"group":{}}})", R"({"discover":{}})"}) {
    EXPECT_THROW(parse_request(line), Error) << line;
  }
}

}  // namespace
}  // namespace hetscope
