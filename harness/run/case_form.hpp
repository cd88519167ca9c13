// The cases of one kernel in one place that differ in the values of the same axes. What makes a case whole, checks its
// axes and writes its line is done once for each value, not once for each of the many cases that it is in.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/kernel/catalog.hpp"

namespace hetscope {

// Axes that vary together, and the values that they take, one row for each choice: an axis of its own has rows of one.
struct JointAxes {
  std::vector<std::string> names;
  std::vector<std::vector<AxisValue>> rows;
};

class CaseForm {
 public:
  // For Catalog::complete() of a case of `kernel` and `processors` with one row of each of `axes`. Axes of which only
  // other kernels of the operation know are left out; no axis may be unknown to all of them. `compare_by` is what keys
  // leave out. Throws Error, with `where`, for what Catalog::validate() refuses in any row; what only the operation can
  // refuse is left to its validate(). `catalog` outlives the form.
  CaseForm(const Catalog& catalog, const Kernel& kernel, std::vector<std::string> processors,
           std::span<const JointAxes> axes, std::span<const std::string> compare_by, std::string_view where);

  // choice[i] is the row of axes[i]. Equal to Catalog::complete()'s.
  Case make(std::span<const std::size_t> choice) const;
  // False when an earlier choice makes the same case: its rows differ in axes that the kernel does not know, or are
  // equal once canonical.
  bool is_first(std::span<const std::size_t> choice) const;
  // Whether a case of both could be the same one.
  bool may_share_with(const CaseForm& other) const;
  // Equal to make(choice)'s line() and key_without(compare_by).
  std::string line(std::span<const std::size_t> choice) const;
  std::string key(std::span<const std::size_t> choice) const;
  // A number below key_count(); choices of one number have equal keys.
  std::size_t key_number(std::span<const std::size_t> choice) const;
  std::size_t key_count() const noexcept { return key_count_; }

 private:
  // An axis with one value, or none, for each row of the axes that it varies with.
  struct Slot {
    const AxisSpec* spec = nullptr;
    std::size_t axes = 0;  // its place in `axes`
    bool is_fixed = true;
    bool is_in_key = true;
    std::vector<std::optional<AxisValue>> values;
    std::vector<std::string> words;  // " name=value", "" for none

    std::size_t row(std::span<const std::size_t> choice) const { return is_fixed ? 0 : choice[axes]; }
  };

  Slot slot_of(const Catalog& catalog, const AxisSpec& spec, std::span<const JointAxes> axes) const;
  std::vector<std::size_t> first_equal_rows(std::size_t axes, std::size_t rows) const;
  void check(const Catalog& catalog, const Slot& slot, std::string_view where) const;

  Case base_;
  std::string line_start_;  // up to the processors
  std::string key_start_;
  std::vector<Slot> slots_;
  std::size_t most_values_ = 0;                        // of one case
  std::vector<std::vector<std::size_t>> first_equal_;  // of each of the axes: the first row that says the same
  std::vector<std::size_t> rows_;                      // of each of the axes that keys depend on; 1 for the others
  std::size_t key_count_ = 1;
};

}  // namespace hetscope
