// An OpenClRunnable's launches between the transfers of its operands, enqueued at once and waited for later.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/kernel/asynchronous_run.hpp"
#include "harness/kernel/opencl_kernel.hpp"
#include "harness/kernel/opencl_sharing.hpp"
#include "harness/kernel/opencl_wait.hpp"

namespace hetscope {

class OpenClAsynchronousRun final : public AsynchronousRun {
 public:
  // `operands` are those that must cross; the launches take other memory where the sharing needs some. Throws Declined
  // for a way of sharing or waiting that the device does not have, and for memory of the host's that does not start
  // where an operand's alignment asks.
  OpenClAsynchronousRun(OpenClProcessor& device, std::vector<Launch> launches, std::vector<DeviceOperand> operands,
                        const SharedOperands& shared);
  ~OpenClAsynchronousRun() override;

  void start() override;
  void finish() override;
  // Throws Error when one of the launches failed, which the commands behind it need not tell.
  void check() override;
  std::map<std::string, double> run_stages(const Clock& clock) override;

 private:
  // One operand on its way: the host's bytes, the device's memory and, while that is the host's to use, its address.
  struct Crossing {
    cl::Buffer buffer;
    std::unique_ptr<CommonMemory> common;
    std::byte* host = nullptr;
    std::size_t bytes = 0;
    void* mapped = nullptr;
  };

  Crossing crossing_of(const DeviceOperand& operand, const SharedOperands& shared);
  // Whether ownership changes by commands.
  bool is_mapped() const noexcept {
    return sharing_ == Sharing::use_host_ptr || sharing_ == Sharing::alloc_host_ptr || sharing_ == Sharing::svm_coarse;
  }
  // Whether the shared memory is another than the host tensors'.
  bool is_apart() const noexcept { return sharing_ == Sharing::alloc_host_ptr || takes_common_memory(sharing_); }
  // Whether a command comes after the launches.
  bool has_way_back() const noexcept { return is_mapped() || sharing_ == Sharing::copy; }
  cl::Buffer mapped_buffer(const Crossing& crossing, bool is_input);
  cl_map_flags input_flags() const;
  void unmap(Crossing& crossing);
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
  std::vector<cl::Event> launched_;  // by the last execution
  cl::Event last_;
};

}  // namespace hetscope
