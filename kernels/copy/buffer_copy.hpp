// A copy between two OpenCL buffers as a Runnable; `copy` and `copy_bandwidth` measure the same one.
#pragma once

#include <memory>

#include "harness/kernel/opencl_kernel.hpp"

namespace hetscope {

// no(): an operand of this size does not fit into one allocation, or has more than 2^32 vectors.
Support supports_buffer_copy(std::int64_t operand_bytes, const OpenClProcessor& device);
// Uploads `source`; each run copies it on the device.
std::unique_ptr<Runnable> make_buffer_copy(OpenClProcessor& device, const HostTensor& source);

}  // namespace hetscope
