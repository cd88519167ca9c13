// sparse_matmul_eigen: Eigen's compressed rows times a dense row-major matrix, the sparse product that a C++ program
// gets for the asking. Compiled, as its users do, for the instruction set that the whole program is compiled for.
//   executed flops = 2 nonzeros n
#include <Eigen/SparseCore>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Compressed = Eigen::SparseMatrix<float, Eigen::RowMajor, int>;

class EigenProduct final : public OneResultRunnable {
 public:
  EigenProduct(HostCpu& cpu, ThreadPool& pool, const HostTensor& left, const HostTensor& right)
      : OneResultRunnable(cpu, pool,
                          HostTensor(DType::f32, Shape{left.shape()[0], right.shape()[1]}, Layout::row_major(2))),
        right_(right) {
    const Eigen::Map<const RowMajor> dense(left.as<float>(), left.shape()[0], left.shape()[1]);
    compressed_ = dense.sparseView(1.0F, 0.0F);
    compressed_.makeCompressed();
  }

  std::int64_t prepared_bytes() const override {
    return static_cast<std::int64_t>(values().size() + columns().size() + rows().size());
  }
  Metrics metrics() override {
    const double entries = static_cast<double>(compressed_.rows()) * static_cast<double>(compressed_.cols());
    return {{"density", {static_cast<double>(compressed_.nonZeros()) / entries, "1", ""}}};
  }

 protected:
  void run_once() override {
    const Eigen::Map<const RowMajor> right(right_.as<float>(), right_.shape()[0], right_.shape()[1]);
    Eigen::Map<RowMajor> product(result().as<float>(), result().shape()[0], result().shape()[1]);
    product.noalias() = compressed_ * right;
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {
        values(), columns(), rows(), {right_.data(), right_.size_bytes()}, {result().data(), result().size_bytes()}};
  }

 private:
  std::span<const std::byte> values() const {
    return std::as_bytes(std::span(compressed_.valuePtr(), static_cast<std::size_t>(compressed_.nonZeros())));
  }
  std::span<const std::byte> columns() const {
    return std::as_bytes(std::span(compressed_.innerIndexPtr(), static_cast<std::size_t>(compressed_.nonZeros())));
  }
  std::span<const std::byte> rows() const {
    return std::as_bytes(std::span(compressed_.outerIndexPtr(), static_cast<std::size_t>(compressed_.rows() + 1)));
  }

  Compressed compressed_;
  const HostTensor& right_;
};

class SparseMatmulEigen final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "sparse_matmul_eigen"; }
  std::string_view operation() const noexcept override { return "sparse_matmul"; }

 protected:
  Support supports_case(const Case& item) const override {
    if (item.integer_or("threads", 1) > 1) return Support::no("Eigen's sparse product runs on one thread");
    return needs_constant_f32_left(item);
  }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<EigenProduct>(cpu, pool, inputs[kSparseLeft].tensor, inputs[kSparseRight].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(sparse_matmul_eigen, SparseMatmulEigen)

}  // namespace hetscope
