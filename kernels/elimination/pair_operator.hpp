// The operators that producer-consumer pairs are made of, each in one of SmartMem's four classes (ASPLOS 2024, table
// 3): whether its speed depends on its input's layout (ILD, ILI), and whether its output's layout is free (Variable) or
// follows from what it does (Fixed).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/tensor/index_map.hpp"

namespace hetscope {

enum class OperatorClass { ild_variable, ili_variable, ild_fixed, ili_fixed };
// "ILD & Variable", ...
std::string_view to_string(OperatorClass operator_class);

// gelu is x Phi(x), half x times 1 + erf(x / sqrt(2)) (Hendrycks and Gimpel, 2016), not its approximation by a
// hyperbolic tangent; silu is x / (1 + exp(-x)).
enum class OperatorKind { matmul, softmax, layer_norm, sum, relu, gelu, silu, movement };

// Activations: each element of the result is made of one of the input, wherever it lies.
bool works_on_elements(OperatorKind kind);
// Of an activation, for each element; an elementary function counts as one.
std::int64_t operations_of_element(OperatorKind kind);

// One step of a movement. A gather reads `stop` positions of `axis`, chosen by its own text.
struct MovementStep {
  enum class Kind { reshape, transpose, depth_to_space, space_to_depth, slice, gather, roll };
  Kind kind = Kind::reshape;
  std::vector<std::int64_t> numbers;  // as written
  std::string text;

  // Throws Error when it does not fit `shape`.
  IndexMap map(const Shape& shape) const;
  bool keeps_last_dimension(const Shape& shape) const;
};

// Reads and writes row-major tensors. All but movements work on rows: the elements along the last dimension.
struct PairOperator {
  OperatorKind kind = OperatorKind::movement;
  std::int64_t columns = 0;         // of a matmul's constant right operand
  std::vector<MovementStep> steps;  // of a movement

  // One of
  //   matmul:N  softmax  layer_norm  sum  relu  gelu  silu
  // or movements one behind the other, with "/" between them:
  //   reshape:8x7x96  transpose:0,2,1  depth_to_space:2  space_to_depth:2  (these ONNX's DCR order)
  //   slice:AXIS:START:STOP:STEP  gather:AXIS:COUNT  roll:AXIS:SHIFT (towards higher indices, around the end)
  // A run of slices, gathers and rolls is ILI & Fixed, a run with any other movement ILD & Fixed. Throws Error for all
  // else.
  static PairOperator parse(std::string_view text);

  bool is_movement() const noexcept { return kind == OperatorKind::movement; }
  OperatorClass operator_class() const;
  // Throws Error when it does not fit the input.
  Shape output(const Shape& input) const;
  // Of a movement: all steps in one, not simplified.
  IndexMap map(const Shape& input) const;
  // Whether each row of its output is a row of its input.
  bool keeps_rows(const Shape& input) const;
};

}  // namespace hetscope
