// What a handing over is asked for: how often its kernel is launched, and that nobody asks for what is none.
#include <gmock/gmock.h>

#include "kernels/registration.hpp"
#include "tests/error_of.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

std::string transfer_fault(const std::string& axes) {
  const auto transfer = make_operation<OperationId::transfer>();
  return error_of(
      [&] { transfer->validate(Case::parse("transfer kernel=transfer_opencl processor=opencl:0 " + axes)); });
}

TEST(Transfer, RefusesWhatIsNone) {
  EXPECT_EQ(transfer_fault("bytes=4 launches=1"), "");
  EXPECT_EQ(transfer_fault("bytes=4 launches=4096"), "");
  EXPECT_THAT(transfer_fault("bytes=4 launches=0"), HasSubstr("launches=0"));
  EXPECT_THAT(transfer_fault("bytes=4 launches=4097"), HasSubstr("between 1 and 4096"));
  EXPECT_THAT(transfer_fault("bytes=6 launches=1"), HasSubstr("multiple of 4"));
}

// The results are the same however often it is launched.
TEST(OpenClTransfer, LaunchesItsKernelAsOftenAsItIsAsked) {
  ProcessorSet processors;
  const auto transfer = make_operation<OperationId::transfer>();
  const auto kernel = make_kernel<KernelId::transfer_opencl>();
  bool has_run = false;
  for (const ProcessorInfo& info : processors.discover().found) {
    if (info.program_model != kernel->program_model()) continue;
    has_run = true;
    for (const char* const direction : {"to_device", "from_device"}) {
      const Case item = Case::parse(std::string("transfer kernel=transfer_opencl processor=") + info.name +
                                    " bytes=64 sharing=copy sync=wait launches=5 direction=" + direction);
      const std::vector<Operand> inputs = transfer->inputs(item, 1);
      Processor* const on[] = {&processors.at(info.name)};
      const auto runnable = kernel->prepare(item, on, inputs);
      runnable->run(2);
      EXPECT_EQ(runnable->metrics().at("kernel_launches").value, 5) << info.name << " " << direction;
    }
  }
  if (!has_run) GTEST_SKIP() << "no OpenCL device here";
}

}  // namespace
}  // namespace hetscope
