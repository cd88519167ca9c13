// Products, sums, convolutions, activations and probes with each instruction set of this CPU.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "harness/core/case.hpp"
#include "harness/tensor/host_tensor.hpp"
#include "kernels/activation/activate.hpp"
#include "kernels/convolution/convolution_tile.hpp"
#include "kernels/elimination/offset_pattern.hpp"
#include "kernels/elimination/row_stages.hpp"
#include "kernels/elimination/row_sums.hpp"
#include "kernels/probe/multiply_add_chains.hpp"
#include "kernels/probe/stream_copy.hpp"
#include "kernels/texture/sum_loops.hpp"
#include "tests/kernels/simd_targets.hpp"

namespace hetscope {
namespace {

TEST_P(SimdTargetsTest, StreamsEveryLength) {
  const HostTensor source = random_tensor(DType::i8, 5000);
  for (std::size_t bytes = 0; bytes < 1100; bytes += (bytes < 300 ? 1 : 37)) {
    HostTensor target(DType::i8, Shape{5000}, Layout::row_major(1));
    HostTensor expected = target.clone();
    std::memcpy(expected.data(), source.data() + 3, bytes);
    copy_with_streaming_stores(target.data(), source.data() + 3, bytes);
    ASSERT_EQ(std::memcmp(target.data(), expected.data(), 5000), 0) << bytes;
  }
}

TEST_P(SimdTargetsTest, RunsEveryChainEveryStep) {
  for (const std::int64_t count : {1, 3, 16, 100, 191, 256, 517}) {
    std::vector<float> start(static_cast<std::size_t>(count) + 1);
    for (std::size_t i = 0; i < start.size(); ++i) start[i] = static_cast<float>(i);
    std::vector<float> result(start.size(), -1.0F);
    // Small integers: exact in every order and with or without rounding of the product.
    multiply_add_chains(start.data(), result.data(), count, 10, 1.0F, 3.0F);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      ASSERT_EQ(result[i], start[i] + 30.0F) << i << " of " << count;
    }
    EXPECT_EQ(result.back(), -1.0F) << "wrote past the end";
    multiply_add_chains(start.data(), result.data(), count, 0, 1.0F, 3.0F);
    EXPECT_EQ(result[0], start[0]);
  }
}

// Small integers, whose sums are exact in every order.
std::vector<float> small_integers(std::int64_t count, std::uint64_t seed) {
  std::vector<float> numbers;
  Random random(seed);
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(static_cast<float>(random.below(9)) - 4.0F);
  return numbers;
}

void expect_convolved(std::int64_t lanes, bool is_depthwise, std::int64_t channels, std::int64_t count) {
  SCOPED_TRACE(std::to_string(lanes) + " lanes, " + std::to_string(channels) + " channels, " + std::to_string(count) +
               " results" + (is_depthwise ? ", depthwise" : ""));
  constexpr std::int64_t kPitch = 37;
  constexpr std::int64_t kFirstChannel = 3;
  const ConvolutionSteps steps{2, 3, 2 * kPitch, kPitch, lanes + 1};
  const std::vector<float> pixels = small_integers(2 * (count + 6) * kPitch, 1);
  const std::vector<float> weights = small_integers(6 * channels * lanes, 2);
  const float* const rows[] = {pixels.data(), pixels.data() + (count + 6) * kPitch};
  std::vector<float> result(static_cast<std::size_t>(count * steps.result_step + 1), -1000.0F);
  convolve_row({weights.data(), lanes, kFirstChannel, channels, is_depthwise}, steps, rows, count, result.data());
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      float sum = 0;
      const float* weight = weights.data() + lane;
      for (std::int64_t tap = 0; tap < 6; ++tap) {
        for (std::int64_t c = 0; c < channels; ++c, weight += lanes) {
          const std::int64_t channel = kFirstChannel + (is_depthwise ? lane : c);
          sum += *weight * rows[tap / 3][(i + 2 * (tap % 3)) * kPitch + channel];
        }
      }
      ASSERT_EQ(result[static_cast<std::size_t>(i * steps.result_step + lane)], sum) << i << " lane " << lane;
    }
    EXPECT_EQ(result[static_cast<std::size_t>(i * steps.result_step + lanes)], -1000.0F) << "wrote past the lanes";
  }
}

TEST_P(SimdTargetsTest, ConvolvesRowsOfEveryLength) {
  for (std::int64_t count = 1; count <= 40; count += count < 27 ? 1 : 5) {
    for (const std::int64_t channels : {1, 2, 5}) {
      for (const std::int64_t lanes : {4, 8, 16}) expect_convolved(lanes, false, channels, count);
    }
    expect_convolved(16, true, 1, count);
  }
}

TEST_P(SimdTargetsTest, ConvertsBytesAsOneByOne) {
  std::vector<std::int8_t> bytes;
  for (int value = -128; value < 128; ++value) bytes.push_back(static_cast<std::int8_t>(value));
  std::vector<float> wide(bytes.size());
  pixels_from_i8(bytes.data(), wide.data(), static_cast<std::int64_t>(wide.size()));
  for (std::size_t i = 0; i < wide.size(); ++i) ASSERT_EQ(wide[i], static_cast<float>(bytes[i]));
  std::vector<float> sums;
  for (int value = -1200; value <= 1200; ++value) sums.push_back(static_cast<float>(value));
  std::vector<std::int8_t> narrow(sums.size());
  pixels_to_i8(sums.data(), narrow.data(), static_cast<std::int64_t>(narrow.size()), 0.125F);
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    // Eighths are exact; nearbyint rounds ties to even.
    ASSERT_EQ(narrow[i], std::clamp(std::nearbyint(sums[i] * 0.125F), -128.0F, 127.0F)) << sums[i];
  }
}

double exactly_activated(OperatorKind function, double x) {
  if (function == OperatorKind::gelu) return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
  if (function == OperatorKind::silu) return x / (1 + std::exp(-x));
  return std::max(x, 0.0);
}

constexpr OperatorKind kActivations[] = {OperatorKind::relu, OperatorKind::gelu, OperatorKind::silu};

TEST_P(SimdTargetsTest, ActivatesByTheExactFunctions) {
  HostTensor in(DType::f32, Shape{3073}, Layout::row_major(1));
  for (std::int64_t i = 0; i < 3073; ++i) in.set(i, static_cast<double>(i - 1536) / 128);
  // Far from zero nothing overflows, and what is left is x or nothing.
  const double far[] = {3e38, -3e38, 200, -200, 1e-30, -1e-30, 0};
  for (std::size_t i = 0; i < std::size(far); ++i) in.set(static_cast<std::int64_t>(i), far[i]);
  HostTensor out = in.clone();
  for (const OperatorKind function : kActivations) {
    activate(function, DType::f32, in.data(), out.data(), 3073);
    for (std::int64_t i = 0; i < 3073; ++i) {
      const double x = in.get(i);
      // Half the published error of the error function's approximation, and eight roundings.
      const double allowed = function == OperatorKind::relu ? 0 : std::abs(x) * (0.75e-7 + 8 * 0x1p-24);
      ASSERT_NEAR(out.get(i), exactly_activated(function, x), allowed) << x;
    }
  }
}

TEST_P(SimdTargetsTest, ActivatesEveryHalf) {
  HostTensor in(DType::f16, Shape{1 << 16}, Layout::row_major(1));
  for (std::uint32_t bits = 0; bits < 1 << 16; ++bits) in.as<std::uint16_t>()[bits] = static_cast<std::uint16_t>(bits);
  HostTensor out(DType::f16, Shape{1 << 16}, Layout::row_major(1));
  for (const OperatorKind function : kActivations) {
    activate(function, DType::f16, in.data(), out.data(), 1 << 16);
    for (std::int64_t i = 0; i < 1 << 16; ++i) {
      const double x = in.get(i);
      if (!std::isfinite(x)) continue;
      const double exact = exactly_activated(function, x);
      const double rounding = std::max(0x1p-11 * std::abs(exact), 0x1p-25);
      const double allowed = function == OperatorKind::relu ? 0 : rounding + std::abs(x) * 0x1p-20;
      ASSERT_NEAR(out.get(i), exact, allowed) << x;
    }
  }
}

// In place, and no element depends on its neighbours or writes past the end.
TEST_P(SimdTargetsTest, ActivatesEveryLengthAsOneByOne) {
  for (const DType dtype : {DType::f32, DType::f16}) {
    for (std::int64_t count = 1; count <= 70; ++count) {
      HostTensor together(dtype, Shape{count + 1}, Layout::row_major(1));
      Random random(static_cast<std::uint64_t>(count));
      together.fill_random(random);
      HostTensor alone = together.clone();
      activate(OperatorKind::gelu, dtype, together.data(), together.data(), count);
      for (std::int64_t i = 0; i < count; ++i) {
        std::byte* element = alone.data() + i * static_cast<std::int64_t>(size_of(dtype));
        activate(OperatorKind::gelu, dtype, element, element, 1);
      }
      ASSERT_EQ(std::memcmp(together.data(), alone.data(), alone.size_bytes()), 0) << to_string(dtype) << " " << count;
    }
  }
}

TEST_P(SimdTargetsTest, AddsRunsOfEveryLength) {
  for (const DType dtype : {DType::f32, DType::f16}) {
    for (const std::int64_t run : {1, 2, 3, 4, 5, 7, 8, 11, 16, 17, 31, 33, 64, 67, 130, 200}) {
      const std::vector<float> numbers = small_integers(3 * run, 4);
      HostTensor source(dtype, Shape{3 * run}, Layout::row_major(1));
      for (std::int64_t i = 0; i < 3 * run; ++i) source.set(i, numbers[static_cast<std::size_t>(i)]);
      std::vector<float> by_row(4, 1.0F);
      std::vector<float> by_column(static_cast<std::size_t>(run) + 1, 1.0F);
      add_by_loops({{{{3, run, 1, false}, {run, 1, 0, true}}}, 2}, dtype, source.data(), by_row.data());
      add_by_loops({{{{3, run, 0, true}, {run, 1, 1, false}}}, 2}, dtype, source.data(), by_column.data());
      for (std::size_t row = 0; row < 3; ++row) {
        const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(row) * run;
        ASSERT_EQ(by_row[row], std::accumulate(first, first + run, 1.0F)) << run;
      }
      for (std::size_t i = 0; i < static_cast<std::size_t>(run); ++i) {
        const auto step = static_cast<std::size_t>(run);
        ASSERT_EQ(by_column[i], 1.0F + numbers[i] + numbers[step + i] + numbers[2 * step + i]) << i << " of " << run;
      }
      EXPECT_EQ(by_row.back(), 1.0F) << "wrote past the sums";
      EXPECT_EQ(by_column.back(), 1.0F) << "wrote past the sums";
    }
  }
}

// Small whole numbers, whose sums are exact in any order. Whether the rows of the folded pair are summed where they
// lie.
bool sums_rows_right(const std::string& axes, int threads) {
  const PairProblem problem(Case::parse("operator_pair kernel=any processor=cpu dtype=f32 second=sum " + axes));
  const PairPlan plan = plan_pair(problem, PairMethod::folded);
  const PairPass& pass = plan.passes.back();
  const auto sums = RowSums::of(pass, threads);
  if (!sums) return false;
  std::vector<float> source(static_cast<std::size_t>(problem.x.element_count()));
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<float>(i * 7 % 23);
  const std::vector<std::int64_t> read = offsets_of(pass.read.offsets());
  const std::vector<std::int64_t> write = offsets_of(pass.write.offsets());
  std::vector<float> expected(write.size());
  const std::size_t length = read.size() / write.size();
  for (std::size_t i = 0; i < read.size(); ++i) {
    expected[static_cast<std::size_t>(write[i / length])] += source[static_cast<std::size_t>(read[i])];
  }
  std::vector<float> made(write.size(), -1.0F);
  sums->run(source.data(), made.data(), 0, sums->groups());
  EXPECT_EQ(made, expected) << axes << " for " << threads << " threads";
  return true;
}

TEST_P(SimdTargetsTest, SumsRowsAcrossAndAlong) {
  for (std::int64_t run = 2; run <= 70; ++run) {
    const std::string across = "shape=5x" + std::to_string(run) + " first=transpose:1,0";
    const std::string along = "shape=5x" + std::to_string(run) + " first=gather:0:5";
    const std::string pieces =
        "shape=3x5x" + std::to_string(run) + " first=transpose:1,0,2/reshape:5x" + std::to_string(3 * run);
    for (const int threads : {1, 4}) {
      EXPECT_EQ(sums_rows_right(across, threads), run >= 4) << run;
      EXPECT_EQ(sums_rows_right(along, threads), run >= 4) << run;
      EXPECT_EQ(sums_rows_right(pieces, threads), run >= 4) << run;
    }
  }
}

// Small whole numbers, whose products and sums are exact; parts of a row lie in the opposite order, with one element
// between them that nobody writes.
void expect_product(std::int64_t rows, std::int64_t k, std::int64_t columns, std::int64_t part) {
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  std::vector<float> left(at(rows * k));
  std::vector<float> right(at(k * columns));
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = static_cast<float>(i * 7 % 13);
  for (std::size_t i = 0; i < right.size(); ++i) right[i] = static_cast<float>(i * 5 % 11);
  const std::int64_t parts = rows * columns / part;
  std::vector<float> made(at(parts * (part + 1)), -1.0F);
  std::vector<const float*> in;
  std::vector<float*> out;
  for (std::int64_t row = 0; row < rows; ++row) in.push_back(&left[at(row * k)]);
  for (std::int64_t i = parts; i-- > 0;) out.push_back(&made[at(i * (part + 1))]);
  apply_stage({OperatorKind::matmul, k, columns, 1}, packed_weights(right.data(), k, columns).data(), in.data(),
              out.data(), part, rows);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      float sum = 0;
      for (std::int64_t i = 0; i < k; ++i) sum += left[at(row * k + i)] * right[at(i * columns + column)];
      const std::int64_t place = row * columns + column;
      ASSERT_EQ(out[at(place / part)][place % part], sum) << rows << "x" << k << "x" << columns << " by " << part;
    }
  }
  for (const float* begin : out) ASSERT_EQ(begin[part], -1.0F) << "wrote past a part";
}

TEST_P(SimdTargetsTest, MultipliesRowsInParts) {
  for (std::int64_t rows = 1; rows <= 20; ++rows) {
    for (const std::int64_t columns : {1, 15, 16, 33, 48}) expect_product(rows, 9, columns, columns);
    expect_product(rows, 5, 48, 16);
    expect_product(rows, 5, 96, 32);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdTargetsTest, testing::ValuesIn(generated_targets()), target_name);

}  // namespace
}  // namespace hetscope
