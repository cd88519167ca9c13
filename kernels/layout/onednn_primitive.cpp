// Whatever was made is destroyed: memories, primitive, description, stream, engine.
#include "kernels/layout/onednn_primitive.hpp"

#include <algorithm>
#include <cstddef>

#include "harness/core/error.hpp"
#include "kernels/dense/onednn_library.hpp"

namespace hetscope {
namespace {

using CreateOfOperation = int(OneDnnHandle*, const void* operation, const void* attributes, OneDnnHandle engine,
                              OneDnnHandle hint);
// More than any operation's structure: dnnl_convolution_desc_t holds seven memory descriptors of about 700 bytes.
constexpr std::size_t kOperationBytes = 16 * 1024;

}  // namespace

OneDnnHandle describe_in_release_2(OneDnnHandle engine, const std::function<int(void* operation)>& init) {
  auto* const create_of = open_onednn().library.function<CreateOfOperation>("dnnl_primitive_desc_create");
  if (create_of == nullptr) return nullptr;
  std::vector<std::max_align_t> operation(kOperationBytes / sizeof(std::max_align_t));
  if (init(operation.data()) != 0) return nullptr;
  OneDnnHandle result = nullptr;
  return create_of(&result, operation.data(), nullptr, engine, nullptr) == 0 ? result : nullptr;
}

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
  if (f.bytes_of != nullptr) brought_bytes_ = f.bytes_of(wanted);
  OneDnnHandle source = nullptr;
  OneDnnHandle description = nullptr;
  OneDnnHandle reorder = nullptr;
  // The library takes writable memory for what it only reads.
  bool is_done = f.memory_create(&source, plain, engine_, const_cast<void*>(values)) == 0 &&
                 f.reorder_create(&description, plain, engine_, wanted, engine_, nullptr) == 0 &&
                 f.primitive_create(&reorder, description) == 0;
  if (is_done) {
    const std::array<OneDnnArgument, 2> both = {OneDnnArgument{kOneDnnSource, source},
                                                OneDnnArgument{kOneDnnTarget, memory_of(argument)}};
    is_done = run(reorder, both);
  }
  if (reorder != nullptr) f.primitive_destroy(reorder);
  if (description != nullptr) f.description_destroy(description);
  if (source != nullptr) f.memory_destroy(source);
  return is_done;
}

std::span<const std::byte> OneDnnPrimitive::brought(int argument) const {
  const OneDnnFunctions& f = onednn_functions();
  void* data = nullptr;
  if (f.memory_data == nullptr || f.memory_data(memory_of(argument), &data) != 0 || data == nullptr) return {};
  return {static_cast<const std::byte*>(data), brought_bytes_};
}

bool OneDnnPrimitive::move_argument(int argument, void* memory) {
  const OneDnnFunctions& f = onednn_functions();
  const OneDnnHandle handle = memory_of(argument);
  return handle != nullptr && f.memory_move != nullptr && f.memory_move(handle, memory) == 0;
}

void OneDnnPrimitive::execute(const char* what) {
  if (!run(primitive_, arguments_)) throw Error(std::string("oneDNN's ") + what + " failed", open_onednn().identity);
}

bool OneDnnPrimitive::run(OneDnnHandle primitive, std::span<const OneDnnArgument> arguments) const {
  const OneDnnFunctions& f = onednn_functions();
  return f.primitive_execute(primitive, stream_, static_cast<int>(arguments.size()), arguments.data()) == 0 &&
         f.stream_wait(stream_) == 0;
}

OneDnnHandle OneDnnPrimitive::memory_of(int argument) const {
  const auto found = std::ranges::find(arguments_, argument, &OneDnnArgument::argument);
  return found == arguments_.end() ? nullptr : found->memory;
}

}  // namespace hetscope
