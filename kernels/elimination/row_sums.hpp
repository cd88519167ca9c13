// Sums of rows where they lie, without a panel: rows side by side are added vector by vector, each row in a lane of its
// own; other rows along themselves, as far as their elements follow each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/elimination/pair_plan.hpp"

namespace hetscope {

// Where a row lies.
struct SummedRow {
  std::int64_t read = 0;  // its first element
  std::int64_t write = 0;
};

// Elements of a row that follow each other.
struct RowPiece {
  std::int64_t offset = 0;  // from the first element of the row
  std::int64_t length = 0;
};

// Rows that are summed at once: four vectors of the widest.
inline constexpr std::int64_t kMostSummedRows = 64;

class RowSums {
 public:
  // Of a pass whose only stage is a sum, in groups for as many `threads`. None where rows differ in form, or where
  // fewer than half of what is read lies in fours, along rows and across them.
  static std::optional<RowSums> of(const PairPass& pass, int threads);

  std::int64_t groups() const noexcept { return static_cast<std::int64_t>(groups_.size()); }
  // The rows of groups [begin, end) from `source` to `target`, f32.
  void run(const float* source, float* target, std::int64_t begin, std::int64_t end) const;
  // Its lists, which run() reads.
  std::vector<std::span<const std::byte>> storage() const {
    return {std::as_bytes(std::span(rows_)),  std::as_bytes(std::span(elements_)), std::as_bytes(std::span(pieces_)),
            std::as_bytes(std::span(fours_)), std::as_bytes(std::span(singles_)),  std::as_bytes(std::span(groups_))};
  }

 private:
  enum class Way { across, along, by_fours };
  struct Group {
    std::int64_t first = 0;  // of rows_
    std::int64_t rows = 0;
  };

  // Of rows in the order of what is read, and of a row's elements from its first one.
  RowSums(Way way, std::vector<SummedRow> rows, std::vector<std::int64_t> elements, std::vector<RowPiece> pieces,
          int threads);

  Way way_;
  std::vector<SummedRow> rows_;
  std::vector<std::int64_t> elements_;  // across: where they are
  std::vector<RowPiece> pieces_;        // along: the same
  std::vector<std::int64_t> fours_;     // by fours: those of which four follow each other
  std::vector<std::int64_t> singles_;   // and the others
  std::vector<Group> groups_;
};

}  // namespace hetscope
