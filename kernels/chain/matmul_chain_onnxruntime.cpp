// matmul_chain_onnxruntime: the whole chain as one model for an execution provider: full delegation.
//   traffic: not told by providers
#include "harness/kernel/submodel_kernel.hpp"
#include "kernels/chain/matmul_chain.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class MatmulChainOnnxRuntime final : public SubmodelKernel {
 public:
  std::string_view name() const noexcept override { return "matmul_chain_onnxruntime"; }
  std::string_view operation() const noexcept override { return "matmul_chain"; }

 protected:
  Support supports_case(const Case& item) const override { return supports_chain(ChainProblem(item)); }
  Submodel submodel(const Case& item, std::span<const Operand> inputs) const override {
    return chain_submodel(ChainProblem(item), 0, ChainProblem(item).layers, chain_input(ChainProblem(item)), inputs);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_chain_onnxruntime, MatmulChainOnnxRuntime)

}  // namespace hetscope
