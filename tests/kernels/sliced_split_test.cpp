// Divided operators on rows, sums, movements and chains, on this machine's processors: random odd problems, ratios,
// ways of sharing and two or three processors give the whole result, and what cannot be divided says why.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "tests/kernels/split_fixture.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What is divided, the kernel on the host and the one on an OpenCL device. ROWS, COLUMNS and so on of the problems are
// drawn anew for each.
struct Divided {
  const char* name;  // of the test
  const char* operation;
  const char* host;
  const char* device;
  std::vector<std::string> problems;  // "%" stands for an extent from 1 to 19
  std::vector<std::string> axes;
};

std::string with_extents(std::string_view problem, Random& random) {
  std::string text;
  for (const char c : problem) {
    if (c == '%') {
      text += std::to_string(1 + random.below(19));
    } else {
      text += c;
    }
  }
  return text;
}

template <class T>
const T& any_of(const std::vector<T>& choices, Random& random) {
  return choices[random.below(choices.size())];
}

std::vector<Divided> divided_operations() {
  const std::vector<std::string> dimensions = {"dim0", "dim1", "dim2"};
  return {
      {"softmax",
       "tensor_consumers",
       "tensor_consumers_rows",
       "tensor_consumers_buffer",
       {"shape=%x%x% consumers=softmax:2 layout=order:0,1,2", "shape=%x%x% consumers=softmax:1 layout=k1",
        "shape=%x%x% consumers=softmax:2/sum:2 layout=k1 producer=relu"},
       dimensions},
      {"layer_norm",
       "tensor_consumers",
       "tensor_consumers_rows",
       "tensor_consumers_buffer",
       {"shape=1x%x% consumers=layer_norm:2 layout=order:0,1,2", "shape=%x%x% consumers=layer_norm:0 layout=k2"},
       dimensions},
      {"consumers",
       "tensor_consumers",
       "tensor_consumers_rows",
       "tensor_consumers_buffer",
       {"shape=%x%x% consumers=matmul:2:%/softmax:2 layout=order:0,1,2+order:1,0,2",
        "shape=%x%x% consumers=sum:0/matmul:2:% layout=k1_copies producer=relu"},
       dimensions},
      {"attention",
       "batch_matmul",
       "batch_matmul_openblas",
       "batch_matmul_tiled",
       {"shape=%x%x%x%", "shape=%x%x%x% right_layout=order:0,2,1"},
       {"heads", "rows", "reduction", "columns"}},
      {"attention_f16",
       "batch_matmul",
       "batch_matmul_openblas",
       "batch_matmul_tiled",
       {"shape=%x%x%x% dtype=f16", "shape=%x%x%x% dtype=f16 right_layout=order:0,2,1"},
       {"heads", "rows", "columns"}},
      {"sparse_rows",
       "sparse_matmul",
       "sparse_matmul_csr",
       "sparse_matmul_csr_buffer",
       {"shape=%x%x% sparsity=0.7", "shape=%x%x% sparsity=0.5 mask=channel_skewed"},
       {"rows"}},
      {"sparse_series",
       "sparse_matmul",
       "sparse_matmul_series",
       "sparse_matmul_series_buffer",
       {"shape=%x%x% series=2:4 sparsity=0.5", "shape=%x%x% series=2:4+1:8 residual=csr sparsity=0.3"},
       {"rows"}},
      {"layout_transform",
       "layout_transform",
       "layout_transform_tiled",
       "layout_transform_buffer",
       {"shape=1x%x%x% from=NCHW to=NHWC", "shape=%x%x%x% from=NHWC to=NC4HW4 dtype=f16",
        "shape=%x%x% from=order:0,1,2 to=order:2,0,1 dtype=i8"},
       {"dim0", "dim1", "dim2", "dim3"}},
      {"copy",
       "copy",
       "copy_memcpy",
       "copy_buffer",
       {"shape=[%] dtype=i8", "shape=%x%x%", "shape=%x%x%x% dtype=f16"},
       {"dim0", "dim1", "dim2"}},
      {"conv_chain",
       "conv_chain",
       "conv_chain_direct",
       "conv_chain_buffer",
       {"shape=%x3x%x% operators=conv:5:3x3/relu/conv:4:3x3 layouts=NHWC,NHWC,NHWC,NHWC",
        "shape=%x6x%x% operators=conv:6:5x1:6/conv:7:3x3/conv:3:1x1 layouts=NCHW,NC4HW4,NHWC:NCHW,NC4HW4",
        "shape=%x3x9x8 operators=relu/conv:2:3x3/instance_norm layouts=NCHW,NHWC,NCHW,NCHW"},
       {"rows", "batch"}},
  };
}

void PrintTo(const Divided& divided, std::ostream* stream) { *stream << divided.name; }

class SlicedSplitTest : public SplitTest, public testing::WithParamInterface<Divided> {
 protected:
  // A case of random words on `processors`, which `parts` are for; 'sharing' only where a device shares.
  std::string random_words(const std::string& processors, const std::string& parts, bool is_three) {
    const Divided& divided = GetParam();
    const double first = any_of<double>({0, 1, random_.uniform(), random_.uniform(), random_.uniform()}, random_);
    std::string words =
        fmt::format("{0} kernel={0}_split processor={1} parts={2} {3} split={4} ratio={5:.3f} unit={6} sharing={7}",
                    divided.operation, processors, parts, with_extents(any_of(divided.problems, random_), random_),
                    any_of(divided.axes, random_), first, any_of<int>({1, 1, 4}, random_),
                    any_of<std::string>({"copy", "use_host_ptr", "alloc_host_ptr"}, random_));
    if (is_three)
      words += fmt::format(" ratio_of_second={:.3f}", std::floor(1000 * random_.uniform() * (1 - first)) / 1000);
    return words;
  }

  // What the kernel on the host lacks on this machine; "" when it can run.
  std::string missing_library() {
    const Case item = parse(fmt::format("{} kernel={} processor=cpu {}", GetParam().operation, GetParam().host,
                                        with_extents(GetParam().problems.front(), random_)));
    const std::string reason = catalog_.kernels().at(item.kernel()).supports(item, on(item)).reason();
    return reason.find("cannot be opened") == std::string::npos ? "" : reason;
  }

  // Runs `count` random cases, and tells for how many the parts were allowed.
  int run(const std::string& processors, const std::string& parts, bool is_three, int count) {
    int ran = 0;
    for (int i = 0; i < count; ++i) {
      const Case item = parse(random_words(processors, parts, is_three));
      SCOPED_TRACE(item.line());
      catalog_.validate(item);
      const Kernel& kernel = catalog_.kernels().at(item.kernel());
      if (const Support support = kernel.supports(item, on(item)); !support) {
        EXPECT_FALSE(support.reason().empty());
        continue;
      }
      try {
        expect_right(item);
        ++ran;
      } catch (const Declined& declined) {
        EXPECT_THAT(declined.what(), HasSubstr("starts at no multiple of"));
      }
    }
    return ran;
  }

  Random random_{2026};
};

TEST_P(SlicedSplitTest, TwoProcessorsGiveTheWhole) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  if (const std::string missing = missing_library(); !missing.empty()) GTEST_SKIP() << missing;
  EXPECT_GT(run("cpu,opencl:0", fmt::format("{},{}", GetParam().host, GetParam().device), false, 10), 2);
}

TEST_P(SlicedSplitTest, ThreeProcessorsGiveTheWhole) {
  const std::string sets = two_host_sets();
  if (!has_device() || sets.empty()) GTEST_SKIP() << "no OpenCL device or one CPU only";
  if (const std::string missing = missing_library(); !missing.empty()) GTEST_SKIP() << missing;
  EXPECT_GT(run(sets + ",opencl:0", fmt::format("{0},{0},{1}", GetParam().host, GetParam().device), true, 8), 1);
}

TEST_P(SlicedSplitTest, TwoSetsOfHostCpusGiveTheWhole) {
  const std::string sets = two_host_sets();
  if (sets.empty()) GTEST_SKIP() << "one CPU only";
  if (const std::string missing = missing_library(); !missing.empty()) GTEST_SKIP() << missing;
  EXPECT_GT(run(sets, fmt::format("{0},{0}", GetParam().host), false, 24), 5);
}

INSTANTIATE_TEST_SUITE_P(Operations, SlicedSplitTest, testing::ValuesIn(divided_operations()),
                         [](const auto& one) { return std::string(one.param.name); });

class SlicedRefusalTest : public SplitTest {
 protected:
  std::string refusal_of(const std::string& words) { return supports(words + " ratio=0.5").reason(); }
  PartialProblem part_of(const std::string& line, const char* axis, std::int64_t begin, std::int64_t end) {
    const Case item = parse(line + " processor=cpu,opencl:0 parts=a,b ratio=0.5");
    return catalog_.operations().at(item.operation()).part_of(item, axis, begin, end);
  }
  const std::string pair_ = "processor=cpu,cpu@" + std::to_string(allowed_cpus()[0]) + " ";
};

TEST_F(SlicedRefusalTest, WhatMakesNoSplitIsRefusedWithTheReason) {
  const std::string softmax = "tensor_consumers kernel=tensor_consumers_split " + pair_ +
                              "parts=tensor_consumers_rows,tensor_consumers_rows shape=4x6x8 ";
  EXPECT_EQ(refusal_of(softmax + "consumers=softmax:2"), "");
  EXPECT_THAT(refusal_of(softmax + "consumers=sum:1/softmax:2 split=dim1"), HasSubstr("needs all of dim1 at once"));
  EXPECT_THAT(refusal_of(softmax + "consumers=softmax:2 layout=order:0,1,2/p1x4 split=dim1"),
              HasSubstr("a cut at 3 is within a vector of 4"));
  EXPECT_THROW(catalog_.validate(parse(softmax + "consumers=softmax:2 ratio=0.5 split=rows")), Error);
  const std::string copy = "copy kernel=copy_split " + pair_ + "parts=copy_memcpy,copy_memcpy shape=4x6 ";
  EXPECT_EQ(refusal_of(copy + "split=dim1"), "");
  EXPECT_THAT(refusal_of(copy + "split=dim2"), HasSubstr("a shape of 4x6 has no dim2"));
  const std::string chain =
      "conv_chain kernel=conv_chain_split " + pair_ + "parts=conv_chain_direct,conv_chain_direct shape=2x3x8x8 ";
  EXPECT_THAT(refusal_of(chain + "operators=conv:4:3x3/instance_norm layouts=NCHW,NCHW,NCHW"),
              HasSubstr("needs all rows of an image at once"));
  EXPECT_EQ(refusal_of(chain + "operators=conv:4:3x3/instance_norm layouts=NCHW,NCHW,NCHW split=batch"), "");
}

TEST_F(SlicedRefusalTest, AKernelThatKeepsItsResultsIsDeclined) {
  const Case item = parse("layout_transform kernel=layout_transform_split " + pair_ +
                          "parts=layout_transform_tiled,layout_transform_memcpy shape=1x4x6x8 split=dim1 ratio=0.5");
  const std::vector<Operand> inputs = catalog_.operations().at(item.operation()).inputs(item, 3);
  EXPECT_THAT(error_of([&] { catalog_.kernels().at(item.kernel()).prepare(item, on(item), inputs); }),
              HasSubstr("cannot leave its results where a split needs them"));
}

TEST_F(SlicedRefusalTest, VectorsThatWouldNotStartAtAVectorAreDeclined) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  const std::string words =
      "copy kernel=copy_split processor=cpu,opencl:0 parts=copy_memcpy,copy_buffer shape=[17] "
      "dtype=i8 ratio=0.5 sharing=";
  const Case item = parse(words + "use_host_ptr");
  const std::vector<Operand> inputs = catalog_.operations().at(item.operation()).inputs(item, 3);
  EXPECT_THAT(error_of([&] { catalog_.kernels().at(item.kernel()).prepare(item, on(item), inputs); }),
              HasSubstr("starts at no multiple of 16 bytes"));
  expect_right(parse(words + "copy"));
}

TEST_F(SlicedRefusalTest, RowsOfAChainBringAHaloThatGrowsFromLayerToLayer) {
  const std::string chain =
      "conv_chain kernel=conv_chain_split shape=1x3x12x5 operators=conv:4:3x3/relu/conv:2:5x5 "
      "layouts=NHWC,NHWC,NHWC,NHWC";
  const PartialProblem first = part_of(chain, "rows", 0, 6);
  EXPECT_EQ(first.inputs[0], (Region{{0, 0, 0, 0}, {1, 3, 9, 5}}))
      << "two rows for the second window, one for the first";
  EXPECT_EQ(first.item.text("operators"), "conv:4:3x3:1:1x0/relu/conv:2:5x5:1:2x0");
  const PartialProblem middle = part_of(chain, "rows", 5, 7);
  EXPECT_EQ(middle.inputs[0], (Region{{0, 0, 2, 0}, {1, 3, 8, 5}}));
  EXPECT_EQ(middle.item.text("operators"), "conv:4:3x3:1:0x0/relu/conv:2:5x5:1:0x0");
  EXPECT_EQ(part_of(chain, "batch", 0, 1).inputs[0], whole_of({1, 3, 12, 5}));
}

TEST_F(SlicedRefusalTest, WhatAChainComputesTwiceIsExecutedWork) {
  const std::string chain =
      "conv_chain kernel=conv_chain_split processor=cpu,opencl:0 parts=conv_chain_direct,conv_chain_buffer ratio=0.5 "
      "shape=1x3x12x5 operators=conv:4:3x3/conv:2:3x3 layouts=NHWC,NHWC,NHWC";
  const Operation& operation = catalog_.operations().at("conv_chain");
  const Case item = parse(chain);
  const Work executed = catalog_.kernels().at("conv_chain_split").executed_work(item, operation);
  // One row of the tensor between the convolutions on either side of the cut.
  EXPECT_EQ(executed.flops - operation.useful_work(item).flops, 2 * 2 * (5 * 4 * 3 * 9));
}

TEST_F(SlicedRefusalTest, ColumnsOfAChainOfProductsPassThroughAlone) {
  const std::string sets = two_host_sets();
  if (sets.empty()) GTEST_SKIP() << "one CPU only";
  const std::string start = "matmul_chain kernel=matmul_chain_split processor=" + sets +
                            " parts=matmul_chain_onednn,matmul_chain_onednn layers=5 width=17 columns=11 ratio=";
  const Support support = supports(start + "0.5");
  if (support.reason().find("cannot be opened") != std::string::npos) GTEST_SKIP() << support.reason();
  for (const char* ratio : {"0.0", "0.3", "1.0"}) expect_right(parse(start + ratio));
  EXPECT_THAT(catalog_.kernels().at("matmul_chain_split").seams(parse(start + "0.5")),
              ElementsAre(Region{{0, 5}, {17, 1}}, Region{{0, 6}, {17, 1}}));
}

TEST_F(SlicedRefusalTest, TwoHalvesOfADeviceGiveTheWholeReduction) {
  if (!has_device()) GTEST_SKIP() << "no OpenCL device on this machine";
  const auto& device = dynamic_cast<const OpenClProcessor&>(processors_.at("opencl:0"));
  if (!device.limits().sub_devices_equally) GTEST_SKIP() << "the device has no halves";
  for (const char* problem : {"shape=8x7x12 reduced=0", "shape=5x16x9 reduced=1 dtype=f16 layout=order:2,0,1/p0x4"}) {
    for (const char* axis : {"dim0", "dim1", "dim2"}) {
      expect_right(parse(std::string("reduce kernel=reduce_split processor=opencl:0/0of2,opencl:0/1of2 ") +
                         "parts=reduce_buffer,reduce_buffer ratio=0.4 unit=4 split=" + axis + " " + problem));
    }
  }
}

TEST_F(SlicedRefusalTest, TwoSetsOfCpusGiveTheWholeReduction) {
  const std::string sets = two_host_sets();
  if (sets.empty()) GTEST_SKIP() << "one CPU only";
  for (const char* problem : {"shape=8x7x12 reduced=0", "shape=5x16x9 reduced=1 dtype=f16 layout=order:2,0,1/p0x4"}) {
    for (const char* axis : {"dim0", "dim1", "dim2"}) {
      expect_right(parse("reduce kernel=reduce_split processor=" + sets +
                         " parts=reduce_simd,reduce_simd ratio=0.4 unit=4 split=" + axis + " " + problem));
    }
  }
}

TEST_F(SlicedRefusalTest, HeadsOfAttentionAreSlicesOfContiguousMemory) {
  for (const char* layout : {"order:0,1,2", "order:0,2,1"}) {
    const std::string line =
        std::string("batch_matmul kernel=batch_matmul_split dtype=f32 shape=6x9x5x7 right_layout=") + layout;
    const PartialProblem part = part_of(line, "heads", 2, 6);
    EXPECT_EQ(part.item.dims("shape"), (Dims{4, 9, 5, 7}));
    const std::vector<Operand> inputs =
        catalog_.operations().at("batch_matmul").inputs(part_of(line, "heads", 0, 6).item, 1);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(part.inputs[i].begin, (std::vector<std::int64_t>{2, 0, 0}));
      EXPECT_TRUE(is_contiguous(part.inputs[i], inputs[i].tensor.view())) << layout << ", input " << i;
    }
  }
}

TEST_F(SlicedRefusalTest, HeadsOfAttentionAreDividedBetweenSetsOfCpusByOnePrimitiveEach) {
  const std::string sets = two_host_sets();
  if (sets.empty()) GTEST_SKIP() << "one CPU only";
  const std::string start = "batch_matmul kernel=batch_matmul_split processor=" + sets +
                            " parts=batch_matmul_onednn,batch_matmul_onednn shape=5x9x17x33 ratio=0.4 split=";
  const Support support = supports(start + "heads");
  if (support.reason().find("cannot be opened") != std::string::npos) GTEST_SKIP() << support.reason();
  for (const char* axis : {"heads", "rows", "reduction", "columns"}) {
    for (const char* layout : {"order:0,1,2", "order:0,2,1"}) {
      expect_right(parse(start + axis + " right_layout=" + layout));
    }
  }
}

TEST_F(SlicedRefusalTest, PartsOfASparseProductKeepWhatTheirOwnSeriesKeeps) {
  const std::string sets = two_host_sets();
  if (sets.empty()) GTEST_SKIP() << "one CPU only";
  const std::string start = "sparse_matmul kernel=sparse_matmul_split processor=" + sets + " ratio=0.4 shape=9x33x17 ";
  for (const char* parts : {"sparse_matmul_csr,sparse_matmul_series", "sparse_matmul_series,sparse_matmul_series",
                            "sparse_matmul_eigen,sparse_matmul_csr"}) {
    for (const char* words : {"sparsity=0.2 series=1:8", "sparsity=0.8 mask=banded series=1:8 columns=spread"}) {
      expect_right(parse(start + "parts=" + parts + " " + words));
    }
  }
  expect_right(parse(start + "parts=sparse_matmul_series_online,sparse_matmul_series_online left=activations "
                             "series=2:8+1:4 dtype=f16 sparsity=0.3"));
}

TEST_F(SlicedRefusalTest, WhatIsNoProductOfHeadsIsRefused) {
  const std::string start = "batch_matmul kernel=batch_matmul_split " + pair_ +
                            "parts=batch_matmul_openblas,batch_matmul_openblas ratio=0.5 ";
  EXPECT_THROW(catalog_.validate(parse(start + "shape=4x6x8")), Error);
  EXPECT_THROW(catalog_.validate(parse(start + "shape=1048576x64x64x64")), Error) << "2^32 elements";
  EXPECT_THROW(catalog_.validate(parse(start + "shape=4x6x8x3 right_layout=order:2,1,0")), Error);
  EXPECT_THAT(supports(start + "shape=4x6x8x3 dtype=f16 split=reduction").reason(),
              testing::AnyOf(HasSubstr("adds up f32 only"), HasSubstr("cannot be opened")));
}

TEST_F(SlicedRefusalTest, SumsOverADividedDimensionAreAdded) {
  const PartialProblem part = part_of("reduce kernel=reduce_split shape=8x6x5 reduced=1", "dim1", 2, 6);
  EXPECT_TRUE(part.adds);
  EXPECT_EQ(part.inputs[0], (Region{{0, 2, 0}, {8, 4, 5}}));
  EXPECT_EQ(part.outputs[0], whole_of({8, 5}));
  const PartialProblem other = part_of("reduce kernel=reduce_split shape=8x6x5 reduced=1", "dim2", 0, 4);
  EXPECT_FALSE(other.adds);
  EXPECT_EQ(other.outputs[0], (Region{{0, 0}, {8, 4}}));
}

}  // namespace
}  // namespace hetscope
