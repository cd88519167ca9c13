// What the fake NVML shows.
#pragma once

namespace hetscope {

struct FakeNvmlState {
  int init_result;
  int energy_result;
  int power_result;
  unsigned long long energy_mj;
  unsigned power_mw;
  bool has_instant;  // the field of instantaneous power, which newer drivers have
};

}  // namespace hetscope
