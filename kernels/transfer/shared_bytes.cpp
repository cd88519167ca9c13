// One class for each way of sharing.
#include "kernels/transfer/shared_bytes.hpp"

#include <array>
#include <memory>
#include <utility>

#include "harness/core/divided_up.hpp"
#include "harness/tensor/host_tensor.hpp"

namespace hetscope {
namespace {

// Drivers use a host's memory in place only where it begins at a page and ends at a line of the caches (so Intel's);
// else they copy, and the copy would be ours.
constexpr std::int64_t kPageBytes = 4096;
constexpr std::int64_t kLineBytes = 64;

HostTensor host_bytes(std::int64_t bytes) { return HostTensor(DType::i8, Shape{bytes}, Layout::row_major(1)); }

std::int64_t whole_lines(std::int64_t bytes) { return divided_up(bytes, kLineBytes) * kLineBytes; }

std::size_t words_in(std::size_t bytes) { return bytes / sizeof(cl_uint); }

std::byte* first_page(HostTensor& memory) {
  void* begin = memory.data();
  std::size_t room = memory.size_bytes();
  return static_cast<std::byte*>(std::align(kPageBytes, kLineBytes, begin, room));
}

cl_map_flags flags_of(HostAccess access) { return access == HostAccess::write ? CL_MAP_WRITE : CL_MAP_READ; }

// A buffer of the device's and memory of the host's, with copies between them.
class CopiedBytes final : public SharedBytes {
 public:
  CopiedBytes(OpenClProcessor& device, std::int64_t bytes)
      : device_(device), host_(host_bytes(bytes)), buffer_(device.allocate(bytes)) {}
  void set_argument(cl::Kernel& kernel, cl_uint index) override { kernel.setArg(index, buffer_); }
  std::size_t items() const override { return words_in(host_.size_bytes()); }
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

// An image of the device's and memory of the host's, in the order of its texels.
class ImageBytes final : public SharedBytes {
 public:
  ImageBytes(OpenClProcessor& device, const ImageExtent& extent)
      : device_(device),
        extent_(extent),
        host_(host_bytes(static_cast<std::int64_t>(extent.bytes(DType::i32)))),
        image_(device.allocate_image(DType::i32, extent.width, extent.height)) {}
  void set_argument(cl::Kernel& kernel, cl_uint index) override { kernel.setArg(index, image_); }
  std::size_t items() const override { return extent_.texels; }
  bool acquire(HostAccess access, cl::Event& done) override {
    if (access == HostAccess::write) return false;
    device_.queue().enqueueReadImage(image_, CL_FALSE, {0, 0, 0}, region(), 0, 0, host_.data(), nullptr, &done);
    return true;
  }
  void release(HostAccess access) override {
    if (access == HostAccess::read) return;
    device_.queue().enqueueWriteImage(image_, CL_FALSE, {0, 0, 0}, region(), 0, 0, host_.data());
  }
  std::byte* host() override { return host_.data(); }

 private:
  std::array<cl::size_type, 3> region() const { return {extent_.width, extent_.height, 1}; }

  OpenClProcessor& device_;
  ImageExtent extent_;
  HostTensor host_;
  cl::Image2D image_;
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
  std::size_t items() const override { return words_in(bytes_); }
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

// Memory that both find at an address: coarse-grained shared virtual memory is mapped like a buffer, all other is
// simply there.
class CommonBytes final : public SharedBytes {
 public:
  CommonBytes(OpenClProcessor& device, std::int64_t bytes, Sharing sharing)
      : device_(device),
        bytes_(static_cast<std::size_t>(bytes)),
        is_mapped_(sharing == Sharing::svm_coarse),
        memory_(make_common_memory(device, bytes_, sharing)) {}
  void set_argument(cl::Kernel& kernel, cl_uint index) override { memory_->set_argument(kernel, index); }
  std::size_t items() const override { return words_in(bytes_); }
  bool acquire(HostAccess access, cl::Event& done) override {
    if (is_mapped_) map_svm(device_, *memory_, flags_of(access), bytes_, &done);
    return is_mapped_;
  }
  void release(HostAccess) override {
    if (is_mapped_) unmap_svm(device_, *memory_);
  }
  std::byte* host() override { return memory_->data(); }

 private:
  OpenClProcessor& device_;
  std::size_t bytes_;
  bool is_mapped_;
  std::unique_ptr<CommonMemory> memory_;
};

// The host's own memory, at its own address.
class SystemBytes final : public SharedBytes {
 public:
  explicit SystemBytes(std::int64_t bytes) : own_(host_bytes(bytes)) {}
  void set_argument(cl::Kernel& kernel, cl_uint index) override { set_svm_argument(kernel, index, own_.data()); }
  std::size_t items() const override { return words_in(own_.size_bytes()); }
  bool acquire(HostAccess, cl::Event&) override { return false; }
  void release(HostAccess) override {}
  std::byte* host() override { return own_.data(); }

 private:
  HostTensor own_;
};

}  // namespace

std::unique_ptr<SharedBytes> make_shared_bytes(Sharing sharing, OpenClProcessor& device, std::int64_t bytes) {
  switch (sharing) {
    case Sharing::copy:
      return std::make_unique<CopiedBytes>(device, bytes);
    case Sharing::use_host_ptr:
    case Sharing::alloc_host_ptr:
      return std::make_unique<MappedBytes>(device, bytes, sharing == Sharing::use_host_ptr);
    case Sharing::svm_coarse:
    case Sharing::svm_fine:
    case Sharing::arm_import:
    case Sharing::intel_host:
      return std::make_unique<CommonBytes>(device, bytes, sharing);
    case Sharing::svm_system:
      return std::make_unique<SystemBytes>(bytes);
  }
  return nullptr;
}

std::unique_ptr<SharedBytes> make_shared_image(OpenClProcessor& device, const ImageExtent& extent) {
  return std::make_unique<ImageBytes>(device, extent);
}

}  // namespace hetscope
