// Verdicts in ascending order of size, as three runs: one side, the unclear ones between, the other side.
#include "harness/statistics/crossover.hpp"

#include <algorithm>
#include <vector>

namespace hetscope {
namespace {

bool is_faster(const SizedVerdict& item) { return item.verdict == Verdict::faster; }
bool is_unclear(const SizedVerdict& item) { return item.verdict == Verdict::unclear; }
bool is_not_faster(const SizedVerdict& item) { return !is_faster(item) && !is_unclear(item); }

// `first`s, then unclear ones, then `last`s, and nothing else.
template <class First, class Last>
bool runs_over(std::span<const SizedVerdict> items, First first, Last last) {
  auto at = std::ranges::find_if_not(items, first);
  at = std::find_if_not(at, items.end(), is_unclear);
  return std::all_of(at, items.end(), last);
}

}  // namespace

Crossover find_crossover(std::span<const SizedVerdict> verdicts) {
  std::vector<SizedVerdict> items(verdicts.begin(), verdicts.end());
  std::ranges::sort(items, {}, &SizedVerdict::x);
  Crossover result;
  result.unclear = static_cast<int>(std::ranges::count_if(items, is_unclear));
  const auto wins = std::ranges::count_if(items, is_faster);
  const auto count = static_cast<std::ptrdiff_t>(items.size());
  if (items.empty() || (wins == 0 && result.unclear > 0)) return result;
  if (wins == 0) {
    result.kind = CrossoverKind::never;
  } else if (wins == count) {
    result.kind = CrossoverKind::always;
  } else if (runs_over(items, is_not_faster, is_faster)) {
    result.kind = CrossoverKind::from;
    result.x = std::ranges::find_if(items, is_faster)->x;
  } else if (runs_over(items, is_faster, is_not_faster)) {
    result.kind = CrossoverKind::up_to;
    result.x = std::ranges::find_if_not(items, is_faster)[-1].x;
  } else if (result.unclear == 0) {
    result.kind = CrossoverKind::mixed;
  }
  return result;
}

}  // namespace hetscope
