// Index expressions of one variable, computed for blocks of consecutive values on the CPU: what a gather pays whose
// index is not folded. Constant divisors become multiplications, as a compiler makes of them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "harness/tensor/index_map.hpp"
#include "harness/tensor/index_steps.hpp"

namespace hetscope {

class IndexBlocks {
 public:
  static constexpr std::int64_t kBlock = 256;
  using Values = std::array<std::int32_t, kBlock>;

  // Of a map with one piece from rank 1 to rank 1. Throws Error when a value leaves 31 bits or a dividend can be
  // negative, which movements without padding and rolling never need.
  explicit IndexBlocks(const IndexMap& map);

  // One for each thread; evaluate() works in it.
  std::vector<Values> make_memory() const { return std::vector<Values>(program_.steps().size()); }
  // The offsets at begin, begin + 1, ...: kBlock of them, the first `count` of which are meant.
  const Values& evaluate(std::int64_t begin, std::int64_t count, std::vector<Values>& memory) const;

 private:
  // value / divisor = (value * multiplier) >> shift for 0 <= value < 2^31 (Granlund and Montgomery, "Division by
  // invariant integers using multiplication", 1994).
  struct Divisor {
    std::uint64_t multiplier = 0;
    int shift = 0;
  };
  void divide(const IndexStep& step, const Divisor& divisor, const Values& dividend, Values& result) const;
  void add_up(const IndexStep& step, const std::vector<Values>& memory, Values& result) const;

  IndexSteps program_;
  std::vector<Divisor> divisors_;  // of each step
};

}  // namespace hetscope
