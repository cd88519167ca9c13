// Registries, "did you mean", and embedded files.
#include "harness/core/registry.hpp"

#include <gtest/gtest.h>

#include <array>

#include "harness/core/embedded_file.hpp"

namespace hetscope {
namespace {

struct Thing {
  std::string thing_name;
  std::string_view name() const { return thing_name; }
};

TEST(Registry, KeepsOrderAndRefusesDuplicates) {
  Registry<Thing> registry("thing");
  registry.add(std::make_unique<Thing>(Thing{"zeta"}));
  registry.add(std::make_unique<Thing>(Thing{"alpha"}));
  EXPECT_EQ(registry.names(), (std::vector<std::string>{"zeta", "alpha"}));
  EXPECT_THROW(registry.add(std::make_unique<Thing>(Thing{"zeta"})), Error);
  EXPECT_EQ(registry.entries().size(), 2u);
  EXPECT_EQ(registry.at("alpha").name(), "alpha");
  EXPECT_EQ(registry.find("beta"), nullptr);
}

TEST(Registry, UnknownNameSuggestsOrLists) {
  Registry<Thing> registry("thing");
  registry.add(std::make_unique<Thing>(Thing{"nchw_to_nhwc"}));
  registry.add(std::make_unique<Thing>(Thing{"copy"}));
  try {
    registry.at("nchw_to_nwhc");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "unknown thing 'nchw_to_nwhc'; did you mean 'nchw_to_nhwc'?");
  }
  try {
    registry.at("something_else");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "unknown thing 'something_else'; known: nchw_to_nhwc, copy");
  }
}

TEST(ClosestName, CountsEditsAndSwaps) {
  const std::vector<std::string> names = {"matmul", "softmax", "conv2d", "cp"};
  EXPECT_EQ(closest_name("matmul", names), "matmul");
  EXPECT_EQ(closest_name("mtamul", names), "matmul");
  EXPECT_EQ(closest_name("sofmax", names), "softmax");
  EXPECT_EQ(closest_name("conv", names), "conv2d");
  EXPECT_EQ(closest_name("attention", names), "");
  EXPECT_EQ(closest_name("xy", names), "");
  EXPECT_EQ(closest_name("", names), "");
  EXPECT_EQ(closest_name(std::string(1 << 20, 'm'), names), "");
}

TEST(UnknownName, StaysOneShortLine) {
  const std::string what = unknown_name("kernel", std::string(5000, 'a') + "\nb", {}, "file").what();
  EXPECT_LT(what.size(), 300u);
  EXPECT_EQ(what.find('\n'), std::string::npos);
}

TEST(EmbeddedText, FindsOrSaysWhatThereIs) {
  const std::array<EmbeddedFile, 2> files = {{{"a/copy.cl", "kernel"}, {"b.json", "{}"}}};
  EXPECT_EQ(embedded_text(files, "b.json"), "{}");
  EXPECT_THROW(embedded_text(files, "a/copi.cl"), Error);
}

}  // namespace
}  // namespace hetscope
