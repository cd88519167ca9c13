// Reads matrices that NumPy wrote: .npy files, and .npz archives as numpy.savez makes them (stored, not compressed), so
// that weights of a real checkpoint can be decomposed. Nothing in a file is trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/tensor/dtype.hpp"

namespace hetscope {

struct NpyArray {
  std::string name;                 // the member of an .npz without ".npy"; empty for an .npy
  std::string stored_type;          // as the file says: "<f4"
  DType dtype = DType::f32;         // f4 and f8 become f32 (f8 rounded to nearest), f2 f16, i1 i8
  std::vector<std::int64_t> shape;  // extents >= 0; empty for a scalar
  std::vector<std::byte> bytes;     // C order, whatever the file's order

  std::int64_t element_count() const noexcept;
  // The elements in f32, whatever the type.
  std::vector<float> to_f32() const;
};

// One array from the bytes of an .npy file. Throws Error for everything else: another magic, version, type (complex,
// objects, big-endian), a header that is not a Python dictionary of descr, fortran_order and shape, more than 8 axes,
// too few or too many bytes.
NpyArray parse_npy(std::span<const std::byte> bytes, std::string_view where);
// Every .npy member of a zip archive, in the archive's order. Throws Error for a compressed or encrypted member, a
// checksum that differs, and every inconsistency.
std::vector<NpyArray> parse_npz(std::span<const std::byte> bytes, std::string_view where);

// By the file's contents, not by its name: an .npy gives one array.
std::vector<NpyArray> load_npy_or_npz(const std::string& path);
// The array called `name` (empty: the only one). Throws Error with the names there are.
NpyArray load_array(const std::string& path, std::string_view name = {});

}  // namespace hetscope
