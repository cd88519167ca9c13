// Options of a provider come from scenarios, which must not choose what is loaded or written.
#include "harness/kernel/submodel_kernel.hpp"

#include <gmock/gmock.h>

namespace hetscope {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ProviderOptions, ArePairs) {
  EXPECT_THAT(parse_provider_options("").value(), IsEmpty());
  EXPECT_THAT(parse_provider_options("backend_type=htp").value(), ElementsAre(Pair("backend_type", "htp")));
  EXPECT_THAT(parse_provider_options("vtcm_mb=4,device_type=NPU,precision=").value(),
              ElementsAre(Pair("vtcm_mb", "4"), Pair("device_type", "NPU"), Pair("precision", "")));
}

TEST(ProviderOptions, WhatNamesAFileIsRefused) {
  for (const char* text :
       {"backend_path=libQnnHtp.so", "cache_dir=here", "profiling_file_path=x", "load_config={}",
        "device_id=/etc/passwd", "device_id=..\\x", "library=x", "op_packages=Op:libx.so:f", "xclbin=x",
        "ModelCacheDirectory=x", "trt_dump_subgraphs=1", "backend_type=saver", "backend_type=ir"}) {
    EXPECT_FALSE(parse_provider_options(text)) << text;
  }
}

TEST(ProviderOptions, WhatIsNoPairIsRefused) {
  for (const char* text : {"=x", "word", "vtcm_mb=1,", ",vtcm_mb=1", "vtcm_mb=1,b"})
    EXPECT_FALSE(parse_provider_options(text)) << text;
}

}  // namespace
}  // namespace hetscope
