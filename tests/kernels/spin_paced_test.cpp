// What a paced program computes, and what its own clock holds.
#include <gmock/gmock.h>

#include "harness/kernel/verify.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class SpinPacedTest : public testing::Test {
 protected:
  std::unique_ptr<Runnable> prepare(const std::string& axes) {
    item_ = Case::parse("spin kernel=spin_paced processor=cpu threads=1 " + axes);
    inputs_ = operation_->inputs(item_, 1);
    Processor* const processors[] = {&processors_.at("cpu")};
    return kernel_->prepare(item_, processors, inputs_);
  }

  ProcessorSet processors_;
  std::unique_ptr<Operation> operation_ = make_operation<OperationId::spin>();
  std::unique_ptr<Kernel> kernel_ = make_kernel<KernelId::spin_paced>();
  Case item_;
  std::vector<Operand> inputs_;
};

TEST_F(SpinPacedTest, FramesThatTakeLongerThanAPeriodAreRightToo) {
  const auto runnable = prepare("steps=65536 period_us=1");
  runnable->enter();
  runnable->run(3);
  runnable->leave();
  EXPECT_GT(runnable->own_clocks().at("frame"), 0);
  EXPECT_TRUE(verify(runnable->outputs(), operation_->reference(item_, inputs_), operation_->tolerance(item_)).matches);
}

TEST_F(SpinPacedTest, TheFrameClockIsThatOfTheLastRun) {
  const auto runnable = prepare("steps=65536 period_us=1");
  runnable->enter();
  runnable->run(3);
  const double three = runnable->own_clocks().at("frame");
  runnable->run(0);
  runnable->leave();
  EXPECT_GT(three, 0);
  EXPECT_EQ(runnable->own_clocks().at("frame"), 0);
}

}  // namespace
}  // namespace hetscope
