// Element types. f16 is a storage type: arithmetic is in f32 unless a case says otherwise.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hetscope {

enum class DType { f32, f16, i8, i32 };

std::size_t size_of(DType dtype);          // bytes
std::string_view to_string(DType dtype);   // "f32"
DType parse_dtype(std::string_view name);  // throws Error with the list of known types

// IEEE 754 binary16 bits <-> f32, round to nearest even; NaN stays NaN.
std::uint16_t f16_from_f32(float value);
float f32_from_f16(std::uint16_t bits);

}  // namespace hetscope
