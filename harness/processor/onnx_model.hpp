// The smallest writer of ONNX files that serves one operation: inputs, outputs, constants and nodes become the bytes of
// a ModelProto. What NPUs are handed is such a model.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/tensor/host_tensor.hpp"

namespace hetscope {

// Fields and numbers are those of onnx.proto (IR version 8, operator set 17), which release 1.15 of ONNX Runtime and
// all later ones read. Names are the caller's; they are not checked to be unique.
class OnnxModel {
 public:
  // Of the extents that onnx_dims() says.
  void add_input(std::string_view name, const TensorView& view);
  void add_output(std::string_view name, const TensorView& view);
  // A constant with the tensor's shape and bytes. Row-major layouts only.
  void add_constant(std::string_view name, const HostTensor& tensor);
  // Constants of rank 0.
  void add_scalar(std::string_view name, float value);
  void add_zero_i8(std::string_view name);
  void add_node(std::string_view type, std::string_view name, std::span<const std::string> inputs,
                std::span<const std::string> outputs);
  // Dimension `order[i]` of the input becomes dimension i of the output.
  void add_transpose(std::string_view name, const std::string& input, const std::string& output,
                     std::span<const int> order);

  // The serialised model. Protocol buffers cannot be larger than kMostBytes.
  std::string bytes() const;
  static constexpr std::int64_t kMostBytes = (std::int64_t{1} << 31) - 1;

 private:
  // The repeated fields of GraphProto, each already serialised.
  std::string nodes_, constants_, inputs_, outputs_;
};

// The extents of a tensor as ONNX, which knows no strides, sees it: in the order in which the layout stores them. No
// packed layouts.
std::vector<std::int64_t> onnx_dims(const TensorView& view);

// TensorProto.DataType, which is ONNX Runtime's element type as well.
int onnx_element_type(DType dtype);

}  // namespace hetscope
