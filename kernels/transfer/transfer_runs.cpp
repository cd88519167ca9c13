// A word that is wrong at the receiving end until it is sent, and the handshake that sends it.
#include "kernels/transfer/transfer_runs.hpp"

#include <cstring>
#include <utility>

#include "harness/kernel/opencl_kernel.hpp"
#include "harness/kernel/opencl_wait.hpp"
#include "kernels/copy/buffer_copy.hpp"
#include "kernels/opencl_sources.hpp"
#include "kernels/transfer/transfer.hpp"

namespace hetscope {
namespace {

// Kernels of images read and write whole texels of the plain buffer.
std::int64_t plain_bytes(std::int64_t bytes) { return texels_of_words(bytes) * kWordTexelBytes; }

class TransferRuns final : public OpenClRunnable {
 public:
  TransferRuns(OpenClProcessor& device, const Case& item, const HostTensor& words, std::unique_ptr<SharedBytes> shared,
               std::string_view source)
      : OpenClRunnable(device, {}),
        words_(words),
        bytes_(static_cast<std::int64_t>(words.size_bytes())),
        is_to_device_(item.text("direction") == kToDevice),
        launches_(item.integer(kLaunches)),
        access_(is_to_device_ ? HostAccess::write : HostAccess::read),
        shared_(std::move(shared)),
        source_(source),
        wait_(waiting_named(item.text("sync")), device),
        plain_(device.allocate(plain_bytes(bytes_))),
        touch_(kernel_of(is_to_device_ ? "read_word" : "write_word")) {
    shared_->set_argument(touch_, 0);
    touch_.setArg(1, plain_);
    // The word that travels is wrong at the receiving end until a run has sent it; the others are there already.
    HostTensor before = words.clone();
    *before.as<std::uint32_t>() = ~*words.as<std::uint32_t>();
    if (is_to_device_) {
      fill_from_host(before);
      return;
    }
    device.upload(plain_, before.data(), bytes_);
    copy_on_device(true);
    device.upload(plain_, words.data(), bytes_);
  }

  // After a failure commands may still be under way to memory that goes with this.
  ~TransferRuns() override { clFinish(device().queue()()); }

  void run(std::int64_t iterations) override {
    try {
      for (std::int64_t i = 0; i < iterations; ++i) is_to_device_ ? send() : receive();
      device().queue().finish();
    } catch (const cl::Error& error) {
      throw opencl_error(error, device().name());
    }
  }

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.emplace_back(words_.view());
    try {
      if (is_to_device_) {
        copy_on_device(false);
        device().download(result[0].data(), plain_, bytes_);
      } else {
        cl::Event done;
        shared_->acquire(HostAccess::read, done);
        device().queue().finish();
        std::memcpy(result[0].data(), shared_->host(), result[0].size_bytes());
        shared_->release(HostAccess::read);
        device().queue().finish();
      }
    } catch (const cl::Error& error) {
      throw opencl_error(error, device().name());
    }
    return result;
  }

  Metrics metrics() override {
    Metrics result = {{"address_changes", {static_cast<double>(address_changes_), "1", ""}},
                      {"kernel_launches", {static_cast<double>(last_launches_), "1", ""}}};
    if (shared_->told() != nullptr) {
      result["mapped_elsewhere"] = {last_address_ == nullptr || last_address_ == shared_->told() ? 0.0 : 1.0, "1", ""};
    }
    return result;
  }

 private:
  cl::Kernel kernel_of(const char* function) {
    return device().kernel(source_, embedded_text(opencl_source_files(), source_), function);
  }

  void sync(cl::Event& event) {
    wait_.arm(event);
    device().queue().flush();
    wait_.wait(event);
  }

  void touch(cl::Event& done) {
    const cl::NDRange one(1);
    last_launches_ = 1;
    for (std::int64_t i = 1; i < launches_; ++i) {
      device().queue().enqueueNDRangeKernel(touch_, cl::NullRange, one, one);
      // A driver that keeps commands to itself would see one batch: the others would find no work under way.
      device().queue().flush();
      ++last_launches_;
    }
    device().queue().enqueueNDRangeKernel(touch_, cl::NullRange, one, one, nullptr, &done);
  }

  // The host's first word, which is where the bytes are now.
  std::uint32_t* first_word() {
    std::byte* address = shared_->host();
    address_changes_ += last_address_ != nullptr && address != last_address_ ? 1 : 0;
    last_address_ = address;
    return reinterpret_cast<std::uint32_t*>(address);
  }

  void send() {
    cl::Event done;
    if (shared_->acquire(access_, done)) sync(done);
    *first_word() = *words_.as<std::uint32_t>();
    shared_->release(access_);
    touch(done);
    sync(done);
  }

  void receive() {
    cl::Event done;
    touch(done);
    shared_->acquire(access_, done);
    sync(done);
    seen_ = *first_word();
    shared_->release(access_);
  }

  void fill_from_host(const HostTensor& content) {
    cl::Event done;
    shared_->acquire(HostAccess::write, done);
    device().queue().finish();
    std::memcpy(shared_->host(), content.data(), content.size_bytes());
    shared_->release(HostAccess::write);
    device().queue().finish();
  }

  // Between the plain buffer and the shared memory.
  void copy_on_device(bool to_shared) {
    cl::Kernel copy = kernel_of(to_shared ? "to_shared" : "from_shared");
    shared_->set_argument(copy, 0);
    copy.setArg(1, plain_);
    device().queue().enqueueNDRangeKernel(copy, cl::NullRange, cl::NDRange(shared_->items()));
    device().queue().finish();
  }

  const HostTensor& words_;
  std::int64_t bytes_;
  bool is_to_device_;
  std::int64_t launches_;
  HostAccess access_;
  std::unique_ptr<SharedBytes> shared_;
  std::string_view source_;
  OpenClWait wait_;
  cl::Buffer plain_;  // of the device's own; its first word is what write_word writes and read_word overwrites
  cl::Kernel touch_;
  const std::byte* last_address_ = nullptr;
  std::int64_t address_changes_ = 0;
  std::int64_t last_launches_ = 0;   // of the last execution
  volatile std::uint32_t seen_ = 0;  // so that the word is read
};

}  // namespace

Support supports_transfer(std::int64_t bytes, const OpenClProcessor& device) {
  return supports_buffer_copy(plain_bytes(bytes), device);
}

std::unique_ptr<Runnable> make_transfer(OpenClProcessor& device, const Case& item, const HostTensor& words,
                                        std::unique_ptr<SharedBytes> shared, std::string_view source) {
  return std::make_unique<TransferRuns>(device, item, words, std::move(shared), source);
}

}  // namespace hetscope
