// Every format: what its samples become, that its samples are recognised, and that no change of a text makes an
// importer crash, hang or say a number that is not there.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/record/json.hpp"
#include "tests/golden/importers/import_samples.hpp"

namespace hetscope {
namespace {

using nlohmann::json;
using samples::Sample;

const std::string kRoot = std::string(HETSCOPE_SOURCE_DIR) + "/tests/golden/importers";

const std::vector<Sample>& all_samples() {
  static const std::vector<Sample> kSamples = samples::load(kRoot);
  return kSamples;
}

TEST(ImportersGoldenTest, EveryFormatHasItsSamplesAndEverySampleItsFormat) {
  std::map<std::string, int> counts;
  for (const Sample& sample : all_samples()) ++counts[sample.format];
  for (const auto& importer : importers()) {
    EXPECT_GE(counts[std::string(importer->name())], 3) << importer->name();
    EXPECT_FALSE(importer->description().empty());
  }
  EXPECT_EQ(counts.size(), importers().size());
}

TEST(ImportersGoldenTest, SamplesBecomeTheRowsThatWereReviewed) {
  for (const Sample& sample : all_samples()) {
    const std::string expected = sample.path + ".expected.json";
    ASSERT_TRUE(std::filesystem::exists(expected)) << expected;
    EXPECT_EQ(samples::outcome(sample).dump(1), read_json_file(expected).dump(1)) << sample.path;
  }
}

TEST(ImportersGoldenTest, EveryRowKeepsTheRules) {
  for (const Sample& sample : all_samples()) {
    const ImportInput input = sample.input();
    try {
      const ImportResult result = import_text(importer_named(sample.format), input);
      EXPECT_EQ(samples::violation(input, result, result.records.size()), "") << sample.path;
    } catch (const Error& error) {
      EXPECT_TRUE(std::string(error.what()).find('\n') == std::string::npos) << error.what();
    }
  }
}

// A sample of which something could be read is recognised by its content; nobody takes another format for his own.
TEST(ImportersGoldenTest, FormatsAreRecognised) {
  for (const Sample& sample : all_samples()) {
    const ImportInput input = sample.input();
    const Importer& own = importer_named(sample.format);
    if (own.detects(input.text) == 0 && own.detects(input.second_text) == 0) {
      EXPECT_THROW(detect_importer(input), Error) << sample.path;
    } else {
      EXPECT_EQ(detect_importer(input).name(), sample.format) << sample.path;
    }
  }
  for (const char* text : {"", "\n", "hello\n", "{}", "[]", "{\"a\":1}", "a,b,c\n1,2,3\n", "min = 1 max = 2\n"}) {
    ImportInput input;
    input.text = text;
    EXPECT_THROW(detect_importer(input), Error) << text;
    for (const auto& importer : importers())
      EXPECT_THROW(import_text(*importer, input), Error) << importer->name() << text;
  }
}

TEST(ImportersGoldenTest, TheSameFileTwiceIsOneSession) {
  for (const Sample& sample : all_samples()) {
    const ImportInput input = sample.input();
    try {
      const ImportResult first = import_text(importer_named(sample.format), input);
      const ImportResult second = import_text(importer_named(sample.format), input);
      EXPECT_EQ(first.records.front().session, second.records.front().session);
      EXPECT_EQ(first.records.front().run_uuid, second.records.front().run_uuid);
    } catch (const Error&) {
      continue;
    }
  }
}

TEST(ImportersGoldenTest, Utf16IsRefused) {
  for (const auto& importer : importers()) {
    ImportInput input;
    input.text = std::string_view("\xff\xfel\0o\0o\0p\0", 10);
    EXPECT_THROW(import_text(*importer, input), Error) << importer->name();
  }
}

std::string mutated(std::string text, const std::vector<std::string>& others, Random& random) {
  static const std::vector<std::string> kPieces = {"\n",      "\r\n",
                                                   "0",       "-1",
                                                   "1e999",   "1e-999",
                                                   "nan",     "inf",
                                                   "NaN",     "-Infinity",
                                                   ",",       ".",
                                                   ";",       "\"",
                                                   "{",       "}",
                                                   "[",       "]",
                                                   ":",       "=",
                                                   "%",       "ms",
                                                   "\t",      " ",
                                                   "\\",      "99999999999999999999",
                                                   "\xff",    std::string(1, '\0'),
                                                   "1,5",     "Segmentation fault\n",
                                                   "Error\n", "count=",
                                                   "-"};
  const auto changes = 1 + random.below(5);
  for (std::uint64_t change = 0; change < changes && !text.empty(); ++change) {
    const std::size_t at = random.below(text.size());
    switch (random.below(8)) {
      case 0:
        text[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        text.erase(at, 1 + random.below(30));
        break;
      case 2:
        text.insert(at, kPieces[random.below(kPieces.size())]);
        break;
      case 3:
        text.resize(at);
        break;
      case 4:
        text.insert(at, text.substr(random.below(text.size()), random.below(80)));
        break;
      case 5: {
        // A line of another tool in the middle, as when two streams are mixed.
        const std::string& other = others[random.below(others.size())];
        if (!other.empty()) text.insert(at, other.substr(random.below(other.size()), random.below(120)));
        break;
      }
      case 6: {  // a line twice
        const std::size_t begin = text.rfind('\n', at) + 1;
        const std::size_t end = std::min(text.size(), text.find('\n', at));
        if (end > begin) text.insert(begin, text.substr(begin, end - begin) + "\n");
        break;
      }
      default:  // digits change
        if (std::isdigit(static_cast<unsigned char>(text[at])) != 0)
          text[at] = static_cast<char>('0' + random.below(10));
    }
    if (text.size() > 20000) text.resize(20000);
  }
  return text;
}

class ImporterMutationTest : public testing::TestWithParam<std::string> {};

TEST_P(ImporterMutationTest, AnyTextBecomesHonestRowsOrOneClearLine) {
  constexpr int kTrials = 3000;
  std::vector<const Sample*> own;
  std::vector<std::string> texts;
  for (const Sample& sample : all_samples()) {
    if (sample.format == GetParam()) own.push_back(&sample);
    texts.push_back(sample.text);
  }
  ASSERT_FALSE(own.empty());
  const Importer& importer = importer_named(GetParam());
  Random random(20240917);
  int rows = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Sample& sample = *own[random.below(own.size())];
    const std::string text = mutated(sample.text, texts, random);
    const std::string second = random.below(4) == 0 ? mutated(texts[random.below(texts.size())], texts, random) : "";
    ImportInput input = sample.input();
    input.text = text;
    input.second_text = second;
    try {
      const ImportResult result = import_text(importer, input);
      rows += static_cast<int>(result.records.size());
      const std::string fault = samples::violation(input, result, trial % 20 == 0 ? 20 : 0);
      ASSERT_EQ(fault, "") << "trial " << trial << " of " << sample.path << "\n" << text << "\n--- second\n" << second;
    } catch (const Error& error) {
      ASSERT_FALSE(error.problem().empty());
    }
    importer.detects(text);
  }
  EXPECT_GT(rows, kTrials / 40) << "the changes leave too little to read";
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& importer : importers()) names.emplace_back(importer->name());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Formats, ImporterMutationTest, testing::ValuesIn(format_names()),
                         [](const auto& format) { return format.param; });

}  // namespace
}  // namespace hetscope
