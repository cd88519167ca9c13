// Splits of registered operations on this machine's processors: every axis, ratio, sharing and sync gives the whole
// result; and what makes no split is refused in one line.
#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "kernels/dense/dense_library.hpp"
#include "tests/kernels/split_fixture.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

TEST_F(SplitTest, HostAndDeviceGiveTheWholeProduct) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  for (const char* shape : {"m=1 n=1 k=1", "m=17 n=9 k=33", "m=37 n=70 k=129", "m=64 n=33 k=300"}) {
    for (const char* axis : {"rows", "columns", "reduction"}) {
      for (const char* ratio : {"0.0", "0.3", "0.5", "1.0"}) {
        expect_right(parse(std::string("matmul kernel=matmul_split processor=cpu,opencl:0 parts=matmul_openblas,") +
                           "matmul_tiled " + shape + " split=" + axis + " ratio=" + ratio));
      }
    }
  }
}

TEST_F(SplitTest, EverySharingWithEverySyncGivesTheWholeProduct) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  for (const std::string_view sharing : kSharingNames) {
    for (const std::string_view sync : kWaitingNames) {
      for (const char* order : {"processor=cpu,opencl:0 parts=matmul_openblas,matmul_tiled",
                                "processor=opencl:0,cpu parts=matmul_tiled,matmul_onednn"}) {
        for (const char* axis : {"rows", "columns", "reduction"}) {
          expect_right_or_declined(parse(std::string("matmul kernel=matmul_split ") + order +
                                         " m=37 n=70 k=129 unit=8 ratio=0.4" + " split=" + axis +
                                         " sharing=" + std::string(sharing) + " sync=" + std::string(sync)));
        }
      }
    }
  }
}

TEST_F(SplitTest, TwoSetsOfHostCpusGiveTheWholeProduct) {
  const std::string sets = two_host_sets();
  if (sets.empty()) GTEST_SKIP() << "one CPU only";
  const std::string start = "matmul kernel=matmul_split processor=" + sets + " parts=matmul_openblas,matmul_openblas ";
  const Support support = supports(start + "m=8 n=8 k=8 ratio=0.5");
  if (support.reason().find("OpenBLAS cannot be opened") != std::string::npos) GTEST_SKIP() << support.reason();
  for (const char* axis : {"rows", "columns", "reduction"}) {
    expect_right(parse(start + "m=37 n=70 k=129 ratio=0.5 split=" + axis));
  }
}

TEST_F(SplitTest, ThreeProcessorsGiveTheWholeProduct) {
  const std::string sets = two_host_sets();
  if (!has_device() || sets.empty()) GTEST_SKIP() << "no OpenCL device or one CPU only";
  expect_right(parse("matmul kernel=matmul_split processor=" + sets +
                     ",opencl:0 parts=matmul_openblas,matmul_onednn,matmul_tiled m=64 n=70 k=129 ratio=0.3 "
                     "ratio_of_second=0.2"));
}

TEST_F(SplitTest, HostAndAnExecutionProviderGiveTheWholeProduct) {
  if (!has("npu:onnxruntime/CPU")) GTEST_SKIP() << "no ONNX Runtime on this machine";
  for (const char* axis : {"rows", "columns", "reduction"}) {
    for (const char* ratio : {"0.0", "0.4", "1.0"}) {
      expect_right(parse(std::string("matmul kernel=matmul_split processor=cpu,npu:onnxruntime/CPU ") +
                         "parts=matmul_openblas,matmul_onnxruntime m=37 n=70 k=129 split=" + axis + " ratio=" + ratio));
    }
  }
  // The part's own axis, which the split hands over.
  EXPECT_THAT(supports("matmul kernel=matmul_split processor=cpu,npu:onnxruntime/CPU m=8 n=8 k=8 ratio=0.5 "
                       "parts=matmul_openblas,matmul_onnxruntime provider_options=anything")
                  .reason(),
              HasSubstr("provider_options are key=value"));
  const std::string quantised =
      "matmul kernel=matmul_split processor=npu:onnxruntime/CPU,cpu parts=matmul_onnxruntime,matmul_openblas "
      "m=37 n=70 k=129 dtype=i8 ratio=0.5 split=";
  EXPECT_THAT(supports(quantised + "reduction").reason(), HasSubstr("multiples of another step"));
  EXPECT_THAT(supports(quantised + "rows").reason(), HasSubstr("OpenBLAS has no product of i8"));
}

TEST_F(SplitTest, HostAndAnExecutionProviderDivideIntegers) {
  if (!has("npu:onnxruntime/CPU")) GTEST_SKIP() << "no ONNX Runtime on this machine";
  if (onednn_library().multiply_i8 == nullptr) GTEST_SKIP() << onednn_library().why_not + onednn_library().why_no_i8;
  for (const char* axis : {"rows", "columns"}) {
    expect_right(
        parse(std::string("matmul kernel=matmul_split processor=cpu,npu:onnxruntime/CPU ratio=0.4 m=37 n=70 ") +
              "parts=matmul_onednn,matmul_onnxruntime k=129 dtype=i8 split=" + axis));
  }
}

TEST_F(SplitTest, HostAndAnExecutionProviderGiveTheWholeOfAttentionsProducts) {
  if (!has("npu:onnxruntime/CPU")) GTEST_SKIP() << "no ONNX Runtime on this machine";
  for (const char* axis : {"heads", "rows", "reduction", "columns"}) {
    for (const char* layout : {"order:0,1,2", "order:0,2,1"}) {
      expect_right(parse(std::string("batch_matmul kernel=batch_matmul_split processor=npu:onnxruntime/CPU,cpu ") +
                         "parts=batch_matmul_onnxruntime,batch_matmul_openblas shape=5x9x17x33 ratio=0.4 split=" +
                         axis + " right_layout=" + layout));
    }
  }
}

TEST_F(SplitTest, HalvesAreDividedAndSoIsAProductFromATexture) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  const std::string start = "matmul kernel=matmul_split processor=cpu,opencl:0 m=37 n=70 k=129 ratio=0.4 ";
  for (const char* split : {"split=rows ", "split=columns "}) {
    expect_right(parse(start + split + "parts=matmul_onednn,matmul_tiled dtype=f16"));
    for (const char* sharing : {"sharing=copy", "sharing=use_host_ptr"}) {
      expect_right(parse(start + split + "parts=matmul_onednn,matmul_tiled_image2d " + sharing));
    }
  }
}

TEST_F(SplitTest, IntegersAreDivided) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  if (onednn_library().multiply_i8 == nullptr) GTEST_SKIP() << onednn_library().why_not + onednn_library().why_no_i8;
  for (const char* split : {"split=rows", "split=columns"}) {
    expect_right(parse(std::string("matmul kernel=matmul_split processor=cpu,opencl:0 m=37 n=70 k=129 ratio=0.4 ") +
                       "parts=matmul_onednn,matmul_tiled dtype=i8 " + split));
  }
}

TEST_F(SplitTest, WhatMakesNoSplitIsRefusedWithTheReason) {
  const std::string start = "matmul kernel=matmul_split m=8 n=8 k=8 ";
  EXPECT_THAT(supports(start + "processor=cpu parts=matmul_openblas ratio=0.5").reason(), HasSubstr("two or three"));
  EXPECT_THAT(supports(start + "processor=cpu,cpu parts=matmul_openblas,matmul_openblas ratio=0.5").reason(),
              HasSubstr("cpu is named twice"));
  const std::string pair = start + "processor=cpu,cpu@" + std::to_string(allowed_cpus()[0]) + " ";
  EXPECT_THAT(supports(pair + "parts=matmul_openblas ratio=0.5").reason(), HasSubstr("1 kernels for 2 processors"));
  EXPECT_THAT(supports(pair + "parts=matmul_openblas,matmul_openblast ratio=0.5").reason(),
              HasSubstr("matmul_openblas"));
  EXPECT_THAT(supports(pair + "parts=matmul_tiled,matmul_openblas ratio=0.5").reason(), HasSubstr("the part on cpu: "));
  EXPECT_THAT(supports(pair + "parts=matmul_openblas,matmul_openblas ratio=0.5 ratio_of_second=0.1").reason(),
              HasSubstr("three processors"));
}

TEST_F(SplitTest, WrongWordsAreErrors) {
  const std::string start = "matmul kernel=matmul_split processor=cpu,opencl:0 parts=a,b m=8 n=8 k=8 ";
  for (const char* words : {"ratio=1.5", "ratio=-0.1", "ratio=nan", "ratio=0.5 split=channels", "ratio=0.5 unit=0",
                            "ratio=0.5 sharing=magic", "ratio=0.5 sync=hope", "split=rows"}) {
    SCOPED_TRACE(words);
    EXPECT_THROW(catalog_.validate(parse(start + words)), Error);
  }
}

TEST_F(SplitTest, SeamsAreTheLinesOnBothSidesOfTheCut) {
  const Case rows = parse(
      "matmul kernel=matmul_split processor=cpu,opencl:0 parts=matmul_openblas,matmul_tiled "
      "m=16 n=8 k=4 ratio=0.5");
  const Kernel& kernel = catalog_.kernels().at("matmul_split");
  EXPECT_THAT(kernel.seams(rows), testing::ElementsAre(Region{{7, 0}, {1, 8}}, Region{{8, 0}, {1, 8}}));
  Case columns = rows;
  columns.set("split", std::string("columns"));
  EXPECT_THAT(kernel.seams(columns), testing::ElementsAre(Region{{0, 3}, {16, 1}}, Region{{0, 4}, {16, 1}}));
  Case sums = rows;
  sums.set("split", std::string("reduction"));
  EXPECT_THAT(kernel.seams(sums), testing::IsEmpty());
  Case solo = rows;
  solo.set("ratio", 1.0);
  EXPECT_THAT(kernel.seams(solo), testing::IsEmpty());
}

TEST_F(SplitTest, WorkIsTheSumOfTheParts) {
  const Case item = parse(
      "matmul kernel=matmul_split processor=cpu,opencl:0 parts=matmul_openblas,matmul_tiled "
      "m=16 n=8 k=4 ratio=0.5");
  const Kernel& kernel = catalog_.kernels().at("matmul_split");
  const Work work = kernel.executed_work(item, catalog_.operations().at("matmul"));
  EXPECT_EQ(work.flops, 2 * 16 * 8 * 4);
  // The right operand is read by both.
  EXPECT_EQ(work.bytes, 4 * (16 * 4 + 2 * 4 * 8 + 16 * 8));
}

}  // namespace
}  // namespace hetscope
