// The fused kernel. For each panel of V vectors of columns of C, each chunk of up to 1024 rows, each block of K: the
// panel of B (96 rows x V vectors, <= 36 KiB) is packed into a buffer that stays in the first-level cache; then every
// group of 4 rows of A runs over its slots with 4 x V accumulators in registers. Between blocks of K the sums wait in a
// buffer that stays in the second-level cache.
//
//   common slot of two rows:  2 broadcasts, V loads, 2 V multiply-adds
//   slot of one row:          1 broadcast,  V loads,   V multiply-adds (B is the instruction's memory operand)
//
// The loads are what limits it: an AVX-512 core sustains about 1.75 of its 2 vector loads a cycle, but 2 multiply-adds.
//
// Traffic: B is read once a chunk of rows; A (about 6 bytes a slot) once a panel; C is written once.
#include "kernels/sparse/series_matmul.hpp"

#include <algorithm>
#include <tuple>

#include "kernels/sparse/series_matmul_share.hpp"

// SVE's vectors have no size the compiler knows, which arrays of vectors need; NEON serves those processors.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sparse/series_matmul.cpp"
#include <hwy/aligned_allocator.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using F32 = hn::ScalableTag<float>;
using VF = hn::Vec<F32>;
using Share = SeriesMatmulShare;
using Group = FusedSeries::Group;

constexpr std::int64_t kLanes = hn::MaxLanes(F32());
constexpr int kRows = static_cast<int>(FusedSeries::kGroupRows);
// Accumulators take kRows * kMaxVectors registers: 24 of the 32 of AVX-512 and NEON, 12 of the 16 of the others.
constexpr int kMaxVectors = (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON) ? 6 : 3;

// Where the tiles of a panel take their sums from and put them: into the buffer of sums between blocks of K, into C
// after the last one. Rows count from the chunk's first.
struct Sums {
  const float* from;  // nullptr: the sums begin at zero
  float* to;
  std::int64_t from_stride, to_stride;
  std::int64_t last_lanes;  // of the last vector, that may be written
  std::int64_t first_row;
};

template <int V>
HWY_INLINE void store_row(const VF (&acc)[V], std::int64_t last_lanes, float* to) {
  const F32 d;
  HWY_UNROLL(8) for (int v = 0; v + 1 < V; ++v) hn::StoreU(acc[v], d, to + v * kLanes);
  if (last_lanes == kLanes) {
    hn::StoreU(acc[V - 1], d, to + (V - 1) * kLanes);
    return;
  }
  HWY_ALIGN float last[kLanes];
  hn::Store(acc[V - 1], d, last);
  for (std::int64_t i = 0; i < last_lanes; ++i) to[(V - 1) * kLanes + i] = last[i];
}

// Keeps a loaded vector in a register for both of its uses. GCC otherwise makes it a memory operand of each, which
// doubles the loads that sharing is there to save.
HWY_INLINE void hold(VF& x) {
#if HWY_ARCH_X86_64 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  asm("" : "+v"(x.raw));
#else
  (void)x;
#endif
}

template <int V>
void multiply_tile(const Group& group, std::int64_t slots, const float* panel, const Sums& sums) {
  const F32 d;
  VF acc[kRows][V];
  HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[r][v] = hn::Zero(d);
    if (sums.from != nullptr && group.rows[r] >= 0) {
      const float* from = sums.from + (group.rows[r] - sums.first_row) * sums.from_stride;
      HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[r][v] = hn::Load(d, from + v * kLanes);
    }
  }
  const std::uint16_t* b_rows = group.b_rows;
  const float* values = group.values;
  const float* const common_end = values + std::int64_t{group.common} * kRows;
  const float* const end = values + slots * kRows;
  for (; values != common_end; b_rows += kRows / 2, values += kRows) {
    HWY_UNROLL(8) for (int r = 0; r < kRows; r += 2) {
      const float* b = panel + static_cast<std::size_t>(b_rows[r / 2]) * (V * kLanes);
      const VF value_a = hn::Set(d, values[r]);
      const VF value_b = hn::Set(d, values[r + 1]);
      HWY_UNROLL(8) for (int v = 0; v < V; ++v) {
        VF x = hn::Load(d, b + v * kLanes);
        hold(x);
        acc[r][v] = hn::MulAdd(value_a, x, acc[r][v]);
        acc[r + 1][v] = hn::MulAdd(value_b, x, acc[r + 1][v]);
      }
    }
  }
  for (; values != end; b_rows += kRows, values += kRows) {
    HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
      const float* b = panel + static_cast<std::size_t>(b_rows[r]) * (V * kLanes);
      const VF value = hn::Set(d, values[r]);
      HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[r][v] = hn::MulAdd(value, hn::Load(d, b + v * kLanes), acc[r][v]);
    }
  }
  HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
    if (group.rows[r] < 0) continue;
    store_row<V>(acc[r], sums.last_lanes, sums.to + (group.rows[r] - sums.first_row) * sums.to_stride);
  }
}

// rows x V vectors of B, the last vector padded with zeros.
template <int V>
void pack_panel(const float* b, std::int64_t b_stride, std::int64_t rows, std::int64_t last_lanes, float* panel) {
  const F32 d;
  for (std::int64_t k = 0; k < rows; ++k, b += b_stride, panel += V * kLanes) {
    HWY_UNROLL(8) for (int v = 0; v + 1 < V; ++v) hn::Store(hn::LoadU(d, b + v * kLanes), d, panel + v * kLanes);
    float* last = panel + (V - 1) * kLanes;
    if (last_lanes == kLanes) {
      hn::Store(hn::LoadU(d, b + (V - 1) * kLanes), d, last);
    } else {
      for (std::int64_t i = 0; i < kLanes; ++i) last[i] = i < last_lanes ? b[(V - 1) * kLanes + i] : 0.0F;
    }
  }
}

// One panel of C: columns [col, col + V vectors) of the rows of the bands [band, band_end).
template <int V>
void multiply_panel(const Share& s, std::int64_t band, std::int64_t band_end, std::int64_t col,
                    std::int64_t last_lanes) {
  const std::int64_t first_row = band * FusedSeries::kBandRows;
  const std::int64_t end = s.a.first_group(band_end);
  for (std::int64_t k_block = 0; k_block < s.a.k_blocks(); ++k_block) {
    const std::int64_t k = k_block * FusedSeries::kBlockK;
    pack_panel<V>(s.b + k * s.n + col, s.n, s.a.b_rows_of(k_block), last_lanes, s.panel);
    Sums sums{k_block == 0 ? nullptr : s.sums, s.sums, V * kLanes, V * kLanes, kLanes, first_row};
    if (k_block + 1 == s.a.k_blocks()) {
      sums.to = s.c + first_row * s.n + col;
      sums.to_stride = s.n;
      sums.last_lanes = last_lanes;
    }
    const std::int64_t slots = s.a.slots_of(k_block);
    for (std::int64_t index = s.a.first_group(band); index < end; ++index) {
      multiply_tile<V>(s.a.group(k_block, index), slots, s.panel, sums);
    }
  }
}

void multiply_share(const Share& s) {
  const std::int64_t vectors = (s.col_end - s.col_begin + kLanes - 1) / kLanes;
  // Panels of equal width: 13 vectors are 5+4+4, not 6+6+1.
  const std::int64_t panels = (vectors + kMaxVectors - 1) / kMaxVectors;
  for (std::int64_t panel = 0; panel < panels; ++panel) {
    const std::int64_t begin = panel * vectors / panels;
    const std::int64_t end = (panel + 1) * vectors / panels;
    const std::int64_t col = s.col_begin + begin * kLanes;
    const std::int64_t last_lanes = std::min(kLanes, s.col_end - s.col_begin - (end - 1) * kLanes);
    for (std::int64_t band = s.band_begin; band < s.band_end; band += kChunkBands) {
      const std::int64_t last = std::min(s.band_end, band + kChunkBands);
      switch (end - begin) {
        case 1:
          multiply_panel<1>(s, band, last, col, last_lanes);
          break;
        case 2:
          multiply_panel<2>(s, band, last, col, last_lanes);
          break;
        case 3:
          multiply_panel<3>(s, band, last, col, last_lanes);
          break;
        case 4:
          if constexpr (kMaxVectors >= 4) multiply_panel<4>(s, band, last, col, last_lanes);
          break;
        case 5:
          if constexpr (kMaxVectors >= 5) multiply_panel<5>(s, band, last, col, last_lanes);
          break;
        case 6:
          if constexpr (kMaxVectors >= 6) multiply_panel<6>(s, band, last, col, last_lanes);
          break;
        default:
          break;
      }
    }
  }
}

std::int64_t panel_columns() { return kMaxVectors * kLanes; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "harness/core/error.hpp"

namespace hetscope {
namespace {
HWY_EXPORT(multiply_share);
HWY_EXPORT(panel_columns);
}  // namespace

void series_matmul(const FusedSeries& a, const float* b, std::int64_t n, float* c, ThreadPool* pool) {
  if (n < 1) throw Error("a product without columns");
  const std::int64_t width = HWY_DYNAMIC_DISPATCH(panel_columns)();
  const std::int64_t panel_floats = (FusedSeries::kBlockK + NmPattern::kMaxM) * width;
  const std::int64_t sum_floats = std::min(a.bands(), kChunkBands) * FusedSeries::kBandRows * width;
  const int workers = pool == nullptr ? 1 : pool->size();
  const auto buffers = hwy::AllocateAligned<float>(static_cast<std::size_t>((panel_floats + sum_floats) * workers));
  if (buffers == nullptr) throw Error("no memory for the packed operand");
  const auto multiply = HWY_DYNAMIC_DISPATCH(multiply_share);
  const auto share_of_worker = [&](int worker) {
    float* buffer = buffers.get() + (panel_floats + sum_floats) * worker;
    return SeriesMatmulShare{a, b, n, c, buffer, buffer + panel_floats, 0, a.bands(), 0, n};
  };
  if (workers == 1) {
    multiply(share_of_worker(0));
    return;
  }
  // Threads share columns, which needs no packing twice, unless there are too few of them.
  const bool by_columns = n >= 2 * width * workers || a.bands() < workers;
  pool->run([&](int worker) {
    SeriesMatmulShare share = share_of_worker(worker);
    auto& begin = by_columns ? share.col_begin : share.band_begin;
    auto& end = by_columns ? share.col_end : share.band_end;
    // A cache line of C belongs to one thread.
    std::tie(begin, end) = ThreadPool::share_of(worker, workers, by_columns ? n : a.bands(), by_columns ? 16 : 1);
    if (begin < end) multiply(share);
  });
}

}  // namespace hetscope
#endif
