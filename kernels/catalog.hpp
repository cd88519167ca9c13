// All specimens, handed to the harness.
#pragma once

#include "harness/kernel/catalog.hpp"

namespace hetscope {

// Adds one of each line of operations.inc and kernels.inc, in this order.
void fill_catalog(Catalog& catalog);
Catalog make_catalog();

}  // namespace hetscope
