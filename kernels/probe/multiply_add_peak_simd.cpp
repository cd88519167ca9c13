// multiply_add_peak_simd: chains in the host's vector registers, one contiguous share of them a thread.
//   traffic: 8 bytes for 8192 flops; the arithmetic is all that takes time
#include "harness/kernel/host_kernel.hpp"
#include "kernels/probe/multiply_add_chains.hpp"
#include "kernels/probe/multiply_add_peak.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

// 16 vectors of 16 lanes: whole sets for every thread but the last.
constexpr std::int64_t kGrain = 256;

class MultiplyAddPeakSimdRuns final : public HostRunnable {
 public:
  MultiplyAddPeakSimdRuns(HostCpu& cpu, ThreadPool& pool, const HostTensor& start, const HostTensor& coefficients)
      : HostRunnable(cpu, pool), start_(start), coefficients_(coefficients), result_(start.view()) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(result_.clone());
    return result;
  }

 protected:
  void run_once() override {
    const float factor = coefficients_.as<float>()[0];
    const float addend = coefficients_.as<float>()[1];
    pool().parallel_for(start_.shape().element_count(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      multiply_add_chains(start_.as<float>() + begin, result_.as<float>() + begin, end - begin, kMultiplyAddSteps,
                          factor, addend);
    });
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{start_.data(), start_.size_bytes()}, {result_.data(), result_.size_bytes()}};
  }

 private:
  const HostTensor& start_;
  const HostTensor& coefficients_;
  HostTensor result_;
};

class MultiplyAddPeakSimd final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "multiply_add_peak_simd"; }
  std::string_view operation() const noexcept override { return "multiply_add_peak"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }
  std::unique_ptr<Runnable> prepare_on(const Case&, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<MultiplyAddPeakSimdRuns>(cpu, pool, inputs[kStartOperand].tensor,
                                                     inputs[kCoefficientsOperand].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(multiply_add_peak_simd, MultiplyAddPeakSimd)

}  // namespace hetscope
