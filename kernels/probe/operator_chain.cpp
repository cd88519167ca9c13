// operator_chain: small operators one after the other, each needing the one before: what launches cost a model of many
// operators, beside the same work in one launch (SmartMem, ASPLOS 2024, table 7).
//   each operator: x[i] = 1664525 * x[i] + 1013904223 modulo 2^32 for every word;  useful bytes = read and written once
#include <array>

#include "harness/core/error.hpp"
#include "kernels/probe/operator_chain.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMaxOperators = 100000;
constexpr std::int64_t kMaxWords = std::int64_t{1} << 24;

class OperatorChain final : public Operation {
 public:
  std::string_view name() const noexcept override { return "operator_chain"; }

  std::span<const AxisSpec> axes() const override {
    static const std::array<AxisSpec, 2> kAxes = {
        AxisSpec{"operators", AxisType::integer, "operators one after the other", std::nullopt, {}, true, 1},
        AxisSpec{"words",
                 AxisType::integer,
                 "32-bit words that each operator reads and writes",
                 AxisValue(std::int64_t{256}),
                 {},
                 true,
                 1},
    };
    return kAxes;
  }

  void validate(const Case& item) const override {
    if (item.integer("operators") > kMaxOperators || item.integer("words") > kMaxWords) {
      throw Error("more than 100,000 operators or 2^24 words", item.line(), "give fewer");
    }
  }

  std::vector<Operand> inputs(const Case& item, std::uint64_t seed) const override {
    HostTensor words(DType::i32, Shape{item.integer("words")}, Layout::row_major(1));
    Random random(seed);
    words.fill_random(random);
    std::vector<Operand> result;
    result.push_back({"words", Lifetime::per_run, std::move(words)});
    return result;
  }

  std::vector<Expectation> reference(const Case& item, std::span<const Operand> inputs) const override {
    HostTensor words = inputs[0].tensor.clone();
    for (std::int64_t i = 0; i < words.shape().element_count(); ++i) {
      std::uint32_t& word = words.as<std::uint32_t>()[i];
      for (std::int64_t n = 0; n < item.integer("operators"); ++n) word = after_operator(word);
    }
    std::vector<Expectation> expectations;
    expectations.push_back({std::move(words), {}, {}});
    return expectations;
  }

  Tolerance tolerance(const Case&) const override { return {}; }
  Work useful_work(const Case& item) const override { return {8 * item.integer("words"), 0}; }
};

}  // namespace

HETSCOPE_DEFINE_OPERATION(operator_chain, OperatorChain)

}  // namespace hetscope
