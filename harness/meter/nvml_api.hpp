// The part of NVIDIA's NVML that the meter calls, declared here so that nothing of NVIDIA's is needed to build. Names,
// values and layouts: NVML API reference, nvml.h (stable since NVML 11).
#pragma once

namespace hetscope::nvml {

using Device = struct DeviceStruct*;
using Result = int;

inline constexpr Result kSuccess = 0;
inline constexpr Result kNotSupported = 3;
inline constexpr Result kNoPermission = 4;
// NVML_FI_DEV_POWER_INSTANT: milliwatts, since driver 530.
inline constexpr unsigned kPowerInstant = 186;
inline constexpr unsigned kArchitectureAmpere = 7;

struct FieldValue {
  unsigned field_id;
  unsigned scope_id;
  long long timestamp_us;
  long long latency_us;
  int value_type;  // 1: unsigned int
  Result result;
  union {
    double real;
    unsigned integer;
    unsigned long long wide;
  } value;
};

struct Functions {
  Result (*init)();                                        // nvmlInit_v2
  Result (*device_count)(unsigned*);                       // nvmlDeviceGetCount_v2
  Result (*device_by_index)(unsigned, Device*);            // nvmlDeviceGetHandleByIndex_v2
  Result (*total_energy_mj)(Device, unsigned long long*);  // nvmlDeviceGetTotalEnergyConsumption
  Result (*power_mw)(Device, unsigned*);                   // nvmlDeviceGetPowerUsage
  const char* (*error_text)(Result);                       // nvmlErrorString
  Result (*architecture)(Device, unsigned*);               // nvmlDeviceGetArchitecture; may be null
  Result (*field_values)(Device, int, FieldValue*);        // nvmlDeviceGetFieldValues; may be null
};

}  // namespace hetscope::nvml
