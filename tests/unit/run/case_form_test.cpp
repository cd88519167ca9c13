// A form's cases and lines against those of the catalog, which are made one at a time.
#include "harness/run/case_form.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/scenario.hpp"
#include "tests/error_of.hpp"
#include "tests/unit/run/small_catalog.hpp"

namespace hetscope {
namespace {

using testing::HasSubstr;

class CaseFormTest : public testing::Test {
 protected:
  CaseForm form(const std::vector<JointAxes>& axes, const std::vector<std::string>& compare_by = {},
                const std::vector<std::string>& processors = {"cpu"}) const {
    return CaseForm(small_.catalog, small_.catalog.kernels().at("plain"), processors, axes, compare_by, "here");
  }

  SmallCatalog small_;
};

TEST_F(CaseFormTest, MakesWhatTheCatalogCompletes) {
  const std::vector<JointAxes> axes = {
      {{"shape", "layer"}, {{Dims{4, 2}, std::string("first")}, {std::int64_t{8}, std::string("a \"second\" one")}}},
      {{"cache"}, {{std::string("hot")}, {std::string("cold")}}},
      {{"load"}, {{std::string("none")}, {std::string("double kernel=fancy processor=cpu.big shape=3")}}}};
  const std::vector<std::string> compare_by = {"kernel", "processor", "cache"};
  const CaseForm made = form(axes, compare_by);
  std::map<std::string, std::size_t> numbers;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::vector<std::size_t> choice = {i / 4, i / 2 % 2, i % 2};
    Case item("double", "plain", {"cpu"});
    for (std::size_t a = 0; a < axes.size(); ++a) {
      for (std::size_t n = 0; n < axes[a].names.size(); ++n) item.set(axes[a].names[n], axes[a].rows[choice[a]][n]);
    }
    const Case expected = small_.catalog.complete(item);
    EXPECT_EQ(made.make(choice), expected) << i;
    EXPECT_EQ(made.line(choice), expected.line()) << i;
    EXPECT_EQ(made.key(choice), expected.key_without(compare_by)) << i;
    EXPECT_LT(made.key_number(choice), made.key_count());
    EXPECT_EQ(numbers.try_emplace(made.key(choice), made.key_number(choice)).first->second, made.key_number(choice));
  }
  EXPECT_EQ(numbers.size(), 4u);  // two shapes under two loads
  EXPECT_EQ(made.key_count(), 4u);
}

TEST_F(CaseFormTest, WithoutCompareByTheKeyIsTheLine) {
  const CaseForm made = form({{{"shape"}, {{Dims{4}}}}});
  const std::vector<std::size_t> choice = {0};
  EXPECT_EQ(made.key(choice), made.line(choice));
}

TEST_F(CaseFormTest, RefusesWhatTheCatalogRefuses) {
  EXPECT_THAT(error_of([&] { form({{{"shape"}, {{Dims{4}}, {true}}}}); }), HasSubstr("not the boolean"));
  EXPECT_THAT(error_of([&] {
                form({{{"cache"}, {{std::string("hot")}}}});
              }),
              HasSubstr("'shape' of double is missing"));
  const JointAxes shape = {{"shape"}, {{Dims{4}}}};
  const JointAxes load = {{"load"}, {{std::string("double kernel=fancy processor=cpu shape=3")}}};
  EXPECT_THAT(error_of([&] { form({shape, load}); }), HasSubstr("own processor cpu"));
  EXPECT_EQ(error_of([&] { form({shape, load}, {}, {"cpu.big"}); }), "");
}

}  // namespace
}  // namespace hetscope
