// Which way, is said once for all rows of a pass: by the longer of the mean runs, across rows and along them.
#include "kernels/elimination/row_sums.hpp"

#include <algorithm>
#include <span>

#include "harness/core/divided_up.hpp"
#include "kernels/elimination/offset_pattern.hpp"
#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elimination/row_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/elimination/row_lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<float>;
using Narrow = hn::CappedTag<float, 4>;

template <int kVectors, class D>
HWY_INLINE void add_across(D d, const float* first, std::span<const std::int64_t> elements, float* sums) {
  hn::Vec<D> totals[kVectors];
  total_across<kVectors>(d, first, elements, totals,
                         [](auto total, auto value, int) HWY_ATTR { return hn::Add(total, value); });
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (int v = 0; v < kVectors; ++v) hn::StoreU(totals[v], d, sums + v * lanes);
}

void sums_across(const float* first, std::span<const std::int64_t> elements, std::int64_t rows, float* sums) {
  for_each_row_lane(
      rows, [&](std::int64_t row) HWY_ATTR { add_across<kChains>(Wide(), first + row, elements, sums + row); },
      [&](auto d, std::int64_t row) HWY_ATTR { add_across<1>(d, first + row, elements, sums + row); },
      [&](std::int64_t row) {
        sums[row] = 0;
        for (const std::int64_t element : elements) sums[row] += first[element + row];
      });
}

// What has been added of one row.
struct RowTotal {
  hn::Vec<Wide> wide[kChains];
  float rest;
};

HWY_INLINE void add_along(const float* piece, std::int64_t length, RowTotal& total) {
  const Wide wide;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(wide));
  std::int64_t at = 0;
  for (; at + kChains * lanes <= length; at += kChains * lanes) {
    for (int chain = 0; chain < kChains; ++chain) {
      total.wide[chain] = hn::Add(total.wide[chain], hn::LoadU(wide, piece + at + chain * lanes));
    }
  }
  for (; at + lanes <= length; at += lanes) total.wide[0] = hn::Add(total.wide[0], hn::LoadU(wide, piece + at));
  for (; at < length; ++at) total.rest += piece[at];
}

void sums_of_pieces(const float* source, std::span<const SummedRow> rows, std::span<const RowPiece> pieces,
                    float* sums) {
  const Wide wide;
  for (const SummedRow& row : rows) {
    RowTotal total;
    for (auto& chain : total.wide) chain = hn::Zero(wide);
    total.rest = 0;
    for (const RowPiece& piece : pieces) add_along(source + row.read + piece.offset, piece.length, total);
    const auto all = hn::Add(hn::Add(total.wide[0], total.wide[1]), hn::Add(total.wide[2], total.wide[3]));
    *sums++ = total.rest + hn::GetLane(hn::SumOfLanes(wide, all));
  }
}

// Rows of `fours`, where four elements follow each other, and `singles`. At most kMostSummedRows.
void sums_of_fours(const float* source, std::span<const SummedRow> rows, std::span<const std::int64_t> fours,
                   std::span<const std::int64_t> singles, float* sums) {
  const Narrow narrow;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(narrow));
  HWY_ALIGN float parts[kMostSummedRows * 4];
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const float* first = source + rows[row].read;
    for (std::int64_t at = 0; at < 4; at += lanes) {
      auto total = hn::Zero(narrow);
      for (const std::int64_t four : fours) total = hn::Add(total, hn::LoadU(narrow, first + four + at));
      hn::StoreU(total, narrow, parts + 4 * row + at);
    }
    sums[row] = 0;
    for (const std::int64_t single : singles) sums[row] += first[single];
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    sums[row] += (parts[4 * row] + parts[4 * row + 1]) + (parts[4 * row + 2] + parts[4 * row + 3]);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hetscope {

HWY_EXPORT(sums_across);
HWY_EXPORT(sums_of_pieces);
HWY_EXPORT(sums_of_fours);

namespace {

// What is longer than a vector is no better.
constexpr std::int64_t kLongestRun = 16;

std::vector<RowPiece> pieces_of(std::span<const std::int64_t> elements) {
  std::vector<RowPiece> pieces;
  for (const std::int64_t element : elements) {
    if (pieces.empty() || element != pieces.back().offset + pieces.back().length) pieces.push_back({element, 0});
    ++pieces.back().length;
  }
  return pieces;
}

// Rows that follow each other in memory, as pieces of the list of rows.
std::vector<RowPiece> runs_of(std::span<const SummedRow> rows) {
  std::vector<RowPiece> runs;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const bool follows = row > 0 && rows[row].read == rows[row - 1].read + 1;
    if (!follows) runs.push_back({static_cast<std::int64_t>(row), 0});
    ++runs.back().length;
  }
  return runs;
}

// Whether at least half of `count` lies in fours.
bool has_fours(std::span<const RowPiece> pieces, std::size_t count) {
  std::int64_t fours = 0;
  for (const RowPiece& piece : pieces) fours += piece.length / 4;
  return 8 * fours >= static_cast<std::int64_t>(count);
}

}  // namespace

std::optional<RowSums> RowSums::of(const PairPass& pass, int threads) {
  const std::vector<std::int64_t> read = offsets_of(pass.read);
  const std::vector<std::int64_t> write = offsets_of(pass.write);
  const std::int64_t length = pass.stages.front().in;
  if (!repeats_every(read, length)) return std::nullopt;
  std::vector<SummedRow> rows(write.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    rows[row] = {read[row * static_cast<std::size_t>(length)], write[row]};
  }
  std::ranges::sort(rows, {}, &SummedRow::read);
  std::vector<std::int64_t> elements(read.begin(), read.begin() + length);
  for (std::int64_t& element : elements) element -= read.front();
  std::ranges::sort(elements);
  std::vector<RowPiece> pieces = pieces_of(elements);
  const std::vector<RowPiece> runs = runs_of(rows);
  if (!has_fours(runs, rows.size()) && !has_fours(pieces, elements.size())) return std::nullopt;
  const auto across = std::min(static_cast<std::int64_t>(rows.size() / runs.size()), kLongestRun);
  const auto along = std::min(static_cast<std::int64_t>(elements.size() / pieces.size()), kLongestRun);
  const Way way = across > along ? Way::across : along == kLongestRun ? Way::along : Way::by_fours;
  return RowSums(way, std::move(rows), std::move(elements), std::move(pieces), threads);
}

RowSums::RowSums(Way way, std::vector<SummedRow> rows, std::vector<std::int64_t> elements, std::vector<RowPiece> pieces,
                 int threads)
    : way_(way), rows_(std::move(rows)) {
  for (const RowPiece& piece : pieces) {
    std::int64_t at = way == Way::by_fours ? 0 : piece.length;
    for (; at + 4 <= piece.length; at += 4) fours_.push_back(piece.offset + at);
    for (; at < piece.length; ++at) singles_.push_back(piece.offset + at);
  }
  if (way == Way::across) elements_ = std::move(elements);
  if (way == Way::along) pieces_ = std::move(pieces);
  // Equal parts, of whole vectors where rows are lanes.
  const auto count = static_cast<std::int64_t>(rows_.size());
  const std::int64_t unit = way == Way::across ? kLongestRun : 1;
  const std::int64_t most =
      std::min(divided_up(divided_up(count, static_cast<std::int64_t>(threads)), unit) * unit, kMostSummedRows);
  const std::vector<RowPiece> runs = way == Way::across ? runs_of(rows_) : std::vector<RowPiece>{{0, count}};
  for (const RowPiece& run : runs) {
    const std::int64_t even = divided_up(run.length, divided_up(run.length, most));
    const std::int64_t part = divided_up(even, unit) * unit;
    for (std::int64_t at = 0; at < run.length; at += part) {
      groups_.push_back({run.offset + at, std::min(part, run.length - at)});
    }
  }
}

void RowSums::run(const float* source, float* target, std::int64_t begin, std::int64_t end) const {
  float sums[kMostSummedRows];
  for (std::int64_t i = begin; i < end; ++i) {
    const Group& group = groups_[static_cast<std::size_t>(i)];
    const auto rows =
        std::span(rows_).subspan(static_cast<std::size_t>(group.first), static_cast<std::size_t>(group.rows));
    switch (way_) {
      case Way::across:
        HWY_DYNAMIC_DISPATCH(sums_across)
        (source + rows.front().read, elements_, group.rows, sums);
        break;
      case Way::along:
        HWY_DYNAMIC_DISPATCH(sums_of_pieces)(source, rows, pieces_, sums);
        break;
      case Way::by_fours:
        HWY_DYNAMIC_DISPATCH(sums_of_fours)(source, rows, fours_, singles_, sums);
        break;
    }
    for (std::size_t row = 0; row < rows.size(); ++row) target[rows[row].write] = sums[row];
  }
}

}  // namespace hetscope
#endif  // HWY_ONCE
