// Makes kernels anew from their lines, because a split kernel stands in the same list as they do.
#include "kernels/partition/registered_split.hpp"

#include <utility>

namespace hetscope {
namespace {

// Splits hold kernels themselves, and none of a split.
constexpr bool is_split(std::string_view name) { return name.ends_with("_split"); }

}  // namespace

std::unique_ptr<Kernel> make_registered_split(std::string name, std::unique_ptr<Operation> operation) {
  std::vector<std::unique_ptr<Kernel>> kernels;
#define HETSCOPE_KERNEL(id)                                                             \
  if (!is_split(#id)) {                                                                 \
    std::unique_ptr<Kernel> kernel = make_kernel<KernelId::id>();                       \
    if (kernel->operation() == operation->name()) kernels.push_back(std::move(kernel)); \
  }
#include "kernels/kernels.inc"
#undef HETSCOPE_KERNEL
  return std::make_unique<SplitKernel>(std::move(name), std::move(operation), std::move(kernels), stage_clocks());
}

}  // namespace hetscope
