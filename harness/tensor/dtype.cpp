// Names and sizes of element types, and binary16 in integer arithmetic: exact on every compiler, no _Float16 needed.
#include "harness/tensor/dtype.hpp"

#include <array>
#include <cassert>
#include <string>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

struct Entry {
  DType dtype;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<Entry, 4> kEntries = {{
    {DType::f32, "f32", 4},
    {DType::f16, "f16", 2},
    {DType::i8, "i8", 1},
    {DType::i32, "i32", 4},
}};

const Entry& entry_of(DType dtype) {
  const auto index = static_cast<std::size_t>(dtype);
  assert(index < kEntries.size() && kEntries[index].dtype == dtype);
  return kEntries[index];
}

}  // namespace

std::size_t size_of(DType dtype) { return entry_of(dtype).bytes; }

std::string_view to_string(DType dtype) { return entry_of(dtype).name; }

DType parse_dtype(std::string_view name) {
  std::string known = "known:";
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry.dtype;
    known += " " + std::string(entry.name);
  }
  throw Error("unknown dtype '" + std::string(name) + "'", {}, known);
}

std::uint16_t f16_from_f32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN: keep the upper payload, stay quiet so that it cannot become infinity
    return static_cast<std::uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x1ffu));
  }
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520 and above round to infinity

  // What is kept of the 24-bit significand, and how far the rest lies below the lowest kept bit.
  std::uint32_t kept = 0;
  std::uint32_t dropped_bits = 13;
  std::uint32_t significand = 0;
  if (magnitude >= 0x38800000u) {  // 2^-14 and above: normal
    significand = magnitude - 0x38000000u;
    kept = significand >> 13;
  } else {
    const std::uint32_t exponent = magnitude >> 23;
    if (exponent < 102) return sign;  // below 2^-25: rounds to zero
    significand = (magnitude & 0x7fffffu) | 0x800000u;
    dropped_bits = 126 - exponent;
    kept = significand >> dropped_bits;
  }
  const std::uint32_t half = 1u << (dropped_bits - 1);
  const std::uint32_t rest = significand & ((1u << dropped_bits) - 1);
  if (rest > half || (rest == half && (kept & 1u) != 0)) ++kept;  // a carry runs into the exponent, as it should
  return static_cast<std::uint16_t>(sign | kept);
}

float f32_from_f16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;
  const std::uint32_t fraction = bits & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float magnitude = static_cast<float>(fraction) * 0x1.0p-24f;  // subnormal: exact in f32
  return sign != 0 ? -magnitude : magnitude;
}

}  // namespace hetscope
