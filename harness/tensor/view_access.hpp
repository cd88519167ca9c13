// Operand access in OpenCL C, generated from a view: layout, storage and index map become one function, so that one
// kernel source reads and writes through every view.
//
//   kernel source                                          what is put before it, for a view named "a" of rank 2
//   __kernel void scale(A_PARAMETERS, ...) {               #define A_PARAMETERS __global const float* restrict a0
//     ... read_a(A_ARGUMENTS, row, column) ...             #define A_ARGUMENTS a0
//   }                                                      float read_a(__global const float* a0, ...) { ... }
#pragma once

#include <cstdint>
#include <string>

#include "harness/tensor/index_steps.hpp"
#include "harness/tensor/tensor_view.hpp"

namespace hetscope {

enum class ViewDirection { read, write };

struct ViewCode {
  std::string text;
  // Of the printed function: what one element costs besides its load or store.
  IndexOperations operations;
  // What a row costs besides, of base_NAME.
  IndexOperations row_operations;
};

struct ViewCodeOptions {
  std::string name;
  ViewDirection direction = ViewDirection::read;
  // false: layout and map are printed as they are composed, one linearised index after the other.
  bool simplifies = true;
  std::int64_t image_width = 0;  // texels in a row of an image2d
  // Whether what the first index alone decides of an offset is a function of its own: for kernels that compute it once
  // a row and not once an element.
  bool has_row_base = false;
};

// Defines NAME_PARAMETERS (one for each storage, in their order), NAME_ARGUMENTS and one function:
//   T read_NAME(NAME_ARGUMENTS, int i0, ...)               T is float for f32 and f16, int for i8 and i32
//   void write_NAME(NAME_ARGUMENTS, int i0, ..., T value)
// With a row base NAME_BASE is its type, int or long, base_NAME(int i0) its function, and the two above take it before
// i0; it is 0 where nothing can be said of a row, as in images and where a view has several pieces. Tables of gathers
// become arrays in constant memory; all of a view together hold at most kMaxConstantBytes. Images are for reading: an
// image2d holds texel t at (t % image_width, t / image_width). A view that is written has one storage and no fill, and
// its map must be a bijection, which is the caller's to know. Throws Error when the view does not fit.
ViewCode print_view_access(const TensorView& view, const ViewCodeOptions& options);

// The least that OpenCL 1.2 asks of a device's constant memory.
inline constexpr std::int64_t kMaxConstantBytes = 64 * 1024;

}  // namespace hetscope
