// A source, a target and what moves the one into the other.
#include "kernels/layout/onednn_reorder.hpp"

#include <utility>

#include "kernels/dense/onednn_library.hpp"

namespace hetscope {

std::unique_ptr<OneDnnReorder> OneDnnReorder::make(const TensorView& source, const TensorView& target,
                                                   void* source_memory, void* target_memory, std::string* why_not) {
  *why_not = OneDnnPrimitive::why_not();
  if (!why_not->empty()) return nullptr;
  const std::string& identity = open_onednn().identity;
  OneDnnDescription from;
  OneDnnDescription to;
  for (const auto& [description, view] : {std::pair{&from, &source}, std::pair{&to, &target}}) {
    if (description->describe(*view)) continue;
    *why_not = identity + " has no memory format for " + view->layout().name();
    return nullptr;
  }
  std::unique_ptr<OneDnnReorder> result(new OneDnnReorder);
  OneDnnPrimitive& primitive = result->primitive_;
  OneDnnHandle reorder = nullptr;
  const bool is_ready = primitive.open() && primitive.set_argument(kOneDnnSource, from.get(), source_memory) &&
                        primitive.set_argument(kOneDnnTarget, to.get(), target_memory) &&
                        onednn_functions().reorder_create(&reorder, from.get(), primitive.engine(), to.get(),
                                                          primitive.engine(), nullptr) == 0 &&
                        primitive.describe(reorder) && primitive.create();
  if (is_ready) return result;
  *why_not = identity + " has no reorder from " + source.layout().name() + " to " + target.layout().name();
  return nullptr;
}

}  // namespace hetscope
