// NumPy's files: what is read, and every way in which a file can be wrong.
#include "kernels/sparse/npy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>

#include "kernels/sparse/file_bytes.hpp"
#include "tests/unit/kernels_sparse/sparse_fixture.hpp"

namespace hetscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Bytes = std::vector<std::byte>;

void append_text(Bytes& bytes, std::string_view text) {
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
}

template <class T>
Bytes npy(const std::string& header, const std::vector<T>& elements, int version = 1) {
  Bytes bytes;
  append_text(bytes, "\x93NUMPY");
  bytes.push_back(static_cast<std::byte>(version));
  bytes.push_back(std::byte{0});
  if (version == 1) append_little(bytes, static_cast<std::uint16_t>(header.size()));
  if (version != 1) append_little(bytes, static_cast<std::uint32_t>(header.size()));
  append_text(bytes, header);
  for (const T& element : elements) append_little(bytes, element);
  return bytes;
}

std::string header(const std::string& descr, const std::string& fortran, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }      \n";
}

std::uint32_t crc32_of(const Bytes& bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const std::byte b : bytes) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

struct ZipOptions {
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  std::uint32_t crc_change = 0;
  std::string comment = {};
};

// An archive as numpy.savez writes it: local headers with a zip64 extra field, sizes in the directory.
Bytes npz(const std::vector<std::pair<std::string, Bytes>>& members, const ZipOptions& options = {}) {
  Bytes zip;
  Bytes directory;
  for (const auto& [name, contents] : members) {
    const auto at = static_cast<std::uint32_t>(zip.size());
    const auto size = static_cast<std::uint32_t>(contents.size());
    append_little(zip, std::uint32_t{0x04034b50});
    zip.resize(zip.size() + 22);
    append_little(zip, static_cast<std::uint16_t>(name.size()));
    append_little(zip, std::uint16_t{20});
    append_text(zip, name);
    zip.resize(zip.size() + 20);
    zip.insert(zip.end(), contents.begin(), contents.end());
    append_little(directory, std::uint32_t{0x02014b50});
    append_little(directory, std::uint32_t{0});
    append_little(directory, options.flags);
    append_little(directory, options.method);
    append_little(directory, std::uint32_t{0});
    append_little(directory, crc32_of(contents) ^ options.crc_change);
    append_little(directory, size);
    append_little(directory, size);
    append_little(directory, static_cast<std::uint16_t>(name.size()));
    directory.resize(directory.size() + 12);
    append_little(directory, at);
    append_text(directory, name);
  }
  const auto directory_at = static_cast<std::uint32_t>(zip.size());
  zip.insert(zip.end(), directory.begin(), directory.end());
  append_little(zip, std::uint32_t{0x06054b50});
  append_little(zip, std::uint32_t{0});
  append_little(zip, static_cast<std::uint16_t>(members.size()));
  append_little(zip, static_cast<std::uint16_t>(members.size()));
  append_little(zip, static_cast<std::uint32_t>(directory.size()));
  append_little(zip, directory_at);
  append_little(zip, static_cast<std::uint16_t>(options.comment.size()));
  append_text(zip, options.comment);
  return zip;
}

const Bytes kSmall = npy<float>(header("<f4", "False", "(2, 3)"), {1, 2, 3, 4, 5, 6});

TEST(Npy, ReadsEachTypeAndVersion) {
  for (const int version : {1, 2, 3}) {
    const NpyArray a = parse_npy(npy<float>(header("<f4", "False", "(2, 3)"), {1, 2, 3, 4, 5, 6}, version), "a.npy");
    EXPECT_THAT(a.shape, ElementsAre(2, 3));
    EXPECT_EQ(a.dtype, DType::f32);
    EXPECT_THAT(a.to_f32(), ElementsAre(1, 2, 3, 4, 5, 6));
  }
  const NpyArray d = parse_npy(npy<double>(header("<f8", "False", "(2,)"), {0.1, -2}), "d.npy");
  EXPECT_EQ(d.stored_type, "<f8");
  EXPECT_THAT(d.to_f32(), ElementsAre(0.1F, -2.0F));
  const NpyArray h = parse_npy(npy<std::uint16_t>(header("<f2", "False", "(3,)"), {0x3c00, 0xc000, 0x0001}), "h.npy");
  EXPECT_EQ(h.dtype, DType::f16);
  EXPECT_THAT(h.to_f32(), ElementsAre(1.0F, -2.0F, 0x1.0p-24F));
  const NpyArray i = parse_npy(npy<std::int8_t>(header("|i1", "False", "(2, 1)"), {-128, 127}), "i.npy");
  EXPECT_EQ(i.dtype, DType::i8);
  EXPECT_THAT(i.to_f32(), ElementsAre(-128, 127));
}

TEST(Npy, FortranOrderBecomesCOrder) {
  EXPECT_THAT(parse_npy(npy<float>(header("<f4", "True", "(2, 3)"), {1, 4, 2, 5, 3, 6}), "f").to_f32(),
              ElementsAre(1, 2, 3, 4, 5, 6));
  std::vector<float> file(2 * 3 * 4);
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 4; ++k)
        file[static_cast<std::size_t>(i + 2 * j + 6 * k)] = static_cast<float>(12 * i + 4 * j + k);
    }
  }
  const std::vector<float> values = parse_npy(npy(header("<f4", "True", "(2, 3, 4)"), file), "f").to_f32();
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], static_cast<float>(i));
  EXPECT_THAT(parse_npy(npy<double>(header("<f8", "True", "(2, 2)"), {1, 3, 2, 4}), "f").to_f32(),
              ElementsAre(1, 2, 3, 4));
}

TEST(Npy, ScalarsAndEmptyArrays) {
  EXPECT_THAT(parse_npy(npy<float>(header("<f4", "False", "()"), {7}), "s").to_f32(), ElementsAre(7));
  const NpyArray empty = parse_npy(npy<float>(header("<f4", "True", "(0, 4000000000000000000)"), {}), "e");
  EXPECT_EQ(empty.element_count(), 0);
  EXPECT_TRUE(empty.to_f32().empty());
}

TEST(Npy, EachWrongHeaderIsNamed) {
  const auto message = [](const std::string& text) {
    return error_of([&] { parse_npy(npy<float>(text, {1, 2, 3, 4, 5, 6}), "bad.npy"); });
  };
  EXPECT_THAT(message(header(">f4", "False", "(2, 3)")), HasSubstr("bad.npy: elements of type '>f4'"));
  EXPECT_THAT(message(header("|O", "False", "(2, 3)")), HasSubstr("'|O'"));
  EXPECT_THAT(message(header("<c8", "False", "(3,)")), HasSubstr("'<c8'"));
  EXPECT_THAT(message(header("<f4", "Maybe", "(2, 3)")), HasSubstr("neither True nor False"));
  EXPECT_THAT(message(header("<f4", "False", "(2, 4)")), HasSubstr("needs 32 bytes, the file has 24"));
  EXPECT_THAT(message(header("<f4", "False", "(2, -3)")), HasSubstr("extent"));
  EXPECT_THAT(message(header("<f4", "False", "(2, x)")), HasSubstr("extent"));
  EXPECT_THAT(message(header("<f4", "False", "(99999999999999999999,)")), HasSubstr("extent"));
  EXPECT_THAT(message(header("<f4", "False", "(2000000000, 2000000000, 2000000000)")), HasSubstr("too large"));
  EXPECT_THAT(message(header("<f4", "False", "(1,1,1,1,1,1,1,1,6)")), HasSubstr("more than 8 axes"));
  EXPECT_THAT(message(header("<f4", "False", "(2 3)")), HasSubstr("','"));
  EXPECT_THAT(message("{'descr': '<f4', 'shape': (6,)}"), HasSubstr("missing"));
  EXPECT_THAT(message("{'descr': '<f4', 'descr': '<f4'}"), HasSubstr("twice"));
  EXPECT_THAT(message("{'colour': '<f4'}"), HasSubstr("'colour'"));
  EXPECT_THAT(message("{'descr': '<f4"), HasSubstr("does not end"));
  EXPECT_THAT(message("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}"), HasSubstr("quoted text"));
  EXPECT_THAT(message(header("<f4", "False", "(2, 3)") + "x"), HasSubstr("behind the dictionary"));
  EXPECT_THAT(message(""), HasSubstr("'{'"));
}

TEST(Npy, EveryTruncationIsAnError) {
  for (std::size_t size = 0; size < kSmall.size(); ++size) {
    EXPECT_NE(error_of([&] { parse_npy(std::span(kSmall).first(size), "cut"); }), "") << size;
  }
  Bytes bad = kSmall;
  bad[6] = std::byte{9};
  EXPECT_THAT(error_of([&] { parse_npy(bad, "v"); }), HasSubstr("version 9"));
}

TEST(Npz, ReadsTheArraysOfAnArchive) {
  const Bytes zip = npz({{"weight.npy", kSmall},
                         {"notes.txt", Bytes(3)},
                         {"layer/bias.npy", npy<float>(header("<f4", "False", "(1,)"), {9})}},
                        {.comment = "a comment"});
  const std::vector<NpyArray> arrays = parse_npz(zip, "w.npz");
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(arrays[0].name, "weight");
  EXPECT_THAT(arrays[0].to_f32(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(arrays[1].name, "layer/bias");
}

TEST(Npz, SaysWhatIsWrong) {
  const auto message = [](const Bytes& zip) { return error_of([&] { parse_npz(zip, "w.npz"); }); };
  const std::vector<std::pair<std::string, Bytes>> one = {{"a.npy", kSmall}};
  EXPECT_THAT(message(npz(one, {.method = 8})), HasSubstr("w.npz member a.npy: the member is compressed"));
  EXPECT_THAT(message(npz(one, {.flags = 1})), HasSubstr("encrypted"));
  EXPECT_THAT(message(npz(one, {.crc_change = 1})), HasSubstr("checksum"));
  EXPECT_THAT(message(npz({{"a.txt", kSmall}})), HasSubstr("no .npy"));
  EXPECT_THAT(message(npz({})), HasSubstr("no .npy"));
  EXPECT_THAT(message({}), HasSubstr("not a complete zip"));
}

TEST(Npz, EveryTruncationIsAnError) {
  const Bytes zip = npz({{"a.npy", kSmall}, {"b.npy", kSmall}});
  for (std::size_t size = 0; size < zip.size(); ++size) {
    EXPECT_NE(error_of([&] { parse_npz(std::span(zip).first(size), "cut"); }), "") << size;
  }
}

TEST(Npz, MutationsGiveAnErrorOrAnArray) {
  Random random(61);
  const Bytes zip = npz({{"a.npy", kSmall}, {"b.npy", npy<double>(header("<f8", "True", "(2, 2)"), {1, 2, 3, 4})}});
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    Bytes bad = round % 2 == 0 ? zip : kSmall;
    for (std::uint64_t i = 0; i <= random.below(3); ++i) {
      bad[random.below(bad.size())] = static_cast<std::byte>(random.below(4) == 0 ? 0xff : random.below(256));
    }
    try {
      std::vector<NpyArray> arrays;
      if (round % 2 == 0) arrays = parse_npz(bad, "m");
      if (round % 2 != 0) arrays.push_back(parse_npy(bad, "m"));
      for (const NpyArray& array : arrays) {
        EXPECT_EQ(array.bytes.size(), static_cast<std::size_t>(array.element_count()) * size_of(array.dtype));
      }
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 5000);
}

TEST(Npz, SamplesLoad) {
  EXPECT_THAT(parse_npy(matrix_file("npy/f4"), "f4").to_f32(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(parse_npy(matrix_file("npy/f8_fortran"), "f8").to_f32(), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(parse_npy(matrix_file("npy/i1_version_3"), "i1").to_f32(), ElementsAre(1, -1, 0, 3));
  EXPECT_THAT(parse_npy(matrix_file("npy/f2_scalar"), "f2").to_f32(), ElementsAre(1.5F));
  const std::vector<NpyArray> two = parse_npz(matrix_file("npz/two_arrays"), "two");
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].name, "weight");
  EXPECT_EQ(two[1].shape, (std::vector<std::int64_t>{4}));
  EXPECT_EQ(parse_npz(matrix_file("npz/comment_and_text"), "one").size(), 1U);
}

TEST(Npz, LoadsByContentAndByName) {
  const std::string path = ::testing::TempDir() + "npy_test_array";
  write_file_bytes(path, npz({{"w.npy", kSmall}, {"v.npy", kSmall}}));
  EXPECT_EQ(load_array(path, "v").name, "v");
  EXPECT_THAT(error_of([&] { load_array(path); }), HasSubstr("2 arrays; name one"));
  EXPECT_THAT(error_of([&] { load_array(path, "u"); }), HasSubstr("unknown array 'u'"));
  write_file_bytes(path, kSmall);
  EXPECT_THAT(load_array(path).to_f32(), ElementsAre(1, 2, 3, 4, 5, 6));
  std::remove(path.c_str());
  EXPECT_THAT(error_of([&] { load_array(path); }), HasSubstr("not a file"));
  EXPECT_THAT(error_of([&] { load_array(::testing::TempDir()); }), HasSubstr("not a file"));
}

}  // namespace
}  // namespace hetscope
