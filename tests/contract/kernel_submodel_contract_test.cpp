// What a kernel for NPUs tells when the execution provider leaves nodes to the CPU, on a library that only says who
// took what: nothing falls back in silence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/kernel/submodel_kernel.hpp"
#include "tests/error_of.hpp"

namespace hetscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Says which provider took which node.
const OnnxRuntimeLibrary& telling_library() {
  static const std::array<std::string, 1> kCandidates = {HETSCOPE_TELLING_ONNXRUNTIME};
  static const OnnxRuntimeLibrary kLibrary(kCandidates, {});
  return kLibrary;
}

// Of a release that does not.
const OnnxRuntimeLibrary& silent_library() {
  static const std::array<std::string, 1> kCandidates = {HETSCOPE_SILENT_ONNXRUNTIME};
  static const OnnxRuntimeLibrary kLibrary(kCandidates, {});
  return kLibrary;
}

// y = 2 x over two elements, as far as the library is told.
class DoublingSubmodel final : public SubmodelKernel {
 public:
  std::string_view name() const noexcept override { return "doubling"; }
  std::string_view operation() const noexcept override { return "double"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  Submodel submodel(const Case&, std::span<const Operand> inputs) const override {
    const TensorView& view = inputs[0].tensor.view();
    Submodel submodel{{}, {{"x", std::size_t{0}}}, {{"y", view}}};
    submodel.model.add_input("x", view);
    submodel.model.add_output("y", view);
    return submodel;
  }
};

class FallbackTest : public testing::Test {
 protected:
  FallbackTest() {
    inputs_.push_back({"x", Lifetime::per_run, HostTensor(DType::f32, Shape{2}, Layout::row_major(1))});
  }

  std::unique_ptr<Runnable> prepare(const std::string& provider, const std::string& fallback,
                                    const OnnxRuntimeLibrary& (*library)() = telling_library) {
    processors_.push_back(make_onnxruntime_backend(library)->open("npu:onnxruntime/" + provider));
    Case item = Case::parse("double kernel=doubling processor=npu:onnxruntime/" + provider + " threads=1");
    item.set("provider_options", std::string());
    item.set("fallback", fallback);
    Processor* const processors[] = {processors_.back().get()};
    EXPECT_TRUE(kernel_.supports(item, processors));
    return kernel_.prepare(item, processors, inputs_);
  }

  DoublingSubmodel kernel_;
  std::vector<Operand> inputs_;
  std::vector<std::unique_ptr<Processor>> processors_;
};

TEST_F(FallbackTest, AProviderThatTakesAllIsBelieved) {
  for (const char* fallback : {"refused", "allowed"}) {
    const auto runnable = prepare("Whole", fallback);
    runnable->run(1);
    EXPECT_EQ(runnable->doubt(), "");
    ASSERT_EQ(runnable->placement().size(), 1U);
    EXPECT_EQ(runnable->placement()[0].actual, "npu:onnxruntime/Whole");
    EXPECT_THAT(runnable->placement()[0].evidence, HasSubstr("2 of 2 nodes assigned to WholeExecutionProvider"));
    EXPECT_EQ(runnable->metrics().at("nodes_elsewhere").value, 0);
  }
}

TEST_F(FallbackTest, ANodeOnTheCpuIsPlacedThereAndMakesTheRowDoubtful) {
  const auto runnable = prepare("Partial", "allowed");
  runnable->run(1);
  EXPECT_EQ(runnable->doubt(), "fallback: 1 of 2 nodes ran elsewhere than on PartialExecutionProvider (see placement)");
  const std::vector<Placement> places = runnable->placement();
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].actual, "npu:onnxruntime/Partial");
  EXPECT_EQ(places[1].requested, "npu:onnxruntime/Partial");
  EXPECT_EQ(places[1].actual, "cpu");
  EXPECT_THAT(places[1].evidence, HasSubstr("1 nodes assigned to CPUExecutionProvider: QuantizeLinear"));
  EXPECT_EQ(runnable->metrics().at("nodes_elsewhere").value, 1);
  EXPECT_EQ(runnable->metrics().at("partitions").value, 1);
}

TEST_F(FallbackTest, AProviderThatTakesNothingRanNowhereButOnTheCpu) {
  const auto runnable = prepare("Nothing", "allowed");
  EXPECT_THAT(runnable->doubt(), HasSubstr("2 of 2 nodes"));
  ASSERT_EQ(runnable->placement().size(), 1U);
  EXPECT_EQ(runnable->placement()[0].actual, "cpu");
}

TEST_F(FallbackTest, RefusedFallbackIsDeclinedWithWhatWasLogged) {
  for (const char* provider : {"Partial", "Nothing"}) {
    EXPECT_THAT(error_of([&] { prepare(provider, "refused"); }),
                AllOf(HasSubstr(std::string(provider) + "ExecutionProvider makes no session"),
                      HasSubstr("fallback is disabled"), HasSubstr("the provider has no QuantizeLinear")));
    EXPECT_THROW(prepare(provider, "refused"), Declined);
  }
}

TEST_F(FallbackTest, WhereTheLibraryDoesNotTellAllowedFallbackIsDoubtedAndRefusedIsNot) {
  const auto allowed = prepare("Partial", "allowed", silent_library);
  EXPECT_THAT(allowed->doubt(), AllOf(HasSubstr("fallback was allowed"), HasSubstr("1.23.0")));
  EXPECT_EQ(allowed->placement().at(0).actual, "unknown");
  EXPECT_FALSE(allowed->metrics().contains("nodes_elsewhere"));
  const auto refused = prepare("Whole", "refused", silent_library);
  EXPECT_EQ(refused->doubt(), "");
  EXPECT_EQ(refused->placement().at(0).actual, "npu:onnxruntime/Whole");
  EXPECT_THAT(refused->placement().at(0).evidence, HasSubstr("fallback to the CPU was disabled"));
}

TEST_F(FallbackTest, TheCpuProviderHasNothingToFallBackTo) {
  const auto runnable = prepare("CPU", "refused");
  EXPECT_EQ(runnable->doubt(), "");
  EXPECT_THAT(runnable->placement().at(0).evidence, AllOf(HasSubstr("no NPU is involved"), Not(HasSubstr("fallback"))));
}

}  // namespace
}  // namespace hetscope
