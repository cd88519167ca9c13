// The operations and kernels that a program knows. The harness receives it; the specimens fill it
// (kernels/catalog.cpp).
#pragma once

#include <optional>
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
  // both, missing without a default, or of the wrong type, or when check_load() does; then asks the operation to
  // validate.
  void validate(const Case& item, std::string_view where = {}) const;
  // `item` with the defaults of the axes that it does not set, and without the axes that only other kernels of its
  // operation know (`threads` on a GPU). Axes stand in the order of axes_of(), so that equal cases print equal lines;
  // an axis that no kernel of the operation knows stays, last, for validate() to refuse. The load is completed too, and
  // left out when there is none. Throws Error for an unknown kernel.
  Case complete(const Case& item) const;
  // The case that runs beside `item`, nullopt without one. Throws Error when its line is malformed.
  std::optional<Case> load_of(const Case& item) const;
  // The same of the axis' value: a case line, completed, or "none".
  std::optional<Case> read_load(std::string_view line) const;
  // Throws Error when `load` names no processor or one of `processors`, has a load of its own, or is not valid.
  void check_load(const Case& load, std::span<const std::string> processors, std::string_view where) const;
  // The axes of a case of `kernel`: the operation's, the kernel's own and the common ones, in this order.
  std::vector<const AxisSpec*> axes_of(const Kernel& kernel) const;

 private:
  Registry<Operation> operations_{"operation"};
  Registry<Kernel> kernels_{"kernel"};
};

}  // namespace hetscope
