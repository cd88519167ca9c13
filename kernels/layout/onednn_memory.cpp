// Declarations are those of oneDNN's dnnl.h and dnnl_types.h, as far as releases 2 and 3 agree.
#include "kernels/layout/onednn_memory.hpp"

#include <algorithm>
#include <string_view>

#include "kernels/dense/onednn_library.hpp"

namespace hetscope {
namespace {

constexpr int kAnyTag = 1;
constexpr int kMaxTags = 4096;
constexpr std::size_t kMaxDims = 12;

using OneDnnDims = std::array<std::int64_t, kMaxDims>;
template <class F>
void find(const DynamicLibrary& library, const char* name, F*& function, std::string& missing) {
  function = library.function<F>(name);
  if (function == nullptr && missing.empty()) missing = library.path() + " has no " + name;
}

OneDnnFunctions load_functions(const DynamicLibrary& library) {
  OneDnnFunctions f;
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
  find(library, "dnnl_primitive_desc_query_md", f.query_description, f.missing);
  f.memory_move = library.function<int(OneDnnHandle, void*)>("dnnl_memory_set_data_handle");
  f.bytes_of = library.function<std::size_t(const void*)>("dnnl_memory_desc_get_size");
  f.memory_data = library.function<int(OneDnnHandle, void**)>("dnnl_memory_get_data_handle");
  f.is_same = library.function<int(const void*, const void*)>("dnnl_memory_desc_equal");
  f.opaque_destroy = library.function<int(OneDnnHandle)>("dnnl_memory_desc_destroy");
  const bool is_release_3 = f.opaque_destroy != nullptr;
  find(library, is_release_3 ? "dnnl_memory_desc_create_with_strides" : "dnnl_memory_desc_init_by_strides",
       f.by_strides, f.missing);
  find(library, is_release_3 ? "dnnl_memory_desc_create_with_tag" : "dnnl_memory_desc_init_by_tag", f.by_tag,
       f.missing);
  return f;
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
    const char* known = onednn_functions().tag_name(tag);
    if (known != nullptr && name == known) return tag;
  }
  return -1;
}

// The strides of a layout that has one for each dimension; false for vectors that stand apart.
bool strides_of(const TensorView& view, OneDnnDims& strides) {
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

}  // namespace

const OneDnnFunctions& onednn_functions() {
  static const OneDnnFunctions kFunctions = load_functions(open_onednn().library);
  return kFunctions;
}

OneDnnDescription::~OneDnnDescription() {
  if (opaque_ != nullptr) onednn_functions().opaque_destroy(opaque_);
}

bool OneDnnDescription::describe(const TensorView& view) {
  OneDnnDims dims{};
  std::ranges::copy(view.shape().dims(), dims.begin());
  OneDnnDims strides{};
  const int rank = view.shape().rank();
  if (strides_of(view, strides)) {
    return onednn_functions().by_strides(target(), rank, dims.data(), data_type_of(view.dtype()), strides.data()) == 0;
  }
  const int tag = tag_number(tag_of(view.layout()));
  return tag >= 0 && onednn_functions().by_tag(target(), rank, dims.data(), data_type_of(view.dtype()), tag) == 0;
}

bool OneDnnDescription::describe_any(DType dtype, std::span<const std::int64_t> dims) {
  return onednn_functions().by_tag(target(), static_cast<int>(dims.size()), dims.data(), data_type_of(dtype),
                                   kAnyTag) == 0;
}

const void* OneDnnDescription::get() const {
  return onednn_functions().opaque_destroy != nullptr ? opaque_ : bytes_.data();
}

void* OneDnnDescription::target() {
  return onednn_functions().opaque_destroy != nullptr ? static_cast<void*>(&opaque_) : bytes_.data();
}

}  // namespace hetscope
