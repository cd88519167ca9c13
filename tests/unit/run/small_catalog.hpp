// Two operations, host and OpenCL kernels and three processors, none of them real: enough to expand scenarios and to
// judge roofs.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/kernel/catalog.hpp"
#include "tests/fakes/fake_kernel.hpp"

namespace hetscope {

class ProbeOperation final : public FakeOperation {
 public:
  ProbeOperation(std::string name, RoofKind roof, std::vector<std::int64_t> sizes)
      : FakeOperation(std::move(name), roof), sizes_(std::move(sizes)) {}
  std::vector<std::vector<std::pair<std::string, AxisValue>>> roof_axes() const override {
    std::vector<std::vector<std::pair<std::string, AxisValue>>> result;
    for (const std::int64_t size : sizes_) result.push_back({{"shape", Dims{size}}});
    return result;
  }

 private:
  std::vector<std::int64_t> sizes_;
};

// "double": host kernels plain, fancy; OpenCL kernel device. "copy": a bandwidth roof of two sizes with host kernels
// copy_a, copy_b and OpenCL kernel copy_cl. "multiply_add": a compute roof with the host kernel peak.
struct SmallCatalog {
  SmallCatalog() {
    catalog.operations().add(std::make_unique<FakeOperation>("double"));
    catalog.operations().add(
        std::make_unique<ProbeOperation>("copy", RoofKind::bandwidth, std::vector<std::int64_t>{64, 1024}));
    catalog.operations().add(
        std::make_unique<ProbeOperation>("multiply_add", RoofKind::compute, std::vector<std::int64_t>{64}));
    add("plain", "double", ProgramModel::host_function);
    add("fancy", "double", ProgramModel::host_function);
    add("device", "double", ProgramModel::opencl_c);
    add("copy_a", "copy", ProgramModel::host_function);
    add("copy_b", "copy", ProgramModel::host_function);
    add("copy_cl", "copy", ProgramModel::opencl_c);
    add("peak", "multiply_add", ProgramModel::host_function);
    processors = {processor("cpu", ProgramModel::host_function, 4),
                  processor("cpu.big", ProgramModel::host_function, 2),
                  processor("opencl:0", ProgramModel::opencl_c, 8)};
  }

  static ProcessorInfo processor(std::string name, ProgramModel model, int compute_units) {
    ProcessorInfo info;
    info.name = std::move(name);
    info.program_model = model;
    info.compute_units = compute_units;
    return info;
  }

  void add(std::string name, std::string operation, ProgramModel model) {
    catalog.kernels().add(
        std::make_unique<FakeKernel>(std::move(name), clock, FakeScript{}, std::move(operation), model));
  }

  FakeClock clock;
  Catalog catalog;
  std::vector<ProcessorInfo> processors;
};

}  // namespace hetscope
