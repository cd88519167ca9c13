// ONNX Runtime as it can be met: not there, for another machine, something else, too old; and, where there is one, its
// CPU provider, on which every function that is taken from its table is used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <fstream>

#include "harness/core/error.hpp"
#include "harness/processor/onnx_model.hpp"
#include "harness/processor/onnxruntime_processor.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace hetscope {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string why_not(const std::string& path) {
  const std::array<std::string, 1> candidates = {path};
  return OnnxRuntimeLibrary(candidates, {}).why_not();
}

TEST(OnnxRuntimeMissing, ThePathIsNamed) {
  EXPECT_THAT(why_not("/no/such/libonnxruntime.so"), HasSubstr("/no/such/libonnxruntime.so"));
}

TEST(OnnxRuntimeMissing, AnotherMachinesLibraryIsCalledThat) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/libonnxruntime.so";
  // The head of a shared library for 64-bit RISC-V, as this suite's programs never are.
  std::array<char, 64> head{};
  std::memcpy(head.data(),
              "\x7f"
              "ELF\x02\x01\x01",
              7);
  head[16] = 3;
  head[18] = static_cast<char>(243);
  std::ofstream(path, std::ios::binary).write(head.data(), head.size());
  EXPECT_THAT(why_not(path), HasSubstr("it is for RISC-V, this program for"));
}

TEST(OnnxRuntimeMissing, ATextIsNoLibrary) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/libonnxruntime.so";
  std::ofstream(path) << "not a library";
  EXPECT_THAT(why_not(path), HasSubstr(path));
}

TEST(OnnxRuntimeMissing, ALibraryWithoutTheSymbolIsSomethingElse) {
  EXPECT_THAT(why_not(HETSCOPE_FAKE_NVML), HasSubstr("has no function OrtGetApiBase"));
}

TEST(OnnxRuntimeMissing, AnOldReleaseIsToldWithItsNumber) {
  EXPECT_THAT(why_not(HETSCOPE_OLD_ONNXRUNTIME), AllOf(HasSubstr("'1.16.3'"), HasSubstr("1.22")));
}

TEST(OnnxRuntimeMissing, ATableThatCannotBeHadIsToldSo) {
  EXPECT_THAT(why_not(HETSCOPE_TABLELESS_ONNXRUNTIME), HasSubstr("refuses API version 24"));
}

const OnnxRuntimeLibrary& old_library() {
  static const std::array<std::string, 1> kCandidates = {HETSCOPE_OLD_ONNXRUNTIME};
  static const OnnxRuntimeLibrary kLibrary(kCandidates, {});
  return kLibrary;
}

TEST(OnnxRuntimeMissing, TheBackEndFindsNothingAndSaysWhy) {
  const auto backend = make_onnxruntime_backend(old_library);
  const Discovery discovery = backend->discover();
  EXPECT_THAT(discovery.found, IsEmpty());
  EXPECT_THAT(discovery.missing, ElementsAre(HasSubstr("npu: no ONNX Runtime: ")));
  EXPECT_THROW(backend->open("npu:onnxruntime/CPU"), Error);
}

TEST(ProviderLibraries, HaveTheNameOfTheirFileOrTheirOwn) {
  const auto libraries = parse_provider_libraries(
      "/a/libonnxruntime_providers_qnn.so:/b/libonnxruntime_providers_openvino_plugin.so.1::mine=/c/x.so");
  ASSERT_EQ(libraries.size(), 3U);
  EXPECT_EQ(libraries[0].name, "qnn");
  EXPECT_EQ(libraries[1].name, "openvino");
  EXPECT_EQ(libraries[1].path, "/b/libonnxruntime_providers_openvino_plugin.so.1");
  EXPECT_EQ(libraries[2].name, "mine");
  EXPECT_EQ(libraries[2].path, "/c/x.so");
  EXPECT_THAT(parse_provider_libraries(""), IsEmpty());
}

class OnnxRuntimeHere : public testing::Test {
 protected:
  void SetUp() override {
    if (!onnxruntime_library().why_not().empty()) {
      GTEST_SKIP() << "no ONNX Runtime here: " << onnxruntime_library().why_not();
    }
    processor_ = make_onnxruntime_backend(onnxruntime_library)->open("npu:onnxruntime/CPU");
  }
  const OnnxRuntimeProcessor& processor() const { return dynamic_cast<const OnnxRuntimeProcessor&>(*processor_); }

  // y = a x for a of 2 x 2.
  static std::string model(const char* node = "MatMul") {
    HostTensor a(DType::f32, Shape{2, 2}, Layout::row_major(2));
    for (std::int64_t i = 0; i < 4; ++i) a.set(i, static_cast<double>(i + 1));
    OnnxModel model;
    model.add_constant("a", a);
    model.add_input("x", view());
    model.add_output("y", view());
    model.add_node(node, "only", std::vector<std::string>{"a", "x"}, std::vector<std::string>{"y"});
    return model.bytes();
  }
  static TensorView view() { return TensorView(DType::f32, Shape{2, 1}, Layout::row_major(2)); }

  std::unique_ptr<Processor> processor_;
};

TEST_F(OnnxRuntimeHere, TheCpuProviderIsListedAsNoNpu) {
  const ProcessorInfo& info = processor().info();
  EXPECT_TRUE(info.runs_on_host_cpu);
  EXPECT_EQ(info.program_model, ProgramModel::submodel);
  EXPECT_THAT(info.model, HasSubstr("no NPU"));
  EXPECT_GT(processor().library().load_s(), 0);
}

TEST_F(OnnxRuntimeHere, ASessionComputesOnBoundOperandsAndTellsWhoTookTheNodes) {
  OnnxRuntimeSession session(processor(), model(), {});
  HostTensor x{view()};
  HostTensor y{view()};
  session.bind_input("x", x);
  session.bind_output("y", y);
  x.set(0, 1);
  x.set(1, 10);
  session.run();
  EXPECT_EQ(y.get(0), 21);
  EXPECT_EQ(y.get(1), 43);
  // Operands are read where they are, in every run; and another output takes the place of the first.
  HostTensor other{view()};
  session.bind_output("y", other);
  x.set(0, 2);
  session.run();
  EXPECT_EQ(other.get(0), 22);
  EXPECT_EQ(y.get(0), 21);
  if (!processor().library().tells_assignment()) GTEST_SKIP() << "this release does not tell assignments";
  ASSERT_EQ(session.assignments().size(), 1U);
  EXPECT_EQ(session.assignments()[0].provider, kCpuProvider);
  EXPECT_THAT(session.assignments()[0].operators, ElementsAre("MatMul"));
}

TEST_F(OnnxRuntimeHere, WhatItRefusesIsAnErrorWithItsWords) {
  const auto words_of = [&](const std::string& bytes, const OnnxRuntimeSessionOptions& options) -> std::string {
    try {
      const OnnxRuntimeSession session(processor(), bytes, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(words_of("nonsense", {}), HasSubstr("npu:onnxruntime/CPU"));
  EXPECT_THAT(words_of(model("NoSuchOperator"), {}), HasSubstr("NoSuchOperator"));
  OnnxRuntimeSessionOptions options;
  options.provider = {{"key", "value"}};
  EXPECT_THAT(words_of(model(), options), HasSubstr("has no options"));
}

TEST_F(OnnxRuntimeHere, ARunThatCannotBeIsAnErrorToo) {
  OnnxRuntimeSession session(processor(), model(), {});
  HostTensor x(DType::f32, Shape{3, 1}, Layout::row_major(2));
  HostTensor y{view()};
  session.bind_input("x", x);
  session.bind_output("y", y);
  EXPECT_THROW(session.run(), Error);
}

TEST_F(OnnxRuntimeHere, AProviderLibraryThatIsNoneIsAComplaintAndTheRestWorks) {
  const std::array<std::string, 1> candidates = {onnxruntime_library().path()};
  const std::array<ProviderLibrary, 1> providers = {ProviderLibrary{"nothing", "/no/such/provider.so"}};
  const OnnxRuntimeLibrary library(candidates, providers);
  EXPECT_THAT(library.why_not(), IsEmpty());
  EXPECT_THAT(library.complaints(), ElementsAre(HasSubstr("/no/such/provider.so")));
}

}  // namespace
}  // namespace hetscope
