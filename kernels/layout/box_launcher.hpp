// A launch for each box of movement.hpp, its code printed from index expressions: what both OpenCL layout transforms
// share, and movements of pairs.
#pragma once

#include <memory>
#include <span>

#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/layout/movement.hpp"

namespace hetscope {

// How boxes are moved. local_tiles: by groups, planes that turn tile by tile through local memory; item_blocks: by
// items, block by block through registers.
enum class PlaneScheme { local_tiles, item_blocks };

// One box from `source` to `target`, which are arguments 0 and 1 and have `bytes` together; no stride is negative.
Launch launch_box(OpenClProcessor& device, const MovementBox& box, std::size_t element_bytes, const cl::Memory& source,
                  const cl::Memory& target, std::int64_t bytes, PlaneScheme scheme);

// Whether the case's tensors fit into the device's allocations, and a tile into its local memory.
Support supports_boxes(const Case& item, const OpenClProcessor& device, PlaneScheme scheme);
// The whole transform of a case of layout_transform.
std::unique_ptr<Runnable> prepare_boxes(const Case& item, OpenClProcessor& device, std::span<const Operand> inputs,
                                        PlaneScheme scheme);

}  // namespace hetscope
