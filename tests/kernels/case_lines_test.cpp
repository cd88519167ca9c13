// Random case lines of the operations on layouts, good, wrong and broken ones: each ends in a case that prints and
// reads back as itself, or in an Error with a line to say; never in a crash or another exception.
#include <gtest/gtest.h>

#include <exception>
#include <numeric>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "kernels/catalog.hpp"

namespace hetscope {
namespace {

constexpr int kLinesOfEach = 2000;

// Words that mostly fit each other; one in kOdds does not.
class LineMaker {
 public:
  explicit LineMaker(std::uint64_t seed) : random_(seed) {}

  std::string layout_transform() {
    begin(1 + below(6));
    const std::string types = one_of({"f32", "f16", "i8"});
    return "layout_transform kernel=layout_transform_scalar processor=cpu shape=" + shape() + " dtype=" + types +
           " from=" + layout() + " to=" + layout();
  }
  std::string operator_pair() {
    begin(1 + below(4));
    std::string line = "operator_pair kernel=operator_pair_op_by_op processor=cpu shape=" + shape();
    line += " first=" + pair_operator();
    if (below(4) == 0) line += " between=" + movements();
    return line + " second=" + pair_operator();
  }
  std::string reshape() {
    begin(1 + below(5));
    const std::string from = shape();
    random_.shuffle(std::span(extents_));
    return "reshape kernel=reshape_image2d processor=opencl:0 shape=" + from + " output=" + shape();
  }
  std::string conv2d() {
    begin(4);
    return "conv2d kernel=conv2d_direct processor=cpu shape=" + shape() + " filters=" + number(8) +
           " window=" + pair(3) + " stride=" + pair(2) + " padding=" + pair(2, 0) + " groups=" + number(1) +
           " layout=" + layout() + " output_layout=" + one_of({"NCHW", "NHWC", "NC4HW4"});
  }
  std::string tensor_consumers() {
    begin(3);
    std::string consumers = consumer();
    while (below(2) == 0) consumers += "/" + consumer();
    const std::string layouts = one_of({"k1", "k2", "k1_copies", "k2_copies", "", "+"});
    return "tensor_consumers kernel=tensor_consumers_rows processor=cpu shape=" + shape() + " consumers=" + consumers +
           " layout=" +
           (layouts.empty()  ? layout()
            : layouts == "+" ? layout() + "+" + layout()
                             : layouts) +
           " producer=" + one_of({"none", "relu"});
  }
  std::string activation() {
    begin(1 + below(6));
    return "activation kernel=activation_simd processor=cpu shape=" + shape() +
           " dtype=" + one_of({"f32", "f16", is_odd() ? "i8" : "f32"}) +
           " function=" + one_of({"relu", "gelu", "silu", is_odd() ? "softmax" : "relu"}) + " layout=" + layout() +
           " output_layout=" + layout();
  }
  std::string reduce() {
    begin(3);
    return "reduce kernel=reduce_simd processor=cpu shape=" + shape() + " dtype=" + one_of({"f32", "f16"}) +
           " reduced=" + number(2, 0) + " layout=" + layout();
  }
  std::string operator_chain() {
    return "operator_chain kernel=operator_chain_calls processor=cpu operators=" + number(1000) +
           " words=" + number(4096) + " threads=" + number(4);
  }

  // Some lines lose, gain or change a character.
  std::string broken_at_times(std::string line) {
    while (below(kOdds) == 0) {
      const std::size_t at = below(line.size());
      const char other = one_of({"=", " ", ",", "x", "/", ":", "-", "\"", "\\", "9", "\n", "\xff"})[0];
      switch (below(3)) {
        case 0:
          line.erase(at, 1);
          break;
        case 1:
          line.insert(at, 1, other);
          break;
        default:
          line[at] = other;
      }
    }
    return line;
  }

 private:
  static constexpr std::uint64_t kOdds = 12;

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_.below(bound)); }
  bool is_odd() { return below(2 * kOdds) == 0; }
  std::string one_of(const std::vector<std::string>& words) { return words[below(words.size())]; }
  // Zero, negative, more than any limit, more than 64 bits, and none at all.
  std::string odd_number() {
    return one_of({"0", "-1", "7", "65537", "134217729", "4611686018427387904", "9223372036854775807",
                   "99999999999999999999", "1.5", "many", ""});
  }
  std::string number(std::size_t most, std::size_t least = 1) {
    return is_odd() ? odd_number() : std::to_string(least + below(most - least + 1));
  }
  std::string pair(std::size_t most, std::size_t least = 1) {
    return number(most, least) + "x" + (is_odd() ? number(most, least) + "x" : "") + number(most, least);
  }

  void begin(std::size_t rank) {
    extents_.assign(rank, "");
    for (std::string& extent : extents_)
      extent = is_odd() ? odd_number() : one_of({"1", "2", "3", "4", "7", "8", "49"});
  }
  std::string joined(const std::vector<std::string>& words, const char* separator) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
    return text;
  }
  std::string shape() {
    if (is_odd()) return joined(extents_, "x") + "x" + odd_number();
    return extents_.size() == 1 ? "[" + extents_[0] + "]" : joined(extents_, "x");
  }
  std::string order() {
    std::vector<int> dims(extents_.size());
    std::iota(dims.begin(), dims.end(), 0);
    random_.shuffle(std::span(dims));
    std::vector<std::string> words;
    for (const int dim : dims) words.push_back(std::to_string(dim));
    if (is_odd()) words[below(words.size())] = one_of({"0", "6", "-1", "x", ""});
    if (is_odd()) words.pop_back();
    return joined(words, ",");
  }
  std::string layout() {
    if (is_odd()) return one_of({"NCHW", "NHWC", "NC3HW3", "order:", "order", "NC4HW4"});
    const std::string packing = "/p" + number(extents_.size(), 0) + "x" + one_of({"2", "4", "8", "16", "3", "0"});
    return "order:" + order() + (below(3) == 0 ? packing : "");
  }
  // What keeps the number of elements of the line's shape, and at times does not.
  std::string reshaped() {
    std::vector<std::string> extents = extents_;
    random_.shuffle(std::span(extents));
    if (is_odd()) extents.push_back(odd_number());
    return "reshape:" + joined(extents, "x");
  }
  std::string movements() {
    const std::string axis = number(extents_.size() - 1, 0);
    std::string text;
    switch (below(7)) {
      case 0:
        text = "slice:" + axis + ":" + number(2, 0) + ":" + number(8) + ":" + number(3);
        break;
      case 1:
        text = "gather:" + axis + ":" + number(9);
        break;
      case 2:
        text = one_of({"depth_to_space:", "space_to_depth:"}) + number(2);
        break;
      case 3:
        text = "transpose:" + order();
        break;
      case 4:
        text = "roll:" + axis + ":" + number(3, 0);
        break;
      default:
        text = reshaped();
    }
    return below(3) == 0 ? text + "/" + movements() : text;
  }
  std::string pair_operator() {
    if (below(3) != 0) return movements();
    return is_odd() ? one_of({"conv", "matmul", "matmul:1:2", "relu/softmax"})
                    : one_of({"softmax", "layer_norm", "sum", "relu", "gelu", "silu", "matmul:" + number(9)});
  }
  std::string consumer() {
    const std::string dim = number(2, 0);
    return is_odd() ? "mean:" + dim : one_of({"sum:" + dim, "softmax:" + dim, "matmul:" + dim + ":" + number(9)});
  }

  Random random_;
  std::vector<std::string> extents_;  // of the line's shape
};

class CaseLines : public testing::Test {
 protected:
  bool is_accepted(const std::string& line) {
    try {
      const Case item = catalog_.complete(Case::parse(line));
      catalog_.validate(item);
      EXPECT_EQ(Case::parse(item.line()), item) << line;
      return true;
    } catch (const Error& error) {
      const std::string text = error.what();
      EXPECT_FALSE(error.problem().empty()) << line;
      EXPECT_EQ(text.find_first_of("\n\r\t"), std::string::npos) << text;
    } catch (const std::exception& fault) {
      ADD_FAILURE() << line << ": " << fault.what();
    }
    return false;
  }

  // Both outcomes are common, or the lines would try little.
  void expect_cases_and_errors(std::string (LineMaker::*make)()) {
    LineMaker maker(20240427);
    int accepted = 0;
    for (int n = 0; n < kLinesOfEach; ++n) {
      if (is_accepted(maker.broken_at_times((maker.*make)()))) ++accepted;
    }
    EXPECT_GT(accepted, kLinesOfEach / 20);
    EXPECT_LT(accepted, kLinesOfEach * 19 / 20);
  }

 private:
  Catalog catalog_ = make_catalog();
};

TEST_F(CaseLines, OfLayoutTransform) { expect_cases_and_errors(&LineMaker::layout_transform); }
TEST_F(CaseLines, OfOperatorPair) { expect_cases_and_errors(&LineMaker::operator_pair); }
TEST_F(CaseLines, OfReshape) { expect_cases_and_errors(&LineMaker::reshape); }
TEST_F(CaseLines, OfConv2d) { expect_cases_and_errors(&LineMaker::conv2d); }
TEST_F(CaseLines, OfTensorConsumers) { expect_cases_and_errors(&LineMaker::tensor_consumers); }
TEST_F(CaseLines, OfActivation) { expect_cases_and_errors(&LineMaker::activation); }
TEST_F(CaseLines, OfReduce) { expect_cases_and_errors(&LineMaker::reduce); }
TEST_F(CaseLines, OfOperatorChain) { expect_cases_and_errors(&LineMaker::operator_chain); }

}  // namespace
}  // namespace hetscope
