// The fake accelerator is what a test says it is: its mask, its time, its traffic, its faults.
#include "tests/fakes/fake_accelerator.hpp"

#include <gmock/gmock.h>

#include <cstring>

#include "harness/core/error.hpp"
#include "harness/kernel/verify.hpp"
#include "kernels/registration.hpp"
#include "tests/fakes/fake_clock.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

class FakeAcceleratorTest : public testing::Test {
 protected:
  Case item(const std::string& dtype = "f32") const {
    return Case::parse("matmul kernel=matmul_fake processor=fake:npu m=3 n=5 k=4 dtype=" + dtype);
  }
  Support supports(Processor& on, const std::string& dtype = "f32") const {
    Processor* const processors[] = {&on};
    return kernel_->supports(item(dtype), processors);
  }
  std::unique_ptr<Runnable> prepare(FakeAccelerator& on) {
    Processor* const processors[] = {&on};
    inputs_ = operation_->inputs(item(), 1);
    return kernel_->prepare(item(), processors, inputs_);
  }
  bool is_right(Runnable& runnable) {
    return verify(runnable.outputs(), operation_->reference(item(), inputs_), operation_->tolerance(item())).matches;
  }

  FakeClock clock_{0};
  FakeTraffic traffic_;
  std::unique_ptr<Kernel> kernel_ = make_fake_matmul(clock_);
  std::unique_ptr<Operation> operation_ = make_operation<OperationId::matmul>();
  std::vector<Operand> inputs_;
};

TEST_F(FakeAcceleratorTest, ItSaysThatItIsAFake) {
  for (const ProcessorInfo& info : FakeAcceleratorBackend(fake_accelerators()).discover().found) {
    EXPECT_TRUE(info.is_fake) << info.name;
  }
}

TEST_F(FakeAcceleratorTest, AnExecutionLastsAlphaAndBetaTimesItsWork) {
  FakeAcceleratorModel model;
  model.alpha_ns = 1000;
  model.beta_ns = 10;
  FakeAccelerator accelerator(model, traffic_);
  const auto runnable = prepare(accelerator);
  const std::int64_t begin_ns = clock_.now_ns();
  runnable->run(2);
  EXPECT_EQ(clock_.now_ns() - begin_ns, 2 * (1000 + 10 * 2 * 3 * 5 * 4));
  EXPECT_TRUE(is_right(*runnable));
}

TEST_F(FakeAcceleratorTest, OthersAtWorkSlowItDown) {
  FakeAcceleratorModel model;
  model.alpha_ns = 1000;
  model.slowdown = {{"fake:other", 3}, {"fake:idle", 100}};
  FakeAccelerator accelerator(model, traffic_);
  const auto runnable = prepare(accelerator);
  traffic_.begin("fake:other");
  const std::int64_t begin_ns = clock_.now_ns();
  runnable->run(1);
  traffic_.end("fake:other");
  EXPECT_EQ(clock_.now_ns() - begin_ns, 3000);
  runnable->run(1);
  EXPECT_EQ(clock_.now_ns() - begin_ns, 4000);
  EXPECT_FALSE(traffic_.is_busy("fake:npu"));
}

TEST_F(FakeAcceleratorTest, ItTakesWhatItsMaskLetsThrough) {
  FakeAcceleratorModel model;
  FakeAccelerator accelerator(model, traffic_);
  EXPECT_TRUE(supports(accelerator));
  EXPECT_THAT(supports(accelerator, "f16").reason(), HasSubstr("does not take f16"));
  model.operations = {"copy"};
  FakeAccelerator other(model, traffic_);
  EXPECT_THAT(supports(other).reason(), HasSubstr("does not take matmul"));
}

TEST_F(FakeAcceleratorTest, ItFailsWhenItIsToldToAndGoesOn) {
  FakeAcceleratorModel model;
  model.fails_at = 1;
  FakeAccelerator accelerator(model, traffic_);
  const auto runnable = prepare(accelerator);
  runnable->run(1);
  EXPECT_THROW(runnable->run(1), Error);
  EXPECT_FALSE(traffic_.is_busy("fake:npu"));
  runnable->run(1);
  EXPECT_TRUE(is_right(*runnable));
}

TEST_F(FakeAcceleratorTest, FallingBackIsPlacedElsewhereAndDoubted) {
  FakeAcceleratorModel model;
  FakeAccelerator honest(model, traffic_);
  EXPECT_EQ(prepare(honest)->doubt(), "");
  EXPECT_EQ(prepare(honest)->placement()[0].actual, "fake:npu");
  model.falls_back = true;
  FakeAccelerator accelerator(model, traffic_);
  const auto runnable = prepare(accelerator);
  runnable->run(1);
  EXPECT_TRUE(is_right(*runnable));
  EXPECT_THAT(runnable->doubt(), HasSubstr("fallback"));
  ASSERT_EQ(runnable->placement().size(), 1U);
  EXPECT_EQ(runnable->placement()[0].requested, "fake:npu");
  EXPECT_EQ(runnable->placement()[0].actual, "cpu");
}

TEST_F(FakeAcceleratorTest, RoundingToF16IsFound) {
  FakeAcceleratorModel model;
  model.rounds_to_f16 = true;
  FakeAccelerator accelerator(model, traffic_);
  const auto runnable = prepare(accelerator);
  runnable->run(1);
  EXPECT_FALSE(is_right(*runnable));
}

}  // namespace
}  // namespace hetscope
