// Layers of a chain on the host, by oneDNN: alone, or as a piece between others.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/chain/matmul_chain.hpp"

namespace hetscope {

// Layers [begin, end) applied to `x`. `inputs` and `x` outlive it.
std::unique_ptr<Runnable> make_host_chain(HostCpu& cpu, ThreadPool& pool, std::int64_t begin, std::int64_t end,
                                          std::span<const Operand> inputs, const HostTensor& x);

}  // namespace hetscope
