// A library with NVML's functions whose GPU shows what the test writes into fake_nvml_state.
#include "tests/contract/fake_nvml.hpp"

#include "harness/meter/nvml_api.hpp"

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED hetscope::FakeNvmlState fake_nvml_state;
hetscope::FakeNvmlState fake_nvml_state;

EXPORTED int nvmlInit_v2();
EXPORTED int nvmlDeviceGetCount_v2(unsigned* count);
EXPORTED int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device);
EXPORTED int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* energy_mj);
EXPORTED int nvmlDeviceGetPowerUsage(void* device, unsigned* power_mw);
EXPORTED int nvmlDeviceGetArchitecture(void* device, unsigned* architecture);
EXPORTED int nvmlDeviceGetFieldValues(void* device, int count, hetscope::nvml::FieldValue* values);
EXPORTED const char* nvmlErrorString(int result);

int nvmlInit_v2() { return fake_nvml_state.init_result; }

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 1;
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned, void** device) {
  *device = &fake_nvml_state;
  return 0;
}

int nvmlDeviceGetTotalEnergyConsumption(void*, unsigned long long* energy_mj) {
  *energy_mj = fake_nvml_state.energy_mj;
  return fake_nvml_state.energy_result;
}

int nvmlDeviceGetPowerUsage(void*, unsigned* power_mw) {
  *power_mw = fake_nvml_state.power_mw;
  return fake_nvml_state.power_result;
}

int nvmlDeviceGetArchitecture(void*, unsigned* architecture) {
  *architecture = 9;  // Hopper
  return 0;
}

int nvmlDeviceGetFieldValues(void*, int count, hetscope::nvml::FieldValue* values) {
  if (!fake_nvml_state.has_instant || count != 1 || values->field_id != hetscope::nvml::kPowerInstant) {
    return hetscope::nvml::kNotSupported;
  }
  values->value_type = 1;
  values->result = fake_nvml_state.power_result;
  values->value.integer = fake_nvml_state.power_mw;
  return hetscope::nvml::kSuccess;
}

const char* nvmlErrorString(int result) { return result == 4 ? "Insufficient Permissions" : "GPU is lost"; }
