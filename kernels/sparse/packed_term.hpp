// A term as it is stored: the values in the matrix's own type and in-block indices of a few bits. The byte layout, in
// memory and in files, is docs/tasd_format.md. Packed bytes are never used before validate() has passed them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/sparse/decomposition.hpp"

namespace hetscope {

struct PackedTerm {
  NmPattern pattern;
  DType dtype = DType::f32;  // f32, f16 or i8
  double scale = 1;          // i8: a value stands for scale * q
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  int index_bits = 8;              // narrowest_index_bits(M) or 8
  std::vector<std::byte> values;   // [row][block][slot]
  std::vector<std::byte> indices;  // a bit string a row, least significant bits first, padded to a whole byte

  std::int64_t blocks() const noexcept { return (cols + pattern.m - 1) / pattern.m; }
  std::int64_t slots_per_row() const noexcept { return blocks() * pattern.n; }
  std::int64_t index_bytes_per_row() const noexcept { return (slots_per_row() * index_bits + 7) / 8; }
  std::int64_t stored_bytes() const noexcept { return static_cast<std::int64_t>(values.size() + indices.size()); }
  friend bool operator==(const PackedTerm&, const PackedTerm&) = default;
};

// 2 for M <= 4, 3 for M <= 8, 4 for M <= 16, 5 for M <= 32.
int narrowest_index_bits(int m);

// Throws Error when a value is not exact in `dtype`, or index_bits is neither 0 (narrowest), the narrowest, nor 8.
PackedTerm pack(const Term& term, DType dtype, double scale = 1, int index_bits = 0);
// Every term of a decomposition, in its own type.
std::vector<PackedTerm> pack(const Decomposition& decomposition, int index_bits = 0);

// Throws Error, with row, block and slot, unless: the pattern, type and sizes fit together, every index is inside its
// block and below cols, indices of a block ascend strictly, empty slots are last and hold index 0, values are finite,
// and the padding bits are zero. `where` names the file.
void validate(const PackedTerm& packed, std::string_view where = {});
// Validates, then unpacks.
Term unpack(const PackedTerm& packed, std::string_view where = {});

// The file's bytes: a header, then each term. Throws Error for no term, more than Series::kMaxTerms, or terms that are
// not of one matrix (rows, cols, dtype, scale).
std::vector<std::byte> encode(std::span<const PackedTerm> terms);
// The inverse; every term is validated. Throws Error whatever the bytes are, and never allocates more than their size
// allows for.
std::vector<PackedTerm> decode(std::span<const std::byte> bytes, std::string_view where = {});

void save_packed(const std::string& path, std::span<const PackedTerm> terms);
std::vector<PackedTerm> load_packed(const std::string& path);

}  // namespace hetscope
