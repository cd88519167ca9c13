// Memory that an extension of a vendor's shares between the host and an OpenCL device. The extensions' functions are
// asked of the platform where they are needed; their declarations and constants are those of CL/cl_ext.h.
#pragma once

#include <memory>

#include "harness/kernel/opencl_sharing.hpp"

namespace hetscope {

// Memory of the host's own, in whole pages, that cl_arm_import_memory_host puts into the device's page tables. It takes
// no command to hand it over: the driver cleans and invalidates caches around kernels where the hardware does not, and
// refuses to map, read or write such a buffer. Throws cl::Error.
std::unique_ptr<CommonMemory> import_host_memory(OpenClProcessor& device, std::size_t bytes);

// Memory of the host's that cl_intel_unified_shared_memory allocates and that a kernel reaches at its address. Throws
// cl::Error.
std::unique_ptr<CommonMemory> allocate_intel_host_memory(OpenClProcessor& device, std::size_t bytes);

}  // namespace hetscope
