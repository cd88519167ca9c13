// One entry per operation.
#include "tests/kernels/kernel_cases.hpp"

#include <map>
#include <string>

namespace hetscope {
namespace {

struct Entry {
  std::vector<std::string> small;
  std::vector<std::string> typical;
};

std::vector<std::string> times(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  std::vector<std::string> result;
  for (const std::string& a : left) {
    for (const std::string& b : right) result.push_back(a + " " + b);
  }
  return result;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// Every pair of layouts with a name, and permutations of every rank.
std::vector<std::string> layout_transforms() {
  std::vector<std::string> result = times({"shape=1x1x1x1", "shape=1x3x5x7", "shape=2x5x3x3", "shape=3x2x4x9",
                                           "shape=1x4x4x4", "shape=1x17x9x11", "shape=1x33x1x40", "shape=2x1x6x6"},
                                          {"from=NCHW to=NHWC", "from=NHWC to=NCHW"});
  append(result, times({"shape=1x3x5x7", "shape=1x33x1x40"},
                       {"from=NCHW to=NC4HW4", "from=NC4HW4 to=NC8HW8", "from=NC8HW8 to=NHWC", "from=NC16HW16 to=NCHW",
                        "from=NC16HW16 to=NHWC4"}));
  const std::vector<std::string> names = {"NCHW", "NHWC", "NC4HW4", "NHWC4", "NCHW16c"};
  for (const std::string& from : names) {
    for (const std::string& to : names) append(result, {"shape=2x23x3x5 from=" + from + " to=" + to});
  }
  append(result, {"shape=[7] from=order:0 to=order:0", "shape=5x6 from=order:0,1 to=order:1,0",
                  "shape=3x5x7 from=order:0,1,2 to=order:0,2,1", "shape=2x9x3x8 from=NCHW to=order:0,2,1,3",
                  "shape=3x5x6 from=order:0,1,2/p2x4 to=order:2,0,1/p0x4",
                  "shape=2x4x3x8 from=order:0,1,2,3/p3x4 to=order:2,0,1,3/p3x4",
                  "shape=2x3x4x5x6 from=order:0,1,2,3,4 to=order:2,0,3,1,4",
                  "shape=2x3x5x3x5x6 from=order:0,1,2,3,4,5 to=order:0,1,3,2,4,5",
                  "shape=2x3x1x5x2x7 from=order:0,1,2,3,4,5 to=order:5,3,4,1,0,2",
                  "shape=3x5x2x3x2x3 from=order:0,1,2,3,4,5/p1x2 to=order:5,4,3,2,1,0/p0x4"});
  // Several blocks of an OpenCL item: of planes, of few rows, with fill, of runs.
  append(result, {"shape=40x300 from=order:0,1 to=order:1,0", "shape=11x700 from=order:0,1 to=order:1,0",
                  "shape=1x6x1x1100 from=NCHW to=NC4HW4", "shape=3x5x1031 from=order:0,1,2 to=order:1,0,2"});
  // Few channels of each vector.
  append(result, {"shape=2x1x9x13 from=NC4HW4 to=NCHW", "shape=2x3x9x13 from=NC4HW4 to=NCHW",
                  "shape=1x5x9x13 from=NC8HW8 to=NCHW", "shape=1x1x9x13 from=NC16HW16 to=NCHW"});
  return result;
}

std::vector<std::string> typical_layout_transforms() {
  std::vector<std::string> result = times({"shape=1x64x56x56", "shape=1x3x224x224", "shape=2x77x14x14",
                                           "shape=1x768x7x7", "shape=1x1024x2x2", "shape=1x256x32x32"},
                                          {"from=NCHW to=NHWC", "from=NHWC to=NCHW"});
  append(result, times({"shape=1x3x224x224", "shape=2x77x14x14"},
                       {"from=NCHW to=NC4HW4", "from=NCHW16c to=NCHW", "from=NHWC to=NCHW16c", "from=NHWC4 to=NCHW"}));
  append(result, {"shape=64x49x96 from=order:0,1,2 to=order:0,2,1", "shape=1x197x12x64 from=NCHW to=order:0,2,1,3",
                  "shape=1x8x7x8x7x96 from=order:0,1,2,3,4,5 to=order:0,1,3,2,4,5",
                  "shape=16x49x3x6x32 from=order:0,1,2,3,4 to=order:2,0,3,1,4",
                  // Rows of the source, or of the target, a multiple of 4 KiB apart, and few columns.
                  "shape=5x1024x20 from=order:0,1,2 to=order:2,1,0"});
  return result;
}

// Each of the 16 cells of producer and consumer classes, and movements of every kind.
std::vector<std::string> operator_pairs() {
  std::vector<std::string> result;
  for (const char* first : {"matmul:5", "relu", "reshape:3x8x5/transpose:0,2,1/reshape:5x3x8", "slice:1:1:9:2"}) {
    const bool is_selection = std::string_view(first).starts_with("slice");
    const bool is_product = std::string_view(first).starts_with("matmul");
    const std::string turned = is_selection ? "transpose:1,0,2" : "transpose:2,0,1";
    const std::string columns = is_product ? "slice:0:1:5:3" : "gather:1:3";
    for (const std::string& second : {std::string("softmax"), std::string("relu"), turned, columns}) {
      result.push_back("shape=6x10x2 first=" + std::string(first) + " second=" + second);
    }
  }
  append(result, {"shape=[1] first=relu second=softmax",
                  "shape=[7] first=slice:0:1:6:2 second=layer_norm",
                  "shape=5x33 first=layer_norm second=matmul:17",
                  "shape=33x40 first=transpose:1,0 second=softmax",
                  "shape=33x40 first=softmax second=transpose:1,0",
                  "shape=17x19 first=relu second=slice:1:3:18:5",
                  "shape=17x9 first=softmax second=slice:1:3:8:2",
                  "shape=9x4x4x6 first=reshape:144x6 second=matmul:3",
                  "shape=2x8x3x5 first=depth_to_space:2 second=relu",
                  "shape=2x3x4x6 first=layer_norm second=space_to_depth:2",
                  "shape=2x3x4x6 first=transpose:0,2,3,1 second=reshape:6x4x2x3/transpose:2,3,1,0",
                  "shape=23x7 first=gather:0:40 second=softmax",
                  "shape=23x7 first=matmul:9 second=gather:0:23",
                  "shape=23x7 first=gather:1:7/slice:0:2:20:3 second=gather:0:4",
                  "shape=6x10x2 first=transpose:2,0,1 second=sum",
                  "shape=17x9 first=sum second=reshape:17",
                  "shape=5x33 first=relu second=sum",
                  "shape=33x40 first=relu between=transpose:1,0 second=softmax",
                  "shape=6x10x2 first=softmax between=reshape:3x8x5/transpose:0,2,1 second=matmul:3",
                  "shape=7x9 first=matmul:5 between=slice:1:0:5:2 second=relu",
                  "shape=6x10x2 first=gelu second=transpose:2,0,1",
                  "shape=33x40 first=transpose:1,0 second=silu",
                  "shape=17x19 first=silu second=slice:1:3:18:5",
                  "shape=5x33 first=matmul:17 second=gelu",
                  "shape=5x33 first=silu second=layer_norm",
                  "shape=7x9 first=roll:0:3 second=softmax",
                  "shape=7x9 first=roll:1:13 second=layer_norm",
                  "shape=2x6x8x5 first=relu second=roll:1:5/roll:2:3",
                  "shape=2x6x8x3 first=layer_norm second=roll:1:3/reshape:2x2x3x2x4x3/transpose:0,1,3,2,4,5",
                  "shape=6x8 first=roll:0:2 second=roll:1:1",
                  "shape=6x8x4 first=relu between=roll:0:2/transpose:1,0,2 second=matmul:3",
                  "shape=4x4 first=reshape:2x8 second=reshape:16x1",
                  "shape=16x48 first=reshape:16x3x16 second=transpose:1,2,0"});
  return result;
}

// Odd extents, borders, steps, groups that are no multiple of a vector, and every layout with a name on either side.
std::vector<std::string> convolutions() {
  std::vector<std::string> result = {
      "shape=1x1x1x1 filters=1 window=1x1",
      "shape=1x3x5x7 filters=4 window=3x3 padding=1x1",
      "shape=2x5x6x9 filters=7 window=3x2 padding=2x1 stride=2x3",
      "shape=1x8x11x6 filters=5 window=5x3 padding=4x2 dilation=2x1",
      "shape=1x4x9x9 filters=6 window=3x3 stride=2x2 dilation=3x2 padding=3x0 groups=2",
      "shape=1x6x4x5 filters=9 window=1x1 groups=3",
      "shape=1x24x5x8 filters=40 window=3x3 padding=1x1 groups=2",
      "shape=2x32x4x17 filters=32 window=3x3 padding=1x1 groups=8",
      "shape=1x19x6x7 filters=19 window=7x7 padding=3x3 groups=19",
      "shape=1x7x9x5 filters=7 window=3x3 padding=1x1 stride=2x2 groups=7",
      "shape=2x5x6x6 filters=15 window=3x3 padding=1x1 groups=5",
      "shape=1x17x2x30 filters=33 window=1x1",
      "shape=1x6x3x8 filters=4 window=3x8",
      "shape=1x5x6x9 filters=7 window=3x3 padding=1x2x2x0 stride=2x1",
      "shape=1x5x6x9 filters=5 window=3x3 padding=0x1x1x1 groups=5",
      "shape=1x3x7x8 filters=6 window=3x3 padding=0x0x1x1 stride=2x2",
  };
  for (const char* layout : {"NHWC", "NC4HW4", "NHWC4", "NCHW16c", "order:0,2,1,3/p3x4", "order:3,2,1,0/p2x2"}) {
    const std::string in = std::string(" layout=") + layout;
    const std::string out = std::string(" output_layout=") + layout;
    append(result, {"shape=2x6x5x7 filters=9 window=3x3 padding=1x1" + in + out,
                    "shape=1x10x4x9 filters=10 window=3x3 padding=1x1 groups=10" + in + out,
                    "shape=1x18x3x5 filters=20 window=1x1" + in});
  }
  return result;
}

std::vector<std::string> append_all(std::vector<std::string> to, const std::vector<std::string>& more) {
  append(to, more);
  return to;
}

const std::map<std::string, Entry, std::less<>>& entries() {
  static const std::map<std::string, Entry, std::less<>> kEntries = {
      {"layout_transform", {layout_transforms(), typical_layout_transforms()}},
      {"copy",
       {{"shape=[1]", "shape=[3]", "shape=[17]", "shape=5x7", "shape=2x3x5", "shape=1x3x5x7", "shape=1x4x8x8"},
        {"shape=1x64x56x56", "shape=[1000003]", "shape=1x3x224x224"}}},
      {"copy_bandwidth",
       {{"bytes=8", "bytes=24", "bytes=136", "bytes=1032", "bytes=32768"}, {"bytes=2097152", "bytes=16777224"}}},
      {"stream_read", {{"bytes=4", "bytes=20", "bytes=64", "bytes=1036", "bytes=32768"}, {"bytes=4194312"}}},
      {"stream_write", {{"bytes=4", "bytes=20", "bytes=64", "bytes=1036", "bytes=32768"}, {"bytes=4194312"}}},
      {"pointer_chase",
       {{"bytes=64 steps=3", "bytes=192 steps=1", "bytes=8256 steps=1000"}, {"bytes=1048576 steps=20000"}}},
      {"transfer",
       {times(times({"bytes=4", "bytes=20", "bytes=4096"}, {"direction=to_device", "direction=from_device"}),
              {"sharing=copy", "sharing=copy sync=poll", "sharing=use_host_ptr", "sharing=use_host_ptr sync=callback",
               "sharing=alloc_host_ptr", "sharing=alloc_host_ptr sync=poll", "sharing=svm_coarse",
               "sharing=svm_coarse sync=callback", "sharing=svm_fine", "sharing=svm_fine sync=poll",
               "sharing=svm_fine sync=svm_flag", "sharing=copy launches=3", "sharing=svm_system",
               "sharing=svm_system sync=svm_flag", "sharing=arm_import", "sharing=arm_import sync=callback",
               "sharing=intel_host", "sharing=intel_host sync=poll"}),
        {"bytes=1048576 direction=to_device", "bytes=1048576 direction=from_device"}}},
      {"memory_walk",
       {times({"pattern=x_walk", "pattern=y_walk", "pattern=tile", "pattern=random", "pattern=stencil"},
              {"bytes=1024 reads=1", "bytes=1024 reads=512 row_padding=0", "bytes=8192 reads=1024 row_padding=3"}),
        times({"pattern=x_walk", "pattern=y_walk", "pattern=tile", "pattern=random", "pattern=stencil"},
              {"bytes=1048576 reads=131072", "bytes=16384 reads=65536 row_padding=1"})}},
      {"reshape",
       {{"shape=[8] output=2x4", "shape=3x8 output=6x4", "shape=2x3x8 output=6x8", "shape=2x6x4 output=4x3x4",
         "shape=3x5x7 output=7x15", "shape=5x9 output=3x5x3", "shape=2x3x2x3x4 output=4x9x4", "shape=1x1x1 output=1x1"},
        {"shape=56x56x96 output=3136x96", "shape=3136x96 output=64x49x96", "shape=77x36 output=12x231"}}},
      {"activation",
       {append_all(times({"shape=[1]", "shape=[37]", "shape=2x6x3x5 layout=NHWC4",
                          "shape=1x9x4x5 layout=NC4HW4 output_layout=NHWC4"},
                         {"function=gelu", "function=relu", "function=silu"}),
                   {"shape=3x5x7", "shape=[19] layout=order:0/p0x4", "shape=2x23x3x5 output_layout=NHWC function=relu",
                    "shape=2x6x3x5 layout=NHWC output_layout=NCHW16c",
                    "shape=3x5x6 layout=order:0,1,2/p2x4 output_layout=order:2,0,1/p0x4 function=silu",
                    "shape=2x3x1x5x2x3 output_layout=order:5,3,4,1,0,2",
                    "shape=2x3x2x3x2x3 layout=order:0,1,2,3,4,5/p1x4 output_layout=order:5,4,3,2,1,0"}),
        {"shape=1x64x56x56 layout=NC4HW4", "shape=197x769", "shape=1x96x28x29 output_layout=NHWC function=silu",
         "shape=2x77x13x14 layout=NHWC4 output_layout=NC4HW4 function=relu"}}},
      {"reduce",
       {append_all(
            times(times({"shape=3x5x7", "shape=4x8x4"}, {"reduced=0", "reduced=1", "reduced=2"}),
                  {"layout=order:0,1,2/p2x4", "layout=order:2,0,1/p0x4", "layout=order:2,1,0/p1x4"}),
            times(times({"shape=1x1x1", "shape=1x37x2", "shape=5x1x41", "shape=19x3x70"},
                        {"reduced=0", "reduced=1", "reduced=2"}),
                  {"layout=order:0,1,2", "layout=order:1,2,0", "layout=order:0,2,1/p1x8", "layout=order:1,0,2/p2x16"})),
        times({"shape=96x56x56 reduced=0", "shape=197x77x36 reduced=2", "shape=3x5x9001 reduced=1"},
              {"layout=order:0,1,2/p0x4", "layout=order:0,2,1/p2x4"})}},
      {"conv2d",
       {convolutions(),
        {"shape=1x64x56x56 filters=64 window=3x3 padding=1x1",
         "shape=1x96x56x56 filters=96 window=7x7 padding=3x3 groups=96",
         "shape=1x128x28x28 filters=128 window=3x3 padding=1x1 groups=32 layout=NHWC",
         "shape=1x256x7x7 filters=256 window=3x3 padding=1x1 layout=NCHW16c output_layout=NHWC",
         "shape=1x3x112x112 filters=32 window=7x7 padding=3x3 stride=2x2 layout=NC4HW4"}}},
      {"conv_chain",
       {{"shape=1x1x1x1 operators=relu layouts=NCHW,NCHW", "shape=2x3x5x7 operators=relu layouts=NHWC,NC4HW4",
         "shape=1x6x4x5 operators=relu/conv:5:3x3 layouts=NCHW,NHWC,NCHW",
         "shape=2x5x6x7 operators=conv:6:1x1/conv:9:3x3:3 layouts=NCHW16c,NC4HW4,NHWC",
         "shape=1x3x9x8 operators=conv:7:5x5/instance_norm/conv:4:3x3 layouts=NCHW,NCHW,NCHW,NCHW",
         "shape=1x3x9x8 operators=conv:7:5x5/instance_norm/conv:4:3x3 layouts=NHWC,NHWC,NHWC4,NHWC",
         "shape=1x3x9x8 operators=conv:7:9x9/instance_norm/conv:4:3x3 "
         "layouts=NCHW:NC4HW4,NC4HW4:NCHW,NCHW:NC4HW4,NC4HW4:NCHW",
         "shape=2x10x3x4 operators=instance_norm/relu/relu layouts=NCHW16c,NHWC:NCHW16c,NCHW16c,NHWC4:NCHW"},
        {"shape=1x3x64x64 operators=conv:32:9x9/instance_norm/conv:64:3x3 layouts=NCHW,NHWC,NCHW,NHWC",
         "shape=1x512x4x3 operators=conv:512:3x3/relu/conv:512:3x3/relu layouts=NHWC,NHWC,NHWC,NHWC,NHWC"}}},
      {"tensor_consumers",
       {append_all(times({"shape=5x3x6 consumers=sum:0", "shape=5x3x6 consumers=softmax:1",
                          "shape=3x5x6 consumers=matmul:2:5", "shape=6x3x5 consumers=layer_norm:0"},
                         {"layout=k2", "layout=order:2,0,1/p2x4"}),
                   times({"shape=5x3x6 consumers=sum:2/softmax:0/matmul:1:4"},
                         {"layout=k1 producer=relu", "layout=k2_copies", "layout=k2_copies producer=relu",
                          "layout=order:0,1,2+order:2,1,0/p1x8 producer=relu"})),
        append_all(times({"shape=5x6x7", "shape=8x4x12"},
                         times({"consumers=sum:0/matmul:2:3/softmax:1", "consumers=layer_norm:0/sum:2"},
                               {"layout=k1", "layout=k2", "layout=order:1,2,0/p1x4", "layout=order:2,0,1",
                                "layout=k1_copies producer=relu", "layout=k2_copies producer=relu"})),
                   {"shape=96x56x56 consumers=sum:0/sum:2/matmul:2:64 layout=k2 producer=relu"})}},
      {"operator_chain",
       {{"operators=1 words=1", "operators=2 words=17", "operators=7 words=300", "operators=10"}, {"operators=300"}}},
      {"spin", {{"steps=1", "steps=2", "steps=1023"}, {"steps=262144"}}},
      {"multiply_add_peak", {{"chains=1", "chains=7", "chains=131"}, {"chains=1029", "chains=16384", "chains=50001"}}},
      {"matmul",
       {times({"m=1 n=1 k=1", "m=3 n=5 k=7", "m=4 n=4 k=4", "m=17 n=9 k=33", "m=1 n=40 k=19"},
              {"dtype=f32", "dtype=f16", "dtype=i8"}),
        {"m=197 n=192 k=64", "m=64 n=3136 k=147", "m=1 n=1000 k=2048", "m=256 n=256 k=256",
         "m=197 n=193 k=64 dtype=f16", "m=65 n=3136 k=147 dtype=i8"}}},
      {"batch_matmul",
       {times(
            {"shape=1x1x1x1", "shape=2x3x7x5", "shape=4x4x4x4", "shape=3x17x33x9", "shape=5x1x19x40", "shape=2x9x40x1"},
            {"right_layout=order:0,1,2", "right_layout=order:0,2,1"}),
        {"shape=12x197x64x197 right_layout=order:0,2,1", "shape=12x197x197x64",
         "shape=64x49x32x49 right_layout=order:0,2,1", "shape=2x70x300x130"}}},
      {"matmul_chain",
       {{"layers=1 width=3 columns=2", "layers=2 width=2 columns=1", "layers=16 width=5 columns=7",
         "layers=4 width=33 columns=9"},
        {"layers=8 width=128 columns=64"}}},
      {"sparse_matmul",
       {times({"shape=1x1x1", "shape=3x7x5", "shape=4x4x4", "shape=17x33x9", "shape=1x19x40", "shape=37x203x49"},
              {"series=2:4", "series=1:8 sparsity=0.5 mask=channel_skewed",
               "series=2:4+2:8 sparsity=0 law=constant mask=row_magnitude", "series=3:5+1:7 sparsity=0.7 mask=banded",
               "series=1:4 sparsity=0.8 mask=adversary", "series=4:8 sparsity=1",
               "series=1:8 residual=csr sparsity=0.6", "series=2:8+1:3 sparsity=0 law=gelu left=activations",
               "series=2:4+2:8 residual=csr sparsity=0.9 mask=adversary", "series=2:4+1:8 dtype=f16 sparsity=0.5",
               "series=1:8 residual=csr dtype=f16 sparsity=0.7 mask=channel_skewed", "series=2:4 dtype=i8 sparsity=0.5",
               "series=1:4+1:8 residual=csr dtype=i8 sparsity=0 law=constant",
               "series=2:8 left=activations dtype=i8 law=heavy_tail"}),
        {"shape=64x147x3136 series=2:4+1:8 sparsity=0.6 mask=global_magnitude law=laplace",
         "shape=512x1000x49 series=1:8 law=heavy_tail",
         "shape=256x300x197 series=1:8 residual=csr sparsity=0.8 mask=channel_skewed", "shape=1000x256x1 series=2:8",
         "shape=256x512x197 series=4:8", "shape=136x1500x197 series=4:8 dtype=i8 sparsity=0 law=constant",
         "shape=264x600x200 series=2:8 dtype=f16 residual=csr",
         "shape=40x300x1700 series=2:8+1:3 columns=spread mask=banded",
         "shape=17x33x9 series=1:8 columns=spread mask=banded sparsity=0.8",
         "shape=37x203x49 series=1:8 columns=spread residual=csr dtype=i8 mask=banded sparsity=0.8"}}},
      {"nm_decompose",
       {times({"shape=1x1", "shape=3x7", "shape=5x33", "shape=17x40"},
              {"series=2:4 sparsity=0", "series=1:8+2:4 sparsity=0.5 mask=channel_skewed",
               "series=3:5+1:32 law=constant", "series=2:8 sparsity=1", "series=4:4 law=heavy_tail mask=banded"}),
        {"shape=64x147 series=2:4+2:8 sparsity=0.6", "shape=96x1000 series=2:8 law=laplace mask=row_magnitude"}}},
      {"im2col",
       {times({"shape=1x1x1 filter=1x1 padding=0", "shape=2x5x7", "shape=3x4x9 filter=3x5 stride=2 padding=2",
               "shape=1x3x3 filter=7x7 padding=3", "shape=2x9x2 filter=2x1 stride=3 padding=0",
               "shape=1x2x2 filter=1x1 stride=4 padding=5"},
              {"dtype=f32", "dtype=f16", "dtype=i8"}),
        {"shape=64x56x56", "shape=3x224x224 filter=7x7 stride=2 padding=3"}}},
      {"operator_pair",
       {operator_pairs(),
        {"shape=64x49x96 first=reshape:64x49x3x32/transpose:0,2,1,3 second=softmax",
         "shape=196x384 first=matmul:96 second=reshape:14x14x3x32/transpose:2,0,1,3",
         "shape=3136x96 first=transpose:1,0 second=layer_norm", "shape=512x128 first=relu second=gather:0:700"}}},
      {"empty_launch", {{""}, {}}},
  };
  return kEntries;
}

}  // namespace

std::vector<Case> kernel_cases(std::string_view operation, bool with_typical) {
  std::vector<Case> result;
  const auto found = entries().find(operation);
  if (found == entries().end()) return result;
  const auto append = [&](const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      result.push_back(Case::parse(std::string(operation) + " kernel=any processor=any " + line));
    }
  };
  append(found->second.small);
  if (with_typical) append(found->second.typical);
  return result;
}

}  // namespace hetscope
