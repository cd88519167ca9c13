// What oneDNN's primitives share: functions of its C interface, found at run time, and memory descriptors, which are a
// structure of the caller's in release 2 and opaque in release 3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

using OneDnnHandle = void*;
struct OneDnnArgument {
  int argument;
  OneDnnHandle memory;
};

inline constexpr int kOneDnnCpuEngine = 1;
inline constexpr unsigned kOneDnnInOrder = 1;
inline constexpr int kOneDnnSource = 1;
inline constexpr int kOneDnnTarget = 17;
inline constexpr int kOneDnnWeights = 33;
// dnnl_query_src_md and dnnl_query_weights_md.
inline constexpr int kOneDnnWantedSource = 129;
inline constexpr int kOneDnnWantedWeights = 131;

struct OneDnnFunctions {
  int (*engine_create)(OneDnnHandle*, int, std::size_t) = nullptr;
  int (*engine_destroy)(OneDnnHandle) = nullptr;
  int (*stream_create)(OneDnnHandle*, OneDnnHandle, unsigned) = nullptr;
  int (*stream_wait)(OneDnnHandle) = nullptr;
  int (*stream_destroy)(OneDnnHandle) = nullptr;
  int (*reorder_create)(OneDnnHandle*, const void*, OneDnnHandle, const void*, OneDnnHandle, const void*) = nullptr;
  int (*description_destroy)(OneDnnHandle) = nullptr;  // of the primitive
  int (*primitive_create)(OneDnnHandle*, OneDnnHandle) = nullptr;
  int (*primitive_execute)(OneDnnHandle, OneDnnHandle, int, const OneDnnArgument*) = nullptr;
  int (*primitive_destroy)(OneDnnHandle) = nullptr;
  int (*memory_create)(OneDnnHandle*, const void*, OneDnnHandle, void*) = nullptr;
  int (*memory_destroy)(OneDnnHandle) = nullptr;
  const char* (*tag_name)(int) = nullptr;
  int (*memory_move)(OneDnnHandle, void*) = nullptr;   // nullptr: cannot
  std::size_t (*bytes_of)(const void*) = nullptr;      // of a memory descriptor; nullptr: unknown
  int (*memory_data)(OneDnnHandle, void**) = nullptr;  // nullptr: does not say
  int (*is_same)(const void*, const void*) = nullptr;  // of two memory descriptors; nullptr: does not say
  // Of an operand of a primitive, as it wants it.
  const void* (*query_description)(OneDnnHandle, int, int) = nullptr;
  // Release 2 takes the structure, release 3 a pointer to its handle.
  int (*by_strides)(void*, int, const std::int64_t*, int, const std::int64_t*) = nullptr;
  int (*by_tag)(void*, int, const std::int64_t*, int, int) = nullptr;
  int (*opaque_destroy)(OneDnnHandle) = nullptr;  // nullptr: release 2
  std::string missing;
};

// Of the library that open_onednn() found; `missing` says what it lacks.
const OneDnnFunctions& onednn_functions();

class OneDnnDescription {
 public:
  OneDnnDescription() = default;
  ~OneDnnDescription();
  OneDnnDescription(const OneDnnDescription&) = delete;
  OneDnnDescription& operator=(const OneDnnDescription&) = delete;

  // False when the library does not know the layout. Types of two bytes stand for their bits.
  bool describe(const TensorView& view);
  // Whatever layout a primitive likes best; f16 would be bf16, so that nothing computes with it.
  bool describe_any(DType dtype, std::span<const std::int64_t> dims);
  const void* get() const;

 private:
  // dnnl_memory_desc_t of release 2 has less than 1 KiB.
  static constexpr std::size_t kBytes = 4096;

  void* target();

  OneDnnHandle opaque_ = nullptr;
  alignas(std::max_align_t) std::array<std::byte, kBytes> bytes_{};
};

}  // namespace hetscope
