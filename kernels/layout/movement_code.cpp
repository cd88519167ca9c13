// Expressions over one variable, the position, simplified and printed by the index algebra.
#include "kernels/layout/movement_code.hpp"

#include <fmt/format.h>

#include "harness/tensor/index_map.hpp"
#include "harness/tensor/index_print.hpp"

namespace hetscope {

std::string print_bases(const std::vector<MovementLoop>& loops, std::int64_t source_offset,
                        std::int64_t target_offset) {
  std::vector<std::int64_t> counts;
  for (const MovementLoop& loop : loops) counts.push_back(loop.count);
  const Shape shape(counts);
  const std::vector<IndexExpression> coordinates =
      coordinates_at(IndexExpression::variable(0, shape.element_count()), shape);
  std::vector<IndexTerm> source;
  std::vector<IndexTerm> target;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    source.push_back({loops[i].source_stride, coordinates[i]});
    target.push_back({loops[i].target_stride, coordinates[i]});
  }
  IndexSimplifier simplifier(IndexPolicy{});
  std::string text;
  for (const auto& [name, expression] : {std::pair{"source_base", IndexExpression::sum(source_offset, source)},
                                         std::pair{"target_base", IndexExpression::sum(target_offset, target)}}) {
    const IndexExpression simple = simplifier.simplify(expression);
    const IndexCode code = print_opencl(std::span(&simple, 1), {{"z"}, "p", "table"});
    text +=
        fmt::format("uint {}(const size_t position) {{\n  const {} z = ({})position;\n", name, code.type, code.type);
    for (const std::string& statement : code.statements) text += "  " + statement + "\n";
    text += fmt::format("  return (uint)({});\n}}\n", code.expressions.front());
  }
  return text;
}

}  // namespace hetscope
