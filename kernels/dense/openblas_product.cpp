// OpenBLAS behind the instrument's interface. Its threads are its own, which is what differs from other host kernels.
#include "kernels/dense/openblas_product.hpp"

#include <string>

#include "kernels/dense/openblas.hpp"

namespace hetscope {
namespace {

class Product final : public HostRunnable {
 public:
  Product(HostCpu& cpu, ThreadPool& pool, const HostTensor& left, const HostTensor& right)
      : HostRunnable(cpu, pool),
        left_(left),
        right_(right),
        result_(DType::f32, Shape{left.shape()[0], right.shape()[1]}, Layout::row_major(2)) {}

  // OpenBLAS brings threads of its own; pinning the caller would pin all of them to one CPU.
  void enter() override {
    const int threads = pool().size();
    openblas().set_threads(threads);
    if (threads == 1) HostRunnable::enter();
  }
  void leave() override {
    if (pool().size() == 1) HostRunnable::leave();
  }

  std::vector<Placement> placement() const override {
    std::vector<Placement> result = HostRunnable::placement();
    for (Placement& placement : result) placement.evidence += "; OpenBLAS runs its " + openblas().core + " code";
    return result;
  }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(result_.clone());
    return result;
  }

 protected:
  void run_once() override {
    const auto m = static_cast<int>(left_.shape()[0]);
    const auto n = static_cast<int>(right_.shape()[1]);
    const auto k = static_cast<int>(left_.shape()[1]);
    openblas().sgemm(OpenBlas::kRowMajor, OpenBlas::kNoTranspose, OpenBlas::kNoTranspose, m, n, k, 1.0F,
                     left_.as<float>(), k, right_.as<float>(), n, 0.0F, result_.as<float>(), n);
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{left_.data(), left_.size_bytes()},
            {right_.data(), right_.size_bytes()},
            {result_.data(), result_.size_bytes()}};
  }

 private:
  const HostTensor& left_;
  const HostTensor& right_;
  HostTensor result_;
};

}  // namespace

Support openblas_support() {
  const OpenBlas& library = openblas();
  if (library.sgemm != nullptr) return Support::yes();
  return Support::no("OpenBLAS cannot be opened: " + library.why_not);
}

std::unique_ptr<Runnable> make_openblas_product(HostCpu& cpu, ThreadPool& pool, const HostTensor& left,
                                                const HostTensor& right) {
  return std::make_unique<Product>(cpu, pool, left, right);
}

}  // namespace hetscope
