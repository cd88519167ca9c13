// The fused kernel behind the instrument's interface: B is packed inside the clock, A was before.
#include "kernels/sparse/fused_product.hpp"

#include <utility>

#include "kernels/sparse/sparse_matmul.hpp"

namespace hetscope {
namespace {

class FusedProduct final : public OneResultRunnable {
 public:
  FusedProduct(HostCpu& cpu, ThreadPool& pool, FusedSeries left, const HostTensor& right, Metrics metrics)
      : OneResultRunnable(
            cpu, pool,
            HostTensor(product_type(right.dtype()), Shape{left.rows(), right.shape()[1]}, Layout::row_major(2))),
        left_(std::move(left)),
        right_(right),
        metrics_(std::move(metrics)) {}

  std::int64_t prepared_bytes() const override { return left_.bytes(); }
  Metrics metrics() override { return metrics_; }

 protected:
  void run_once() override { multiply_fused(left_, right_, result(), workspace_, &pool()); }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> all = left_.storage();
    all.push_back({right_.data(), right_.size_bytes()});
    all.push_back({result().data(), result().size_bytes()});
    return all;
  }

 private:
  FusedSeries left_;
  const HostTensor& right_;
  SeriesMatmulWorkspace workspace_;
  Metrics metrics_;
};

template <class T>
std::span<T> elements_of(HostTensor& tensor) {
  return {tensor.as<T>(), static_cast<std::size_t>(tensor.shape().element_count())};
}

template <class T>
std::span<const T> elements_of(const HostTensor& tensor) {
  return {tensor.as<T>(), static_cast<std::size_t>(tensor.shape().element_count())};
}

}  // namespace

MatrixView view_of(const HostTensor& matrix) {
  const std::int64_t rows = matrix.shape()[0];
  const std::int64_t cols = matrix.shape()[1];
  if (matrix.dtype() == DType::f16) return MatrixView::f16(elements_of<std::uint16_t>(matrix), rows, cols);
  if (matrix.dtype() == DType::i8) return MatrixView::i8(elements_of<std::int8_t>(matrix), rows, cols, 1);
  return MatrixView::f32(elements_of<float>(matrix), rows, cols);
}

void multiply_fused(const FusedSeries& left, const HostTensor& right, HostTensor& result,
                    SeriesMatmulWorkspace& workspace, ThreadPool* pool) {
  const std::int64_t n = right.shape()[1];
  if (right.dtype() == DType::f16) {
    series_matmul(left, elements_of<std::uint16_t>(right), n, elements_of<std::uint16_t>(result), workspace, pool);
  } else if (right.dtype() == DType::i8) {
    series_matmul(left, elements_of<std::int8_t>(right), n, elements_of<std::int32_t>(result), workspace, pool);
  } else {
    series_matmul(left, elements_of<float>(right), n, elements_of<float>(result), workspace, pool);
  }
}

HostTensor tensor_of(std::span<const float> values, const TensorView& view) {
  HostTensor tensor(view);
  for (std::size_t i = 0; i < values.size(); ++i) {
    tensor.set(static_cast<std::int64_t>(i), static_cast<double>(values[i]));
  }
  return tensor;
}

std::vector<Operand> with_left(std::span<const float> values, std::span<const Operand> inputs) {
  const Operand& left = inputs[kSparseLeft];
  std::vector<Operand> result;
  result.push_back({left.name, left.lifetime, tensor_of(values, left.tensor.view())});
  const Operand& right = inputs[kSparseRight];
  result.push_back({right.name, right.lifetime, right.tensor.clone()});
  return result;
}

std::vector<Operand> with_approximated_left(const Series& series, std::span<const Operand> inputs) {
  const MatrixView left = view_of(inputs[kSparseLeft].tensor);
  return with_left(decompose(left, series, {.keep_residual = false}).approximation(), inputs);
}

std::unique_ptr<Runnable> make_fused_product(HostCpu& cpu, ThreadPool& pool, FusedSeries left, const HostTensor& right,
                                             Metrics metrics) {
  return std::make_unique<FusedProduct>(cpu, pool, std::move(left), right, std::move(metrics));
}

}  // namespace hetscope
