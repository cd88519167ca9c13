// Between two executions the host owns every operand; start() gives them to the device and finish() takes them back.
#include "harness/kernel/opencl_asynchronous_run.hpp"

#include <cassert>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/kernel/kernel.hpp"

namespace hetscope {
namespace {

// Before anything is made of them.
const SharedOperands& checked(const SharedOperands& shared, const OpenClProcessor& device) {
  const Support support = supports_sharing(shared.sharing, shared.waiting, device);
  if (!support) throw Declined(support);
  return shared;
}

}  // namespace

OpenClAsynchronousRun::OpenClAsynchronousRun(OpenClProcessor& device, std::vector<Launch> launches,
                                             std::vector<DeviceOperand> operands, const SharedOperands& shared)
    : device_(device),
      launches_(std::move(launches)),
      sharing_(shared.sharing),
      wait_(checked(shared, device).waiting, device),
      launched_(launches_.size()) {
  try {
    for (const DeviceOperand& operand : operands) {
      const bool is_input = operand.direction == DeviceOperand::Direction::input;
      (is_input ? inputs_ : outputs_).push_back(crossing_of(operand, shared));
    }
    if (!is_mapped()) return;
    for (Crossing& input : inputs_) map(input, input_flags(), nullptr);
    for (Crossing& output : outputs_) map(output, CL_MAP_READ, nullptr);
    device_.queue().finish();
  } catch (const cl::Error& error) {
    throw opencl_error(error, device_.name());
  }
}

OpenClAsynchronousRun::~OpenClAsynchronousRun() {
  // What is still mapped or under way after a failure is given up as well as the driver allows.
  for (std::vector<Crossing>* side : {&inputs_, &outputs_}) {
    for (Crossing& crossing : *side) {
      if (!is_mapped() || crossing.mapped == nullptr) continue;
      if (crossing.common) {
        clEnqueueSVMUnmap(device_.queue()(), crossing.mapped, 0, nullptr, nullptr);
      } else {
        clEnqueueUnmapMemObject(device_.queue()(), crossing.buffer(), crossing.mapped, 0, nullptr, nullptr);
      }
    }
  }
  clFinish(device_.queue()());
}

OpenClAsynchronousRun::Crossing OpenClAsynchronousRun::crossing_of(const DeviceOperand& operand,
                                                                   const SharedOperands& shared) {
  const bool is_input = operand.direction == DeviceOperand::Direction::input;
  const HostTensor* tensor = is_input ? shared.inputs.at(operand.index) : shared.outputs.at(operand.index);
  assert(tensor != nullptr && "an operand that is new for every run is in the host's memory");
  Crossing crossing;
  crossing.buffer = operand.buffer;
  // OpenCL takes no pointer to const; nothing writes to an input.
  crossing.host = const_cast<std::byte*>(tensor->data());
  crossing.bytes = tensor->size_bytes();
  const bool is_hosts = sharing_ == Sharing::use_host_ptr || sharing_ == Sharing::svm_system;
  if (is_hosts && reinterpret_cast<std::uintptr_t>(crossing.host) % operand.alignment != 0) {
    throw Declined(Support::no("the part's memory starts at no multiple of " + std::to_string(operand.alignment) +
                               " bytes, which the kernel's vectors need: give another unit, or sharing=copy"));
  }
  if (sharing_ == Sharing::use_host_ptr || sharing_ == Sharing::alloc_host_ptr) {
    crossing.buffer = mapped_buffer(crossing, is_input);
    for (const auto& [launch, argument] : operand.arguments) launches_[launch].kernel.setArg(argument, crossing.buffer);
  } else if (takes_common_memory(sharing_)) {
    crossing.common = make_common_memory(device_, crossing.bytes, sharing_);
    if (!is_mapped()) crossing.mapped = crossing.common->data();
  }
  for (const auto& [launch, argument] : operand.arguments) {
    cl::Kernel& kernel = launches_[launch].kernel;
    if (crossing.common) crossing.common->set_argument(kernel, argument);
    if (sharing_ == Sharing::svm_system) set_svm_argument(kernel, argument, crossing.host);
  }
  return crossing;
}

cl::Buffer OpenClAsynchronousRun::mapped_buffer(const Crossing& crossing, bool is_input) {
  const bool is_hosts = sharing_ == Sharing::use_host_ptr;
  const cl_mem_flags flags =
      (is_input ? CL_MEM_READ_ONLY : CL_MEM_WRITE_ONLY) | (is_hosts ? CL_MEM_USE_HOST_PTR : CL_MEM_ALLOC_HOST_PTR);
  return cl::Buffer(device_.context(), flags, crossing.bytes, is_hosts ? crossing.host : nullptr);
}

void OpenClAsynchronousRun::map(Crossing& crossing, cl_map_flags flags, cl::Event* event) {
  if (!crossing.common) {
    crossing.mapped =
        device_.queue().enqueueMapBuffer(crossing.buffer, CL_FALSE, flags, 0, crossing.bytes, nullptr, event);
    return;
  }
  map_svm(device_, *crossing.common, flags, crossing.bytes, event);
  crossing.mapped = crossing.common->data();
}

cl_map_flags OpenClAsynchronousRun::input_flags() const {
  // Where copy_in() writes the whole of an input, a device with memory of its own need not bring it back first. The
  // host's own memory is never written again.
  const bool is_overwritten = is_apart() && device_.limits().version >= 120;
  return is_overwritten ? CL_MAP_WRITE_INVALIDATE_REGION : CL_MAP_WRITE;
}

void OpenClAsynchronousRun::unmap(Crossing& crossing) {
  void* mapped = std::exchange(crossing.mapped, nullptr);
  if (crossing.common) {
    unmap_svm(device_, *crossing.common);
  } else {
    device_.queue().enqueueUnmapMemObject(crossing.buffer, mapped);
  }
}

void OpenClAsynchronousRun::copy_in() {
  if (!is_apart()) return;
  for (const Crossing& input : inputs_) std::memcpy(input.mapped, input.host, input.bytes);
}

void OpenClAsynchronousRun::hand_over() {
  if (sharing_ == Sharing::copy) {
    for (const Crossing& input : inputs_) {
      device_.queue().enqueueWriteBuffer(input.buffer, CL_FALSE, 0, input.bytes, input.host);
    }
  }
  if (!is_mapped()) return;
  for (std::vector<Crossing>* side : {&inputs_, &outputs_}) {
    for (Crossing& crossing : *side) unmap(crossing);
  }
}

void OpenClAsynchronousRun::launch(cl::Event* last) {
  for (std::size_t i = 0; i < launches_.size(); ++i) {
    device_.queue().enqueueNDRangeKernel(launches_[i].kernel, cl::NullRange, launches_[i].global, launches_[i].local,
                                         nullptr, &launched_[i]);
  }
  if (last != nullptr) *last = launched_.back();
}

void OpenClAsynchronousRun::hand_back(cl::Event* last) {
  if (!has_way_back()) return;
  if (is_mapped()) {
    for (Crossing& input : inputs_) map(input, input_flags(), nullptr);
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    Crossing& output = outputs_[i];
    cl::Event* event = i + 1 == outputs_.size() ? last : nullptr;
    if (is_mapped()) {
      map(output, CL_MAP_READ, event);
    } else {
      device_.queue().enqueueReadBuffer(output.buffer, CL_FALSE, 0, output.bytes, output.host, nullptr, event);
    }
  }
}

void OpenClAsynchronousRun::copy_out() {
  if (!is_apart()) return;
  for (const Crossing& output : outputs_) std::memcpy(output.host, output.mapped, output.bytes);
}

void OpenClAsynchronousRun::start() {
  try {
    copy_in();
    hand_over();
    launch(has_way_back() ? nullptr : &last_);
    hand_back(&last_);
    wait_.arm(last_);
    device_.queue().flush();
  } catch (const cl::Error& error) {
    throw opencl_error(error, device_.name());
  }
}

void OpenClAsynchronousRun::finish() {
  try {
    wait_.wait(last_);
    copy_out();
  } catch (const cl::Error& error) {
    throw opencl_error(error, device_.name());
  }
}

void OpenClAsynchronousRun::check() {
  for (const cl::Event& event : launched_) {
    if (event() != nullptr) check_launch(event, device_.name());
  }
}

std::map<std::string, double> OpenClAsynchronousRun::run_stages(const Clock& clock) {
  std::map<std::string, double> stages;
  std::int64_t last_ns = clock.now_ns();
  const auto end_stage = [&](const char* name) {
    device_.queue().finish();
    const std::int64_t now_ns = clock.now_ns();
    stages[name] = static_cast<double>(now_ns - last_ns);
    last_ns = now_ns;
  };
  try {
    if (is_apart()) {
      copy_in();
      end_stage("copy_in");
    }
    hand_over();
    end_stage("pre_sync");
    launch(nullptr);
    end_stage("compute");
    hand_back(nullptr);
    end_stage("post_sync");
    if (is_apart()) {
      copy_out();
      end_stage("copy_out");
    }
  } catch (const cl::Error& error) {
    throw opencl_error(error, device_.name());
  }
  check();
  return stages;
}

}  // namespace hetscope
