// What the record says of a pair besides its times: which cell it is, and what was launched, computed and moved.
#pragma once

#include <map>
#include <string>

#include "harness/kernel/work.hpp"
#include "harness/tensor/index_steps.hpp"
#include "kernels/elimination/pair_plan.hpp"

namespace hetscope {

// Of the index of one element that a pass reads, as it is computed at run time.
IndexOperations index_operations(const PairPass& pass);

class PairReport {
 public:
  PairReport(const PairProblem& problem, PairMethod method);

  void count(const PairPlan& plan);
  // `elements` are read or written by an index that is computed with `operations` for each.
  void count_index(std::int64_t elements, const IndexOperations& operations);

  // "launches"; "div_mod_per_element": divisions and remainders by no power of two, over all passes, for each element
  // of y, but for boxes that go as layout transforms do; "index_operations_per_element": all operations of indices,
  // likewise, where any are computed; "bytes_moved": read and written by all passes; "movements": Fixed operators that
  // were asked for.
  Metrics metrics() const;
  // "cell": the classes of both operators; "table 5": what SmartMem does with it; "method".
  std::map<std::string, std::string> notes() const { return notes_; }

 private:
  double elements_;
  double divisions_ = 0;
  double index_operations_ = 0;
  double movements_ = 0;
  double launches_ = 0;
  double bytes_ = 0;
  std::map<std::string, std::string> notes_;
};

}  // namespace hetscope
