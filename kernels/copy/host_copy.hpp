// Copies in the host's memory as Runnables; `copy` and `copy_bandwidth` measure the same one.
#pragma once

#include <memory>

#include "harness/kernel/host_kernel.hpp"

namespace hetscope {

// Copies `bytes` of one thread's share.
using CopyFunction = void (*)(std::byte* target, const std::byte* source, std::size_t bytes);

// The C library's memcpy.
void copy_with_memcpy(std::byte* target, const std::byte* source, std::size_t bytes);

// Copies `source`, which outlives the result, to a tensor of its own, in one contiguous share a thread. Shares start at
// multiples of 64 bytes.
std::unique_ptr<Runnable> make_host_copy(HostCpu& cpu, ThreadPool& pool, const HostTensor& source, CopyFunction copy);

}  // namespace hetscope
