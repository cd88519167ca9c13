// Everything is made in the order of the calls and destroyed in the reverse.
#include "kernels/layout/onednn_primitive.hpp"

#include <algorithm>
#include <cstddef>

#include "harness/core/error.hpp"
#include "kernels/dense/onednn_library.hpp"

namespace hetscope {

OneDnnPrimitive::~OneDnnPrimitive() {
  const OneDnnFunctions& f = onednn_functions();
  for (const OneDnnArgument& argument : arguments_) f.memory_destroy(argument.memory);
  if (primitive_ != nullptr) f.primitive_destroy(primitive_);
  if (description_ != nullptr) f.description_destroy(description_);
  if (stream_ != nullptr) f.stream_destroy(stream_);
  if (engine_ != nullptr) f.engine_destroy(engine_);
}

std::string OneDnnPrimitive::why_not() {
  const OneDnnLibrary& onednn = open_onednn();
  return onednn.library ? onednn_functions().missing : "oneDNN cannot be opened: " + onednn.why_not;
}

bool OneDnnPrimitive::open() {
  const OneDnnFunctions& f = onednn_functions();
  return f.engine_create(&engine_, kOneDnnCpuEngine, 0) == 0 && f.stream_create(&stream_, engine_, kOneDnnInOrder) == 0;
}

bool OneDnnPrimitive::describe(OneDnnHandle description) noexcept {
  description_ = description;
  return description != nullptr;
}

const void* OneDnnPrimitive::wanted(int query) const {
  return onednn_functions().query_description(description_, query, 0);
}

std::int64_t OneDnnPrimitive::bytes_of(const void* description) {
  const OneDnnFunctions& f = onednn_functions();
  return f.bytes_of == nullptr ? 0 : static_cast<std::int64_t>(f.bytes_of(description));
}

bool OneDnnPrimitive::create() { return onednn_functions().primitive_create(&primitive_, description_) == 0; }

bool OneDnnPrimitive::set_argument(int argument, const void* description, void* memory) {
  OneDnnHandle handle = nullptr;
  if (onednn_functions().memory_create(&handle, description, engine_, memory) != 0) return false;
  arguments_.push_back({argument, handle});
  return true;
}

bool OneDnnPrimitive::bring_argument(int argument, const void* plain, const void* values, const void* wanted) {
  // DNNL_MEMORY_ALLOCATE of dnnl_types.h.
  void* const allocate = reinterpret_cast<void*>(~std::size_t{0});
  if (wanted == nullptr || !set_argument(argument, wanted, allocate)) return false;
  const OneDnnFunctions& f = onednn_functions();
  OneDnnPrimitive reorder;
  OneDnnHandle description = nullptr;
  // The library takes writable memory for what it only reads.
  const bool is_made =
      reorder.open() &&
      f.reorder_create(&description, plain, reorder.engine(), wanted, reorder.engine(), nullptr) == 0 &&
      reorder.describe(description) && reorder.create() &&
      reorder.set_argument(kOneDnnSource, plain, const_cast<void*>(values));
  if (!is_made) return false;
  const std::array<OneDnnArgument, 2> both = {reorder.arguments_.front(),
                                              OneDnnArgument{kOneDnnTarget, arguments_.back().memory}};
  return f.primitive_execute(reorder.primitive_, reorder.stream_, static_cast<int>(both.size()), both.data()) == 0 &&
         f.stream_wait(reorder.stream_) == 0;
}

bool OneDnnPrimitive::move_argument(int argument, void* memory) {
  const auto found = std::ranges::find(arguments_, argument, &OneDnnArgument::argument);
  const OneDnnFunctions& f = onednn_functions();
  return found != arguments_.end() && f.memory_move != nullptr && f.memory_move(found->memory, memory) == 0;
}

void OneDnnPrimitive::execute(const char* what) {
  const OneDnnFunctions& f = onednn_functions();
  if (f.primitive_execute(primitive_, stream_, static_cast<int>(arguments_.size()), arguments_.data()) != 0 ||
      f.stream_wait(stream_) != 0) {
    throw Error(std::string("oneDNN's ") + what + " failed", open_onednn().identity);
  }
}

}  // namespace hetscope
