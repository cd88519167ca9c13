// Packing, unpacking and validation of terms in memory. Files are in packed_term_file.cpp.
#include "kernels/sparse/packed_term.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

// Bits [first, first + width) of a bit string, width <= 8.
unsigned get_bits(const std::byte* bytes, std::int64_t first, int width) {
  const std::int64_t byte = first / 8;
  const int shift = static_cast<int>(first % 8);
  unsigned two = std::to_integer<unsigned>(bytes[byte]);
  if (shift + width > 8) two |= std::to_integer<unsigned>(bytes[byte + 1]) << 8;
  return (two >> shift) & ((1U << width) - 1U);
}

void or_bits(std::byte* bytes, std::int64_t first, int width, unsigned value) {
  const std::int64_t byte = first / 8;
  const int shift = static_cast<int>(first % 8);
  const unsigned two = value << shift;
  bytes[byte] |= static_cast<std::byte>(two & 0xffU);
  if (shift + width > 8) bytes[byte + 1] |= static_cast<std::byte>(two >> 8);
}

float value_at(const PackedTerm& packed, std::int64_t slot) {
  const std::byte* at = packed.values.data() + static_cast<std::size_t>(slot) * size_of(packed.dtype);
  if (packed.dtype == DType::f32) {
    float value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  if (packed.dtype == DType::f16) {
    std::uint16_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return f32_from_f16(bits);
  }
  return static_cast<float>(std::to_integer<std::int8_t>(*at));
}

// False when `value` is not exact in the type of `packed`.
bool put_value(PackedTerm& packed, std::int64_t slot, float value) {
  std::byte* at = packed.values.data() + static_cast<std::size_t>(slot) * size_of(packed.dtype);
  if (packed.dtype == DType::f32) {
    std::memcpy(at, &value, sizeof value);
    return true;
  }
  if (packed.dtype == DType::f16) {
    const std::uint16_t bits = f16_from_f32(value);
    std::memcpy(at, &bits, sizeof bits);
    return f32_from_f16(bits) == value;
  }
  if (!(value >= -128.0F && value <= 127.0F) || value != std::nearbyint(value)) return false;
  *at = static_cast<std::byte>(static_cast<std::int8_t>(value));
  return true;
}

std::string place(std::string_view where, std::int64_t row, std::int64_t block, std::int64_t slot) {
  std::string text(where);
  if (!text.empty()) text += ": ";
  return text + "row " + std::to_string(row) + ", block " + std::to_string(block) + ", slot " + std::to_string(slot);
}

void check_header(const PackedTerm& packed, const std::string& where) {
  validate(packed.pattern, where);
  if (packed.dtype != DType::f32 && packed.dtype != DType::f16 && packed.dtype != DType::i8) {
    throw Error("packed values are f32, f16 or i8", where);
  }
  if (!std::isfinite(packed.scale) || packed.scale <= 0) throw Error("the scale is not a positive number", where);
  constexpr std::int64_t kMost = std::int64_t{1} << 47;
  if (packed.rows < 1 || packed.cols < 1 || packed.cols > kMost ||
      packed.rows > kMost / (packed.cols + NmPattern::kMaxM)) {
    throw Error("a packed matrix of " + std::to_string(packed.rows) + " x " + std::to_string(packed.cols), where,
                "both must be at least 1 and their product below 2^47");
  }
  if (packed.index_bits != narrowest_index_bits(packed.pattern.m) && packed.index_bits != 8) {
    throw Error("indices of " + std::to_string(packed.index_bits) + " bits do not belong to pattern " +
                    to_string(packed.pattern),
                where, "use " + std::to_string(narrowest_index_bits(packed.pattern.m)) + " or 8");
  }
  const auto values = static_cast<std::uint64_t>(packed.rows * packed.slots_per_row()) * size_of(packed.dtype);
  if (packed.values.size() != values) {
    throw Error("the values take " + std::to_string(packed.values.size()) + " bytes, not " + std::to_string(values),
                where);
  }
  const auto indices = static_cast<std::uint64_t>(packed.rows * packed.index_bytes_per_row());
  if (packed.indices.size() != indices) {
    throw Error("the indices take " + std::to_string(packed.indices.size()) + " bytes, not " + std::to_string(indices),
                where);
  }
}

void check_block(const PackedTerm& packed, const std::byte* row_indices, std::int64_t row, std::int64_t block,
                 std::string_view where) {
  int previous = -1;
  bool empty_seen = false;
  for (int slot = 0; slot < packed.pattern.n; ++slot) {
    const std::int64_t in_row = block * packed.pattern.n + slot;
    const int index = static_cast<int>(get_bits(row_indices, in_row * packed.index_bits, packed.index_bits));
    const float value = value_at(packed, row * packed.slots_per_row() + in_row);
    const auto fail = [&](const std::string& what) { throw Error(what, place(where, row, block, slot)); };
    if (!std::isfinite(value)) fail("a value that is not finite");
    if (index >= packed.pattern.m || block * packed.pattern.m + index >= packed.cols) {
      fail("index " + std::to_string(index) + " is out of its block");
    }
    if (value == 0.0F) {
      if (index != 0 || std::signbit(value)) fail("an empty slot must hold +0 and index 0");
      empty_seen = true;
    } else {
      if (empty_seen) fail("an entry behind an empty slot");
      if (index <= previous) fail("indices do not ascend");
      previous = index;
    }
  }
}

}  // namespace

int narrowest_index_bits(int m) {
  if (m <= 4) return 2;
  return std::bit_width(static_cast<unsigned>(m - 1));
}

PackedTerm pack(const Term& term, DType dtype, double scale, int index_bits) {
  PackedTerm packed;
  packed.pattern = term.pattern;
  packed.dtype = dtype;
  packed.scale = scale;
  packed.rows = term.rows;
  packed.cols = term.cols;
  packed.index_bits = index_bits == 0 ? narrowest_index_bits(term.pattern.m) : index_bits;
  packed.values.resize(term.values.size() * size_of(dtype));
  packed.indices.resize(static_cast<std::size_t>(packed.rows * packed.index_bytes_per_row()));
  check_header(packed, "pack");
  const std::int64_t slots = term.slots_per_row();
  for (std::int64_t row = 0; row < term.rows; ++row) {
    std::byte* row_indices = packed.indices.data() + row * packed.index_bytes_per_row();
    for (std::int64_t slot = 0; slot < slots; ++slot) {
      const auto at = static_cast<std::size_t>(row * slots + slot);
      if (!put_value(packed, row * slots + slot, term.values[at])) {
        throw Error("a value is not exact in " + std::string(to_string(dtype)),
                    place("pack", row, slot / term.pattern.n, slot % term.pattern.n), "pack in the matrix's own type");
      }
      or_bits(row_indices, slot * packed.index_bits, packed.index_bits, term.indices[at]);
    }
  }
  return packed;
}

std::vector<PackedTerm> pack(const Decomposition& decomposition, int index_bits) {
  std::vector<PackedTerm> packed;
  for (const Term& term : decomposition.terms) {
    packed.push_back(pack(term, decomposition.dtype, decomposition.scale, index_bits));
  }
  return packed;
}

void validate(const PackedTerm& packed, std::string_view where) {
  check_header(packed, std::string(where));
  const std::int64_t row_bytes = packed.index_bytes_per_row();
  const std::int64_t row_bits = packed.slots_per_row() * packed.index_bits;
  for (std::int64_t row = 0; row < packed.rows; ++row) {
    const std::byte* row_indices = packed.indices.data() + row * row_bytes;
    for (std::int64_t block = 0; block < packed.blocks(); ++block) check_block(packed, row_indices, row, block, where);
    if (row_bits % 8 != 0 && std::to_integer<unsigned>(row_indices[row_bytes - 1]) >> (row_bits % 8) != 0) {
      throw Error("padding bits behind the indices are not zero", std::string(where) + " row " + std::to_string(row));
    }
  }
}

Term unpack(const PackedTerm& packed, std::string_view where) {
  validate(packed, where);
  Term term;
  term.pattern = packed.pattern;
  term.rows = packed.rows;
  term.cols = packed.cols;
  term.blocks = packed.blocks();
  const std::int64_t slots = packed.slots_per_row();
  term.values.resize(static_cast<std::size_t>(packed.rows * slots));
  term.indices.resize(term.values.size());
  for (std::int64_t row = 0; row < packed.rows; ++row) {
    const std::byte* row_indices = packed.indices.data() + row * packed.index_bytes_per_row();
    for (std::int64_t slot = 0; slot < slots; ++slot) {
      const auto at = static_cast<std::size_t>(row * slots + slot);
      term.values[at] = value_at(packed, row * slots + slot);
      term.indices[at] = static_cast<std::uint8_t>(get_bits(row_indices, slot * packed.index_bits, packed.index_bits));
    }
  }
  return term;
}

}  // namespace hetscope
