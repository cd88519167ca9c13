// Protocol buffers by hand: a field is its key (number and wire type) and a varint, or a length and so many bytes.
#include "harness/processor/onnx_model.hpp"

#include <bit>
#include <cassert>

namespace hetscope {
namespace {

// raw_data is little-endian, and constants are copied as they are.
static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t kIrVersion = 8;
constexpr std::uint64_t kOperatorSet = 17;

void put_varint(std::string& message, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) message.push_back(static_cast<char>(value | 0x80));
  message.push_back(static_cast<char>(value));
}

void put_integer(std::string& message, std::uint64_t field, std::uint64_t value) {
  put_varint(message, field << 3);
  put_varint(message, value);
}

void put_bytes(std::string& message, std::uint64_t field, std::string_view bytes) {
  put_varint(message, field << 3 | 2);
  put_varint(message, bytes.size());
  message += bytes;
}

// ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1 } } } }.
std::string value_info(std::string_view name, const TensorView& view) {
  std::string shape;
  for (const std::int64_t extent : onnx_dims(view)) {
    std::string dim;
    put_integer(dim, 1, static_cast<std::uint64_t>(extent));
    put_bytes(shape, 1, dim);
  }
  std::string tensor;
  put_integer(tensor, 1, static_cast<std::uint64_t>(onnx_element_type(view.dtype())));
  put_bytes(tensor, 2, shape);
  std::string type;
  put_bytes(type, 1, tensor);
  std::string info;
  put_bytes(info, 1, name);
  put_bytes(info, 2, type);
  return info;
}

// TensorProto: dims 1, data_type 2, name 8, raw_data 9.
std::string tensor_proto(std::string_view name, DType dtype, std::span<const std::int64_t> dims,
                         std::string_view bytes) {
  std::string tensor;
  for (const std::int64_t dim : dims) put_integer(tensor, 1, static_cast<std::uint64_t>(dim));
  put_integer(tensor, 2, static_cast<std::uint64_t>(onnx_element_type(dtype)));
  put_bytes(tensor, 8, name);
  put_bytes(tensor, 9, bytes);
  return tensor;
}

// NodeProto: input 1, output 2, name 3, op_type 4.
std::string node_proto(std::string_view type, std::string_view name, std::span<const std::string> inputs,
                       std::span<const std::string> outputs) {
  std::string node;
  for (const std::string& input : inputs) put_bytes(node, 1, input);
  for (const std::string& output : outputs) put_bytes(node, 2, output);
  put_bytes(node, 3, name);
  put_bytes(node, 4, type);
  return node;
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

std::vector<std::int64_t> onnx_dims(const TensorView& view) {
  assert(!view.layout().is_packed());
  std::vector<std::int64_t> dims;
  for (const int dim : view.layout().order()) dims.push_back(view.shape()[dim]);
  return dims;
}

int onnx_element_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 1;
    case DType::i8:
      return 3;
    case DType::i32:
      return 6;
    case DType::f16:
      return 10;
  }
  assert(false && "every type has a number");
  return 0;
}

void OnnxModel::add_input(std::string_view name, const TensorView& view) {
  put_bytes(inputs_, 11, value_info(name, view));
}

void OnnxModel::add_output(std::string_view name, const TensorView& view) {
  put_bytes(outputs_, 12, value_info(name, view));
}

void OnnxModel::add_constant(std::string_view name, const HostTensor& tensor) {
  assert(tensor.layout() == Layout::row_major(tensor.shape().rank()));
  const std::string_view bytes(reinterpret_cast<const char*>(tensor.data()),
                               static_cast<std::size_t>(tensor.shape().element_count()) * size_of(tensor.dtype()));
  put_bytes(constants_, 5, tensor_proto(name, tensor.dtype(), onnx_dims(tensor.view()), bytes));
}

void OnnxModel::add_scalar(std::string_view name, float value) {
  put_bytes(constants_, 5, tensor_proto(name, DType::f32, {}, bytes_of(value)));
}

void OnnxModel::add_zero_i8(std::string_view name) {
  put_bytes(constants_, 5, tensor_proto(name, DType::i8, {}, bytes_of(std::int8_t{0})));
}

void OnnxModel::add_node(std::string_view type, std::string_view name, std::span<const std::string> inputs,
                         std::span<const std::string> outputs) {
  put_bytes(nodes_, 1, node_proto(type, name, inputs, outputs));
}

// NodeProto's attribute 5: name 1, ints 8, type 20 (INTS).
void OnnxModel::add_transpose(std::string_view name, const std::string& input, const std::string& output,
                              std::span<const int> order) {
  constexpr std::uint64_t kInts = 7;
  std::string attribute;
  put_bytes(attribute, 1, "perm");
  for (const int dim : order) put_integer(attribute, 8, static_cast<std::uint64_t>(dim));
  put_integer(attribute, 20, kInts);
  std::string node = node_proto("Transpose", name, {&input, 1}, {&output, 1});
  put_bytes(node, 5, attribute);
  put_bytes(nodes_, 1, node);
}

// ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8 { domain 1, version 2 }. GraphProto: node 1, name
// 2, initializer 5, input 11, output 12.
std::string OnnxModel::bytes() const {
  std::string graph = nodes_;
  put_bytes(graph, 2, "hetscope");
  graph += constants_;
  graph += inputs_;
  graph += outputs_;
  std::string operator_set;
  put_bytes(operator_set, 1, "");
  put_integer(operator_set, 2, kOperatorSet);
  std::string model;
  put_integer(model, 1, kIrVersion);
  put_bytes(model, 2, "hetscope");
  put_bytes(model, 7, graph);
  put_bytes(model, 8, operator_set);
  return model;
}

}  // namespace hetscope
