// Divided cases on this machine's processors, run and compared with the whole.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/kernel/opencl_sharing.hpp"
#include "harness/kernel/verify.hpp"
#include "harness/processor/host_cpu.hpp"
#include "kernels/catalog.hpp"
#include "tests/error_of.hpp"

namespace hetscope {

class SplitTest : public testing::Test {
 protected:
  bool has(std::string_view name) {
    const Discovery discovery = processors_.discover();
    return std::ranges::any_of(discovery.found, [&](const ProcessorInfo& info) { return info.name == name; });
  }
  // Whether this machine has an OpenCL device; the host is always there.
  bool has_device() { return has("opencl:0"); }
  // "cpu@0,cpu@1", or "" where one CPU is all there is.
  static std::string two_host_sets() {
    const std::vector<int> cpus = allowed_cpus();
    if (cpus.size() < 2) return "";
    return "cpu@" + std::to_string(cpus[0]) + ",cpu@" + std::to_string(cpus[1]);
  }
  std::vector<Processor*> on(const Case& item) {
    std::vector<Processor*> result;
    for (const std::string& name : item.processors()) result.push_back(&processors_.at(name));
    return result;
  }
  Case parse(const std::string& line) { return catalog_.complete(Case::parse(line)); }

  void expect_right(const Case& item) {
    SCOPED_TRACE(item.line());
    ASSERT_NO_THROW(catalog_.validate(item));
    const Operation& operation = catalog_.operations().at(item.operation());
    const Kernel& kernel = catalog_.kernels().at(item.kernel());
    const std::vector<Processor*> processors = on(item);
    const Support support = kernel.supports(item, processors);
    ASSERT_TRUE(support) << support.reason();
    const std::vector<Operand> inputs = operation.inputs(item, 3);
    const auto approximated = kernel.approximated_inputs(item, inputs);
    const std::vector<Expectation> expected = operation.reference(item, approximated ? *approximated : inputs);
    const std::unique_ptr<Runnable> runnable = kernel.prepare(item, processors, inputs);
    runnable->enter();
    runnable->run(1);
    const std::vector<HostTensor> first = runnable->outputs();
    runnable->run(3);
    const std::map<std::string, double> stages = runnable->run_stages();
    const std::vector<HostTensor> again = runnable->outputs();
    runnable->leave();
    const Verification verification = verify(first, expected, operation.tolerance(item));
    EXPECT_TRUE(verification.matches) << verification.reason;
    ASSERT_EQ(first[0].size_bytes(), again[0].size_bytes());
    EXPECT_EQ(std::memcmp(first[0].data(), again[0].data(), first[0].size_bytes()), 0);
    for (const char* stage : {"transform", "start", "wait", "merge"}) EXPECT_TRUE(stages.contains(stage)) << stage;
    EXPECT_TRUE(runnable->metrics().contains("share_of_first"));
  }

  // Of a case whose one device is an OpenCL device: what this one does not share is declined, all else gives the whole.
  void expect_right_or_declined(const Case& item) {
    SCOPED_TRACE(item.line());
    const std::vector<Processor*> processors = on(item);
    const auto device = std::ranges::find_if(
        processors, [](Processor* one) { return one->info().program_model == ProgramModel::opencl_c; });
    const Support support = supports_sharing(sharing_named(item.text("sharing")), waiting_named(item.text("sync")),
                                             dynamic_cast<const OpenClProcessor&>(**device));
    if (support) return expect_right(item);
    const std::vector<Operand> inputs = catalog_.operations().at(item.operation()).inputs(item, 3);
    EXPECT_EQ(error_of([&] { catalog_.kernels().at(item.kernel()).prepare(item, processors, inputs); }),
              support.reason());
  }

  Support supports(const std::string& line) {
    const Case item = parse(line);
    catalog_.validate(item);
    return catalog_.kernels().at(item.kernel()).supports(item, on(item));
  }

  Catalog catalog_ = make_catalog();
  ProcessorSet processors_;
};

}  // namespace hetscope
