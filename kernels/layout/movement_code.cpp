// Expressions over one variable, the position, printed by the index algebra. Of loops with counts c and strides s, the
// index of loop k is q(k) - c(k) q(k-1), with q(k) the position divided by the counts of all loops inside k; collected
// by quotients, an offset needs one division a loop and no remainder.
#include "kernels/layout/movement_code.hpp"

#include <fmt/format.h>

#include "harness/tensor/index_expression.hpp"
#include "harness/tensor/index_print.hpp"

namespace hetscope {
namespace {

IndexExpression offset_at(const std::vector<MovementLoop>& loops, std::int64_t MovementLoop::*stride,
                          std::int64_t offset) {
  std::int64_t positions = 1;
  for (const MovementLoop& loop : loops) positions *= loop.count;
  const IndexExpression position = IndexExpression::variable(0, positions);
  std::vector<IndexTerm> terms;
  std::int64_t inside = 1;
  for (std::size_t k = loops.size(); k-- > 0;) {
    const bool is_innermost = k + 1 == loops.size();
    const std::int64_t carried = is_innermost ? 0 : loops[k + 1].count * loops[k + 1].*stride;
    const std::int64_t factor = loops[k].*stride - carried;
    if (factor != 0) terms.push_back({factor, is_innermost ? position : IndexExpression::floor_div(position, inside)});
    inside *= loops[k].count;
  }
  return IndexExpression::sum(offset, std::move(terms));
}

std::string print_function(const char* name, const IndexExpression& offset) {
  const IndexCode code = print_opencl(std::span(&offset, 1), {{"z"}, "p", "table"});
  std::string text =
      fmt::format("uint {}(const size_t position) {{\n  const {} z = ({})position;\n", name, code.type, code.type);
  for (const std::string& statement : code.statements) text += "  " + statement + "\n";
  return text + fmt::format("  return (uint)({});\n}}\n", code.expressions.front());
}

}  // namespace

std::string print_bases(const std::vector<MovementLoop>& loops, std::int64_t source_offset,
                        std::int64_t target_offset) {
  return print_function("source_base", offset_at(loops, &MovementLoop::source_stride, source_offset)) +
         print_function("target_base", offset_at(loops, &MovementLoop::target_stride, target_offset));
}

}  // namespace hetscope
