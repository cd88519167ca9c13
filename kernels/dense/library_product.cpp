// A library behind the instrument's interface. Its threads are its own, which is what differs from other host kernels.
#include "kernels/dense/library_product.hpp"

#include <string>

namespace hetscope {
namespace {

class Product final : public HostRunnable {
 public:
  Product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool, const HostTensor& left, const HostTensor& right)
      : HostRunnable(cpu, pool),
        library_(library),
        left_(left),
        right_(right),
        result_(DType::f32, Shape{left.shape()[0], right.shape()[1]}, Layout::row_major(2)) {}

  // The library brings threads of its own; pinning the caller would pin all of them to one CPU.
  void enter() override {
    const int threads = pool().size();
    library_.set_threads(threads);
    if (threads == 1) HostRunnable::enter();
  }
  void leave() override {
    if (pool().size() == 1) HostRunnable::leave();
  }

  std::vector<Placement> placement() const override {
    std::vector<Placement> result = HostRunnable::placement();
    for (Placement& placement : result) placement.evidence += "; " + library_.identity;
    return result;
  }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(result_.clone());
    return result;
  }
  bool write_outputs_to(std::span<HostTensor> targets) override {
    result_ = HostTensor::borrowing(targets[0].view(), targets[0].data());
    return true;
  }

 protected:
  void run_once() override {
    library_.multiply(left_.shape()[0], right_.shape()[1], left_.shape()[1], left_.as<float>(), right_.as<float>(),
                      result_.as<float>());
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{left_.data(), left_.size_bytes()},
            {right_.data(), right_.size_bytes()},
            {result_.data(), result_.size_bytes()}};
  }

 private:
  const DenseLibrary& library_;
  const HostTensor& left_;
  const HostTensor& right_;
  HostTensor result_;
};

}  // namespace

Support support_of(const DenseLibrary& library, const char* name) {
  if (library.multiply != nullptr) return Support::yes();
  return Support::no(std::string(name) + " cannot be opened: " + library.why_not);
}

std::unique_ptr<Runnable> make_library_product(const DenseLibrary& library, HostCpu& cpu, ThreadPool& pool,
                                               const HostTensor& left, const HostTensor& right) {
  return std::make_unique<Product>(library, cpu, pool, left, right);
}

}  // namespace hetscope
