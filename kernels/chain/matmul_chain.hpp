// A chain of square products, the smallest graph that a processor can take in pieces; and which pieces when it does not
// take every layer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/kernel/submodel_kernel.hpp"

namespace hetscope {

// x[i + 1] = w[i] x[i] for i from 0 to layers - 1; w[i] is width x width, x[i] width x columns.
struct ChainProblem {
  explicit ChainProblem(const Case& item)
      : layers(item.integer("layers")), width(item.integer("width")), columns(item.integer("columns")) {}
  std::int64_t layers, width, columns;
  std::int64_t bytes_between() const { return 4 * width * columns; }
};

// The operation's inputs: the weights of each layer, then x[0].
inline std::size_t chain_input(const ChainProblem& problem) { return static_cast<std::size_t>(problem.layers); }

// Layers [begin, end) that one processor computes without a break.
struct ChainPiece {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool is_on_target = false;
  friend bool operator==(const ChainPiece&, const ChainPiece&) = default;
};

// The pieces of a chain of which the target does not take `refused` layers: side by side from the middle on
// (`is_clustered`), or spread evenly. A run of layers on the target that is shorter than `least` goes to the fallback
// too.
std::vector<ChainPiece> chain_pieces(std::int64_t layers, std::int64_t refused, bool is_clustered, std::int64_t least);

// no() when the weights are more than a model can hold.
Support supports_chain(const ChainProblem& problem);
// Layers [begin, end) as a model whose input is the operand of number `x`; `inputs` are the operation's.
Submodel chain_submodel(const ChainProblem& problem, std::int64_t begin, std::int64_t end, std::size_t x,
                        std::span<const Operand> inputs);

}  // namespace hetscope
