// The fused kernel behind the instrument's interface: B is packed inside the clock, A was before.
#include "kernels/sparse/fused_product.hpp"

#include <cstring>
#include <utility>

#include "kernels/sparse/series_matmul.hpp"
#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

class FusedProduct final : public HostRunnable {
 public:
  FusedProduct(HostCpu& cpu, ThreadPool& pool, FusedSeries left, const HostTensor& right, Metrics metrics)
      : HostRunnable(cpu, pool),
        left_(std::move(left)),
        right_(right),
        result_(DType::f32, Shape{left_.rows(), right.shape()[1]}, Layout::row_major(2)),
        metrics_(std::move(metrics)) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(result_.clone());
    return result;
  }
  std::int64_t prepared_bytes() const override { return left_.bytes(); }
  Metrics metrics() override { return metrics_; }

 protected:
  void run_once() override {
    series_matmul(left_, right_.as<float>(), right_.shape()[1], result_.as<float>(), workspace_, &pool());
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> result = left_.storage();
    result.push_back({right_.data(), right_.size_bytes()});
    result.push_back({result_.data(), result_.size_bytes()});
    return result;
  }

 private:
  FusedSeries left_;
  const HostTensor& right_;
  HostTensor result_;
  SeriesMatmulWorkspace workspace_;
  Metrics metrics_;
};

}  // namespace

MatrixView view_of(const HostTensor& matrix) {
  const auto count = static_cast<std::size_t>(matrix.shape().element_count());
  return MatrixView::f32(std::span(matrix.as<float>(), count), matrix.shape()[0], matrix.shape()[1]);
}

std::vector<Operand> with_approximated_left(const Series& series, std::span<const Operand> inputs) {
  const HostTensor& left = inputs[kSparseLeft].tensor;
  const std::vector<float> kept = decompose(view_of(left), series, {.keep_residual = false}).approximation();
  std::vector<Operand> result;
  result.push_back({inputs[kSparseLeft].name, inputs[kSparseLeft].lifetime, HostTensor(left.view())});
  std::memcpy(result[0].tensor.data(), kept.data(), result[0].tensor.size_bytes());
  const Operand& right = inputs[kSparseRight];
  result.push_back({right.name, right.lifetime, right.tensor.clone()});
  return result;
}

std::unique_ptr<Runnable> make_fused_product(HostCpu& cpu, ThreadPool& pool, FusedSeries left, const HostTensor& right,
                                             Metrics metrics) {
  return std::make_unique<FusedProduct>(cpu, pool, std::move(left), right, std::move(metrics));
}

}  // namespace hetscope
