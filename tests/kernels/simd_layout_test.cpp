// Transposes and copies of runs with each instruction set of this CPU.
#include <gtest/gtest.h>

#include <cstring>

#include "kernels/layout/matrix_transpose.hpp"
#include "kernels/layout/run_copy.hpp"
#include "tests/kernels/simd_targets.hpp"

namespace hetscope {
namespace {

class SimdLayoutTest : public SimdTargetsTest {};

TEST(WayInEffect, SmallMatricesGoInStripsAndOneTileOfColumnsByNoPanels) {
  const auto way = [](std::int64_t rows, std::int64_t columns, TransposeWay asked, std::int64_t gap = 0) {
    return way_in_effect(4, {rows, columns, (columns + gap) * 4, rows * 4}, asked);
  };
  using enum TransposeStores;
  using enum TransposeOrder;
  EXPECT_EQ(way(4, 100, {streaming, square}), TransposeWay(cached, strips));
  EXPECT_EQ(way(100, 3, {fetched, along}), TransposeWay(fetched, strips));
  EXPECT_EQ(way(100, 4, {streaming, tall}, 1), TransposeWay(streaming, blocks));
  EXPECT_EQ(way(100, 4, {cached, along}, 1), TransposeWay(cached, along));
  EXPECT_EQ(way(100, 4, {streaming, along}), TransposeWay(cached, blocks));  // four in a row without gaps: one way
  EXPECT_EQ(way(100, 4, {fetched, strips}), TransposeWay(fetched, blocks));
  EXPECT_EQ(way(5, 5, {cached, down}), TransposeWay(cached, down));
  EXPECT_EQ(way(100, 7, {cached, pairs}), TransposeWay(cached, strips));
  EXPECT_EQ(way(100, 8, {cached, pairs}), TransposeWay(cached, pairs));
}

TEST_P(SimdLayoutTest, OnlyVectorsOfAvx512HaveHalves) {
  using enum TransposeStores;
  using enum TransposeOrder;
  using enum TransposeVectors;
  const auto half_way = [](std::int64_t rows, std::int64_t columns, TransposeOrder order) {
    return way_in_effect(4, {rows, columns, columns * 4 + 4, rows * 4}, {cached, order, half});
  };
  constexpr std::int64_t kAvx512 = 2 * HWY_AVX3 - 1;  // on x86 better targets have lower bits
  const TransposeVectors found = hwy::SupportedTargets() & kAvx512 ? half : widest;
  EXPECT_EQ(half_way(100, 100, along), TransposeWay(cached, along, found));
  EXPECT_EQ(half_way(4, 100, along), TransposeWay(cached, strips, found));
  EXPECT_EQ(half_way(100, 4, down), TransposeWay(cached, blocks, found));
}

// Transposes columns [first, last) of all rows of a matrix; nothing else of the target may change.
void expect_transposed(int width, std::int64_t rows, std::int64_t columns, std::int64_t first, std::int64_t last,
                       TransposeWay way, std::int64_t gap = 0) {
  SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(columns) + " [" + std::to_string(first) + ", " +
               std::to_string(last) + ") of " + std::to_string(width) + " bytes");
  const std::int64_t pitch = rows + gap;
  const HostTensor source = random_tensor(DType::i8, rows * columns * width);
  HostTensor target(DType::i8, Shape{pitch * columns * width}, Layout::row_major(1));
  HostTensor expected = target.clone();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = first; column < last; ++column) {
      std::memcpy(expected.data() + (column * pitch + row) * width, source.data() + (row * columns + column) * width,
                  static_cast<std::size_t>(width));
    }
  }
  transpose_matrices(width, source.data() + first * width, target.data() + first * pitch * width,
                     {rows, last - first, columns * width, pitch * width}, way);
  EXPECT_EQ(std::memcmp(target.data(), expected.data(), target.size_bytes()), 0);
}

constexpr int kWidths[] = {1, 2, 4, 8, 16};

TEST_P(SimdLayoutTest, TransposesEveryShape) {
  for (const std::int64_t rows : {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 19, 31, 32, 47, 64, 65, 129, 135, 136, 300}) {
    for (const std::int64_t columns : {1, 2, 3, 4, 5, 8, 13, 16, 17, 31, 33, 40, 64, 67}) {
      for (const int width : kWidths) {
        for (const TransposeWay way : kTransposeWays) {
          if (way.stores != TransposeStores::streaming) expect_transposed(width, rows, columns, 0, columns, way);
        }
      }
    }
  }
}

TEST_P(SimdLayoutTest, TransposesPartsOfAMatrix) {
  for (const std::int64_t first : {0, 1, 5, 16}) {
    for (const std::int64_t last : {21, 32, 50, 53}) {
      for (const int width : kWidths) {
        expect_transposed(width, 37, 53, first, last, TransposeStores::cached);
        expect_transposed(width, 37, 53, first, last, TransposeStores::fetched, 3);
      }
    }
  }
}

// Channels that do not fill a vector, and maps too small for the widest vectors.
TEST_P(SimdLayoutTest, TransposesSomeOfFewColumns) {
  for (const std::int64_t columns : {2, 3, 4, 8, 16}) {
    for (const std::int64_t rows : {1, 3, 16, 17, 33, 49, 65, 130, 300}) {
      for (const int width : kWidths) {
        for (std::int64_t last = 1; last <= columns; ++last) {
          expect_transposed(width, rows, columns, 0, last, TransposeStores::cached);
        }
      }
    }
  }
}

// An image's channels; nothing behind the last record may change.
TEST_P(SimdLayoutTest, FillsRecordsUpWithZeros) {
  for (const int width : {1, 2, 4}) {
    for (const std::int64_t record : {8 * width, 16 * width}) {
      for (const std::int64_t rows : {1, 2, 3, 4}) {
        for (const std::int64_t columns : {1, 3, 4, 7, 8, 15, 16, 17, 31, 64, 65, 130, 200}) {
          SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(columns) + " of " + std::to_string(width) +
                       " bytes in records of " + std::to_string(record));
          const std::int64_t pitch = (columns + 3) * width;
          const HostTensor source = random_tensor(DType::i8, rows * pitch);
          HostTensor target = random_tensor(DType::i8, columns * record + 1);
          HostTensor expected = target.clone();
          std::memset(expected.data(), 0, static_cast<std::size_t>(columns * record));
          for (std::int64_t column = 0; column < columns; ++column) {
            for (std::int64_t row = 0; row < rows; ++row) {
              std::memcpy(expected.data() + column * record + row * width, source.data() + row * pitch + column * width,
                          static_cast<std::size_t>(width));
            }
          }
          const TransposeExtent extent{rows, columns, pitch, record};
          ASSERT_TRUE(suits_records(width, extent));
          transpose_to_records(width, source.data(), target.data(), extent);
          EXPECT_EQ(std::memcmp(target.data(), expected.data(), target.size_bytes()), 0);
        }
      }
    }
  }
}

// Rows a multiple of a page apart take ways of their own through a matrix.
TEST_P(SimdLayoutTest, TransposesRowsThatMeetInTheCache) {
  for (const int width : kWidths) {
    for (const std::int64_t other : {1, 5, 16, 31, 49, 70, 96, 97, 165}) {
      expect_transposed(width, 4096 / width, other, 0, other, TransposeStores::cached);
      expect_transposed(width, other, 4096 / width, 0, 4096 / width, TransposeStores::cached);
      expect_transposed(width, other, 4096 / width, 0, 4096 / width, {TransposeStores::cached, TransposeOrder::along});
      expect_transposed(width, other, 4096 / width, 0, 4096 / width, TransposeStores::fetched);
      expect_transposed(width, other, 4096 / width, 0, 4096 / width, TransposeStores::cached, 4096 / width - other);
    }
  }
}

TEST_P(SimdLayoutTest, TransposesPastTheCaches) {
  for (const std::int64_t rows : {64, 128, 192, 448}) {
    for (const std::int64_t columns : {1, 4, 7, 8, 9, 16, 31, 32, 49, 100}) {
      for (const int width : kWidths) {
        expect_transposed(width, rows, columns, 0, columns, TransposeStores::streaming);
      }
    }
  }
}

// One, two and more panels each way, the last of them small or up to half as large again.
TEST_P(SimdLayoutTest, TransposesByPanels) {
  for (const int width : kWidths) {
    using enum TransposeOrder;
    for (const TransposeOrder order : {down, pairs, tall, square}) {
      for (const std::int64_t rows : {17, 64, 97, 263, 541}) {
        for (const std::int64_t columns : {17, 33, 96, 97, 161, 290}) {
          expect_transposed(width, rows, columns, 0, columns, {TransposeStores::cached, order});
        }
        expect_transposed(width, rows, 150, 3, 147, {TransposeStores::cached, order}, 5);
      }
      for (const std::int64_t rows : {64, 192, 576}) {
        for (const std::int64_t columns : {17, 70, 290}) {
          expect_transposed(width, rows, columns, 0, columns, {TransposeStores::streaming, order});
        }
      }
    }
  }
}

// Three times `inner` runs, which change places.
void expect_runs_copied(std::int64_t run, std::int64_t fill, std::int64_t inner) {
  constexpr std::int64_t kOuter = 3;
  const std::int64_t row = (inner + 1) * run;
  const RunPlane plane{run, fill, {kOuter, row, run + fill}, {inner, run, kOuter * (run + fill)}};
  const HostTensor source = random_tensor(DType::i8, kOuter * row);
  HostTensor target = random_tensor(DType::i8, kOuter * inner * (run + fill) + 1);
  HostTensor expected = target.clone();
  for (std::int64_t i = 0; i < kOuter * inner; ++i) {
    std::byte* to = expected.data() + i * (run + fill);
    std::memcpy(to, source.data() + i % kOuter * row + i / kOuter * run, static_cast<std::size_t>(run));
    std::memset(to + run, 0, static_cast<std::size_t>(fill));
  }
  copy_runs(source.data(), target.data(), plane);
  ASSERT_EQ(std::memcmp(target.data(), expected.data(), target.size_bytes()), 0) << run << " fill " << fill;
}

TEST_P(SimdLayoutTest, CopiesRunsOfEveryLength) {
  for (const std::int64_t run :
       {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 100, 127, 128, 200, 256, 300}) {
    for (const std::int64_t fill : {0, 3}) expect_runs_copied(run, fill, 70);
  }
}

TEST_P(SimdLayoutTest, CopiesRunsThatAreFetchedAhead) {
  constexpr std::int64_t kBytes = std::int64_t{5} << 20;
  for (const std::int64_t run : {11, 32, 40, 200}) expect_runs_copied(run, 0, kBytes / (3 * run));
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdLayoutTest, testing::ValuesIn(generated_targets()), target_name);

}  // namespace
}  // namespace hetscope
