// Sums of rows where they lie, without a panel: rows side by side are added vector by vector, each row in a lane of its
// own; other rows along themselves, as far as their elements follow each other.
#pragma once

#include <cstdint>
#include <optional>
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
  // Of a pass whose only stage is a sum. None where rows differ in form, or lie in pieces too short for vectors both
  // along and across.
  static std::optional<RowSums> of(const PairPass& pass);

  std::int64_t groups() const noexcept { return static_cast<std::int64_t>(groups_.size()); }
  // The rows of groups [begin, end) from `source` to `target`, f32.
  void run(const float* source, float* target, std::int64_t begin, std::int64_t end) const;

 private:
  struct Group {
    std::int64_t first = 0;  // of rows_
    std::int64_t rows = 0;
  };

  // Of rows in the order of what is read.
  RowSums(std::vector<SummedRow> rows, std::vector<std::int64_t> elements);
  bool has_runs() const;
  void make_groups();

  enum class Way { across, along, by_fours };

  std::vector<SummedRow> rows_;
  std::vector<std::int64_t> elements_;  // of a row, from its first one
  std::vector<RowPiece> pieces_;        // the same elements
  std::vector<std::int64_t> fours_;     // and once more: four that follow each other
  std::vector<std::int64_t> singles_;   // and the others
  std::int64_t row_runs_ = 0;           // how often a row does not follow the one before it
  Way way_ = Way::along;
  std::vector<Group> groups_;
};

}  // namespace hetscope
