// Rounding shares to whole units.
#include "kernels/partition/cut.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace hetscope {

std::vector<CutRange> cut(std::int64_t extent, const std::vector<double>& shares, std::int64_t unit) {
  assert(extent >= 0 && unit >= 1 && !shares.empty());
  std::vector<CutRange> ranges;
  std::int64_t begin = 0;
  double total = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    total += shares[i];
    const bool is_last = i + 1 == shares.size();
    const double units = std::round(total * static_cast<double>(extent) / static_cast<double>(unit));
    // All of it also where the last unit is an incomplete one.
    const bool is_all = is_last || total >= 1;
    const std::int64_t wanted = is_all ? extent : static_cast<std::int64_t>(units) * unit;
    const std::int64_t end = std::clamp(wanted, begin, extent);
    ranges.emplace_back(begin, end);
    begin = end;
  }
  return ranges;
}

}  // namespace hetscope
