// Splits of registered operations on this machine's processors: every axis, ratio, sharing and sync gives the whole
// result; and what makes no split is refused in one line.
#include <gmock/gmock.h>

#include <cstring>

#include "harness/core/error.hpp"
#include "harness/kernel/verify.hpp"
#include "harness/processor/host_cpu.hpp"
#include "kernels/catalog.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

constexpr const char* kDevice = "opencl:0";

class SplitTest : public testing::Test {
 protected:
  bool has(std::string_view name) {
    const Discovery discovery = processors_.discover();
    return std::ranges::any_of(discovery.found, [&](const ProcessorInfo& info) { return info.name == name; });
  }
  // Whether this machine has an OpenCL device; the host is always there.
  bool has_device() { return has(kDevice); }
  std::vector<Processor*> on(const Case& item) {
    std::vector<Processor*> result;
    for (const std::string& name : item.processors()) result.push_back(&processors_.at(name));
    return result;
  }
  Case parse(const std::string& line) { return catalog_.complete(Case::parse(line)); }

  void expect_right(const Case& item) {
    SCOPED_TRACE(item.line());
    ASSERT_NO_THROW(catalog_.validate(item));
    const Operation& operation = catalog_.operations().at(item.operation());
    const Kernel& kernel = catalog_.kernels().at(item.kernel());
    const std::vector<Processor*> processors = on(item);
    const Support support = kernel.supports(item, processors);
    ASSERT_TRUE(support) << support.reason();
    const std::vector<Operand> inputs = operation.inputs(item, 3);
    const std::unique_ptr<Runnable> runnable = kernel.prepare(item, processors, inputs);
    runnable->enter();
    runnable->run(1);
    const std::vector<HostTensor> first = runnable->outputs();
    runnable->run(3);
    const std::map<std::string, double> stages = runnable->run_stages();
    const std::vector<HostTensor> again = runnable->outputs();
    runnable->leave();
    const Verification verification = verify(first, operation.reference(item, inputs), operation.tolerance(item));
    EXPECT_TRUE(verification.matches) << verification.reason;
    ASSERT_EQ(first[0].size_bytes(), again[0].size_bytes());
    EXPECT_EQ(std::memcmp(first[0].data(), again[0].data(), first[0].size_bytes()), 0);
    for (const char* stage : {"transform", "start", "wait", "merge"}) EXPECT_TRUE(stages.contains(stage)) << stage;
    EXPECT_TRUE(runnable->metrics().contains("share_of_first"));
  }

  Support supports(const std::string& line) {
    const Case item = parse(line);
    catalog_.validate(item);
    return catalog_.kernels().at(item.kernel()).supports(item, on(item));
  }

  Catalog catalog_ = make_catalog();
  ProcessorSet processors_;
};

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
          expect_right(parse(std::string("matmul kernel=matmul_split ") + order + " m=37 n=70 k=129 unit=8 ratio=0.4" +
                             " split=" + axis + " sharing=" + std::string(sharing) + " sync=" + std::string(sync)));
        }
      }
    }
  }
}

TEST_F(SplitTest, TwoSetsOfHostCpusGiveTheWholeProduct) {
  if (std::ssize(allowed_cpus()) < 2) GTEST_SKIP() << "one CPU only";
  const std::string sets = "cpu@" + std::to_string(allowed_cpus()[0]) + ",cpu@" + std::to_string(allowed_cpus()[1]);
  const std::string start = "matmul kernel=matmul_split processor=" + sets + " parts=matmul_openblas,matmul_openblas ";
  const Support support = supports(start + "m=8 n=8 k=8 ratio=0.5");
  if (support.reason().find("OpenBLAS cannot be opened") != std::string::npos) GTEST_SKIP() << support.reason();
  for (const char* axis : {"rows", "columns", "reduction"}) {
    expect_right(parse(start + "m=37 n=70 k=129 ratio=0.5 split=" + axis));
  }
}

TEST_F(SplitTest, ThreeProcessorsGiveTheWholeProduct) {
  if (!has_device() || std::ssize(allowed_cpus()) < 2) GTEST_SKIP() << "no OpenCL device or one CPU only";
  const std::string sets = "cpu@" + std::to_string(allowed_cpus()[0]) + ",cpu@" + std::to_string(allowed_cpus()[1]);
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
  const std::string quantised =
      "matmul kernel=matmul_split processor=npu:onnxruntime/CPU,cpu parts=matmul_onnxruntime,matmul_openblas "
      "m=37 n=70 k=129 dtype=i8 ratio=0.5 split=";
  EXPECT_THAT(supports(quantised + "reduction").reason(), HasSubstr("adds up f32 only"));
  EXPECT_THAT(supports(quantised + "rows").reason(), HasSubstr("computes f32 only"));
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
