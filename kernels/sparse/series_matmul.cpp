// The fused kernel. For each chunk of C (1024 rows x 2 panels of V vectors of columns), each block of K and each panel
// of the chunk: the panel of B (a block's rows x V vectors, <= 36 KiB) is packed into a buffer that stays in the
// first-level cache; then every group of 8 rows of A runs over its slots with its sums in registers. Between blocks of
// K the sums wait in a buffer that stays in the second-level cache. With few rows B is not packed but read where it
// lies. Where B and C do not fit the second-level cache, the next panel's part of B is prefetched, a row with every
// slot, and so is the part of C that the next group ends in.
//
//   common slot of two rows:  2 broadcasts, V loads, 2 V multiply-adds
//   slot of one row:          1 broadcast,  V loads,   V multiply-adds (B is the instruction's memory operand)
//
// What limits it: the loads where rows share few columns; else the sums, whose way to the second-level cache and back
// costs a block of n slots about 1.5 / n of its multiply-adds; and with few rows the reading of B.
//
// Traffic: B is read once a chunk of rows; A (5 to 6 bytes a slot) once a chunk of columns; C is written once.
#include "kernels/sparse/series_matmul.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "kernels/sparse/series_matmul_share.hpp"

// SVE's vectors have no size the compiler knows, which arrays of vectors need; NEON serves those processors.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sparse/series_matmul.cpp"
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
constexpr int kGroup = static_cast<int>(FusedSeries::kGroupRows);
// Accumulators take 24 of the 32 registers of AVX-512 and NEON, 12 of the 16 of the others.
constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON;
constexpr int kMaxVectors = kManyRegisters ? 6 : 3;
// Rows whose accumulators are in registers at once: all 8 of a group, or one half after the other.
constexpr int rows_of_tile(int vectors) { return kManyRegisters && vectors <= 3 ? kGroup : kGroup / 2; }
constexpr std::int64_t kLineFloats = 16;
constexpr std::int64_t kSetsOfCache = 64;   // of the first level: 4 KiB over the line's 64 bytes
constexpr std::int64_t kRowsInPlace = 128;  // at most, for which B is not packed

// The rows of B in a block of K and a panel of V vectors: packed, or where they lie in B.
template <int V>
struct PackedPanel {
  const float* rows;
  HWY_INLINE const float* row(std::uint16_t index) const {
    return rows + static_cast<std::size_t>(index) * (V * kLanes);
  }
};
struct PanelInPlace {
  const float* rows;
  std::int64_t stride;
  HWY_INLINE const float* row(std::uint16_t index) const { return rows + index * stride; }
};

// Where the tiles of a panel take their sums from and put them: into the buffer of sums between blocks of K, into C
// after the last one. Rows count from the chunk's first.
struct Sums {
  const float* from;  // nullptr: the sums begin at zero
  float* to;
  std::int64_t from_stride, to_stride;
  std::int64_t last_lanes;  // of the last vector, that may be written
  std::int64_t first_row;
};

// Rows of B that the next panel is made of. They are fetched into the second-level cache one with every slot, so that
// the reads from behind it go on while the multiply-adds do.
struct Ahead {
  const float* row = nullptr;
  std::int64_t stride = 0;
  std::int64_t rows = 0;

  template <int V>
  HWY_INLINE void fetch() {
    HWY_UNROLL(8) for (std::int64_t f = 0; f < V * kLanes; f += kLineFloats) __builtin_prefetch(row + f, 0, 2);
    row += stride;
  }
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

template <int V, class Panel>
HWY_INLINE void add_slot(VF (&acc)[V], const Panel& panel, std::uint16_t b_row, float value) {
  const F32 d;
  const float* b = panel.row(b_row);
  const VF factor = hn::Set(d, value);
  HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[v] = hn::MulAdd(factor, hn::Load(d, b + v * kLanes), acc[v]);
}

// Rows [kFirst, kFirst + kRows) of a group.
template <int V, int kFirst, int kRows, bool kAhead, class Panel>
void multiply_tile(const FusedSeries& a, const Group& group, const Panel& panel, const Sums& sums, Ahead& ahead) {
  const F32 d;
  VF acc[kRows][V];
  HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
    const std::int32_t row = group.rows[kFirst + r];
    HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[r][v] = hn::Zero(d);
    if (sums.from != nullptr && row >= 0) {
      const float* from = sums.from + (row - sums.first_row) * sums.from_stride;
      HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[r][v] = hn::Load(d, from + v * kLanes);
    }
  }
  const std::uint16_t* b_rows = a.b_rows() + group.first_b_row;
  const float* values = a.values() + group.first_value;
  const float* const shared_end = values + std::int64_t{group.shared} * kGroup;
  const float* const common_end = shared_end + std::int64_t{group.common} * kGroup;
  const float* const alone_end = common_end + std::int64_t{group.alone} * kGroup;
  for (; values != shared_end; ++b_rows, values += kGroup) {
    const float* b = panel.row(*b_rows);
    VF x[V];
    HWY_UNROLL(8) for (int v = 0; v < V; ++v) {
      x[v] = hn::Load(d, b + v * kLanes);
      hold(x[v]);
    }
    HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
      const VF value = hn::Set(d, values[kFirst + r]);
      HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[r][v] = hn::MulAdd(value, x[v], acc[r][v]);
    }
  }
  for (; values != common_end; b_rows += kGroup / 2, values += kGroup) {
    HWY_UNROLL(8) for (int r = 0; r < kRows; r += 2) {
      const float* b = panel.row(b_rows[(kFirst + r) / 2]);
      const VF value_a = hn::Set(d, values[kFirst + r]);
      const VF value_b = hn::Set(d, values[kFirst + r + 1]);
      HWY_UNROLL(8) for (int v = 0; v < V; ++v) {
        VF x = hn::Load(d, b + v * kLanes);
        hold(x);
        acc[r][v] = hn::MulAdd(value_a, x, acc[r][v]);
        acc[r + 1][v] = hn::MulAdd(value_b, x, acc[r + 1][v]);
      }
    }
    if constexpr (kAhead) ahead.fetch<V>();
  }
  if constexpr (kAhead) ahead.rows -= group.common;
  for (; values != alone_end; b_rows += kGroup, values += kGroup) {
    HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
      add_slot<V>(acc[r], panel, b_rows[kFirst + r], values[kFirst + r]);
    }
  }
  if (group.rest_of_all > 0) {
    for (int r = 0; r < kFirst; ++r) {
      b_rows += group.rest[r];
      values += group.rest[r];
    }
    HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
      for (std::int32_t i = 0; i < group.rest[kFirst + r]; ++i) add_slot<V>(acc[r], panel, *b_rows++, *values++);
    }
  }
  HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
    const std::int32_t row = group.rows[kFirst + r];
    if (row < 0) continue;
    store_row<V>(acc[r], sums.last_lanes, sums.to + (row - sums.first_row) * sums.to_stride);
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

// The part of C that the next group ends in.
template <int V>
HWY_INLINE void fetch_c(const Group& group, const Sums& sums) {
  for (const std::int32_t row : group.rows) {
    float* to = sums.to + std::max<std::int64_t>(row - sums.first_row, 0) * sums.to_stride;
    HWY_UNROLL(8) for (std::int64_t f = 0; f < V * kLanes; f += kLineFloats) __builtin_prefetch(to + f, 1, 3);
  }
}

// Vectors of a panel at most: what the registers hold and the first-level cache has room for.
std::int64_t max_vectors(const FusedSeries& a) {
  return std::clamp<std::int64_t>(kPanelFloats / (std::min(a.block_k(), a.cols()) * kLanes), 1, kMaxVectors);
}

// One panel of C in one block of K, and how it is reached: chunks of columns, in them chunks of rows, in them blocks of
// K, in them panels. A's block of a chunk of rows is thereby read once for all panels of a chunk of columns.
class Step {
 public:
  explicit Step(const Share& share) : s_(&share), band_(share.band_begin) {
    const std::int64_t widest = max_vectors(share.a);
    vectors_ = (share.col_end - share.col_begin + kLanes - 1) / kLanes;
    // Panels of equal width: 13 vectors are 5+4+4, not 6+6+1.
    panels_ = (vectors_ + widest - 1) / widest;
    sums_of_panel_ = kChunkBands * FusedSeries::kBandRows * widest * kLanes;
  }

  bool done() const { return chunk_ >= panels_; }
  void advance() {
    if (++panel_ < chunk_end()) return;
    panel_ = chunk_;
    if (++k_block_ < s_->a.k_blocks()) return;
    k_block_ = 0;
    if ((band_ += kChunkBands) < s_->band_end) return;
    band_ = s_->band_begin;
    panel_ = chunk_ += kChunkPanels;
  }

  std::int64_t k_block() const { return k_block_; }
  std::int64_t band() const { return band_; }
  std::int64_t band_end() const { return std::min(s_->band_end, band_ + kChunkBands); }
  std::int64_t vectors() const { return first_vector(panel_ + 1) - first_vector(panel_); }
  std::int64_t col() const { return s_->col_begin + first_vector(panel_) * kLanes; }
  std::int64_t cols() const { return std::min(s_->col_end - col(), vectors() * kLanes); }
  std::int64_t last_lanes() const { return cols() - (vectors() - 1) * kLanes; }
  float* sums() const { return s_->sums + (panel_ - chunk_) * sums_of_panel_; }
  const float* b() const { return s_->b + k_block_ * s_->a.block_k() * s_->n + col(); }

 private:
  std::int64_t chunk_end() const { return std::min(panels_, chunk_ + kChunkPanels); }
  std::int64_t first_vector(std::int64_t panel) const { return panel * vectors_ / panels_; }

  const Share* s_;
  std::int64_t vectors_ = 0, panels_ = 0, sums_of_panel_ = 0;
  std::int64_t chunk_ = 0, band_ = 0, k_block_ = 0, panel_ = 0;
};

// Packing costs as much as the multiply-adds of some dozens of rows. With few rows B is better read where it lies, if
// that is aligned and its rows do not fall into a few sets of the first-level cache.
template <int V>
bool reads_in_place(const Share& s, const Step& step) {
  const std::int64_t rows = (step.band_end() - step.band()) * FusedSeries::kBandRows;
  const bool is_aligned = s.n % kLineFloats == 0 && reinterpret_cast<std::uintptr_t>(step.b()) % 64 == 0;
  const std::int64_t lines_of_row = std::max<std::int64_t>(V * kLanes / kLineFloats, 1);
  return rows <= kRowsInPlace && is_aligned && step.last_lanes() == kLanes &&
         std::gcd(s.n / kLineFloats, kSetsOfCache) <= lines_of_row;
}

template <int V, class Panel>
void multiply_groups(const Share& s, const Step& step, const Panel& panel, Ahead ahead) {
  const std::int64_t first_row = step.band() * FusedSeries::kBandRows;
  const bool is_last_block = step.k_block() + 1 == s.a.k_blocks();
  Sums sums{step.k_block() == 0 ? nullptr : step.sums(), step.sums(), V * kLanes, V * kLanes, kLanes, first_row};
  if (is_last_block) {
    sums.to = s.c + first_row * s.n + step.col();
    sums.to_stride = s.n;
    sums.last_lanes = step.last_lanes();
  }
  const Group* const groups = s.a.groups_of(step.k_block());
  const std::int64_t end = s.a.first_group(step.band_end());
  for (std::int64_t index = s.a.first_group(step.band()); index < end; ++index) {
    if (is_last_block && s.beyond_cache && index + 1 < end) fetch_c<V>(groups[index + 1], sums);
    constexpr int kRows = rows_of_tile(V);
    if (ahead.rows > 0) {
      multiply_tile<V, 0, kRows, true>(s.a, groups[index], panel, sums, ahead);
    } else {
      multiply_tile<V, 0, kRows, false>(s.a, groups[index], panel, sums, ahead);
    }
    if constexpr (kRows < kGroup) multiply_tile<V, kRows, kRows, false>(s.a, groups[index], panel, sums, ahead);
  }
}

template <int V>
void multiply_panel(const Share& s, const Step& step, const Ahead& ahead) {
  if (reads_in_place<V>(s, step)) return multiply_groups<V>(s, step, PanelInPlace{step.b(), s.n}, ahead);
  pack_panel<V>(step.b(), s.n, s.a.b_rows_of(step.k_block()), step.last_lanes(), s.panel);
  multiply_groups<V>(s, step, PackedPanel<V>{s.panel}, ahead);
}

void multiply_panel_of(std::int64_t vectors, const Share& s, const Step& step, const Ahead& ahead) {
  switch (vectors) {
    case 1:
      return multiply_panel<1>(s, step, ahead);
    case 2:
      return multiply_panel<2>(s, step, ahead);
    case 3:
      return multiply_panel<3>(s, step, ahead);
    case 4:
      if constexpr (kMaxVectors >= 4) return multiply_panel<4>(s, step, ahead);
      break;
    case 5:
      if constexpr (kMaxVectors >= 5) return multiply_panel<5>(s, step, ahead);
      break;
    case 6:
      if constexpr (kMaxVectors >= 6) return multiply_panel<6>(s, step, ahead);
      break;
    default:
      break;
  }
}

void multiply_share(const Share& s) {
  for (Step step(s); !step.done();) {
    Step next = step;
    next.advance();
    Ahead ahead;
    if (s.beyond_cache && !next.done()) ahead = {next.b(), s.n, std::min(s.a.block_k(), s.a.b_rows_of(next.k_block()))};
    multiply_panel_of(step.vectors(), s, step, ahead);
    step = next;
  }
}

std::int64_t panel_columns(const FusedSeries& a) { return max_vectors(a) * kLanes; }

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

float* SeriesMatmulWorkspace::floats(std::size_t count) {
  if (count > count_) {
    buffer_ = hwy::AllocateAligned<float>(count);
    count_ = buffer_ == nullptr ? 0 : count;
    if (buffer_ == nullptr) throw Error("no memory for the packed operand");
  }
  return buffer_.get();
}

void series_matmul(const FusedSeries& a, const float* b, std::int64_t n, float* c, SeriesMatmulWorkspace& workspace,
                   ThreadPool* pool) {
  if (n < 1) throw Error("a product without columns");
  const std::int64_t width = HWY_DYNAMIC_DISPATCH(panel_columns)(a);
  const std::int64_t panel_floats = (a.block_k() + NmPattern::kMaxM) * width;
  const std::int64_t sum_floats = a.k_blocks() == 1 ? 0 : kChunkPanels * kChunkBands * FusedSeries::kBandRows * width;
  const int workers = pool == nullptr ? 1 : pool->size();
  float* const buffers = workspace.floats(static_cast<std::size_t>((panel_floats + sum_floats) * workers));
  const auto multiply = HWY_DYNAMIC_DISPATCH(multiply_share);
  const auto share_of_worker = [&](int worker) {
    float* buffer = buffers + (panel_floats + sum_floats) * worker;
    return SeriesMatmulShare{
        a, b, n, c, buffer, buffer + panel_floats, (a.rows() + a.cols()) * n > kCacheFloats, 0, a.bands(), 0, n};
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
