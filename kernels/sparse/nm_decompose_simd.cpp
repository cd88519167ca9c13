// nm_decompose_simd: the decomposition of the library (kernels/sparse/decomposition.hpp), rows over threads; what it
// writes are the terms as f32 values and 8-bit indices, which is what multiplies.
//   executed bytes = elements read once, 5 bytes a slot written
#include "harness/kernel/host_kernel.hpp"
#include "kernels/registration.hpp"
#include "kernels/sparse/decomposition.hpp"
#include "kernels/sparse/fused_product.hpp"
#include "kernels/sparse/series_product.hpp"
#include "kernels/sparse/sparse_axes.hpp"

namespace hetscope {
namespace {

class DecomposeRun final : public HostRunnable {
 public:
  DecomposeRun(HostCpu& cpu, ThreadPool& pool, Series series, const HostTensor& matrix)
      : HostRunnable(cpu, pool), series_(std::move(series)), matrix_(matrix), view_(view_of(matrix)) {}

  std::vector<HostTensor> outputs() override {
    const std::vector<float> kept = result_.approximation();
    std::vector<HostTensor> result;
    result.emplace_back(matrix_.view());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      result[0].set(static_cast<std::int64_t>(i), static_cast<double>(kept[i]));
    }
    return result;
  }
  // Decomposed once more, because within the clock nothing keeps the residual.
  Metrics metrics() override { return metrics_of_terms(metrics_of(decompose(view_, series_))); }

 protected:
  void run_once() override { decompose(view_, series_, {.keep_residual = false, .pool = &pool()}, result_); }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> result = {{matrix_.data(), matrix_.size_bytes()}};
    for (const Term& term : result_.terms) {
      result.push_back(std::as_bytes(std::span(term.values)));
      result.push_back(std::as_bytes(std::span(term.indices)));
    }
    return result;
  }

 private:
  Series series_;
  const HostTensor& matrix_;
  MatrixView view_;
  Decomposition result_;
};

class NmDecomposeSimd final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "nm_decompose_simd"; }
  std::string_view operation() const noexcept override { return "nm_decompose"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<DecomposeRun>(cpu, pool, series_of(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(nm_decompose_simd, NmDecomposeSimd)

}  // namespace hetscope
