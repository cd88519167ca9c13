// Views and host tensors: sizes, alignment, rounding, and contents that depend on the seed and on nothing else.
#include "harness/tensor/host_tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/core/error.hpp"

namespace hetscope {
namespace {

TEST(TensorView, KnowsItsSizes) {
  const Shape shape({1, 6, 3, 5});
  const TensorView packed(DType::f16, shape, Layout::parse("NC4HW4", 4), Storage::image2d);
  EXPECT_EQ(packed.storage_elements(), 8 * 15);
  EXPECT_EQ(packed.storage_bytes(), 8 * 15 * 2);
  const TensorView odd(DType::i8, Shape({7}), Layout::row_major(1), Storage::image2d);
  EXPECT_EQ(odd.storage_elements(), 8);
  EXPECT_EQ(TensorView(DType::i8, Shape({7}), Layout::row_major(1)).storage_bytes(), 7);
  const std::vector<std::int64_t> index = {0, 5, 2, 4};
  EXPECT_EQ(packed.access(index).offset, (1 * 15 + 14) * 4 + 1);
  EXPECT_TRUE(packed.access(index).valid);
  EXPECT_THROW(TensorView(DType::f32, shape, Layout::row_major(3)), Error);
}

TEST(TensorView, StorageNamesReadBack) {
  for (const Storage storage : {Storage::host, Storage::buffer, Storage::image2d, Storage::image_buffer}) {
    EXPECT_EQ(parse_storage(to_string(storage)), storage);
  }
  EXPECT_THROW(parse_storage("texture"), Error);
}

TEST(HostTensor, IsAlignedAndZeroed) {
  const HostTensor tensor(DType::f32, Shape({3, 5}), Layout::row_major(2));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0u);
  EXPECT_EQ(tensor.size_bytes(), 60u);
  for (std::int64_t i = 0; i < 15; ++i) EXPECT_EQ(tensor.get(i), 0.0);
}

TEST(HostTensor, RefusesMoreMemoryThanThereIs) {
  EXPECT_THROW(HostTensor(DType::f32, Shape({std::int64_t{1} << 47}), Layout::row_major(1)), Error);
}

TEST(HostTensor, SetRoundsToTheType) {
  const auto stored = [](DType dtype, double value) {
    HostTensor tensor(dtype, Shape({1}), Layout::row_major(1));
    tensor.set(0, value);
    return tensor.get(0);
  };
  EXPECT_EQ(stored(DType::f32, 0.1), static_cast<double>(0.1f));
  EXPECT_EQ(stored(DType::i8, 300), 127);
  EXPECT_EQ(stored(DType::i8, -300), -128);
  EXPECT_EQ(stored(DType::i8, 2.5), 2);
  EXPECT_EQ(stored(DType::i8, std::nan("")), 0);
  EXPECT_EQ(stored(DType::i32, 1e20), std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(stored(DType::i32, -7), -7);
  // A hair above and below a tie of binary16: rounding twice, through f32, would lose the hair.
  constexpr double kTie = 1.0 + 0x1.0p-11;
  EXPECT_EQ(stored(DType::f16, kTie), 1.0);
  EXPECT_EQ(stored(DType::f16, kTie + 0x1.0p-45), 1.0 + 0x1.0p-10);
  EXPECT_EQ(stored(DType::f16, kTie + 0x1.0p-10 - 0x1.0p-45), 1.0 + 0x1.0p-10);
  EXPECT_EQ(stored(DType::f16, -kTie - 0x1.0p-45), -1.0 - 0x1.0p-10);
  EXPECT_EQ(stored(DType::f16, 1e6), std::numeric_limits<double>::infinity());
}

TEST(HostTensor, TheSameSeedFillsEveryLayoutAlike) {
  const Shape shape({2, 5, 3, 2});
  for (const DType dtype : {DType::f32, DType::f16, DType::i8, DType::i32}) {
    HostTensor plain(dtype, shape, Layout::parse("NCHW", 4));
    HostTensor packed(dtype, shape, Layout::parse("NC4HW4", 4));
    Random first(42);
    Random second(42);
    plain.fill_random(first);
    packed.fill_random(second);
    double largest = 0;
    double sum_of_magnitudes = 0;
    for_each_index(shape, [&](std::span<const std::int64_t> index) {
      const double value = plain.get(plain.view().access(index).offset);
      EXPECT_EQ(packed.get(packed.view().access(index).offset), value);
      largest = std::max(largest, std::abs(value));
      sum_of_magnitudes += std::abs(value);
    });
    EXPECT_GT(largest, 0);
    EXPECT_LE(largest, dtype == DType::f32 || dtype == DType::f16 ? 1 : 127);
    double stored_magnitudes = 0;  // nothing but the elements is there: the padding is still zero
    for (std::int64_t i = 0; i < packed.view().storage_elements(); ++i) stored_magnitudes += std::abs(packed.get(i));
    EXPECT_NEAR(stored_magnitudes, sum_of_magnitudes, 1e-9 * sum_of_magnitudes);
  }
}

TEST(HostTensor, CloneIsIndependent) {
  HostTensor tensor(DType::i32, Shape({4}), Layout::row_major(1));
  tensor.set(2, 9);
  HostTensor copy = tensor.clone();
  tensor.set(2, 1);
  EXPECT_EQ(copy.get(2), 9);
  EXPECT_EQ(copy.view(), tensor.view());
}

}  // namespace
}  // namespace hetscope
