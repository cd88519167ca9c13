// The file of packed terms: a file header of 16 bytes, then a header of 56 bytes, values and indices for each term.
#include <algorithm>
#include <array>
#include <cstring>

#include "harness/core/error.hpp"
#include "kernels/sparse/file_bytes.hpp"
#include "kernels/sparse/packed_term.hpp"

namespace hetscope {
namespace {

constexpr std::array<char, 8> kTermMagic = {'H', 'S', 'N', 'M', 'T', '\r', '\n', '\x1a'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFileHeaderBytes = 16;
constexpr std::size_t kTermHeaderBytes = 56;
constexpr std::array<DType, 3> kDTypes = {DType::f32, DType::f16, DType::i8};

void require_one_matrix(std::span<const PackedTerm> terms, const std::string& where) {
  for (const PackedTerm& term : terms) {
    const PackedTerm& first = terms.front();
    if (term.rows != first.rows || term.cols != first.cols || term.dtype != first.dtype || term.scale != first.scale) {
      throw Error("the terms are not of one matrix", where, "rows, columns, type and scale must be the same");
    }
  }
}

void require_count(std::size_t count, const std::string& where) {
  if (count < 1 || count > static_cast<std::size_t>(Series::kMaxTerms)) {
    throw Error("a file of " + std::to_string(count) + " terms", where,
                "there are 1 to " + std::to_string(Series::kMaxTerms));
  }
}

int checked_int(std::uint32_t value, const char* what, const std::string& where) {
  if (value > 255) throw Error(std::string(what) + " is " + std::to_string(value), where);
  return static_cast<int>(value);
}

// The sizes are checked against what is left of the file before anything is allocated.
PackedTerm decode_term(std::span<const std::byte>& rest, const std::string& where) {
  if (rest.size() < kTermHeaderBytes) throw Error("the file ends inside a term's header", where);
  PackedTerm term;
  const auto dtype = load_little<std::uint32_t>(rest, 0);
  if (dtype >= kDTypes.size()) throw Error("value type " + std::to_string(dtype) + " is unknown", where);
  term.dtype = kDTypes[dtype];
  term.pattern.n = checked_int(load_little<std::uint32_t>(rest, 4), "N", where);
  term.pattern.m = checked_int(load_little<std::uint32_t>(rest, 8), "M", where);
  validate(term.pattern, where);
  term.index_bits = checked_int(load_little<std::uint32_t>(rest, 12), "the index width", where);
  const auto rows = load_little<std::uint64_t>(rest, 16);
  const auto cols = load_little<std::uint64_t>(rest, 24);
  term.scale = load_little<double>(rest, 32);
  const auto value_bytes = load_little<std::uint64_t>(rest, 40);
  const auto index_bytes = load_little<std::uint64_t>(rest, 48);
  rest = rest.subspan(kTermHeaderBytes);
  if (value_bytes > rest.size() || index_bytes > rest.size() - value_bytes) {
    throw Error("the file ends inside a term", where,
                std::to_string(value_bytes) + " + " + std::to_string(index_bytes) + " bytes are announced, " +
                    std::to_string(rest.size()) + " are there");
  }
  // A row has at least a slot, and a slot at least a byte; 32 columns share a slot at the most.
  if (rows > value_bytes || cols / NmPattern::kMaxM > value_bytes) {
    throw Error("a matrix of " + std::to_string(rows) + " x " + std::to_string(cols) + " does not fit its " +
                    std::to_string(value_bytes) + " bytes of values",
                where);
  }
  term.rows = static_cast<std::int64_t>(rows);
  term.cols = static_cast<std::int64_t>(cols);
  const auto values = rest.first(value_bytes);
  const auto indices = rest.subspan(value_bytes, index_bytes);
  term.values.assign(values.begin(), values.end());
  term.indices.assign(indices.begin(), indices.end());
  rest = rest.subspan(value_bytes + index_bytes);
  validate(term, where);
  return term;
}

}  // namespace

std::vector<std::byte> encode(std::span<const PackedTerm> terms) {
  require_count(terms.size(), {});
  require_one_matrix(terms, {});
  std::vector<std::byte> bytes;
  for (const char c : kTermMagic) bytes.push_back(static_cast<std::byte>(c));
  append_little(bytes, kVersion);
  append_little(bytes, static_cast<std::uint32_t>(terms.size()));
  for (const PackedTerm& term : terms) {
    const auto dtype = std::find(kDTypes.begin(), kDTypes.end(), term.dtype) - kDTypes.begin();
    append_little(bytes, static_cast<std::uint32_t>(dtype));
    append_little(bytes, static_cast<std::uint32_t>(term.pattern.n));
    append_little(bytes, static_cast<std::uint32_t>(term.pattern.m));
    append_little(bytes, static_cast<std::uint32_t>(term.index_bits));
    append_little(bytes, static_cast<std::uint64_t>(term.rows));
    append_little(bytes, static_cast<std::uint64_t>(term.cols));
    append_little(bytes, term.scale);
    append_little(bytes, static_cast<std::uint64_t>(term.values.size()));
    append_little(bytes, static_cast<std::uint64_t>(term.indices.size()));
    bytes.insert(bytes.end(), term.values.begin(), term.values.end());
    bytes.insert(bytes.end(), term.indices.begin(), term.indices.end());
  }
  return bytes;
}

std::vector<PackedTerm> decode(std::span<const std::byte> bytes, std::string_view where) {
  const std::string place(where);
  if (bytes.size() < kFileHeaderBytes || std::memcmp(bytes.data(), kTermMagic.data(), kTermMagic.size()) != 0) {
    throw Error("not a file of packed N:M terms", place);
  }
  const auto version = load_little<std::uint32_t>(bytes, 8);
  if (version != kVersion) {
    throw Error("version " + std::to_string(version) + " of the packed format is not known", place, "version 1 is");
  }
  const auto count = load_little<std::uint32_t>(bytes, 12);
  require_count(count, place);
  std::span<const std::byte> rest = bytes.subspan(kFileHeaderBytes);
  std::vector<PackedTerm> terms;
  for (std::uint32_t t = 0; t < count; ++t) {
    const std::string term_place = (place.empty() ? "" : place + " ") + "term " + std::to_string(t + 1);
    terms.push_back(decode_term(rest, term_place));
  }
  if (!rest.empty()) throw Error(std::to_string(rest.size()) + " bytes behind the last term", place);
  require_one_matrix(terms, place);
  return terms;
}

void save_packed(const std::string& path, std::span<const PackedTerm> terms) { write_file_bytes(path, encode(terms)); }

std::vector<PackedTerm> load_packed(const std::string& path) { return decode(read_file_bytes(path), path); }

}  // namespace hetscope
