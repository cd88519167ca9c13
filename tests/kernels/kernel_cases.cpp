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

const std::map<std::string, Entry, std::less<>>& entries() {
  static const std::vector<std::string> kTransposes = {"from=NCHW to=NHWC", "from=NHWC to=NCHW"};
  static const std::vector<std::string> kLayoutPairs = {
      "from=NCHW to=NHWC",   "from=NHWC to=NCHW",     "from=NCHW to=NCHW",     "from=NCHW to=NC4HW4",
      "from=NC4HW4 to=NCHW", "from=NC4HW4 to=NC8HW8", "from=NC8HW8 to=NHWC",   "from=NHWC to=NC4HW4",
      "from=NHWC4 to=NCHW",  "from=NCHW to=NC16HW16", "from=NC16HW16 to=NHWC4"};
  static const std::map<std::string, Entry, std::less<>> kEntries = {
      {"layout_transform",
       {times({"shape=1x1x1x1", "shape=1x3x5x7", "shape=2x5x3x3", "shape=3x2x4x9", "shape=1x4x4x4", "shape=1x17x9x11",
               "shape=1x33x1x40", "shape=2x1x6x6"},
              kLayoutPairs),
        times({"shape=1x64x56x56", "shape=1x3x224x224", "shape=2x77x14x14", "shape=1x768x7x7", "shape=1x1024x2x2",
               "shape=1x256x32x32"},
              kTransposes)}},
      {"copy",
       {{"shape=[1]", "shape=[3]", "shape=[17]", "shape=5x7", "shape=2x3x5", "shape=1x3x5x7", "shape=1x4x8x8"},
        {"shape=1x64x56x56", "shape=[1000003]", "shape=1x3x224x224"}}},
      {"copy_bandwidth",
       {{"bytes=8", "bytes=24", "bytes=136", "bytes=1032", "bytes=32768"}, {"bytes=2097152", "bytes=16777224"}}},
      {"multiply_add_peak", {{"chains=1", "chains=7", "chains=131"}, {"chains=1029", "chains=16384", "chains=50001"}}},
      {"matmul",
       {{"m=1 n=1 k=1", "m=3 n=5 k=7", "m=4 n=4 k=4", "m=17 n=9 k=33", "m=1 n=40 k=19"},
        {"m=197 n=192 k=64", "m=64 n=3136 k=147", "m=1 n=1000 k=2048", "m=256 n=256 k=256"}}},
      {"sparse_matmul",
       {times({"shape=1x1x1", "shape=3x7x5", "shape=4x4x4", "shape=17x33x9", "shape=1x19x40", "shape=37x203x49"},
              {"series=2:4", "series=1:8 sparsity=0.5 mask=channel_skewed",
               "series=2:4+2:8 sparsity=0 law=constant mask=row_magnitude", "series=3:5+1:7 sparsity=0.7 mask=banded",
               "series=1:4 sparsity=0.8 mask=adversary", "series=4:8 sparsity=1",
               "series=1:8 residual=csr sparsity=0.6", "series=2:8+1:3 sparsity=0 law=gelu left=activations",
               "series=2:4+2:8 residual=csr sparsity=0.9 mask=adversary"}),
        {"shape=64x147x3136 series=2:4+1:8 sparsity=0.6 mask=global_magnitude law=laplace",
         "shape=512x1000x49 series=1:8 law=heavy_tail",
         "shape=256x300x197 series=1:8 residual=csr sparsity=0.8 mask=channel_skewed", "shape=1000x256x1 series=2:8",
         "shape=256x512x197 series=4:8"}}},
      {"nm_decompose",
       {times({"shape=1x1", "shape=3x7", "shape=5x33", "shape=17x40"},
              {"series=2:4 sparsity=0", "series=1:8+2:4 sparsity=0.5 mask=channel_skewed",
               "series=3:5+1:32 law=constant", "series=2:8 sparsity=1", "series=4:4 law=heavy_tail mask=banded"}),
        {"shape=64x147 series=2:4+2:8 sparsity=0.6", "shape=96x1000 series=2:8 law=laplace mask=row_magnitude"}}},
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
