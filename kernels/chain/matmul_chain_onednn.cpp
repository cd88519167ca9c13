// matmul_chain_onednn: every layer by oneDNN's product on the host: what a chain that is divided is compared with.
//   traffic: each weight once, what passes through written and read between two layers
#include "kernels/chain/host_chain.hpp"
#include "kernels/dense/library_product.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class HostChain final : public HostRunnable {
 public:
  HostChain(HostCpu& cpu, ThreadPool& pool, std::int64_t begin, std::int64_t end, std::span<const Operand> inputs,
            const HostTensor& x)
      : HostRunnable(cpu, pool), x_(x) {
    // Products refer to their operands; none of these may move any more.
    results_.reserve(static_cast<std::size_t>(end - begin));
    const HostTensor* last = &x;
    for (std::int64_t layer = begin; layer < end; ++layer) {
      const HostTensor& weight = inputs[static_cast<std::size_t>(layer)].tensor;
      weights_.push_back(&weight);
      products_.push_back(make_library_product(onednn_library(), cpu, pool, weight, *last));
      results_.emplace_back(DType::f32, x.shape(), Layout::row_major(2));
      products_.back()->write_outputs_to({&results_.back(), 1});
      last = &results_.back();
    }
  }

  // The library's threads are its own; one product sets them for all.
  void enter() override { products_.front()->enter(); }
  void leave() override { products_.front()->leave(); }
  std::vector<Placement> placement() const override { return products_.front()->placement(); }
  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(results_.back().clone());
    return result;
  }
  bool write_outputs_to(std::span<HostTensor> targets) override { return products_.back()->write_outputs_to(targets); }

 protected:
  void run_once() override {
    for (const auto& product : products_) product->run(1);
  }
  std::vector<std::span<const std::byte>> operands() const override {
    std::vector<std::span<const std::byte>> result = {{x_.data(), x_.size_bytes()}};
    for (const HostTensor* weight : weights_) result.emplace_back(weight->data(), weight->size_bytes());
    for (const HostTensor& between : results_) result.emplace_back(between.data(), between.size_bytes());
    return result;
  }

 private:
  const HostTensor& x_;
  std::vector<const HostTensor*> weights_;
  std::vector<HostTensor> results_;
  std::vector<std::unique_ptr<Runnable>> products_;
};

class MatmulChainOneDnn final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "matmul_chain_onednn"; }
  std::string_view operation() const noexcept override { return "matmul_chain"; }

 protected:
  Support supports_case(const Case&) const override { return support_of(onednn_library(), "oneDNN"); }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    const ChainProblem problem(item);
    return make_host_chain(cpu, pool, 0, problem.layers, inputs, inputs[chain_input(problem)].tensor);
  }
};

}  // namespace

std::unique_ptr<Runnable> make_host_chain(HostCpu& cpu, ThreadPool& pool, std::int64_t begin, std::int64_t end,
                                          std::span<const Operand> inputs, const HostTensor& x) {
  return std::make_unique<HostChain>(cpu, pool, begin, end, inputs, x);
}

HETSCOPE_DEFINE_KERNEL(matmul_chain_onednn, MatmulChainOneDnn)

}  // namespace hetscope
