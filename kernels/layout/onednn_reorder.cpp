// Declarations are those of oneDNN's dnnl.h and dnnl_types.h, as far as releases 2 and 3 agree. They differ in memory
// descriptors: release 2 fills a structure of the caller's, release 3 makes an opaque one.
#include "kernels/layout/onednn_reorder.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"
#include "kernels/dense/onednn_library.hpp"

namespace hetscope {
namespace {

constexpr int kCpuEngine = 1;
constexpr unsigned kInOrder = 1;
constexpr int kArgumentFrom = 1;
constexpr int kArgumentTo = 17;
constexpr int kMaxTags = 4096;
constexpr std::size_t kMaxDims = 12;
// dnnl_memory_desc_t of release 2 has less than 1 KiB.
constexpr std::size_t kDescriptionBytes = 4096;

using Handle = void*;
using Dims = std::array<std::int64_t, kMaxDims>;
struct Argument {
  int argument;
  Handle memory;
};

struct Functions {
  int (*engine_create)(Handle*, int, std::size_t) = nullptr;
  int (*engine_destroy)(Handle) = nullptr;
  int (*stream_create)(Handle*, Handle, unsigned) = nullptr;
  int (*stream_wait)(Handle) = nullptr;
  int (*stream_destroy)(Handle) = nullptr;
  int (*reorder_create)(Handle*, const void*, Handle, const void*, Handle, const void*) = nullptr;
  int (*description_destroy)(Handle) = nullptr;  // of the primitive
  int (*primitive_create)(Handle*, Handle) = nullptr;
  int (*primitive_execute)(Handle, Handle, int, const Argument*) = nullptr;
  int (*primitive_destroy)(Handle) = nullptr;
  int (*memory_create)(Handle*, const void*, Handle, void*) = nullptr;
  int (*memory_destroy)(Handle) = nullptr;
  const char* (*tag_name)(int) = nullptr;
  // Release 2 takes the structure, release 3 a pointer to its handle.
  int (*by_strides)(void*, int, const std::int64_t*, int, const std::int64_t*) = nullptr;
  int (*by_tag)(void*, int, const std::int64_t*, int, int) = nullptr;
  int (*opaque_destroy)(Handle) = nullptr;  // nullptr: release 2
  std::string missing;
};

template <class F>
void find(const DynamicLibrary& library, const char* name, F*& function, std::string& missing) {
  function = library.function<F>(name);
  if (function == nullptr && missing.empty()) missing = library.path() + " has no " + name;
}

Functions load_functions(const DynamicLibrary& library) {
  Functions f;
  find(library, "dnnl_engine_create", f.engine_create, f.missing);
  find(library, "dnnl_engine_destroy", f.engine_destroy, f.missing);
  find(library, "dnnl_stream_create", f.stream_create, f.missing);
  find(library, "dnnl_stream_wait", f.stream_wait, f.missing);
  find(library, "dnnl_stream_destroy", f.stream_destroy, f.missing);
  find(library, "dnnl_reorder_primitive_desc_create", f.reorder_create, f.missing);
  find(library, "dnnl_primitive_desc_destroy", f.description_destroy, f.missing);
  find(library, "dnnl_primitive_create", f.primitive_create, f.missing);
  find(library, "dnnl_primitive_execute", f.primitive_execute, f.missing);
  find(library, "dnnl_primitive_destroy", f.primitive_destroy, f.missing);
  find(library, "dnnl_memory_create", f.memory_create, f.missing);
  find(library, "dnnl_memory_destroy", f.memory_destroy, f.missing);
  find(library, "dnnl_fmt_tag2str", f.tag_name, f.missing);
  f.opaque_destroy = library.function<int(Handle)>("dnnl_memory_desc_destroy");
  const bool is_release_3 = f.opaque_destroy != nullptr;
  find(library, is_release_3 ? "dnnl_memory_desc_create_with_strides" : "dnnl_memory_desc_init_by_strides",
       f.by_strides, f.missing);
  find(library, is_release_3 ? "dnnl_memory_desc_create_with_tag" : "dnnl_memory_desc_init_by_tag", f.by_tag,
       f.missing);
  return f;
}

const Functions& functions() {
  static const Functions kFunctions = load_functions(open_onednn().library);
  return kFunctions;
}

// Bits are moved, not numbers: bf16 stands for every type of 2 bytes, because all CPUs' reorders know it.
int data_type_of(DType dtype) {
  constexpr int kBf16 = 2;
  constexpr int kF32 = 3;
  constexpr int kS32 = 4;
  constexpr int kS8 = 5;
  switch (dtype) {
    case DType::f16:
      return kBf16;
    case DType::i8:
      return kS8;
    case DType::i32:
      return kS32;
    case DType::f32:
      return kF32;
  }
  return kF32;
}

// "aBcd16b" for NCHW in vectors of 16 channels; empty where oneDNN has no name.
std::string tag_of(const Layout& layout) {
  const Layout row_major = Layout::row_major(layout.rank());
  if (layout.order() != row_major.order() || layout.rank() != 4 || layout.packed_dim() != 1) return {};
  return "aBcd" + std::to_string(layout.lanes()) + "b";
}

int tag_number(std::string_view name) {
  for (int tag = 0; tag < kMaxTags; ++tag) {
    const char* known = functions().tag_name(tag);
    if (known != nullptr && name == known) return tag;
  }
  return -1;
}

// The strides of a layout that has one for each dimension; false for vectors that stand apart.
bool strides_of(const TensorView& view, Dims& strides) {
  const int rank = view.shape().rank();
  std::vector<std::int64_t> index(static_cast<std::size_t>(rank), 0);
  for (int dim = 0; dim < rank; ++dim) {
    const auto offset = [&](std::int64_t i) {
      index[static_cast<std::size_t>(dim)] = i;
      const std::int64_t result = view.layout().offset(index, view.shape());
      index[static_cast<std::size_t>(dim)] = 0;
      return result;
    };
    strides[static_cast<std::size_t>(dim)] = offset(1);
    if (view.layout().packed_dim() == dim && offset(view.layout().lanes()) != view.layout().lanes() * offset(1)) {
      return false;
    }
  }
  return true;
}

// A memory descriptor of either release.
class Description {
 public:
  Description() = default;
  ~Description() {
    if (opaque_ != nullptr) functions().opaque_destroy(opaque_);
  }
  Description(const Description&) = delete;
  Description& operator=(const Description&) = delete;

  // False when the library does not know the layout.
  bool describe(const TensorView& view) {
    Dims dims{};
    std::ranges::copy(view.shape().dims(), dims.begin());
    Dims strides{};
    void* target = functions().opaque_destroy != nullptr ? static_cast<void*>(&opaque_) : bytes_.data();
    const int rank = view.shape().rank();
    if (strides_of(view, strides)) {
      return functions().by_strides(target, rank, dims.data(), data_type_of(view.dtype()), strides.data()) == 0;
    }
    const int tag = tag_number(tag_of(view.layout()));
    return tag >= 0 && functions().by_tag(target, rank, dims.data(), data_type_of(view.dtype()), tag) == 0;
  }
  const void* get() const { return functions().opaque_destroy != nullptr ? opaque_ : bytes_.data(); }

 private:
  Handle opaque_ = nullptr;
  alignas(std::max_align_t) std::array<std::byte, kDescriptionBytes> bytes_{};
};

}  // namespace

struct OneDnnReorder::State {
  Handle engine = nullptr;
  Handle stream = nullptr;
  Handle primitive = nullptr;
  Handle source = nullptr;
  Handle target = nullptr;

  ~State() {
    const Functions& f = functions();
    if (primitive != nullptr) f.primitive_destroy(primitive);
    if (source != nullptr) f.memory_destroy(source);
    if (target != nullptr) f.memory_destroy(target);
    if (stream != nullptr) f.stream_destroy(stream);
    if (engine != nullptr) f.engine_destroy(engine);
  }
};

OneDnnReorder::OneDnnReorder(std::unique_ptr<State> state) : state_(std::move(state)) {}
OneDnnReorder::~OneDnnReorder() = default;

std::unique_ptr<OneDnnReorder> OneDnnReorder::make(const TensorView& source, const TensorView& target,
                                                   void* source_memory, void* target_memory, std::string* why_not) {
  const OneDnnLibrary& onednn = open_onednn();
  *why_not = onednn.library ? functions().missing : "oneDNN cannot be opened: " + onednn.why_not;
  if (!why_not->empty()) return nullptr;
  const Functions& f = functions();
  Description from;
  Description to;
  for (const auto& [description, view] : {std::pair{&from, &source}, std::pair{&to, &target}}) {
    if (description->describe(*view)) continue;
    *why_not = onednn.identity + " has no memory format for " + view->layout().name();
    return nullptr;
  }
  auto state = std::make_unique<State>();
  Handle primitive = nullptr;
  const bool is_made = f.engine_create(&state->engine, kCpuEngine, 0) == 0 &&
                       f.stream_create(&state->stream, state->engine, kInOrder) == 0 &&
                       f.memory_create(&state->source, from.get(), state->engine, source_memory) == 0 &&
                       f.memory_create(&state->target, to.get(), state->engine, target_memory) == 0 &&
                       f.reorder_create(&primitive, from.get(), state->engine, to.get(), state->engine, nullptr) == 0;
  const bool is_ready = is_made && f.primitive_create(&state->primitive, primitive) == 0;
  if (primitive != nullptr) f.description_destroy(primitive);
  if (is_ready) return std::unique_ptr<OneDnnReorder>(new OneDnnReorder(std::move(state)));
  *why_not = onednn.identity + " has no reorder from " + source.layout().name() + " to " + target.layout().name();
  return nullptr;
}

void OneDnnReorder::execute() {
  const std::array<Argument, 2> arguments = {Argument{kArgumentFrom, state_->source},
                                             Argument{kArgumentTo, state_->target}};
  const Functions& f = functions();
  if (f.primitive_execute(state_->primitive, state_->stream, static_cast<int>(arguments.size()), arguments.data()) !=
          0 ||
      f.stream_wait(state_->stream) != 0) {
    throw Error("oneDNN's reorder failed", open_onednn().identity);
  }
}

}  // namespace hetscope
