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
  EXPECT_THAT(parse_provider_options("a=1,b=x=y,c=").value(),
              ElementsAre(Pair("a", "1"), Pair("b", "x=y"), Pair("c", "")));
}

TEST(ProviderOptions, WhatNamesAFileIsRefused) {
  for (const char* text : {"backend_path=libQnnHtp.so", "cache_dir=here", "profiling_file_path=x", "load_config={}",
                           "key=/etc/passwd", "key=..\\x", "library=x"}) {
    EXPECT_FALSE(parse_provider_options(text)) << text;
  }
}

TEST(ProviderOptions, WhatIsNoPairIsRefused) {
  for (const char* text : {"=x", "word", "a=1,", ",a=1", "a=1,b"}) EXPECT_FALSE(parse_provider_options(text)) << text;
}

}  // namespace
}  // namespace hetscope
