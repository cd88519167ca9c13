// Reading operators from their texts, and what they make of shapes.
#include "kernels/elimination/pair_operator.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>
#include <optional>

#include "harness/core/decimal.hpp"
#include "harness/core/error.hpp"
#include "harness/core/random.hpp"
#include "harness/core/split_text.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kMostNumber = std::int64_t{1} << 30;
constexpr std::size_t kMostSteps = 16;
constexpr std::int64_t kMostGatheredFrom = std::int64_t{1} << 24;  // all are shuffled to choose among them

struct StepName {
  std::string_view name;
  MovementStep::Kind kind;
  char separator;
  std::size_t least;  // numbers
  std::size_t most;
};
constexpr std::array kSteps = {
    StepName{"reshape", MovementStep::Kind::reshape, 'x', 1, 6},
    StepName{"transpose", MovementStep::Kind::transpose, ',', 1, 6},
    StepName{"depth_to_space", MovementStep::Kind::depth_to_space, ':', 1, 1},
    StepName{"space_to_depth", MovementStep::Kind::space_to_depth, ':', 1, 1},
    StepName{"slice", MovementStep::Kind::slice, ':', 4, 4},
    StepName{"gather", MovementStep::Kind::gather, ':', 2, 2},
    StepName{"roll", MovementStep::Kind::roll, ':', 2, 2},
};

struct NamedOperator {
  std::string_view name;
  OperatorKind kind;
};
constexpr std::array kWithoutNumbers = {
    NamedOperator{"softmax", OperatorKind::softmax}, NamedOperator{"layer_norm", OperatorKind::layer_norm},
    NamedOperator{"sum", OperatorKind::sum},         NamedOperator{"relu", OperatorKind::relu},
    NamedOperator{"gelu", OperatorKind::gelu},       NamedOperator{"silu", OperatorKind::silu},
};

Error bad_operator(std::string_view text, const std::string& what) {
  return Error("operator '" + std::string(text) + "': " + what, {},
               "matmul:N, softmax, layer_norm, sum, relu, gelu, silu, or movements such as reshape:8x96/transpose:1,0, "
               "slice:0:2:8:1, gather:0:16, roll:0:3");
}

// Numbers between separators; throws for anything else.
std::vector<std::int64_t> numbers_of(std::string_view text, char separator, std::string_view whole) {
  std::vector<std::int64_t> numbers;
  for (const std::string_view digits : split_text(text, separator)) {
    const auto number = read_whole(digits);
    if (!number || *number < 0 || *number > kMostNumber) {
      throw bad_operator(whole, "a number from 0 to 2^30 is missing");
    }
    numbers.push_back(*number);
  }
  return numbers;
}

MovementStep parse_step(std::string_view text, std::string_view whole) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  for (const StepName& step : kSteps) {
    if (step.name != text.substr(0, colon)) continue;
    if (colon == text.size()) throw bad_operator(whole, std::string(step.name) + " needs numbers");
    std::vector<std::int64_t> numbers = numbers_of(text.substr(colon + 1), step.separator, whole);
    if (numbers.size() < step.least || numbers.size() > step.most) {
      throw bad_operator(whole, std::string(step.name) + " has " + std::to_string(numbers.size()) + " numbers");
    }
    return {step.kind, std::move(numbers), std::string(text)};
  }
  throw bad_operator(whole, "unknown");
}

// `count` positions below `extent`: each at most once where there are enough of them.
std::vector<std::int64_t> gathered_positions(const std::string& text, std::int64_t extent, std::int64_t count) {
  Random random(seed_from(text));
  std::vector<std::int64_t> positions(static_cast<std::size_t>(extent));
  std::iota(positions.begin(), positions.end(), 0);
  random.shuffle(std::span(positions));
  if (count <= extent) {
    positions.resize(static_cast<std::size_t>(count));
    return positions;
  }
  while (static_cast<std::int64_t>(positions.size()) < count) {
    positions.push_back(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(extent))));
  }
  return positions;
}

// It chooses places along one axis and leaves the others as they are.
bool works_along_axis(const MovementStep& step) {
  using enum MovementStep::Kind;
  return step.kind == slice || step.kind == gather || step.kind == roll;
}

}  // namespace

bool works_on_elements(OperatorKind kind) {
  return kind == OperatorKind::relu || kind == OperatorKind::gelu || kind == OperatorKind::silu;
}

std::int64_t operations_of_element(OperatorKind kind) {
  if (kind == OperatorKind::gelu) return 5;  // quotient, error function, sum, two products
  if (kind == OperatorKind::silu) return 3;  // exponential, sum, quotient
  return 1;
}

std::string_view to_string(OperatorClass operator_class) {
  constexpr std::array<std::string_view, 4> kNames = {"ILD & Variable", "ILI & Variable", "ILD & Fixed", "ILI & Fixed"};
  return kNames.at(static_cast<std::size_t>(operator_class));
}

IndexMap MovementStep::map(const Shape& shape) const {
  const auto axis = [&] {
    if (numbers[0] >= shape.rank()) throw bad_operator(text, "no such axis in " + shape.to_string());
    return static_cast<int>(numbers[0]);
  };
  switch (kind) {
    case Kind::reshape:
      return IndexMap::reshape(shape, Shape(numbers));
    case Kind::transpose: {
      const std::vector<int> order(numbers.begin(), numbers.end());
      return IndexMap::transpose(shape, order);
    }
    case Kind::depth_to_space:
      return IndexMap::depth_to_space(shape, numbers[0], DepthOrder::dcr);
    case Kind::space_to_depth:
      return IndexMap::space_to_depth(shape, numbers[0], DepthOrder::dcr);
    case Kind::slice:
      return IndexMap::slice(shape, axis(), numbers[1], numbers[2], numbers[3]);
    case Kind::gather: {
      const int along = axis();
      if (numbers[1] < 1 || numbers[1] > IndexMap::kMaxTableElements) {
        throw bad_operator(text, "it gathers 1 to 2^20 positions");
      }
      if (shape[along] > kMostGatheredFrom) throw bad_operator(text, "it gathers from at most 2^24 positions");
      return IndexMap::gather(shape, along, gathered_positions(text, shape[along], numbers[1]));
    }
    case Kind::roll:
      return IndexMap::roll(shape, axis(), numbers[1]);
  }
  assert(false);
  return IndexMap::identity(shape);
}

bool MovementStep::keeps_last_dimension(const Shape& shape) const {
  return works_along_axis(*this) && numbers[0] + 1 < shape.rank();
}

PairOperator PairOperator::parse(std::string_view text) {
  for (const NamedOperator& item : kWithoutNumbers) {
    if (item.name == text) return {item.kind, 0, {}};
  }
  constexpr std::string_view kMatmul = "matmul:";
  if (text.starts_with(kMatmul)) {
    const std::vector<std::int64_t> numbers = numbers_of(text.substr(kMatmul.size()), ':', text);
    if (numbers.size() != 1 || numbers[0] < 1) throw bad_operator(text, "matmul has one number, its columns");
    return {OperatorKind::matmul, numbers[0], {}};
  }
  PairOperator movement;
  for (const std::string_view step : split_text(text, '/')) {
    movement.steps.push_back(parse_step(step, text));
    if (movement.steps.size() > kMostSteps) throw bad_operator(text, "more than 16 movements");
  }
  return movement;
}

OperatorClass PairOperator::operator_class() const {
  if (works_on_elements(kind)) return OperatorClass::ili_variable;
  if (!is_movement()) return OperatorClass::ild_variable;
  return std::ranges::all_of(steps, works_along_axis) ? OperatorClass::ili_fixed : OperatorClass::ild_fixed;
}

Shape PairOperator::output(const Shape& input) const {
  if (is_movement()) return map(input).output();
  if (kind != OperatorKind::matmul && kind != OperatorKind::sum) return input;
  std::vector<std::int64_t> dims = input.dims();
  dims.back() = kind == OperatorKind::sum ? 1 : columns;
  return Shape(std::move(dims));
}

IndexMap PairOperator::map(const Shape& input) const {
  assert(is_movement());
  IndexMap map = IndexMap::identity(input);
  for (const MovementStep& step : steps) map = compose(step.map(map.output()), map);
  return map;
}

bool PairOperator::keeps_rows(const Shape& input) const {
  return std::ranges::all_of(steps, [&](const MovementStep& step) { return step.keeps_last_dimension(input); });
}

}  // namespace hetscope
