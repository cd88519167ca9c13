// Step by step over a whole block, so that each step is a loop that the compiler makes vectors of.
#include "kernels/elimination/index_blocks.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 31;

}  // namespace

IndexBlocks::IndexBlocks(const IndexMap& map) : program_(std::span(map.pieces().front().coordinates)) {
  assert(map.pieces().size() == 1 && map.output().rank() == 1 && map.pieces().front().coordinates.size() == 1);
  for (const IndexStep& step : program_.steps()) {
    Divisor divisor;
    if (step.kind == IndexKind::floor_div || step.kind == IndexKind::mod) {
      if (program_.steps()[step.operands.front().step].min < 0) throw Error("a negative dividend in a gather's index");
      const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(step.number - 1)));
      divisor.shift = 31 + bits;
      divisor.multiplier = ((std::uint64_t{1} << divisor.shift) + static_cast<std::uint64_t>(step.number) - 1) /
                           static_cast<std::uint64_t>(step.number);
    }
    if (step.min < -kLargest || step.max >= kLargest || step.number >= kLargest) {
      throw Error("a gather's index leaves 31 bits", {}, "use a smaller shape");
    }
    divisors_.push_back(divisor);
  }
}

void IndexBlocks::divide(const IndexStep& step, const Divisor& divisor, const Values& dividend, Values& result) const {
  const auto number = static_cast<std::int32_t>(step.number);
  const bool is_quotient = step.kind == IndexKind::floor_div;
  if (const int exponent = exponent_of_two(step.number); exponent >= 0) {
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = is_quotient ? dividend[i] >> exponent : dividend[i] & (number - 1);
    }
    return;
  }
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::uint64_t product = static_cast<std::uint32_t>(dividend[i]) * divisor.multiplier;
    const auto quotient = static_cast<std::int32_t>(product >> divisor.shift);
    result[i] = is_quotient ? quotient : dividend[i] - quotient * number;
  }
}

void IndexBlocks::add_up(const IndexStep& step, const std::vector<Values>& memory, Values& result) const {
  // Unsigned, because a sum on its way to a value of 31 bits may leave them.
  std::array<std::uint32_t, kBlock> sums;
  sums.fill(static_cast<std::uint32_t>(step.number));
  for (const IndexStep::Operand& operand : step.operands) {
    const Values& values = memory[operand.step];
    const auto factor = static_cast<std::uint32_t>(operand.factor);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += factor * static_cast<std::uint32_t>(values[i]);
  }
  for (std::size_t i = 0; i < sums.size(); ++i) result[i] = static_cast<std::int32_t>(sums[i]);
}

const IndexBlocks::Values& IndexBlocks::evaluate(std::int64_t begin, std::int64_t count,
                                                 std::vector<Values>& memory) const {
  for (std::size_t at = 0; at < memory.size(); ++at) {
    const IndexStep& step = program_.steps()[at];
    Values& result = memory[at];
    switch (step.kind) {
      case IndexKind::constant:
        result.fill(static_cast<std::int32_t>(step.number));
        break;
      case IndexKind::variable:
        // Places behind the last one stand still, so that no value leaves its bounds.
        for (std::int64_t i = 0; i < kBlock; ++i) {
          result[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(begin + std::min(i, count - 1));
        }
        break;
      case IndexKind::floor_div:
      case IndexKind::mod:
        divide(step, divisors_[at], memory[step.operands.front().step], result);
        break;
      case IndexKind::sum:
        add_up(step, memory, result);
        break;
      case IndexKind::lookup: {
        const std::vector<std::int64_t>& table = program_.tables()[step.table]->values();
        const auto last = static_cast<std::int32_t>(table.size()) - 1;
        const Values& places = memory[step.operands.front().step];
        for (std::size_t i = 0; i < result.size(); ++i) {
          result[i] = static_cast<std::int32_t>(table[static_cast<std::size_t>(std::clamp(places[i], 0, last))]);
        }
        break;
      }
    }
  }
  return memory[program_.results().front()];
}

}  // namespace hetscope
