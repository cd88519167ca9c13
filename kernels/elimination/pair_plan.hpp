// A producer-consumer pair as passes over memory: what is left to launch when its Fixed operators run one by one, as
// one gather, or folded into the reads or stores of their neighbour. The plan is the same for every processor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/core/support.hpp"
#include "harness/kernel/work.hpp"
#include "harness/tensor/tensor_view.hpp"
#include "kernels/elimination/pair_operator.hpp"

namespace hetscope {

// x -first-> u -second-> y, all row-major f32; or, with movements between them, x -first-> u -between-> v -second-> y.
struct PairProblem {
  // Throws Error when the operators do not fit the shape or each other.
  explicit PairProblem(const Case& item);

  PairOperator first;
  PairOperator second;
  std::optional<PairOperator> between;
  Shape x;
  Shape u;
  Shape v;  // what the second operator takes: u without anything between
  Shape y;
};

// SmartMem's table 5.
enum class PairAction { keep_both, try_fuse, eliminate_first, eliminate_second, eliminate_both };
PairAction action_of(const PairProblem& problem);
// "Keep both", ...
std::string_view to_string(PairAction action);

// op_by_op           every operator by itself; a reshape of linear memory costs nothing
// gather_naive       each run of Fixed operators as one gather, whose index is linearised and taken apart again for
// each
//                    of them
// gather_simplified  the same with the simplified index
// folded             Fixed operators are gone: the neighbour reads or writes through their map; two of them are a copy
// fused              for pairs without a Fixed operator: both on a row while it is near
// consumer_layout    movements between two operators are folded into the first one's stores: what lies in memory is as
//                    the consumer reads it
// producer_layout    they are folded into the second one's reads: it lies as the producer wrote it
enum class PairMethod { op_by_op, gather_naive, gather_simplified, folded, fused, consumer_layout, producer_layout };
std::string_view to_string(PairMethod method);

// An operator on rows of `in` elements that makes rows of `out`.
struct RowStage {
  OperatorKind kind = OperatorKind::relu;
  std::int64_t in = 0;
  std::int64_t out = 0;
  // Which input of the operation holds a matmul's right operand, row-major [in, out]; 0: none.
  std::size_t weights = 0;
};

struct PairPass {
  // In the pass's own indices, whose last dimension is a row; without stages both have one shape.
  TensorView read;
  TensorView write;
  std::vector<RowStage> stages;
  // The index of each element is computed when the pass runs, from its place in the linear order of what is written.
  bool is_gather = false;
  bool simplifies = true;

  std::int64_t rows() const;
  Work work() const;
};

// The first pass reads x, each next one what the one before wrote, the last one writes y.
struct PairPlan {
  std::vector<PairPass> passes;

  Work work() const;
};

// no(): what table 5, or this program, does not do with the pair.
Support supports_method(const PairProblem& problem, PairMethod method);
// Throws Error where supports_method says no.
PairPlan plan_pair(const PairProblem& problem, PairMethod method);

}  // namespace hetscope
