// Processors as JSON, for `devices --json` and run.json.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "harness/processor/processor.hpp"

namespace hetscope {

nlohmann::json describe(const std::vector<ProcessorInfo>& processors);

}  // namespace hetscope
