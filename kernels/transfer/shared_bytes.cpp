// One class for each way of sharing.
#include "kernels/transfer/shared_bytes.hpp"

#include <cassert>
#include <memory>
#include <utility>

#include "harness/tensor/host_tensor.hpp"

namespace hetscope {
namespace {

// Drivers use a host's memory in place only where it begins at a page and ends at a line of the caches (so Intel's);
// else they copy, and the copy would be ours.
constexpr std::int64_t kPageBytes = 4096;
constexpr std::int64_t kLineBytes = 64;

HostTensor host_bytes(std::int64_t bytes) { return HostTensor(DType::i8, Shape{bytes}, Layout::row_major(1)); }

std::int64_t whole_lines(std::int64_t bytes) { return (bytes + kLineBytes - 1) / kLineBytes * kLineBytes; }

std::byte* first_page(HostTensor& memory) {
  void* begin = memory.data();
  std::size_t room = memory.size_bytes();
  return static_cast<std::byte*>(std::align(kPageBytes, kLineBytes, begin, room));
}

void check(cl_int status, const char* call) {
  if (status != CL_SUCCESS) throw cl::Error(status, call);
}

cl_map_flags flags_of(HostAccess access) { return access == HostAccess::write ? CL_MAP_WRITE : CL_MAP_READ; }

// A buffer of the device's and memory of the host's, with copies between them.
class CopiedBytes final : public SharedBytes {
 public:
  CopiedBytes(OpenClProcessor& device, std::int64_t bytes)
      : device_(device), host_(host_bytes(bytes)), buffer_(device.allocate(bytes)) {}
  void set_argument(cl::Kernel& kernel, cl_uint index) override { kernel.setArg(index, buffer_); }
  bool acquire(HostAccess access, cl::Event& done) override {
    if (access == HostAccess::write) return false;
    device_.queue().enqueueReadBuffer(buffer_, CL_FALSE, 0, host_.size_bytes(), host_.data(), nullptr, &done);
    return true;
  }
  void release(HostAccess access) override {
    if (access == HostAccess::read) return;
    device_.queue().enqueueWriteBuffer(buffer_, CL_FALSE, 0, host_.size_bytes(), host_.data());
  }
  std::byte* host() override { return host_.data(); }

 private:
  OpenClProcessor& device_;
  HostTensor host_;
  cl::Buffer buffer_;
};

// A buffer that is mapped: of the driver's memory, or of the host's own.
class MappedBytes final : public SharedBytes {
 public:
  MappedBytes(OpenClProcessor& device, std::int64_t bytes, bool of_host)
      : device_(device),
        bytes_(static_cast<std::size_t>(bytes)),
        own_(host_bytes(of_host ? whole_lines(bytes) + kPageBytes : 1)) {
    const cl_mem_flags flags = CL_MEM_READ_WRITE | (of_host ? CL_MEM_USE_HOST_PTR : CL_MEM_ALLOC_HOST_PTR);
    if (of_host) told_ = first_page(own_);
    buffer_ = cl::Buffer(device.context(), flags, static_cast<std::size_t>(whole_lines(bytes)), told_);
  }
  ~MappedBytes() override {
    if (mapped_ != nullptr) {
      clEnqueueUnmapMemObject(device_.queue()(), buffer_(), mapped_, 0, nullptr, nullptr);
    }
    clFinish(device_.queue()());
  }
  void set_argument(cl::Kernel& kernel, cl_uint index) override { kernel.setArg(index, buffer_); }
  bool acquire(HostAccess access, cl::Event& done) override {
    mapped_ = device_.queue().enqueueMapBuffer(buffer_, CL_FALSE, flags_of(access), 0, bytes_, nullptr, &done);
    return true;
  }
  void release(HostAccess) override { device_.queue().enqueueUnmapMemObject(buffer_, std::exchange(mapped_, nullptr)); }
  std::byte* host() override { return static_cast<std::byte*>(mapped_); }
  const std::byte* told() const override { return told_; }

 private:
  OpenClProcessor& device_;
  std::size_t bytes_;
  HostTensor own_;
  std::byte* told_ = nullptr;
  cl::Buffer buffer_;
  void* mapped_ = nullptr;
};

// Shared virtual memory: coarse-grained is mapped like a buffer, fine-grained is simply there.
class SvmBytes final : public SharedBytes {
 public:
  SvmBytes(OpenClProcessor& device, std::int64_t bytes, bool is_fine)
      : device_(device), bytes_(static_cast<std::size_t>(bytes)), is_fine_(is_fine) {
    const cl_svm_mem_flags flags = CL_MEM_READ_WRITE | (is_fine ? CL_MEM_SVM_FINE_GRAIN_BUFFER : 0);
    memory_ = clSVMAlloc(device.context()(), flags, bytes_, 0);
    if (memory_ == nullptr) throw cl::Error(CL_MEM_OBJECT_ALLOCATION_FAILURE, "clSVMAlloc");
  }
  ~SvmBytes() override {
    clFinish(device_.queue()());
    clSVMFree(device_.context()(), memory_);
  }
  void set_argument(cl::Kernel& kernel, cl_uint index) override {
    check(clSetKernelArgSVMPointer(kernel(), index, memory_), "clSetKernelArgSVMPointer");
  }
  bool acquire(HostAccess access, cl::Event& done) override {
    if (is_fine_) return false;
    cl_event event = nullptr;
    check(clEnqueueSVMMap(device_.queue()(), CL_FALSE, flags_of(access), memory_, bytes_, 0, nullptr, &event),
          "clEnqueueSVMMap");
    done = cl::Event(event);
    return true;
  }
  void release(HostAccess) override {
    if (is_fine_) return;
    check(clEnqueueSVMUnmap(device_.queue()(), memory_, 0, nullptr, nullptr), "clEnqueueSVMUnmap");
  }
  std::byte* host() override { return static_cast<std::byte*>(memory_); }

 private:
  OpenClProcessor& device_;
  std::size_t bytes_;
  bool is_fine_;
  void* memory_ = nullptr;
};

}  // namespace

Support supports_sharing(const std::string& sharing, const OpenClProcessor& device) {
  if (sharing == "svm_coarse" && !device.limits().svm_coarse) {
    return Support::no(device.name() + " reports no coarse-grained shared virtual memory");
  }
  if (sharing == "svm_fine" && !device.limits().svm_fine) {
    return Support::no(device.name() + " reports no fine-grained shared virtual memory");
  }
  return Support::yes();
}

std::unique_ptr<SharedBytes> make_shared_bytes(const std::string& sharing, OpenClProcessor& device,
                                               std::int64_t bytes) {
  if (sharing == "copy") return std::make_unique<CopiedBytes>(device, bytes);
  if (sharing == "svm_coarse" || sharing == "svm_fine") {
    return std::make_unique<SvmBytes>(device, bytes, sharing == "svm_fine");
  }
  return std::make_unique<MappedBytes>(device, bytes, sharing == "use_host_ptr");
}

}  // namespace hetscope
