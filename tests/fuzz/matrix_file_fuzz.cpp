// libFuzzer behind the readers of files with matrices: whatever the bytes, they end in arrays and terms that keep their
// promises, or in one Error. HETSCOPE_FUZZ_FORMAT names the reader: packed_terms, npy or npz.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"
#include "kernels/sparse/npy.hpp"
#include "kernels/sparse/packed_term.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hetscope {
namespace {

using Bytes = std::span<const std::byte>;

void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

// Every column that a product would read is inside the matrix, and the file is written again bit by bit.
void read_packed_terms(Bytes bytes) {
  const std::vector<PackedTerm> terms = decode(bytes, "fuzz");
  for (const PackedTerm& packed : terms) {
    const Term term = unpack(packed);
    const std::int64_t slots = term.slots_per_row();
    require(static_cast<std::int64_t>(term.indices.size()) == term.rows * slots, "a row has its slots");
    for (std::size_t at = 0; at < term.indices.size(); ++at) {
      const std::int64_t block = static_cast<std::int64_t>(at) % slots / term.pattern.n;
      require(block * term.pattern.m + term.indices[at] < term.cols, "a column is inside the matrix");
    }
  }
  require(std::ranges::equal(encode(terms), bytes), "what is read is written as it was");
}

void check_array(const NpyArray& array) {
  const auto count = static_cast<std::size_t>(array.element_count());
  require(array.bytes.size() == count * size_of(array.dtype), "an array has its elements");
  require(array.to_f32().size() == count, "every element has a value");
}

void read_one(Bytes bytes) {
  static const std::string_view kFormat = [] {
    const char* name = std::getenv("HETSCOPE_FUZZ_FORMAT");
    return std::string_view(name == nullptr ? "" : name);
  }();
  if (kFormat == "packed_terms") {
    read_packed_terms(bytes);
  } else if (kFormat == "npy") {
    check_array(parse_npy(bytes, "fuzz"));
  } else if (kFormat == "npz") {
    for (const NpyArray& array : parse_npz(bytes, "fuzz")) check_array(array);
  } else {
    std::fprintf(stderr, "HETSCOPE_FUZZ_FORMAT is none of packed_terms, npy and npz\n");
    std::exit(2);
  }
}

}  // namespace
}  // namespace hetscope

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    hetscope::read_one(std::as_bytes(std::span(data, size)));
  } catch (const hetscope::Error&) {
    return 0;
  }
  return 0;
}
