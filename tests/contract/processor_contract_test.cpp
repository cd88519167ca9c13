// What every back end and every processor it finds here must keep.
#include "harness/processor/processor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "harness/core/error.hpp"
#include "harness/processor/host_cpu.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

TEST(EveryBackend, FindsProcessorsOrSaysWhyNot) {
  for (const auto& backend : make_backends()) {
    SCOPED_TRACE(backend->name());
    const Discovery discovery = backend->discover();
    EXPECT_FALSE(discovery.found.empty() && discovery.missing.empty());
    for (const std::string& line : discovery.missing) {
      EXPECT_THAT(line, HasSubstr(std::string(backend->name())));
      EXPECT_EQ(line.find('\n'), std::string::npos);
    }
    for (const ProcessorInfo& info : discovery.found) {
      SCOPED_TRACE(info.name);
      EXPECT_EQ(info.name.substr(0, info.name.find_first_of(".:@")), backend->name());
      EXPECT_EQ(info.name.find_first_of(", \t\n\"="), std::string::npos) << "a case line could not hold it";
      EXPECT_FALSE(info.model.empty());
      EXPECT_GE(info.compute_units, 1);
      EXPECT_GT(info.memory_bytes, 0);
      EXPECT_GT(info.max_allocation_bytes, 0);
      EXPECT_LE(info.max_allocation_bytes, info.memory_bytes);
      EXPECT_GE(info.cache_bytes, 0);
      for (const auto& [name, value] : info.details) {
        EXPECT_FALSE(name.empty());
        EXPECT_FALSE(value.empty()) << name;
      }
    }
  }
}

TEST(EveryBackend, RefusesNamesThatItDoesNotHave) {
  for (const auto& backend : make_backends()) {
    const std::string name(backend->name());
    for (const char* rest : {".nonsense", ":999999", ":0/9of2", ":-1", ":", "@", "@x", "@99999", "@0-", ":0/", ":0x"}) {
      EXPECT_THROW(backend->open(name + rest), Error) << name << rest;
    }
  }
}

TEST(EveryProcessor, HasANameOfItsOwnAndOpensByIt) {
  ProcessorSet set;
  std::set<std::string> names;
  const Discovery discovery = set.discover();
  ASSERT_FALSE(discovery.found.empty());
  for (const ProcessorInfo& info : discovery.found) {
    SCOPED_TRACE(info.name);
    EXPECT_TRUE(names.insert(info.name).second);
    Processor& processor = set.at(info.name);
    EXPECT_EQ(processor.name(), info.name);
    EXPECT_EQ(processor.info().model, info.model);
    EXPECT_EQ(processor.info().compute_units, info.compute_units);
    EXPECT_EQ(processor.info().program_model, info.program_model);
    EXPECT_EQ(&set.at(info.name), &processor);
  }
}

TEST(EveryProcessor, FinishesWorksAndEvictsOrSaysWhyNot) {
  ProcessorSet set;
  for (const ProcessorInfo& info : set.discover().found) {
    SCOPED_TRACE(info.name);
    Processor& processor = set.at(info.name);
    processor.finish();
    const Support first = processor.evict_caches();
    EXPECT_NE(static_cast<bool>(first), !first.reason().empty());
    const Support second = processor.evict_caches();
    EXPECT_EQ(static_cast<bool>(first), static_cast<bool>(second)) << second.reason();
    processor.finish();
    const Support working = processor.check();
    EXPECT_TRUE(working) << working.reason();
  }
}

TEST(HostBackend, OpensAnExplicitSetOfCpus) {
  ProcessorSet set;
  const std::vector<int> allowed = allowed_cpus();
  Processor& one = set.at("cpu@" + std::to_string(allowed.front()));
  EXPECT_EQ(one.info().compute_units, 1);
  Processor& both = set.at("cpu@" + std::to_string(allowed.front()) + "+" + std::to_string(allowed.back()));
  auto& cpu = dynamic_cast<HostCpu&>(both);
  EXPECT_EQ(cpu.info().compute_units, static_cast<int>(std::set<int>{allowed.front(), allowed.back()}.size()));
  EXPECT_EQ(cpu.name().find(','), std::string::npos);
  EXPECT_EQ(&set.at(both.name()), &both);
}

TEST(HostBackend, TheWholeCpuHasEveryAllowedCpu) {
  ProcessorSet set;
  auto& cpu = dynamic_cast<HostCpu&>(set.at("cpu"));
  std::vector<int> cpus = cpu.cpus();
  std::sort(cpus.begin(), cpus.end());
  EXPECT_EQ(cpus, allowed_cpus());
}

TEST(HostBackend, AForbiddenCpuIsNamedTogetherWithTheAllowedOnes) {
  ProcessorSet set;
  try {
    set.at("cpu@60000");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("60000"));
    EXPECT_THAT(error.what(), HasSubstr(format_cpu_list(allowed_cpus())));
  }
}

}  // namespace
}  // namespace hetscope
