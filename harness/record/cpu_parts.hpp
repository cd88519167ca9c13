// The names of Arm's cores by the codes in MIDR_EL1, which arm64 kernels print in place of a model name.
#pragma once

#include <string>

namespace hetscope {

// "Cortex-A76" for (0x41, 0xd0b); "implementer 0x51 part 0x802" for a core that is not in the table.
std::string arm_core_name(unsigned implementer, unsigned part);

}  // namespace hetscope
