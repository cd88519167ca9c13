// A misspelt axis is an error and not an experiment, and equal cases print equal lines.
#include "harness/kernel/catalog.hpp"

#include <gmock/gmock.h>

#include "harness/core/error.hpp"
#include "tests/fakes/fake_kernel.hpp"

namespace hetscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() {
    catalog_.operations().add(std::make_unique<FakeOperation>());
    catalog_.operations().add(std::make_unique<FakeOperation>("fake_other"));
    catalog_.kernels().add(std::make_unique<FakeKernel>("on_host", clock_));
    catalog_.kernels().add(
        std::make_unique<FakeKernel>("on_gpu", clock_, FakeScript{}, "fake_double", ProgramModel::opencl_c));
    catalog_.kernels().add(
        std::make_unique<FakeKernel>("other", clock_, FakeScript{}, "fake_other", ProgramModel::opencl_c));
  }

  std::string completed(const std::string& line) const { return catalog_.complete(Case::parse(line)).line(); }
  std::string refusal(const std::string& line) const {
    try {
      catalog_.validate(Case::parse(line), "here");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  FakeClock clock_;
  Catalog catalog_;
};

TEST_F(CatalogTest, KernelsOfAnOperation) {
  std::vector<std::string_view> names;
  for (const Kernel* kernel : catalog_.kernels_of("fake_double")) names.push_back(kernel->name());
  EXPECT_THAT(names, ElementsAre("on_host", "on_gpu"));
  EXPECT_TRUE(catalog_.kernels_of("nothing").empty());
}

TEST_F(CatalogTest, AxesAreTheOperationsTheKernelsAndTheCommonOnes) {
  std::vector<std::string> names;
  for (const AxisSpec* axis : catalog_.axes_of(catalog_.kernels().at("on_host"))) names.push_back(axis->name);
  EXPECT_THAT(names, ElementsAre("shape", "flavour", "threads", "cache", "layer", "load"));
}

TEST_F(CatalogTest, CompletesWithDefaultsInOneOrder) {
  const std::string line = "fake_double kernel=on_host processor=cpu shape=2x3 flavour=plain threads=1 cache=hot";
  EXPECT_EQ(completed("fake_double kernel=on_host processor=cpu shape=2x3"), line);
  EXPECT_EQ(completed("fake_double kernel=on_host processor=cpu cache=hot threads=1 shape=2x3"), line);
  EXPECT_EQ(completed(line), line);
}

TEST_F(CatalogTest, CompletionKeepsWhatIsSet) {
  EXPECT_EQ(
      completed("fake_double kernel=on_host processor=cpu layer=conv1 cache=cold threads=4 flavour=spicy shape=7"),
      "fake_double kernel=on_host processor=cpu shape=[7] flavour=spicy threads=4 cache=cold layer=conv1");
}

TEST_F(CatalogTest, ALoadIsCompletedLikeACase) {
  const std::string item = "fake_double kernel=on_host processor=cpu shape=2 ";
  const Case whole = catalog_.complete(Case::parse(item + "load=\"fake_double kernel=on_gpu processor=gpu shape=3\""));
  const std::optional<Case> load = catalog_.load_of(whole);
  ASSERT_TRUE(load.has_value());
  EXPECT_EQ(load->line(), "fake_double kernel=on_gpu processor=gpu shape=[3] flavour=plain cache=hot");
  EXPECT_EQ(whole.text("load"), load->line());
  EXPECT_EQ(Case::parse(whole.line()), whole) << "the line within the line survives";
  EXPECT_EQ(catalog_.complete(whole).line(), whole.line());
  EXPECT_FALSE(catalog_.complete(Case::parse(item + "load=none")).has("load"));
  EXPECT_EQ(completed(item + "load=none"), completed(item));
}

TEST_F(CatalogTest, ABadLoadIsRefused) {
  const std::string item = "fake_double kernel=on_host processor=cpu shape=2 flavour=plain threads=1 cache=hot load=";
  const auto refused = [&](const std::string& load) { return refusal(item + "\"" + load + "\""); };
  EXPECT_THAT(refused("fake_double kernel=on_gpuu processor=gpu shape=3"), HasSubstr("did you mean 'on_gpu'"));
  EXPECT_THAT(refused("fake_double kernel=on_host processor=cpu shape=3"),
              HasSubstr("the load runs on the case's own processor cpu"));
  EXPECT_THAT(refused("fake_double kernel=on_gpu shape=3"), HasSubstr("has no processor"));
  EXPECT_THAT(refused("fake_double kernel=on_gpu processor=gpu"), HasSubstr("axis 'shape' of fake_double is missing"));
  EXPECT_THAT(refused("fake_double kernel=other processor=gpu shape=2"), HasSubstr("the load: "));
  EXPECT_THAT(refused("fake_double kernel=on_gpu processor=gpu shape=3 load=\\\"fake_double kernel=on_host "
                      "processor=cpu shape=3\\\""),
              HasSubstr("no load of its own"));
  EXPECT_THAT(refused(""), HasSubstr("the load: "));
  EXPECT_THAT(refusal(item + "7"), HasSubstr("of type text"));
}

TEST_F(CatalogTest, CompletionDropsWhatOnlyOtherKernelsOfTheOperationKnow) {
  EXPECT_EQ(completed("fake_double kernel=on_gpu processor=gpu threads=4 shape=2x3"),
            "fake_double kernel=on_gpu processor=gpu shape=2x3 flavour=plain cache=hot");
}

TEST_F(CatalogTest, CompletionKeepsAMisspeltAxisForValidation) {
  const Case item = catalog_.complete(Case::parse("fake_double kernel=on_host processor=cpu shape=2x3 thraeds=4"));
  EXPECT_TRUE(item.has("thraeds"));
  EXPECT_THAT(refusal(item.line()), HasSubstr("did you mean 'threads'"));
  // No kernel of fake_other has threads.
  EXPECT_TRUE(catalog_.complete(Case::parse("fake_other kernel=other processor=gpu shape=2 threads=4")).has("threads"));
}

TEST_F(CatalogTest, ACompletedCaseIsValid) {
  EXPECT_EQ(refusal(completed("fake_double kernel=on_host processor=cpu shape=2x3")), "");
  EXPECT_EQ(refusal(completed("fake_double kernel=on_gpu processor=gpu shape=2x3 threads=2")), "");
}

TEST_F(CatalogTest, ValidationNamesWhatIsUnknown) {
  EXPECT_THAT(refusal("fake_doubel kernel=on_host processor=cpu"), HasSubstr("operation 'fake_doubel'"));
  EXPECT_THAT(refusal("fake_double kernel=on_hots processor=cpu"), HasSubstr("kernel 'on_hots'"));
  EXPECT_THROW(static_cast<void>(catalog_.complete(Case::parse("fake_double kernel=on_hots processor=cpu"))), Error);
  const std::string rest = " shape=2 flavour=plain cache=hot";
  EXPECT_THAT(refusal("fake_double kernel=on_gpu processor=gpu threads=1" + rest), HasSubstr("axis 'threads'"));
}

TEST_F(CatalogTest, ValidationRefusesAKernelOfAnotherOperation) {
  EXPECT_THAT(refusal("fake_double kernel=other processor=gpu shape=2 flavour=plain cache=hot"),
              HasSubstr("kernel 'other' computes fake_other, not fake_double"));
}

TEST_F(CatalogTest, ValidationRefusesMissingAndMistypedAxes) {
  EXPECT_THAT(refusal("fake_double kernel=on_gpu processor=gpu flavour=plain cache=hot"),
              HasSubstr("axis 'shape' of fake_double is missing"));
  EXPECT_THAT(refusal("fake_double kernel=on_gpu processor=gpu shape=2 flavour=plain cache=warm"), HasSubstr("warm"));
  EXPECT_THAT(refusal("fake_double kernel=on_gpu processor=gpu shape=big flavour=plain cache=hot"),
              HasSubstr("is of type shape, not the text big"));
  EXPECT_THAT(refusal("fake_double kernel=on_gpu processor=gpu shape=big flavour=plain cache=hot"), HasSubstr("here"));
}

TEST_F(CatalogTest, ValidationAsksTheOperation) {
  EXPECT_NE(refusal("fake_double kernel=on_gpu processor=gpu shape=2x0 flavour=plain cache=hot"), "");
}

}  // namespace
}  // namespace hetscope
