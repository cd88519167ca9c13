// An OpenClRunnable's launches between the transfers of its operands, enqueued at once and waited for later.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/kernel/asynchronous_run.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "harness/kernel/opencl_wait.hpp"

namespace hetscope {

class OpenClAsynchronousRun final : public AsynchronousRun {
 public:
  // `operands` are those that must cross; the launches take new buffers where the sharing needs some.
  OpenClAsynchronousRun(OpenClProcessor& device, std::vector<Launch> launches, std::vector<DeviceOperand> operands,
                        const SharedOperands& shared);
  ~OpenClAsynchronousRun() override;

  void start() override;
  void finish() override;
  std::map<std::string, double> run_stages(const Clock& clock) override;

 private:
  // One operand on its way: the host's bytes, the device's buffer and, where it is mapped, the address.
  struct Crossing {
    cl::Buffer buffer;
    std::byte* host = nullptr;
    std::size_t bytes = 0;
    void* mapped = nullptr;
  };

  Crossing crossing_of(const DeviceOperand& operand, const SharedOperands& shared);
  bool is_mapped() const noexcept { return sharing_ != Sharing::copy; }
  void map(Crossing& crossing, cl_map_flags flags, cl::Event* event);
  void copy_in();
  void hand_over();
  void launch(cl::Event* last);
  void hand_back(cl::Event* last);
  void copy_out();

  OpenClProcessor& device_;
  std::vector<Launch> launches_;
  Sharing sharing_;
  OpenClWait wait_;
  std::vector<Crossing> inputs_;
  std::vector<Crossing> outputs_;
  cl::Event last_;
};

}  // namespace hetscope
