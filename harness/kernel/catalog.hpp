// The operations and kernels that a program knows. The harness receives it; the specimens fill it
// (kernels/catalog.cpp).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"
#include "harness/kernel/kernel.hpp"
#include "harness/kernel/operation.hpp"

namespace hetscope {

class Catalog {
 public:
  Registry<Operation>& operations() noexcept { return operations_; }
  Registry<Kernel>& kernels() noexcept { return kernels_; }
  const Registry<Operation>& operations() const noexcept { return operations_; }
  const Registry<Kernel>& kernels() const noexcept { return kernels_; }

  std::vector<const Kernel*> kernels_of(std::string_view operation) const;
  // Throws Error when the operation or kernel is unknown, the kernel is not of that operation, or an axis is unknown to
  // both, missing without a default, or of the wrong type; then asks the operation to validate.
  void validate(const Case& item, std::string_view where = {}) const;
  // `item` with the defaults of the axes that it does not set, and without the axes that only other kernels of its
  // operation know (`threads` on a GPU). Axes stand in the order of axes_of(), so that equal cases print equal lines;
  // an axis that no kernel of the operation knows stays, last, for validate() to refuse. Throws Error for an unknown
  // kernel.
  Case complete(const Case& item) const;
  // The axes of a case of `kernel`: the operation's, the kernel's own and the common ones, in this order.
  std::vector<const AxisSpec*> axes_of(const Kernel& kernel) const;

 private:
  Registry<Operation> operations_{"operation"};
  Registry<Kernel> kernels_{"kernel"};
};

}  // namespace hetscope
