// MNN's names and numbers of back ends (include/MNN/MNNForwardType.h), and what its times per operation mean on them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/record/record.hpp"

namespace hetscope {

// "cpu" for 0, "opencl" for 3; "" for a number that is not known.
std::string mnn_processor(std::int64_t forward_type);
// "opencl" for "OpenCL"; "" for "N/A", which MNN prints for what its table lacks.
std::string mnn_processor(std::string_view printed_name);

// MNN takes the host's time around each operation. On anything but the CPU that is how long it takes to enqueue it: the
// figures are kept under a clock of their own, and the row says why it must not be believed.
void add_mnn_operation_time(Record& record, double mean_ns, std::int64_t n);

}  // namespace hetscope
