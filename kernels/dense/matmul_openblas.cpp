// matmul_openblas: cblas_sgemm of OpenBLAS, opened at run time: the dense product that one would ship, and the witness
// that the multiply-add roof is no lower than what good code reaches.
#include <string>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/dense/openblas.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class Product final : public HostRunnable {
 public:
  Product(HostCpu& cpu, ThreadPool& pool, const MatmulProblem& problem, std::span<const Operand> inputs)
      : HostRunnable(cpu, pool),
        problem_(problem),
        left_(inputs[kMatmulLeft].tensor),
        right_(inputs[kMatmulRight].tensor),
        result_(DType::f32, Shape{problem.m, problem.n}, Layout::row_major(2)) {}

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
    const auto m = static_cast<int>(problem_.m);
    const auto n = static_cast<int>(problem_.n);
    const auto k = static_cast<int>(problem_.k);
    openblas().sgemm(OpenBlas::kRowMajor, OpenBlas::kNoTranspose, OpenBlas::kNoTranspose, m, n, k, 1.0F,
                     left_.as<float>(), k, right_.as<float>(), n, 0.0F, result_.as<float>(), n);
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{left_.data(), left_.size_bytes()},
            {right_.data(), right_.size_bytes()},
            {result_.data(), result_.size_bytes()}};
  }

 private:
  MatmulProblem problem_;
  const HostTensor& left_;
  const HostTensor& right_;
  HostTensor result_;
};

class MatmulOpenBlas final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "matmul_openblas"; }
  std::string_view operation() const noexcept override { return "matmul"; }

 protected:
  Support supports_case(const Case&) const override {
    const OpenBlas& library = openblas();
    if (library.sgemm != nullptr) return Support::yes();
    return Support::no("OpenBLAS cannot be opened: " + library.why_not);
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<Product>(cpu, pool, MatmulProblem(item), inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_openblas, MatmulOpenBlas)

}  // namespace hetscope
