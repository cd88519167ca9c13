// Runs every registered kernel on every processor of this machine that can, on every case of its operation, and
// compares with the reference: twice in a row, so that a run that leaves something behind is found, too.
//
// The tests of kernels in OpenCL C are called OpenCl/..., so that they can be run alone under a simulator:
//   HETSCOPE_SIMULATED=1 HETSCOPE_OPENCL_LIBRARY=<simulator's library> kernels_registry --gtest_filter='*OpenCl*'
#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>
#include <iostream>

#include "harness/core/error.hpp"
#include "harness/kernel/verify.hpp"
#include "kernels/catalog.hpp"
#include "tests/kernels/kernel_cases.hpp"

namespace hetscope {
namespace {

const Catalog& catalog() {
  static const Catalog kCatalog = make_catalog();
  return kCatalog;
}

// Opened devices are closed before the process exits: drivers destroy their own statics then.
class OpenedProcessors final : public testing::Environment {
 public:
  void SetUp() override {
    set_ = std::make_unique<ProcessorSet>();
    found_ = set_->discover().found;
  }
  void TearDown() override { set_.reset(); }
  Processor& at(const std::string& name) { return set_->at(name); }
  const std::vector<ProcessorInfo>& found() const { return found_; }

 private:
  std::unique_ptr<ProcessorSet> set_;
  std::vector<ProcessorInfo> found_;
};

// GoogleTest owns it, and asks it to set up and tear down around all tests.
OpenedProcessors& processors() {
  static OpenedProcessors* const environment = new OpenedProcessors;
  return *environment;
}
const testing::Environment* const kRegistered = testing::AddGlobalTestEnvironment(&processors());

const std::vector<ProcessorInfo>& found_processors() { return processors().found(); }

// A simulator sees every access in one run, and takes long for it.
bool is_simulated() { return std::getenv("HETSCOPE_SIMULATED") != nullptr; }

bool wants_typical_cases() { return !is_simulated() && std::getenv("HETSCOPE_SMALL_CASES") == nullptr; }

// Other seeds are other numbers, and other masks and lists of indices.
std::vector<std::uint64_t> seeds() {
  return is_simulated() ? std::vector<std::uint64_t>{7} : std::vector<std::uint64_t>{1, 7};
}

// `items` with each value of `axis`; as they are when `axis` is not one of `axes`.
std::vector<Case> vary(const std::vector<Case>& items, std::span<const AxisSpec> axes, std::string_view axis,
                       const std::vector<AxisValue>& values) {
  const bool is_known = std::ranges::any_of(axes, [&](const AxisSpec& spec) { return spec.name == axis; });
  if (!is_known) return items;
  std::vector<Case> result;
  for (const Case& item : items) {
    for (const AxisValue& value : values) {
      result.push_back(item);
      result.back().set(axis, value);
    }
  }
  return result;
}

std::vector<AxisValue> dtypes_of(const Operation& operation) {
  std::vector<AxisValue> result;
  for (const AxisSpec& spec : operation.axes()) {
    if (spec.name == "dtype") result.assign(spec.choices.begin(), spec.choices.end());
  }
  return result;
}

// Completed cases of `kernel` on one processor.
std::vector<Case> cases_of(const Kernel& kernel, const std::string& processor) {
  const Operation& operation = catalog().operations().at(kernel.operation());
  std::vector<Case> items = kernel_cases(operation.name(), wants_typical_cases());
  items = vary(items, operation.axes(), "dtype", dtypes_of(operation));
  items = vary(items, kernel.axes(), "threads", {std::int64_t{1}, std::int64_t{2}});
  for (Case& item : items) {
    item.set_kernel(std::string(kernel.name()));
    item.set_processors({processor});
    item = catalog().complete(item);
  }
  return items;
}

void expect_same_bytes(const std::vector<HostTensor>& left, const std::vector<HostTensor>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    ASSERT_EQ(left[i].size_bytes(), right[i].size_bytes());
    EXPECT_EQ(std::memcmp(left[i].data(), right[i].data(), left[i].size_bytes()), 0) << "output " << i;
  }
}

// Prepares, runs once and three times (simulated: once more), and verifies both results.
void expect_right(const Kernel& kernel, const Case& item, Processors on, std::uint64_t seed) {
  const Operation& operation = catalog().operations().at(kernel.operation());
  const std::vector<Operand> inputs = operation.inputs(item, seed);
  const auto approximated = kernel.approximated_inputs(item, inputs);
  const std::vector<Expectation> expected = operation.reference(item, approximated ? *approximated : inputs);
  const std::unique_ptr<Runnable> runnable = kernel.prepare(item, on, inputs);
  runnable->enter();
  runnable->run(1);
  const std::vector<HostTensor> first = runnable->outputs();
  runnable->run(is_simulated() ? 1 : 3);
  const std::vector<HostTensor> again = runnable->outputs();
  runnable->leave();
  const Verification verification = verify(first, expected, operation.tolerance(item));
  EXPECT_TRUE(verification.matches) << verification.reason << ", scaled error " << verification.max_scaled_error;
  expect_same_bytes(first, again);
  for (const auto& [clock, total_ns] : runnable->own_clocks()) EXPECT_GT(total_ns, 0) << clock;
  for (const Placement& placement : runnable->placement()) EXPECT_FALSE(placement.evidence.empty());
  const Work executed = kernel.executed_work(item, operation);
  EXPECT_GE(executed.bytes, 0);
  EXPECT_GE(executed.flops, 0);
}

// Whether a kernel is refused because of a library that is opened at run time.
bool is_missing(const std::string& reason) { return reason.find("cannot be opened: ") != std::string::npos; }

class KernelTest : public testing::TestWithParam<std::string> {};

TEST_P(KernelTest, IsRightOnEveryProcessorItSupports) {
  const Kernel& kernel = catalog().kernels().at(GetParam());
  ASSERT_FALSE(cases_of(kernel, "any").empty())
      << "operation " << kernel.operation() << " has no entry in tests/kernels/kernel_cases.cpp";
  std::int64_t ran = 0;
  std::map<std::string, std::int64_t> refused;
  for (const ProcessorInfo& info : found_processors()) {
    if (info.program_model != kernel.program_model()) continue;
    Processor* const on[] = {&processors().at(info.name)};
    for (const Case& item : cases_of(kernel, info.name)) {
      SCOPED_TRACE(item.line());
      ASSERT_NO_THROW(catalog().validate(item));
      const Support support = kernel.supports(item, on);
      if (!support) {
        ASSERT_FALSE(support.reason().empty());
        ++refused[info.name + ": " + support.reason()];
        continue;
      }
      for (const std::uint64_t seed : seeds()) expect_right(kernel, item, on, seed);
      ++ran;
    }
  }
  std::cout << kernel.name() << ": " << ran << " cases ran\n";
  for (const auto& [reason, count] : refused) std::cout << "  unsupported, " << count << " cases: " << reason << "\n";
  if (ran > 0) return;
  // The host is always there; a device, or what it must be able to do, or a library, may be missing.
  if (!refused.empty() && std::ranges::all_of(refused, [](const auto& entry) { return is_missing(entry.first); })) {
    GTEST_SKIP() << kernel.name() << " needs a library that is not here";
  }
  ASSERT_NE(kernel.program_model(), ProgramModel::host_function) << "a host kernel ran nowhere";
  GTEST_SKIP() << kernel.name() << " ran on no processor of this machine";
}

std::vector<std::string> kernels_for(ProgramModel model) {
  std::vector<std::string> names;
  for (const auto& kernel : catalog().kernels().entries()) {
    if (kernel->program_model() == model) names.emplace_back(kernel->name());
  }
  return names;
}

std::string kernel_name(const testing::TestParamInfo<std::string>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Host, KernelTest, testing::ValuesIn(kernels_for(ProgramModel::host_function)), kernel_name);
INSTANTIATE_TEST_SUITE_P(Submodel, KernelTest, testing::ValuesIn(kernels_for(ProgramModel::submodel)), kernel_name);
INSTANTIATE_TEST_SUITE_P(OpenCl, KernelTest, testing::ValuesIn(kernels_for(ProgramModel::opencl_c)), kernel_name);

TEST(RegistryTest, EveryOperationHasCasesAndAKernel) {
  for (const auto& operation : catalog().operations().entries()) {
    SCOPED_TRACE(operation->name());
    EXPECT_FALSE(kernel_cases(operation->name(), false).empty()) << "add an entry to tests/kernels/kernel_cases.cpp";
    EXPECT_FALSE(catalog().kernels_of(operation->name()).empty());
  }
}

TEST(RegistryTest, EveryKernelComputesARegisteredOperation) {
  for (const auto& kernel : catalog().kernels().entries()) {
    EXPECT_NE(catalog().operations().find(kernel->operation()), nullptr) << kernel->name();
  }
}

TEST(RegistryTest, NamesAreThoseOfTheirLines) {
  std::vector<std::string> operations;
#define HETSCOPE_OPERATION(name) operations.emplace_back(#name);
#include "kernels/operations.inc"
#undef HETSCOPE_OPERATION
  std::vector<std::string> kernels;
#define HETSCOPE_KERNEL(name) kernels.emplace_back(#name);
#include "kernels/kernels.inc"
#undef HETSCOPE_KERNEL
  EXPECT_EQ(catalog().operations().names(), operations);
  EXPECT_EQ(catalog().kernels().names(), kernels);
}

TEST(RegistryTest, KernelsOfImagesSayThatTheyUseTextures) {
  for (const auto& kernel : catalog().kernels().entries()) {
    const bool is_of_images = kernel->name().find("_image") != std::string_view::npos;
    EXPECT_EQ(kernel->uses_textures(), is_of_images) << kernel->name();
  }
}

TEST(RegistryTest, EveryAxisSaysWhatItMeansAndItsDefaultIsValid) {
  for (const auto& kernel : catalog().kernels().entries()) {
    for (const AxisSpec* axis : catalog().axes_of(*kernel)) {
      SCOPED_TRACE(std::string(kernel->name()) + " " + axis->name);
      EXPECT_FALSE(axis->meaning.empty());
      if (axis->fallback) {
        EXPECT_NO_THROW(check_axis(*axis, *axis->fallback, "default"));
      }
    }
  }
}

TEST(RegistryTest, EveryKernelRunsHereOrSaysWhyNot) {
  for (const auto& kernel : catalog().kernels().entries()) {
    SCOPED_TRACE(kernel->name());
    bool runs = false;
    bool misses_library = false;
    for (const ProcessorInfo& info : found_processors()) {
      Processor* const on[] = {&processors().at(info.name)};
      const std::vector<Case> items = cases_of(*kernel, info.name);
      ASSERT_FALSE(items.empty());
      // A way that is for some problems only refuses the others; the first answer stands for all where none is yes.
      Support support = kernel->supports(items[0], on);
      for (std::size_t i = 1; i < items.size() && !support; ++i) {
        if (kernel->supports(items[i], on)) support = Support::yes();
      }
      runs = runs || support;
      misses_library = misses_library || is_missing(support.reason());
      EXPECT_EQ(static_cast<bool>(support), support.reason().empty());
      if (!support) std::cout << kernel->name() << " on " << info.name << ": " << support.reason() << "\n";
      if (info.program_model != kernel->program_model()) {
        EXPECT_FALSE(support);
      }
    }
    // A split runs on several together, which tests/kernels/split_test.cpp gives it.
    if (!runs) std::cout << kernel->name() << " runs on no single processor of this machine\n";
    if (kernel->program_model() == ProgramModel::host_function) {
      EXPECT_TRUE(runs || misses_library);
    }
  }
}

TEST(RegistryTest, RoofOperationsOfferValidCases) {
  for (const auto& operation : catalog().operations().entries()) {
    if (!operation->roof()) {
      EXPECT_TRUE(operation->roof_axes().empty()) << operation->name();
      continue;
    }
    EXPECT_FALSE(operation->roof_axes().empty()) << operation->name();
    for (const auto& axes : operation->roof_axes()) {
      for (const Kernel* kernel : catalog().kernels_of(operation->name())) {
        Case item(std::string(operation->name()), std::string(kernel->name()), {"cpu"});
        for (const auto& [name, value] : axes) item.set(name, value);
        EXPECT_NO_THROW(catalog().validate(catalog().complete(item))) << item.line();
      }
    }
  }
}

}  // namespace
}  // namespace hetscope
