// Passes of a plan as launches in OpenCL C: rows and single elements by sources whose reads and writes are generated
// from views, whole boxes as layout transforms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/kernel/opencl_kernel.hpp"
#include "kernels/elimination/pair_metrics.hpp"
#include "kernels/elimination/pair_plan.hpp"
#include "kernels/layout/movement.hpp"

namespace hetscope {

// Whether its operands fit into the device's allocations, and its rows into local memory.
Support supports_pass(const PairPass& pass, const OpenClProcessor& device);

// A movement whose every stride is constant, with neighbours that are read and neighbours that are written, in buffers.
// None for gathers, whose index is to be computed, and for what has no such form (rolls, every second element, ...).
std::optional<MovementBox> box_of_movement(const PairPass& pass);

// Where a pass reads: a buffer, or an image2d of `image_width` texels in a row when its view says so.
struct PassSource {
  cl::Memory memory;
  std::int64_t image_width = 0;
};

class PassLauncher {
 public:
  // What indices cost is added to `report`, where there is one.
  explicit PassLauncher(OpenClProcessor& device, PairReport* report = nullptr) : device_(device), report_(report) {}

  // `weights` of the products, at most two. Arguments 0 and 1 are source and target. Throws Declined where a view has
  // no OpenCL C.
  Launch launch(const PairPass& pass, const PassSource& source, const cl::Buffer& target,
                const std::vector<cl::Buffer>& weights);

 private:
  // What a pass on rows reads and writes has a row base.
  std::string print(const PairPass& pass, const TensorView& read, const TensorView& write, std::int64_t image_width);
  // One that is a box goes as layout transforms do, others element by element.
  Launch launch_movement(const PairPass& pass, const PassSource& source, const cl::Buffer& target);
  Launch launch_elements(const PairPass& pass, const PassSource& source, const cl::Buffer& target);
  Launch launch_rows(const PairPass& pass, const PassSource& source, const cl::Buffer& target,
                     const std::vector<cl::Buffer>& weights);

  OpenClProcessor& device_;
  PairReport* report_;
};

}  // namespace hetscope
