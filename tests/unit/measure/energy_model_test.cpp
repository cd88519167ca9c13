// Declared models: the files of the house, what they compute, and files that are none.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/measure/energy_model.hpp"
#include "harness/measure/power_profile.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr const char* kOperations = R"({"schema": "hetscope/energy-model/1", "name": "ops", "version": "3",
  "method": "operations", "source": "a paper", "pj_per_operation": {"f32": 2}, "pj_per_byte": 100})";
constexpr const char* kCpuTime = R"({"schema": "hetscope/energy-model/1", "name": "cpu", "version": "1",
  "method": "cpu_time", "source": "a data sheet", "share_of_tdp": 0.5,
  "cpus": [{"model": "Known CPU*", "tdp_w": 100, "threads": 10}]})";
constexpr const char* kProfile = R"(<?xml version="1.0" encoding="utf-8"?>
<device name="Android">
  <!-- <item name="cpu.active">999</item> -->
  <item name="screen.full">300</item>
  <array name="cpu.clusters.cores"><value>4</value> <value>2</value></array>
  <item name="cpu.active">10</item>
  <item name="cpu.cluster_power.cluster0">1</item>
  <item name="cpu.cluster_power.cluster1">5</item>
  <array name="cpu.core_speeds.cluster0"><value>600000</value><value>1800000</value></array>
  <array name="cpu.core_power.cluster0"><value>10</value><value>60</value></array>
  <array name="cpu.core_speeds.cluster1"><value>1000000</value><value>2400000</value></array>
  <array name="cpu.core_power.cluster1"><value>80</value><value>400</value></array>
  <array name="wifi.batchedscan"><value>.0002</value></array>
</device>)";

TEST(EnergyModel, EveryFileOfTheHouseIsOneAndPartOfTheProgram) {
  std::set<std::string> labels;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(HETSCOPE_SOURCE_DIR) + "/scenarios/models/energy")) {
    const auto model = parse_energy_model(text_of(entry.path()), entry.path().string());
    EXPECT_EQ(model->name(), entry.path().stem().string());
    EXPECT_EQ(model->sha256().size(), 64U);
    EXPECT_FALSE(model->source().empty());
    labels.insert(model->label());
  }
  std::set<std::string> loaded;
  ::unsetenv("HETSCOPE_ENERGY_MODEL");
  for (const auto& model : load_energy_models()) loaded.insert(model->label());
  EXPECT_EQ(loaded, labels);
}

TEST(EnergyModel, CountsOperationsAndBytes) {
  const auto model = parse_energy_model(kOperations, "ops.json");
  EXPECT_EQ(model->label(), "ops/3");
  ModelInputs inputs;
  inputs.dtype = "f32";
  inputs.executed = {.bytes = 1000, .flops = 50};
  std::string why;
  EXPECT_DOUBLE_EQ(model->energy_j(inputs, why).value(), 100.1e-9);
  inputs.dtype = "f64";
  EXPECT_FALSE(model->energy_j(inputs, why));
  EXPECT_THAT(why, HasSubstr("f64"));
  inputs.executed.flops = 0;  // movement has a figure whatever the type
  EXPECT_DOUBLE_EQ(model->energy_j(inputs, why).value(), 100e-9);
}

TEST(EnergyModel, CountsCpuTimeOfKnownCpusOnly) {
  const auto model = parse_energy_model(kCpuTime, "cpu.json");
  ModelInputs inputs;
  inputs.cpu_s = 2;
  inputs.cpu_model = "Known CPU 9000 @ 3 GHz";
  std::string why;
  EXPECT_DOUBLE_EQ(model->energy_j(inputs, why).value(), 10);
  inputs.cpu_model = "Another CPU";
  EXPECT_FALSE(model->energy_j(inputs, why));
  EXPECT_THAT(why, HasSubstr("Another CPU"));
  inputs.on_cpu = false;
  EXPECT_FALSE(model->energy_j(inputs, why));
}

TEST(EnergyModel, ReadsAndroidsPowerProfile) {
  const auto model = parse_energy_model(kProfile, "/tmp/power_profile.xml");
  EXPECT_EQ(model->label(), "android_power_profile/1");
  ModelInputs inputs;
  inputs.time_s = 1;
  inputs.cpu_s = 1.5;
  inputs.cpus = {4, 5};
  inputs.freq_khz = {{"cpu4", 2400000}, {"cpu5", 900000}, {"cpu0", 1800000}};
  std::string why;
  // Two big cores at 400 and 80 mA share 1.5 s of CPU time; cluster and CPU are active for a second.
  EXPECT_NEAR(model->energy_j(inputs, why).value(), 3.85e-3 * (240 * 1.5 + 5 + 10), 1e-9);
  inputs.cpus = {0};
  EXPECT_NEAR(model->energy_j(inputs, why).value(), 3.85e-3 * (60 * 1.5 + 1 + 10), 1e-9);
  inputs.cpus = {6};
  EXPECT_FALSE(model->energy_j(inputs, why));
  inputs.cpus = {1};  // no frequency
  EXPECT_FALSE(model->energy_j(inputs, why));
  inputs.on_cpu = false;
  EXPECT_FALSE(model->energy_j(inputs, why));
}

TEST(EnergyModel, RefusesWhatIsNoModel) {
  std::string other_schema = kOperations;
  other_schema.replace(other_schema.find("model/1"), 7, "model/9");
  std::string negative = kOperations;
  negative.replace(negative.find("100}"), 4, "-1}");
  std::string no_source = kOperations;
  no_source.replace(no_source.find("a paper"), 7, "");
  std::string no_method = kCpuTime;
  no_method.replace(no_method.find("cpu_time"), 8, "guessing");
  std::string no_threads = kCpuTime;
  no_threads.replace(no_threads.find("\"threads\": 10"), 13, "\"threads\": 0");
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"), std::string("<"),
        std::string("<device>"), std::string("<device><array name=\"cpu.clusters.cores\"><value>4"), other_schema,
        negative, no_source, no_method, no_threads}) {
    EXPECT_THROW(parse_energy_model(text, "file"), Error) << text;
  }
  std::string too_much = kProfile;
  too_much.replace(too_much.find("<value>400<"), 11, "<value>1e9<");
  EXPECT_THROW(parse_energy_model(too_much, "file"), Error);
}

}  // namespace
}  // namespace hetscope
