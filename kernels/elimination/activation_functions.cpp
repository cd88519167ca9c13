// Names and text of activation_functions.cl.
#include "kernels/elimination/activation_functions.hpp"

#include <cassert>

#include "kernels/opencl_sources.hpp"

namespace hetscope {

std::string_view function_of_element(OperatorKind kind) {
  assert(works_on_elements(kind));
  if (kind == OperatorKind::gelu) return "gelu_of";
  if (kind == OperatorKind::silu) return "silu_of";
  return "relu_of";
}

std::string activation_functions() {
  return std::string(embedded_text(opencl_source_files(), "kernels/elimination/activation_functions.cl"));
}

}  // namespace hetscope
