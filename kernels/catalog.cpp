// Makes one of each registered operation and kernel.
#include "kernels/catalog.hpp"

#include <cassert>

#include "kernels/registration.hpp"

namespace hetscope {

void fill_catalog(Catalog& catalog) {
#define HETSCOPE_OPERATION(id)                                 \
  catalog.operations().add(make_operation<OperationId::id>()); \
  assert(catalog.operations().find(#id) != nullptr && "Type::name() differs from its line");
#include "kernels/operations.inc"
#undef HETSCOPE_OPERATION
#define HETSCOPE_KERNEL(id)                           \
  catalog.kernels().add(make_kernel<KernelId::id>()); \
  assert(catalog.kernels().find(#id) != nullptr && "Type::name() differs from its line");
#include "kernels/kernels.inc"
#undef HETSCOPE_KERNEL
}

Catalog make_catalog() {
  Catalog catalog;
  fill_catalog(catalog);
  return catalog;
}

}  // namespace hetscope
