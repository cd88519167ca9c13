// Registered once = declared, listed, tested, benchmarked. The lines of operations.inc and kernels.inc become
// enumerators and declared specialisations, so that a definition without its line does not compile and a line without
// its definition does not link. There are no static initialisers: linkers drop those from static libraries.
#pragma once

#include <memory>

#include "harness/kernel/kernel.hpp"
#include "harness/kernel/operation.hpp"

namespace hetscope {

enum class OperationId {
#define HETSCOPE_OPERATION(name) name,
#include "kernels/operations.inc"
#undef HETSCOPE_OPERATION
};

enum class KernelId {
#define HETSCOPE_KERNEL(name) name,
#include "kernels/kernels.inc"
#undef HETSCOPE_KERNEL
};

template <OperationId>
std::unique_ptr<Operation> make_operation();
template <KernelId>
std::unique_ptr<Kernel> make_kernel();

#define HETSCOPE_OPERATION(name) \
  template <>                    \
  std::unique_ptr<Operation> make_operation<OperationId::name>();
#include "kernels/operations.inc"
#undef HETSCOPE_OPERATION

#define HETSCOPE_KERNEL(name) \
  template <>                 \
  std::unique_ptr<Kernel> make_kernel<KernelId::name>();
#include "kernels/kernels.inc"
#undef HETSCOPE_KERNEL

}  // namespace hetscope

// At the end of the file that implements it, in namespace hetscope. Type::name() says the same name.
#define HETSCOPE_DEFINE_OPERATION(name, Type)                      \
  template <>                                                      \
  std::unique_ptr<Operation> make_operation<OperationId::name>() { \
    return std::make_unique<Type>();                               \
  }
#define HETSCOPE_DEFINE_KERNEL(name, Type)                \
  template <>                                             \
  std::unique_ptr<Kernel> make_kernel<KernelId::name>() { \
    return std::make_unique<Type>();                      \
  }
