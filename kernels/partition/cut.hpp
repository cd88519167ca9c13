// Where an axis is cut: the shares of the processors become ranges of indices, aligned to a unit.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace hetscope {

using CutRange = std::pair<std::int64_t, std::int64_t>;  // [begin, end)

// The range of each share, in order, side by side from 0 to `extent`. Each cut but the last is at the multiple of
// `unit` nearest to where the shares put it; a share may come out empty. `shares` are from 0 to 1 and what the last one
// gets is what is left, whatever it says.
std::vector<CutRange> cut(std::int64_t extent, const std::vector<double>& shares, std::int64_t unit);

}  // namespace hetscope
