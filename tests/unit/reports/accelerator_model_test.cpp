// The accelerator's model against sums done by hand, and the reader of its tables.
#include "reports/accelerator_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;

AcceleratorModel one_pj_each() { return {"unit", "made", "up", 32, 1, 1, 1, 1, 1, 1, 1}; }

TEST(AcceleratorModel, IsTheArithmeticOfItsFormula) {
  const LayerExtents layer{2, 8, 4};
  // 64 multiply-adds, 16 words of a, 32 of b, 8 read and 8 written of c.
  EXPECT_DOUBLE_EQ(modelled_energy_pj(one_pj_each(), layer, {}), 64 + 16 + 32 + 16);
  // Half of the multiply-adds and of a, and 2 bits of 16 for each of its 8 indices.
  const auto terms = modelled_terms("2:4");
  EXPECT_DOUBLE_EQ(modelled_energy_pj(one_pj_each(), layer, terms), 32 + 8 + 1 + 32 + 16);
  EXPECT_DOUBLE_EQ(modelled_edp_ratio(one_pj_each(), layer, terms), 89.0 / 128 / 2);
}

// A table with `more` members in front of its energies.
std::string table_text(const std::string& more, const std::string& multiply_add = "1") {
  return R"({"schema":"hetscope/accelerator-model/1","name":"a","source":"b","note":"c",)" + more +
         R"("pj":{"multiply_add":)" + multiply_add +
         R"(,"left_word":1,"index_word":1,"right_word":1,"result_read":1,"result_write":1}})";
}

// Each of the 16 elements of a is compared twice for 2:4, and once more for 1:8.
TEST(AcceleratorModel, ChoosingEntriesWhileTheLayerRunsCostsComparisons) {
  const LayerExtents layer{2, 8, 4};
  const auto extra_of = [&layer](std::string_view series) {
    const auto terms = modelled_terms(series);
    return modelled_energy_pj(one_pj_each(), layer, terms, Decomposed::while_running) -
           modelled_energy_pj(one_pj_each(), layer, terms);
  };
  EXPECT_DOUBLE_EQ(extra_of("2:4"), 16 * 2);
  EXPECT_DOUBLE_EQ(extra_of("2:4+1:8"), 16 * 3);
}

TEST(AcceleratorModel, WithoutAComparisonActivationsAreNotModelled) {
  AcceleratorModel model = one_pj_each();
  EXPECT_EQ(why_not_modelled(model, Decomposed::while_running), "");
  model.compare_pj.reset();
  EXPECT_NE(why_not_modelled(model, Decomposed::while_running), "");
  EXPECT_EQ(why_not_modelled(model, Decomposed::ahead), "");
}

TEST(AcceleratorModel, ReadsSeriesAndRefusesWhatIsNone) {
  EXPECT_DOUBLE_EQ(slots_of_terms(modelled_terms("2:4+1:8")), 0.625);
  for (const char* text : {"", "2", "2:", ":4", "5:4", "0:4", "2:4+", "2:4 ", "99999999999:4", "-1:4"}) {
    EXPECT_TRUE(modelled_terms(text).empty()) << text;
  }
}

TEST(AcceleratorModel, TablesAreReadStrictly) {
  ASSERT_EQ(known_accelerators().size(), 2U);
  EXPECT_EQ(known_accelerators()[0].name, "horowitz-fp32-45nm");
  EXPECT_DOUBLE_EQ(known_accelerators()[0].multiply_add_pj, 4.6);
  EXPECT_EQ(known_accelerators()[0].title(), "horowitz-fp32-45nm, 32-bit words");
  EXPECT_EQ(known_accelerators()[1].title(), "sparseloop-dstc-45nm, 16-bit words");
  EXPECT_THROW(parse_accelerator(R"({"schema":"other/1"})", "x.json"), Error);
  EXPECT_EQ(parse_accelerator(table_text(R"("word_bits":16,)"), "x.json").word_bits, 16);
  EXPECT_FALSE(parse_accelerator(table_text(R"("word_bits":16,)"), "x.json").compare_pj);
}

TEST(AcceleratorModel, RefusesTablesThatSayTooLittleOrWrongThings) {
  const auto refuse = [](const std::string& text, const char* what) {
    try {
      parse_accelerator(text, "x.json");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("x.json"), HasSubstr(what)));
    }
  };
  refuse(table_text(""), "word_bits");
  refuse(table_text(R"("word_bits":16.5,)"), "whole number");
  refuse(table_text(R"("word_bits":0,)"), "word_bits");
  refuse(table_text(R"("word_bits":16,)", "-1"), "multiply_add");
}

}  // namespace
}  // namespace hetscope
