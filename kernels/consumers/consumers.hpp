// One tensor and those who read it: consumers that each aggregate over one of its dimensions, and the layouts in which
// the tensor lies for them (SmartMem, ASPLOS 2024, section 3.2.2 and figure 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/kernel/work.hpp"
#include "harness/tensor/layout.hpp"
#include "kernels/elimination/pair_plan.hpp"

namespace hetscope {

// Of the tensor that is consumed.
inline constexpr int kConsumedRank = 3;

// An operator on the elements along one dimension, its reduction dimension.
struct Consumer {
  OperatorKind kind = OperatorKind::sum;
  int dim = 0;
  std::int64_t columns = 0;  // of a matmul's constant right operand

  // sum:DIM  softmax:DIM  layer_norm:DIM  matmul:DIM:COLUMNS. Throws Error for all else.
  static Consumer parse(std::string_view text, const Shape& shape);
};

// Whether elements along `dim` are reached without a stride that is larger than a vector: the innermost dimension, or
// the packed one.
bool serves(const Layout& layout, int dim);

// SmartMem's choice for a tensor whose consumers reduce over `dims`, in their order: elements along the first of them
// lie one behind the other; with two dimensions reached at a time, the second one is packed by four around them. With
// `copies` as many layouts as it takes to serve all; else one, for the first.
std::vector<Layout> layouts_by_reduction(int rank, std::vector<int> dims, int reached, bool copies);

struct ConsumerProblem {
  // Throws Error where the axes do not fit together.
  explicit ConsumerProblem(const Case& item);

  // The copy that a consumer reads: the first one that serves it, else the first.
  std::size_t copy_for(const Consumer& consumer) const;
  // One for each copy, from x to it; none without a producer.
  std::vector<PairPass> producing() const;
  // One for each consumer, from its copy (in `storage`) to its result; weights are numbered 1, 2, ... by consumer.
  std::vector<PairPass> consuming(Storage storage) const;
  // Rows of the consumer's dimension go last: its result's extents.
  Shape result(const Consumer& consumer) const;
  Work work() const;  // x read once, whoever reads it
  // What its passes really move: x for every copy, a copy for every consumer.
  Work executed_work() const;

  Shape x;
  std::vector<Consumer> consumers;
  std::vector<Layout> copies;
  bool has_producer;
};

// Besides times: "copies", "copied_bytes" that they hold, "served" consumers that walk their dimension.
Metrics consumer_metrics(const ConsumerProblem& problem);
// "layouts" of the copies, and which copy each consumer "reads".
std::map<std::string, std::string> consumer_notes(const ConsumerProblem& problem);

}  // namespace hetscope
