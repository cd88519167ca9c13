// From which size on one way is faster than the other, out of the verdicts at each size.
#pragma once

#include <span>

#include "harness/statistics/verdict.hpp"

namespace hetscope {

// The candidate against its baseline at x.
struct SizedVerdict {
  double x = 0;
  Verdict verdict = Verdict::unclear;
};

enum class CrossoverKind {
  always,     // faster at every size
  from,       // faster at every size from x on, and not surely below
  up_to,      // faster at every size up to x, and not surely above
  never,      // at no size faster
  mixed,      // faster at some sizes, without an order
  undecided,  // what is unclear could change the answer
};

struct Crossover {
  CrossoverKind kind = CrossoverKind::undecided;
  double x = 0;     // of `from` and `up_to`
  int unclear = 0;  // sizes without a verdict; for `from` and `up_to` all on the other side of x
};

// SAME counts as not faster. No verdicts at all are undecided.
Crossover find_crossover(std::span<const SizedVerdict> verdicts);

}  // namespace hetscope
