// Which back end opens which name, and what an unknown name is told.
#include "harness/processor/processor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/core/error.hpp"
#include "tests/fakes/fake_processor.hpp"

namespace hetscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Fakes {
  FakeBackend* host = nullptr;
  FakeBackend* gpu = nullptr;
  std::unique_ptr<ProcessorSet> set;

  Fakes() {
    auto first = std::make_unique<FakeBackend>("cpu", std::vector<std::string>{"cpu", "cpu.big"});
    auto second = std::make_unique<FakeBackend>("gpu", std::vector<std::string>{"gpu:0"},
                                                std::vector<std::string>{"gpu: the second card has no driver"});
    first->unlisted = {"cpu@0-1"};
    second->unlisted = {"gpu:0/0of2"};
    host = first.get();
    gpu = second.get();
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::move(first));
    backends.push_back(std::move(second));
    set = std::make_unique<ProcessorSet>(std::move(backends));
  }
};

TEST(ProcessorSet, DiscoversOverAllBackEndsInOrder) {
  Fakes fakes;
  const Discovery discovery = fakes.set->discover();
  std::vector<std::string> names;
  for (const ProcessorInfo& info : discovery.found) names.push_back(info.name);
  EXPECT_THAT(names, ElementsAre("cpu", "cpu.big", "gpu:0"));
  EXPECT_THAT(discovery.missing, ElementsAre("gpu: the second card has no driver"));
}

TEST(ProcessorSet, TheNameSaysWhoOpensIt) {
  Fakes fakes;
  for (const char* name : {"cpu", "cpu.big", "cpu@0-1"}) EXPECT_EQ(fakes.set->at(name).name(), name);
  EXPECT_EQ(fakes.gpu->opened, 0);
  for (const char* name : {"gpu:0", "gpu:0/0of2"}) EXPECT_EQ(fakes.set->at(name).name(), name);
  EXPECT_EQ(fakes.host->opened, 3);
  EXPECT_EQ(fakes.gpu->opened, 2);
}

TEST(ProcessorSet, OpensEachOnce) {
  Fakes fakes;
  Processor& first = fakes.set->at("cpu");
  fakes.set->at("gpu:0");
  EXPECT_EQ(&fakes.set->at("cpu"), &first);
  EXPECT_EQ(fakes.host->opened, 1);
}

TEST(ProcessorSet, AnUnknownNameIsToldTheKnownOnes) {
  Fakes fakes;
  for (const char* name : {"qqqqqqqqqq", "zzzzzzzzzzz:0", ""}) {
    try {
      fakes.set->at(name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("cpu"));
      EXPECT_THAT(error.what(), HasSubstr("gpu:0"));
    }
  }
  EXPECT_EQ(fakes.host->opened + fakes.gpu->opened, 0);
}

TEST(ProcessorSet, AFailureToOpenPassesThroughAndIsNotKept) {
  Fakes fakes;
  EXPECT_THROW(fakes.set->at("gpu:7"), Error);
  EXPECT_THROW(fakes.set->at("gpu:7"), Error);
  EXPECT_EQ(fakes.gpu->opened, 2);
}

TEST(Backends, EveryLineHasANameOfItsOwn) {
  std::set<std::string_view> names;
  const auto backends = make_backends();
  for (const auto& backend : backends) {
    EXPECT_FALSE(backend->name().empty());
    EXPECT_EQ(backend->name().find_first_of(".:@,"), std::string_view::npos);
    EXPECT_TRUE(names.insert(backend->name()).second) << backend->name();
  }
  EXPECT_TRUE(names.contains("cpu"));
}

TEST(ProcessorKinds, PrintAsWords) {
  EXPECT_EQ(to_string(ProcessorKind::cpu), "cpu");
  EXPECT_EQ(to_string(ProcessorKind::gpu), "gpu");
  EXPECT_EQ(to_string(ProcessorKind::npu), "npu");
  EXPECT_EQ(to_string(ProcessorKind::accelerator), "accelerator");
  EXPECT_EQ(to_string(ProgramModel::host_function), "host_function");
  EXPECT_EQ(to_string(ProgramModel::opencl_c), "opencl_c");
  EXPECT_EQ(to_string(ProgramModel::submodel), "submodel");
}

}  // namespace
}  // namespace hetscope
