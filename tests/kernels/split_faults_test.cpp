// What a split does when one of its processors fails, in which order it works, and where it cuts: on fakes.
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "harness/core/error.hpp"
#include "kernels/partition/cut.hpp"
#include "kernels/partition/split_kernel.hpp"
#include "kernels/partition/threaded_run.hpp"
#include "tests/error_of.hpp"
#include "tests/fakes/fake_clock.hpp"
#include "tests/fakes/fake_kernel.hpp"
#include "tests/fakes/fake_processor.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// y = 2 x, which can be divided along its only dimension.
class DivisibleDouble final : public FakeOperation {
 public:
  std::span<const std::string> split_axes() const override {
    static const std::array<std::string, 1> kAxes = {"elements"};
    return kAxes;
  }
  std::int64_t split_extent(const Case& item, std::string_view) const override { return item.dims("shape")[0]; }
  std::vector<TensorView> output_views(const Case& item) const override {
    return {TensorView(DType::f32, Shape(item.dims("shape")), Layout::row_major(1))};
  }
  PartialProblem part_of(const Case& item, std::string_view, std::int64_t begin, std::int64_t end) const override {
    PartialProblem part{item, {{{begin}, {end - begin}}}, {{{begin}, {end - begin}}}, false};
    part.item.set("shape", Dims{end - begin});
    return part;
  }
};

// What all fakes of a test did, in order, and which step shall fail.
struct Story {
  std::mutex mutex;  // parts on the host tell from two threads
  std::vector<std::string> steps;
  std::string failing;
  std::string doubtful;  // the processor whose times are no evidence
  std::function<void()> while_finishing = [] {};
  void tell(const std::string& step) {
    const std::lock_guard lock(mutex);
    steps.push_back(step);
    if (step == failing) throw Error("the wire is cut");
  }
};

class ToldRun final : public AsynchronousRun {
 public:
  ToldRun(Story& story, std::string processor, const SharedOperands& shared)
      : story_(story), processor_(std::move(processor)), shared_(shared) {}
  void start() override { story_.tell("start " + processor_); }
  void finish() override {
    story_.tell("finish " + processor_);
    story_.while_finishing();
    for (std::int64_t i = 0; i < shared_.inputs[0]->shape().element_count(); ++i) {
      shared_.outputs[0]->set(i, 2 * shared_.inputs[0]->get(i));
    }
  }
  void check() override { story_.tell("check " + processor_); }

 private:
  Story& story_;
  std::string processor_;
  SharedOperands shared_;
};

class ToldRunnable final : public Runnable {
 public:
  ToldRunnable(Story& story, std::string processor, const HostTensor& input, bool is_asynchronous)
      : story_(story), processor_(std::move(processor)), input_(input), is_asynchronous_(is_asynchronous) {}
  void run(std::int64_t) override {
    story_.tell("run " + processor_);
    for (std::int64_t i = 0; i < input_.shape().element_count(); ++i) targets_[0].set(i, 2 * input_.get(i));
  }
  bool write_outputs_to(std::span<HostTensor> targets) override {
    targets_ = targets;
    return true;
  }
  std::unique_ptr<AsynchronousRun> make_asynchronous(const SharedOperands& shared) override {
    if (!is_asynchronous_) return nullptr;
    return std::make_unique<ToldRun>(story_, processor_, shared);
  }
  std::vector<HostTensor> outputs() override { return {}; }
  std::string doubt() const override { return processor_ == story_.doubtful ? "the work fell back" : ""; }

 private:
  Story& story_;
  std::string processor_;
  const HostTensor& input_;
  bool is_asynchronous_;
  std::span<HostTensor> targets_;
};

class ToldKernel final : public Kernel {
 public:
  ToldKernel(std::string name, ProgramModel model, bool is_asynchronous, Story& story)
      : name_(std::move(name)), model_(model), is_asynchronous_(is_asynchronous), story_(story) {}
  std::string_view name() const noexcept override { return name_; }
  std::string_view operation() const noexcept override { return "fake_double"; }
  ProgramModel program_model() const noexcept override { return model_; }
  Support supports(const Case&, Processors) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare(const Case& item, Processors, std::span<const Operand> inputs) const override {
    return std::make_unique<ToldRunnable>(story_, item.processors()[0], inputs[0].tensor, is_asynchronous_);
  }

 private:
  std::string name_;
  ProgramModel model_;
  bool is_asynchronous_;
  Story& story_;
};

class SplitFaultsTest : public testing::Test {
 protected:
  SplitFaultsTest() {
    std::vector<std::unique_ptr<Kernel>> kernels;
    kernels.push_back(std::make_unique<ToldKernel>("host", ProgramModel::host_function, false, story_));
    kernels.push_back(std::make_unique<ToldKernel>("device", ProgramModel::opencl_c, true, story_));
    kernels.push_back(std::make_unique<ToldKernel>("stubborn", ProgramModel::opencl_c, false, story_));
    kernel_ = std::make_unique<SplitKernel>("fake_split", std::make_unique<DivisibleDouble>(), std::move(kernels),
                                            StageClocks{clock_, cpu_clock_});
  }

  // 10 elements, of which `ratio` go to the first processor.
  std::unique_ptr<Runnable> prepare(const std::string& words) {
    item_ = Case::parse(
        "fake_double kernel=fake_split shape=[10] flavour=plain split=elements unit=1 threads=1 "
        "sharing=copy sync=wait " +
        words);
    inputs_ = operation_.inputs(item_, 1);
    for (const std::string& name : item_.processors()) fakes_.push_back(std::make_unique<FakeProcessor>(name));
    std::vector<Processor*> processors;
    for (const auto& fake : fakes_) processors.push_back(fake.get());
    const Support support = kernel_->supports(item_, processors);
    EXPECT_TRUE(support) << support.reason();
    return kernel_->prepare(item_, processors, inputs_);
  }
  static std::string failure_of(Runnable& runnable) {
    try {
      runnable.run(1);
    } catch (const Error& error) {
      return error.what();
    }
    return "no failure";
  }
  void expect_doubled(Runnable& runnable) {
    const std::vector<HostTensor> outputs = runnable.outputs();
    for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(outputs[0].get(i), 2 * inputs_[0].tensor.get(i)) << i;
  }

  FakeClock clock_{0};
  FakeClock cpu_clock_{0};
  Story story_;
  DivisibleDouble operation_;
  std::unique_ptr<SplitKernel> kernel_;
  std::vector<std::unique_ptr<FakeProcessor>> fakes_;
  Case item_;
  std::vector<Operand> inputs_;
};

constexpr const char* kPair = "processor=cpu,gpu parts=host,device ratio=0.4";

TEST_F(SplitFaultsTest, StartsTheOthersBeforeItComputesAndWaitsAfterwards) {
  const auto runnable = prepare(kPair);
  runnable->run(1);
  EXPECT_THAT(story_.steps, ElementsAre("start gpu", "run cpu", "finish gpu"));
  expect_doubled(*runnable);
}

TEST_F(SplitFaultsTest, AWaiterThatSpinsIsSeenByItsCpuTime) {
  const auto runnable = prepare(kPair);
  story_.while_finishing = [&] {
    clock_.advance_ns(1'000'000);
    cpu_clock_.advance_ns(900'000);
  };
  runnable->run_stages();
  EXPECT_DOUBLE_EQ(runnable->metrics().at("waiting_cpu_share").value, 0.9);
}

TEST_F(SplitFaultsTest, AWaitThatIsTooShortToTellHasNoShare) {
  const auto runnable = prepare(kPair);
  story_.while_finishing = [&] {
    clock_.advance_ns(1'000);
    cpu_clock_.advance_ns(1'000);
  };
  runnable->run_stages();
  EXPECT_FALSE(runnable->metrics().contains("waiting_cpu_share"));
}

TEST_F(SplitFaultsTest, AnEmptyPartIsNotRun) {
  const auto runnable = prepare("processor=cpu,gpu parts=host,device ratio=0.0");
  runnable->run(1);
  EXPECT_THAT(story_.steps, ElementsAre("start gpu", "finish gpu"));
  expect_doubled(*runnable);
}

TEST_F(SplitFaultsTest, AProcessorThatFailsToStartIsNamedAndNobodyIsWaitedFor) {
  const auto runnable = prepare(kPair);
  story_.failing = "start gpu";
  EXPECT_THAT(failure_of(*runnable), AllOf(HasSubstr("the part on gpu failed"), HasSubstr("the wire is cut")));
  EXPECT_THAT(story_.steps, ElementsAre("start gpu"));
}

TEST_F(SplitFaultsTest, AProcessorThatFailsInMidRunIsNamedAndTheNextRunWorks) {
  const auto runnable = prepare(kPair);
  story_.failing = "finish gpu";
  EXPECT_THAT(failure_of(*runnable), HasSubstr("the part on gpu failed"));
  story_.failing.clear();
  runnable->run(1);
  expect_doubled(*runnable);
}

TEST_F(SplitFaultsTest, WhenTheHostFailsTheOthersAreStillWaitedFor) {
  const auto runnable = prepare("processor=cpu,gpu,npu parts=host,device,device ratio=0.4 ratio_of_second=0.3");
  story_.failing = "run cpu";
  EXPECT_THAT(failure_of(*runnable), HasSubstr("the part on cpu failed"));
  EXPECT_THAT(story_.steps, ElementsAre("start gpu", "start npu", "run cpu", "finish gpu", "finish npu"));
}

TEST_F(SplitFaultsTest, WhenOneDeviceFailsTheOtherIsStillWaitedFor) {
  const auto runnable = prepare("processor=cpu,gpu,npu parts=host,device,device ratio=0.4 ratio_of_second=0.3");
  story_.failing = "finish gpu";
  EXPECT_THAT(failure_of(*runnable), HasSubstr("the part on gpu failed"));
  EXPECT_THAT(story_.steps, ElementsAre("start gpu", "start npu", "run cpu", "finish gpu", "finish npu"));
}

TEST_F(SplitFaultsTest, WhatWaitingDidNotSeeIsAskedOutsideTheRun) {
  const auto runnable = prepare("processor=cpu,gpu,npu parts=host,device,device ratio=0.4 ratio_of_second=0.3");
  runnable->run(1);
  story_.steps.clear();
  EXPECT_TRUE(runnable->own_clocks().empty());
  EXPECT_THAT(story_.steps, ElementsAre("check gpu", "check npu"));
  story_.failing = "check npu";
  EXPECT_THAT(error_of([&] { runnable->own_clocks(); }), HasSubstr("the part on npu failed"));
}

TEST_F(SplitFaultsTest, ADoubtAboutOnePartIsADoubtAboutTheWholeAndNamesItsProcessor) {
  const auto runnable = prepare("processor=cpu,gpu,npu parts=host,device,device ratio=0.4 ratio_of_second=0.3");
  runnable->run(1);
  EXPECT_EQ(runnable->doubt(), "");
  story_.doubtful = "npu";
  EXPECT_EQ(runnable->doubt(), "npu: the work fell back");
}

TEST_F(SplitFaultsTest, ADeviceThatCannotRunBesideOthersIsDeclined) {
  EXPECT_THROW(prepare("processor=cpu,gpu parts=host,stubborn ratio=0.5"), Declined);
}

TEST_F(SplitFaultsTest, ASecondHostPartRunsOnAThreadOfItsOwn) {
  const auto runnable = prepare("processor=cpu@0,cpu@1 parts=host,host ratio=0.5");
  story_.failing = "run cpu@1";
  EXPECT_THAT(failure_of(*runnable), HasSubstr("the part on cpu@1 failed"));
}

TEST_F(SplitFaultsTest, AThreadOfItsOwnEntersRunsAndLeaves) {
  std::atomic<int> ran{0};
  FakeScript script;
  std::thread::id other;
  script.before = [&](std::int64_t) {
    other = std::this_thread::get_id();
    ++ran;
  };
  FakeClock clock;
  FakeRunnable fake(clock, script);
  ThreadedRun run(fake);
  run.enter();
  for (int i = 0; i < 100; ++i) {
    run.start();
    run.finish();
  }
  run.leave();
  EXPECT_EQ(ran, 100);
  EXPECT_NE(other, std::this_thread::get_id());
  EXPECT_EQ(fake.entered, 1);
  EXPECT_EQ(fake.left, 1);
}

TEST_F(SplitFaultsTest, WhatAThreadThrowsComesBackFromFinish) {
  FakeScript script;
  script.before = [](std::int64_t execution) {
    if (execution == 1) throw Error("too hot");
  };
  FakeClock clock;
  FakeRunnable fake(clock, script);
  ThreadedRun run(fake);
  run.start();
  run.finish();
  // The execution that throws is not counted, so the next one is number 1 again.
  run.start();
  EXPECT_THROW(run.finish(), Error);
  EXPECT_EQ(fake.executions, 1);
}

TEST(Cut, SharesBecomeWholeUnitsSideBySide) {
  EXPECT_THAT(cut(10, {0.3, 0.7}, 1), ElementsAre(Pair(0, 3), Pair(3, 10)));
  EXPECT_THAT(cut(100, {0.33, 0.67}, 8), ElementsAre(Pair(0, 32), Pair(32, 100)));
  EXPECT_THAT(cut(10, {0, 1}, 4), ElementsAre(Pair(0, 0), Pair(0, 10)));
  EXPECT_THAT(cut(10, {1, 0}, 4), ElementsAre(Pair(0, 10), Pair(10, 10)));
  EXPECT_THAT(cut(3, {0.9, 0.1}, 8), ElementsAre(Pair(0, 0), Pair(0, 3)));
  EXPECT_THAT(cut(10, {0.5, 0.3, 0.2}, 1), ElementsAre(Pair(0, 5), Pair(5, 8), Pair(8, 10)));
  EXPECT_THAT(cut(1, {0.5, 0.5, 0}, 1), ElementsAre(Pair(0, 1), Pair(1, 1), Pair(1, 1)));
}

}  // namespace
}  // namespace hetscope
