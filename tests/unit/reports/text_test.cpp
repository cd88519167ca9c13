// Escaping of each form, with the characters that would break out of it.
#include "reports/text.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace hetscope {
namespace {

TEST(EscapeHtml, LeavesNoMarkup) {
  EXPECT_EQ(escape_html("<b a=\"1\" c='2'>&amp;"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
  EXPECT_EQ(escape_html("a\nb\x01"
                        "c"),
            "a b c");
}

TEST(EscapeMarkdown, LeavesNoMarkup) {
  EXPECT_EQ(escape_markdown("a|b"), "a\\|b");
  EXPECT_EQ(escape_markdown("<script>&"), "&lt;script&gt;&amp;");
  EXPECT_EQ(escape_markdown("[x](y) *z* `c`"), "\\[x\\](y) \\*z\\* \\`c\\`");
  EXPECT_EQ(escape_markdown("# title"), "\\# title");
  EXPECT_EQ(escape_markdown("two\n\n# lines"), "two  # lines");
  EXPECT_EQ(escape_markdown("snake_case _emphasis_"), "snake_case \\_emphasis\\_");
}

TEST(MarkdownCode, FenceIsLongerThanTheContent) {
  EXPECT_EQ(markdown_code("a=1"), "`a=1`");
  EXPECT_EQ(markdown_code("a`b"), "`` a`b ``");
  EXPECT_EQ(markdown_code("a|b"), "`a\\|b`");
  EXPECT_EQ(markdown_code(""), "`  `");
}

TEST(ShellQuoted, IsOneWord) {
  EXPECT_EQ(shell_quoted("plain=1x2"), "plain=1x2");
  EXPECT_EQ(shell_quoted("two words"), "'two words'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quoted("$(reboot)"), "'$(reboot)'");
  EXPECT_EQ(shell_quoted(""), "''");
}

TEST(Csv, QuotesAndDisarmsFormulas) {
  EXPECT_EQ(csv_text("plain"), "plain");
  EXPECT_EQ(csv_text("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_text("a \"b\""), "\"a \"\"b\"\"\"");
  EXPECT_EQ(csv_text("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv_text("=1+2"), "'=1+2");
  EXPECT_EQ(csv_text("@x,y"), "\"'@x,y\"");
  EXPECT_EQ(csv_number(0.1), "0.1");
  EXPECT_EQ(csv_number(NAN), "");
  EXPECT_EQ(csv_number(INFINITY), "");
}

TEST(Numbers, UnitIsSaidOnceWhereItIsOne) {
  EXPECT_EQ(time_range_text(41000, 41500), "[41.0, 41.5] us");
  EXPECT_EQ(time_range_text(900, 1200), "[900 ns, 1.20 us]");
  EXPECT_EQ(time_text(NAN), kMissing);
  EXPECT_EQ(time_range_text(1, NAN), kMissing);
  EXPECT_EQ(ratio_text(0.81234), "0.812");
  EXPECT_EQ(ratio_text(25.4), "25.4");
  EXPECT_EQ(ratio_text(INFINITY), kMissing);
}

TEST(Numbers, Counts) {
  EXPECT_EQ(count_of(1, "row"), "1 row");
  EXPECT_EQ(count_of(0, "row"), "0 rows");
  EXPECT_EQ(count_of(2, "row was", "rows were"), "2 rows were");
}

}  // namespace
}  // namespace hetscope
