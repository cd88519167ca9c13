// oneDNN's reorder primitive: the layout transform of the library that most frameworks use on x86-64.
#pragma once

#include <memory>
#include <string>

#include "harness/tensor/tensor_view.hpp"
#include "kernels/layout/onednn_primitive.hpp"

namespace hetscope {

// One reorder from a source to a target in memory; it owns what the library made for it.
class OneDnnReorder {
 public:
  // nullptr, with the reason, when the library is missing, does not know one of the layouts, or has no such reorder.
  // The memory outlives the result.
  static std::unique_ptr<OneDnnReorder> make(const TensorView& source, const TensorView& target, void* source_memory,
                                             void* target_memory, std::string* why_not);

  // Results go there from now on. false: the library cannot.
  bool set_target(void* target_memory) { return primitive_.move_argument(kOneDnnTarget, target_memory); }
  void execute() { primitive_.execute("reorder"); }

 private:
  OneDnnReorder() = default;
  OneDnnPrimitive primitive_;
};

}  // namespace hetscope
