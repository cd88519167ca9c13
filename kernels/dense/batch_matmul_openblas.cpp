// batch_matmul_openblas: cblas_sgemm of OpenBLAS for each head. Threads share the heads; where there are fewer heads
// than threads, they share each product. f16 goes through f32, converted within the clock, because OpenBLAS has no
// product of halves.
//   traffic: a, b and y once; of f16 each besides written and read as f32
#include "kernels/dense/batch_matmul.hpp"
#include "kernels/dense/half_conversion.hpp"
#include "kernels/dense/library_product.hpp"
#include "kernels/dense/library_run.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class HeadByHead final : public LibraryRun {
 public:
  HeadByHead(HostCpu& cpu, ThreadPool& pool, const BatchMatmulProblem& problem, std::span<const Operand> inputs)
      : LibraryRun(openblas_library(), cpu, pool, inputs[kBatchLeft].tensor, inputs[kBatchRight].tensor,
                   problem.result(), problem.heads < pool.size() ? pool.size() : 1),
        problem_(problem) {
    if (problem.dtype == DType::f32) return;
    for (const TensorView& view : {problem.left(), problem.right(), problem.result()}) {
      wide_.emplace_back(DType::f32, view.shape(), Layout::row_major(3));
    }
  }

 protected:
  void run_once() override {
    if (library_threads() > 1) return multiply_heads(0, problem_.heads);
    pool().parallel_for(problem_.heads, 1,
                        [this](std::int64_t begin, std::int64_t end) { multiply_heads(begin, end); });
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> all = LibraryRun::operands();
    for (const HostTensor& wide : wide_) all.emplace_back(wide.data(), wide.size_bytes());
    return all;
  }

 private:
  void multiply_heads(std::int64_t begin, std::int64_t end) {
    for (std::int64_t head = begin; head < end; ++head) {
      if (wide_.empty()) {
        multiply(left().as<float>() + head * left_size_, right().as<float>() + head * right_size_,
                 result().as<float>() + head * result_size_);
        continue;
      }
      float* const a = widened(left(), head, left_size_, wide_[0]);
      float* const b = widened(right(), head, right_size_, wide_[1]);
      float* const y = wide_[2].as<float>() + head * result_size_;
      multiply(a, b, y);
      round_to_halves({y, static_cast<std::size_t>(result_size_)}, result().as<std::uint16_t>() + head * result_size_);
    }
  }

  void multiply(const float* a, const float* b, float* y) const {
    library().multiply(problem_.m, problem_.n, problem_.k, a, b,
                       problem_.is_right_transposed ? RightOperand::transposed : RightOperand::plain, y);
  }

  static float* widened(const HostTensor& halves, std::int64_t head, std::int64_t size, HostTensor& wide) {
    float* const to = wide.as<float>() + head * size;
    widen_halves({halves.as<std::uint16_t>() + head * size, static_cast<std::size_t>(size)}, to);
    return to;
  }

  BatchMatmulProblem problem_;
  // Elements of a head.
  std::int64_t left_size_ = problem_.m * problem_.k;
  std::int64_t right_size_ = problem_.k * problem_.n;
  std::int64_t result_size_ = problem_.m * problem_.n;
  std::vector<HostTensor> wide_;  // of f16: a, b and y in f32
};

class BatchMatmulOpenBlas final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "batch_matmul_openblas"; }
  std::string_view operation() const noexcept override { return "batch_matmul"; }

  Work executed_work(const Case& item, const Operation& operation) const override {
    Work work = operation.useful_work(item);
    // Each element of two bytes is written and read as one of four.
    if (BatchMatmulProblem(item).dtype == DType::f16) work.bytes *= 5;
    return work;
  }

 protected:
  Support supports_case(const Case& item) const override {
    const BatchMatmulProblem problem(item);
    if (problem.dtype == DType::f16 && problem.heads < item.integer_or("threads", 1)) {
      return Support::no("there are fewer heads than threads, and the conversions of a head to f32 run on one thread");
    }
    return support_of(openblas_library(), "OpenBLAS");
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<HeadByHead>(cpu, pool, BatchMatmulProblem(item), inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(batch_matmul_openblas, BatchMatmulOpenBlas)

}  // namespace hetscope
