// The writer's bytes against those of ONNX's own Python package (1.23.2) for the same model.
#include "harness/processor/onnx_model.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace hetscope {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

TensorView f32_view(std::int64_t rows, std::int64_t columns) {
  return TensorView(DType::f32, Shape{rows, columns}, Layout::row_major(2));
}

TEST(OnnxModel, WritesWhatOnnxItselfWrites) {
  HostTensor a{f32_view(3, 2)};
  const float values[] = {1, -2, 3, 4, 0.5F, -0.25F};
  std::memcpy(a.data(), values, sizeof values);
  OnnxModel model;
  model.add_constant("a", a);
  model.add_scalar("s", 0.5F);
  model.add_zero_i8("zero");
  // 300 needs a varint of two bytes.
  model.add_input("b", f32_view(2, 300));
  model.add_output("y", f32_view(3, 300));
  model.add_node("MatMul", "product", std::vector<std::string>{"a", "b"}, std::vector<std::string>{"y"});
  EXPECT_EQ(hex(model.bytes()),
            "0808120868657473636f70653a91010a1a0a01610a01621201791a0770726f6475637422064d61744d756c1208686574"
            "73636f70652a230803080210014201614a180000803f000000c000004040000080400000003f000080be2a0b100142"
            "01734a040000003f2a0b100342047a65726f4a01005a140a0162120f0a0d080112090a0208020a0308ac0262140a01"
            "79120f0a0d080112090a0208030a0308ac0242040a001011");
}

TEST(OnnxModel, ATransposeIsTheNodeThatOnnxWrites) {
  OnnxModel model;
  model.add_transpose("transpose", "b", "b_turned", std::vector<int>{0, 2, 1});
  EXPECT_NE(hex(model.bytes())
                .find("0a01621208625f7475726e65641a097472616e73706f736522095472616e73706f73652a0f0a047065726d4000400240"
                      "01a00107"),
            std::string::npos);
}

TEST(OnnxModel, ExtentsAreInTheOrderOfStorage) {
  EXPECT_EQ(onnx_dims(TensorView(DType::f32, Shape{2, 3, 5}, Layout({0, 2, 1}))), (std::vector<std::int64_t>{2, 5, 3}));
}

TEST(OnnxModel, ElementTypesAreThoseOfTensorProto) {
  EXPECT_EQ(onnx_element_type(DType::f32), 1);
  EXPECT_EQ(onnx_element_type(DType::i8), 3);
  EXPECT_EQ(onnx_element_type(DType::i32), 6);
  EXPECT_EQ(onnx_element_type(DType::f16), 10);
}

TEST(OnnxModel, AConstantHasItsBytesAndNoPadding) {
  HostTensor tensor(DType::i8, Shape{1, 3}, Layout::row_major(2));
  for (std::int64_t i = 0; i < 3; ++i) tensor.set(i, static_cast<double>(i) - 1);
  OnnxModel model;
  model.add_constant("c", tensor);
  EXPECT_NE(hex(model.bytes()).find("4a03ff0001"), std::string::npos);
}

}  // namespace
}  // namespace hetscope
