// The packed format: exact round trips, its bytes, and files that lie.
#include "kernels/sparse/packed_term.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>

#include "kernels/sparse/file_bytes.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::HasSubstr;

std::vector<PackedTerm> packed_example(const char* series = "2:4+1:8", std::int64_t rows = 5, std::int64_t cols = 27) {
  const std::vector<float> a = tied_values(static_cast<std::size_t>(rows * cols), 51);
  return pack(decompose(MatrixView::f32(a, rows, cols), Series::parse(series)));
}

std::vector<std::uint8_t> as_numbers(const std::vector<std::byte>& bytes) {
  std::vector<std::uint8_t> numbers;
  for (const std::byte b : bytes) numbers.push_back(std::to_integer<std::uint8_t>(b));
  return numbers;
}

TEST(PackedTerm, IndexWidths) {
  EXPECT_EQ(narrowest_index_bits(1), 2);
  EXPECT_EQ(narrowest_index_bits(4), 2);
  EXPECT_EQ(narrowest_index_bits(5), 3);
  EXPECT_EQ(narrowest_index_bits(8), 3);
  EXPECT_EQ(narrowest_index_bits(9), 4);
  EXPECT_EQ(narrowest_index_bits(16), 4);
  EXPECT_EQ(narrowest_index_bits(17), 5);
  EXPECT_EQ(narrowest_index_bits(32), 5);
}

TEST(PackedTerm, UnpacksToTheSameTermInEveryTypeAndWidth) {
  const std::vector<float> a = tied_values(6 * 45, 52, 100);
  std::vector<std::uint16_t> halves;
  std::vector<std::int8_t> bytes;
  for (const float v : a) {
    halves.push_back(f16_from_f32(v));
    bytes.push_back(static_cast<std::int8_t>(v));
  }
  for (const MatrixView& view :
       {MatrixView::f32(a, 6, 45), MatrixView::f16(halves, 6, 45), MatrixView::i8(bytes, 6, 45, 0.5)}) {
    for (const char* text : {"2:4", "1:8+2:8", "4:16", "3:32", "7:7", "1:1"}) {
      const Decomposition d = decompose(view, Series::parse(text));
      for (const int bits : {0, 8}) {
        const std::vector<PackedTerm> packed = pack(d, bits);
        for (std::size_t t = 0; t < packed.size(); ++t) {
          const Term term = unpack(packed[t]);
          EXPECT_EQ(term.values, d.terms[t].values) << text;
          EXPECT_EQ(term.indices, d.terms[t].indices) << text;
          EXPECT_EQ(packed[t].scale, view.scale);
        }
        EXPECT_EQ(decode(encode(packed)), packed) << text;
      }
    }
  }
}

// The layout of docs/tasd_format.md, byte by byte.
TEST(PackedTerm, BytesAreAsDocumented) {
  const std::vector<std::int8_t> a = {0, 5, 0, -6, 7, 0, 0, 0, 0, 0, 9, 0};
  const std::vector<PackedTerm> packed = pack(decompose(MatrixView::i8(a, 1, 12, 2.0), Series::parse("2:4")));
  ASSERT_EQ(packed.size(), 1U);
  EXPECT_EQ(as_numbers(packed[0].values), (std::vector<std::uint8_t>{5, 250, 7, 0, 9, 0}));
  // Indices 1 3 | 0 0 | 2 0 of 2 bits, lowest first: 0b0000'1101, 0b0000'0010.
  EXPECT_EQ(as_numbers(packed[0].indices), (std::vector<std::uint8_t>{0x0d, 0x02}));
  const std::vector<std::byte> file = encode(packed);
  ASSERT_EQ(file.size(), 16U + 56U + 6U + 2U);
  EXPECT_EQ(std::memcmp(file.data(), "HSNMT\r\n\x1a\x01\0\0\0\x01\0\0\0", 16), 0);
  EXPECT_EQ(load_little<std::uint32_t>(file, 16), 2U);   // i8
  EXPECT_EQ(load_little<std::uint32_t>(file, 20), 2U);   // N
  EXPECT_EQ(load_little<std::uint32_t>(file, 24), 4U);   // M
  EXPECT_EQ(load_little<std::uint32_t>(file, 28), 2U);   // bits of an index
  EXPECT_EQ(load_little<std::uint64_t>(file, 32), 1U);   // rows
  EXPECT_EQ(load_little<std::uint64_t>(file, 40), 12U);  // columns
  EXPECT_EQ(load_little<double>(file, 48), 2.0);
  EXPECT_EQ(load_little<std::uint64_t>(file, 56), 6U);
  EXPECT_EQ(load_little<std::uint64_t>(file, 64), 2U);
  EXPECT_EQ(file, matrix_file("packed_terms/documented"));
}

// Written once, read for ever.
TEST(PackedFile, SamplesLoad) {
  const std::vector<PackedTerm> two = decode(matrix_file("packed_terms/two_terms_f32"));
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(unpack(two[0]).values, (std::vector<float>{3, 4, -5, 0}));
  EXPECT_EQ(unpack(two[0]).indices, (std::vector<std::uint8_t>{2, 3, 3, 0}));
  EXPECT_EQ(unpack(two[1]).values, (std::vector<float>{2}));
  EXPECT_EQ(unpack(two[1]).indices, (std::vector<std::uint8_t>{1}));
  const std::vector<PackedTerm> halves = decode(matrix_file("packed_terms/bytes_as_indices_f16"));
  ASSERT_EQ(halves.size(), 1U);
  EXPECT_EQ(unpack(halves[0]).values, (std::vector<float>{1, -2, 0, 0.5F}));
  EXPECT_EQ(unpack(halves[0]).indices, (std::vector<std::uint8_t>{2, 0, 0, 0}));
}

TEST(PackedTerm, ThreeBitIndicesCrossBytes) {
  std::vector<float> a(8 * 8, 0.0F);
  for (std::size_t block = 0; block < 8; ++block) a[block * 8 + (7 - block)] = 1;
  const PackedTerm packed = pack(decompose(MatrixView::f32(a, 1, 64), Series::parse("1:8")))[0];
  EXPECT_EQ(as_numbers(packed.indices), (std::vector<std::uint8_t>{0x77, 0x39, 0x05}));  // 7 6 5 4 3 2 1 0
}

TEST(PackedTerm, RefusesValuesThatTheTypeCannotHold) {
  const std::vector<float> a = {0.1F, 300.0F, 0, 0};
  const Term term = decompose(MatrixView::f32(a, 1, 4), Series::parse("2:4")).terms[0];
  EXPECT_THAT(error_of([&] { pack(term, DType::f16); }),
              HasSubstr("row 0, block 0, slot 0: a value is not exact in f16"));
  EXPECT_THAT(error_of([&] { pack(term, DType::i8); }), HasSubstr("not exact in i8"));
  EXPECT_THAT(error_of([&] { pack(term, DType::i32); }), HasSubstr("f32, f16 or i8"));
  EXPECT_THAT(error_of([&] { pack(term, DType::f32, 1, 3); }), HasSubstr("indices of 3 bits"));
}

TEST(PackedTerm, ValidationFindsEachLie) {
  const PackedTerm good = packed_example("2:5", 3, 12)[0];  // 3-bit indices: 5, 6 and 7 are out of the block
  EXPECT_EQ(error_of([&] { validate(good); }), "");
  const auto broken = [&](auto&& change) {
    PackedTerm bad = good;
    change(bad);
    return error_of([&] { validate(bad, "file.nm"); });
  };
  EXPECT_THAT(broken([](PackedTerm& p) { p.indices[0] |= std::byte{7}; }),
              HasSubstr("file.nm: row 0, block 0, slot 0: index 7"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.values.pop_back(); }), HasSubstr("the values take"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.indices.push_back(std::byte{0}); }), HasSubstr("the indices take"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.rows += 1; }), HasSubstr("the values take"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.rows = -1; }), HasSubstr("at least 1"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.cols = std::int64_t{1} << 62; }), HasSubstr("below 2^47"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.pattern.n = 6; }), HasSubstr("N > M"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.index_bits = 4; }), HasSubstr("indices of 4 bits"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.scale = std::nan(""); }), HasSubstr("scale"));
  EXPECT_THAT(broken([](PackedTerm& p) { p.indices[2] |= std::byte{0x80}; }), HasSubstr("padding bits"));
  EXPECT_THAT(broken([](PackedTerm& p) {
                const float infinity = std::numeric_limits<float>::infinity();
                std::memcpy(p.values.data() + 4, &infinity, 4);
              }),
              HasSubstr("row 0, block 0, slot 1: a value that is not finite"));
}

TEST(PackedTerm, ValidationHoldsTheOrderOfSlots) {
  PackedTerm term;
  term.pattern = {2, 4};
  term.rows = 1;
  term.cols = 6;  // the second block has two columns
  term.index_bits = 8;
  const auto check = [&](std::vector<float> values, std::vector<std::uint8_t> indices) {
    term.values.resize(16);
    std::memcpy(term.values.data(), values.data(), 16);
    term.indices.clear();
    for (const std::uint8_t index : indices) term.indices.push_back(static_cast<std::byte>(index));
    return error_of([&] { validate(term); });
  };
  EXPECT_EQ(check({1, 2, 3, 0}, {0, 3, 1, 0}), "");
  EXPECT_THAT(check({1, 2, 3, 0}, {3, 0, 1, 0}), HasSubstr("do not ascend"));
  EXPECT_THAT(check({1, 2, 3, 0}, {3, 3, 1, 0}), HasSubstr("do not ascend"));
  EXPECT_THAT(check({0, 2, 3, 0}, {0, 3, 1, 0}), HasSubstr("behind an empty slot"));
  EXPECT_THAT(check({1, 0, 3, 0}, {1, 2, 1, 0}), HasSubstr("an empty slot must hold"));
  EXPECT_THAT(check({1, -0.0F, 3, 0}, {1, 0, 1, 0}), HasSubstr("an empty slot must hold"));
  EXPECT_THAT(check({1, 2, 3, 0}, {0, 3, 2, 0}), HasSubstr("block 1, slot 0: index 2 is out of its block"));
  EXPECT_THAT(check({1, 2, 3, 0}, {0, 4, 1, 0}), HasSubstr("index 4 is out of its block"));
}

TEST(PackedFile, EveryTruncationIsAnError) {
  const std::vector<std::byte> file = encode(packed_example());
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(error_of([&] { decode(std::span(file).first(size), "cut.nm"); }), "") << size;
  }
  std::vector<std::byte> longer = file;
  longer.push_back(std::byte{0});
  EXPECT_THAT(error_of([&] { decode(longer, "long.nm"); }), HasSubstr("long.nm: 1 bytes behind the last term"));
}

TEST(PackedFile, HeadersThatLieAreErrors) {
  const std::vector<std::byte> file = encode(packed_example());
  const auto with = [&](std::size_t at, auto value) {
    std::vector<std::byte> bad = file;
    std::memcpy(bad.data() + at, &value, sizeof value);
    return error_of([&] { decode(bad, "x"); });
  };
  EXPECT_THAT(with(0, std::uint32_t{0}), HasSubstr("not a file of packed"));
  EXPECT_THAT(with(8, std::uint32_t{2}), HasSubstr("version 2"));
  EXPECT_THAT(with(12, std::uint32_t{0}), HasSubstr("0 terms"));
  EXPECT_THAT(with(12, std::uint32_t{4000000000}), HasSubstr("4000000000 terms"));
  EXPECT_THAT(with(16, std::uint32_t{9}), HasSubstr("value type 9"));
  EXPECT_THAT(with(20, std::uint32_t{0xffffffff}), HasSubstr("N is"));
  EXPECT_THAT(with(32, std::uint64_t{1} << 63), HasSubstr("does not fit"));
  EXPECT_THAT(with(40, ~std::uint64_t{0}), HasSubstr("does not fit"));
  EXPECT_THAT(with(56, ~std::uint64_t{0}), HasSubstr("ends inside a term"));
  EXPECT_THAT(with(64, ~std::uint64_t{0} - 10), HasSubstr("ends inside a term"));
}

// Whatever is changed: an Error, or terms that pass validation and whose columns are all inside the matrix.
TEST(PackedFile, MutationsNeverGetThrough) {
  Random random(53);
  int refused = 0;
  int accepted = 0;
  for (const char* series : {"2:4+1:8", "3:5", "4:16+1:32"}) {
    const std::vector<std::byte> file = encode(packed_example(series, 4, 41));
    for (int round = 0; round < 4000; ++round) {
      std::vector<std::byte> bad = file;
      const std::uint64_t changes = 1 + random.below(4);
      for (std::uint64_t i = 0; i < changes; ++i) {
        // Half of the changes go to the headers, which decide about sizes.
        const std::uint64_t span = random.below(2) == 0 ? 72 : bad.size();
        const std::uint64_t kind = random.below(3);
        std::byte& target = bad[random.below(span)];
        target = kind == 0   ? static_cast<std::byte>(random.below(256))
                 : kind == 1 ? target ^ static_cast<std::byte>(1U << random.below(8))
                             : std::byte{0xff};
      }
      if (random.below(8) == 0) bad.resize(random.below(bad.size() + 1));
      try {
        for (const PackedTerm& packed : decode(bad)) {
          const Term term = unpack(packed);
          for (std::size_t slot = 0; slot < term.indices.size(); ++slot) {
            const auto in_row = static_cast<std::int64_t>(slot) % term.slots_per_row();
            ASSERT_LT(in_row / term.pattern.n * term.pattern.m + term.indices[slot], term.cols);
          }
        }
        ++accepted;
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(accepted, 100);  // a changed value is still a value
}

TEST(PackedFile, TermsMustBeOfOneMatrix) {
  std::vector<PackedTerm> terms = packed_example("2:4");
  terms.push_back(packed_example("2:4", 5, 26)[0]);
  EXPECT_THAT(error_of([&] { encode(terms); }), HasSubstr("not of one matrix"));
  EXPECT_THAT(error_of([&] { encode({}); }), HasSubstr("0 terms"));
}

TEST(PackedFile, SavesAndLoads) {
  const std::string path = ::testing::TempDir() + "packed_term_test.nm";
  const std::vector<PackedTerm> terms = packed_example("2:4+2:8");
  save_packed(path, terms);
  EXPECT_EQ(load_packed(path), terms);
  std::remove(path.c_str());
  EXPECT_THAT(error_of([&] { load_packed(path); }), HasSubstr(path + ": not a file"));
  EXPECT_THAT(error_of([&] { save_packed(::testing::TempDir() + "no/such/folder/x.nm", terms); }),
              HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace hetscope
