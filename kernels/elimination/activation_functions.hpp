// Activations in OpenCL C: one function of an element each, put before the source of whoever applies them.
#pragma once

#include <string>
#include <string_view>

#include "kernels/elimination/pair_operator.hpp"

namespace hetscope {

// "gelu_of", ...; of kinds that work on elements.
std::string_view function_of_element(OperatorKind kind);
// The text of activation_functions.cl.
std::string activation_functions();

}  // namespace hetscope
