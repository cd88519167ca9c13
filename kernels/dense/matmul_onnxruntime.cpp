// matmul_onnxruntime: the product as an ONNX model of its own, handed to an execution provider of ONNX Runtime: the way
// to NPUs. f32 and f16 are a MatMul; i8 is one between DequantizeLinear and QuantizeLinear, the form that NPUs'
// compilers look for. The left operand is a constant of the model, the right one its input.
//   traffic: a and b read, y written once, at least; what a provider really moves is not told
#include <fmt/format.h>

#include "harness/kernel/submodel_kernel.hpp"
#include "kernels/dense/matmul.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

class MatmulOnnxRuntime final : public SubmodelKernel {
 public:
  std::string_view name() const noexcept override { return "matmul_onnxruntime"; }
  std::string_view operation() const noexcept override { return "matmul"; }

 protected:
  Support supports_case(const Case& item) const override {
    const MatmulProblem problem(item);
    // Names, shapes and keys take less than this.
    constexpr std::int64_t kRoomForTheRest = 4096;
    const std::int64_t bytes = problem.m * problem.k * static_cast<std::int64_t>(size_of(problem.dtype));
    if (bytes <= OnnxModel::kMostBytes - kRoomForTheRest) return Support::yes();
    return Support::no(
        fmt::format("a model holds {} bytes, and the left operand has {}", OnnxModel::kMostBytes, bytes));
  }

  Submodel submodel(const Case& item, std::span<const Operand> inputs) const override {
    const MatmulProblem problem(item);
    const TensorView result(problem.dtype, Shape{problem.m, problem.n}, Layout::row_major(2));
    Submodel submodel{{}, {{"b", kMatmulRight}}, {{"y", result}}};
    OnnxModel& model = submodel.model;
    model.add_constant("a", inputs[kMatmulLeft].tensor);
    model.add_input("b", inputs[kMatmulRight].tensor.view());
    model.add_output("y", result);
    if (problem.dtype == DType::i8) {
      add_quantised(model, problem);
    } else {
      add_node(model, "MatMul", "product", {"a", "b"}, "y");
    }
    return submodel;
  }

 private:
  static void add_node(OnnxModel& model, const char* type, const char* name, const std::vector<std::string>& inputs,
                       const std::string& output) {
    model.add_node(type, name, inputs, std::vector<std::string>{output});
  }

  static void add_quantised(OnnxModel& model, const MatmulProblem& problem) {
    model.add_scalar("step", kMatmulI8Step);
    model.add_scalar("y_step", matmul_i8_result_step(problem.k));
    model.add_zero_i8("zero");
    add_node(model, "DequantizeLinear", "dequantize_a", {"a", "step", "zero"}, "a_real");
    add_node(model, "DequantizeLinear", "dequantize_b", {"b", "step", "zero"}, "b_real");
    add_node(model, "MatMul", "product", {"a_real", "b_real"}, "y_real");
    add_node(model, "QuantizeLinear", "quantize_y", {"y_real", "y_step", "zero"}, "y");
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(matmul_onnxruntime, MatmulOnnxRuntime)

}  // namespace hetscope
