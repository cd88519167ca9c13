// batch_matmul_onnxruntime: all heads as one MatMul of an ONNX model, behind a Transpose where the right operand is
// stored transposed, handed to an execution provider of ONNX Runtime: the way to NPUs. Both operands are its inputs.
//   traffic: a, b and y once, at least; what a provider really moves is not told
#include "harness/kernel/submodel_kernel.hpp"
#include "kernels/dense/batch_matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class BatchMatmulOnnxRuntime final : public SubmodelKernel {
 public:
  std::string_view name() const noexcept override { return "batch_matmul_onnxruntime"; }
  std::string_view operation() const noexcept override { return "batch_matmul"; }

 protected:
  Support supports_case(const Case&) const override { return Support::yes(); }

  Submodel submodel(const Case& item, std::span<const Operand>) const override {
    const BatchMatmulProblem problem(item);
    const TensorView right = problem.right();
    Submodel submodel{{}, {{"a", kBatchLeft}, {"b", kBatchRight}}, {{"y", problem.result()}}};
    OnnxModel& model = submodel.model;
    model.add_input("a", problem.left());
    model.add_input("b", right);
    model.add_output("y", problem.result());
    std::string factor = "b";
    if (problem.is_right_transposed) {
      factor = "b_turned";
      // A swap of two dimensions is its own inverse.
      model.add_transpose("transpose", "b", factor, right.layout().order());
    }
    model.add_node("MatMul", "product", std::vector<std::string>{"a", factor}, std::vector<std::string>{"y"});
    return submodel;
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(batch_matmul_onnxruntime, BatchMatmulOnnxRuntime)

}  // namespace hetscope
