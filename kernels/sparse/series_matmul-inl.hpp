// The fused kernel. For each chunk of C (1024 rows x 2 panels of V vectors of columns, or fewer rows x more panels),
// each block of K and each panel of the chunk: the panel of B (a block's rows x V vectors, <= 36 KiB) is packed into a
// buffer that stays in the first-level cache; then every group of 8 rows of A runs over its slots with its sums in
// registers. Between blocks of K the sums wait in a buffer that stays in the second-level cache. With few rows B is not
// packed but read where it lies. Where B and C do not fit the second-level cache, the next panel's part of B is
// prefetched, a row with every slot, and so is the part of C that the next group ends in.
//
//   common slot of two rows:  2 broadcasts, V loads, 2 V multiply-adds
//   slot of one row:          1 broadcast,  V loads,   V multiply-adds (B is the instruction's memory operand)
//
// What limits it: the loads where rows share few columns; else the sums, whose way to the second-level cache and back
// costs a block of n slots about 1.5 / n of its multiply-adds; and with few rows the reading of B.
//
// Traffic: B is read once a chunk of rows; A (5 to 6 bytes a slot) once a chunk of columns; C is written once.
//
// The elements of B and C are a parameter (series_matmul_elements-inl.hpp); each type has its own series_matmul*.cpp.
// Compiled once for each instruction set.
#if defined(HETSCOPE_SERIES_MATMUL_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef HETSCOPE_SERIES_MATMUL_TOGGLE
#undef HETSCOPE_SERIES_MATMUL_TOGGLE
#else
#define HETSCOPE_SERIES_MATMUL_TOGGLE
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "kernels/sparse/series_matmul_elements-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

// Accumulators take 24 of the 32 registers of AVX-512 and NEON, 12 of the 16 of the others.
constexpr bool kManyRegisters = HETSCOPE_VECTOR_REGISTERS == 32;
constexpr int kMaxVectors = kManyRegisters ? 6 : 3;
// Rows whose accumulators are in registers at once: all 8 of a group, or one half after the other.
constexpr int rows_of_tile(int vectors) { return kManyRegisters && vectors <= 3 ? kGroup : kGroup / 2; }
constexpr std::int64_t kLineBytes = 64;
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
template <class E>
struct Sums {
  const typename E::Sum* from;  // nullptr: the sums begin at zero
  typename E::Sum* waiting;
  typename E::Out* c;   // nullptr: not the last block
  std::int64_t stride;  // of the waiting sums
  std::int64_t c_stride;
  std::int64_t last_lanes;  // of the last vector, that may be written
  std::int64_t first_row;
};

// Rows of B that the next panel is made of. They are fetched into the second-level cache one with every slot, so that
// the reads from behind it go on while the multiply-adds do.
template <class In>
struct Ahead {
  const In* row = nullptr;
  std::int64_t stride = 0;
  std::int64_t rows = 0;

  template <int V>
  HWY_INLINE void fetch() {
    constexpr std::int64_t kOfLine = kLineBytes / static_cast<std::int64_t>(sizeof(In));
    HWY_UNROLL(8) for (std::int64_t f = 0; f < V * kLanes; f += kOfLine) __builtin_prefetch(row + f, 0, 2);
    row += stride;
  }
};

// `before`: the row's sums of the blocks before, or nullptr.
template <class E, int V, class To>
HWY_INLINE void store_row(const VF (&acc)[V], const typename E::Sum* before, std::int64_t last_lanes, To* to) {
  const auto before_of = [before](int v) { return before == nullptr ? nullptr : before + v * kLanes; };
  HWY_UNROLL(8) for (int v = 0; v + 1 < V; ++v) E::store(acc[v], before_of(v), to + v * kLanes);
  if (last_lanes == kLanes) {
    E::store(acc[V - 1], before_of(V - 1), to + (V - 1) * kLanes);
    return;
  }
  HWY_ALIGN To last[kLanes];
  E::store(acc[V - 1], before_of(V - 1), last);
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
template <class E, int V, int kFirst, int kRows, bool kAhead, class Panel>
void multiply_tile(const FusedSeries& a, const Group& group, const Panel& panel, const Sums<E>& sums,
                   Ahead<typename E::In>& ahead) {
  const F32 d;
  VF acc[kRows][V];
  HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
    const std::int32_t row = group.rows[kFirst + r];
    HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[r][v] = hn::Zero(d);
    if (sums.from != nullptr && row >= 0) {
      const typename E::Sum* from = sums.from + (row - sums.first_row) * sums.stride;
      HWY_UNROLL(8) for (int v = 0; v < V; ++v) acc[r][v] = E::begin(from + v * kLanes);
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
    if constexpr (kAhead) ahead.template fetch<V>();
  }
  for (; values != alone_end; b_rows += kGroup, values += kGroup) {
    HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
      add_slot<V>(acc[r], panel, b_rows[kFirst + r], values[kFirst + r]);
    }
    if constexpr (kAhead) ahead.template fetch<V>();
  }
  if constexpr (kAhead) ahead.rows -= group.common + group.alone;
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
    const std::int64_t at = row - sums.first_row;
    const typename E::Sum* before = sums.from == nullptr ? nullptr : sums.from + at * sums.stride;
    if (sums.c == nullptr) {
      store_row<E>(acc[r], before, kLanes, sums.waiting + at * sums.stride);
    } else {
      store_row<E>(acc[r], before, sums.last_lanes, sums.c + at * sums.c_stride);
    }
  }
}

// rows x V vectors of B, the last vector padded with zeros; in `order` where it is not nullptr.
template <class E, int V>
void pack_panel(const typename E::In* all, const std::int32_t* order, std::int64_t b_stride, std::int64_t rows,
                std::int64_t last_lanes, float* panel) {
  const F32 d;
  for (std::int64_t k = 0; k < rows; ++k, panel += V * kLanes) {
    const typename E::In* b = all + (order == nullptr ? k : order[k]) * b_stride;
    HWY_UNROLL(8) for (int v = 0; v + 1 < V; ++v) hn::Store(E::load(b + v * kLanes), d, panel + v * kLanes);
    const typename E::In* last = b + (V - 1) * kLanes;
    HWY_ALIGN typename E::In padded[kLanes];
    if (last_lanes < kLanes) {
      for (std::int64_t i = 0; i < kLanes; ++i) padded[i] = i < last_lanes ? last[i] : typename E::In{};
      last = padded;
    }
    hn::Store(E::load(last), d, panel + (V - 1) * kLanes);
  }
}

// The part of C that the next group ends in.
template <class E, int V>
HWY_INLINE void fetch_c(const Group& group, const Sums<E>& sums) {
  constexpr std::int64_t kOfLine = kLineBytes / static_cast<std::int64_t>(sizeof(typename E::Out));
  for (const std::int32_t row : group.rows) {
    typename E::Out* to = sums.c + std::max<std::int64_t>(row - sums.first_row, 0) * sums.c_stride;
    HWY_UNROLL(8) for (std::int64_t f = 0; f < V * kLanes; f += kOfLine) __builtin_prefetch(to + f, 1, 3);
  }
}

// Vectors of a panel at most: what the registers hold and the first-level cache has room for.
std::int64_t max_vectors(const FusedSeries& a) {
  return std::clamp<std::int64_t>(kPanelFloats / (std::min(a.block_k(), a.cols()) * kLanes), 1, kMaxVectors);
}

// One panel of C in one block of K, and how it is reached: chunks of columns, in them chunks of rows, in them blocks of
// K, in them panels. A's block of a chunk of rows is thereby read once for all panels of a chunk of columns.
template <class E>
class Step {
 public:
  explicit Step(const Share<E>& share) : s_(&share), band_(share.band_begin) {
    const std::int64_t widest = max_vectors(share.a);
    vectors_ = (share.col_end - share.col_begin + kLanes - 1) / kLanes;
    // Panels of equal width: 13 vectors are 5+4+4, not 6+6+1.
    panels_ = (vectors_ + widest - 1) / widest;
    const std::int64_t bands = std::min(kChunkBands, share.band_end - share.band_begin);
    chunk_panels_ = kChunkBandPanels / bands;
    sums_of_panel_ = bands * FusedSeries::kBandRows * widest * kLanes;
  }

  bool done() const { return chunk_ >= panels_; }
  void advance() {
    if (++panel_ < chunk_end()) return;
    panel_ = chunk_;
    if (++k_block_ < s_->a.k_blocks()) return;
    k_block_ = 0;
    if ((band_ += kChunkBands) < s_->band_end) return;
    band_ = s_->band_begin;
    panel_ = chunk_ += chunk_panels_;
  }

  std::int64_t k_block() const { return k_block_; }
  std::int64_t band() const { return band_; }
  std::int64_t band_end() const { return std::min(s_->band_end, band_ + kChunkBands); }
  std::int64_t vectors() const { return first_vector(panel_ + 1) - first_vector(panel_); }
  std::int64_t col() const { return s_->col_begin + first_vector(panel_) * kLanes; }
  std::int64_t cols() const { return std::min(s_->col_end - col(), vectors() * kLanes); }
  std::int64_t last_lanes() const { return cols() - (vectors() - 1) * kLanes; }
  typename E::Sum* sums() const {
    return reinterpret_cast<typename E::Sum*>(s_->sums) + (panel_ - chunk_) * sums_of_panel_;
  }
  // Where the rows of B begin that order() counts from.
  const typename E::In* b() const {
    return s_->b + (order() == nullptr ? k_block_ * s_->a.block_k() * s_->n : 0) + col();
  }
  // Of the block's rows; nullptr: as they come.
  const std::int32_t* order() const {
    return s_->a.b_order() == nullptr ? nullptr : s_->a.b_order() + k_block_ * s_->a.block_k();
  }

 private:
  std::int64_t chunk_end() const { return std::min(panels_, chunk_ + chunk_panels_); }
  std::int64_t first_vector(std::int64_t panel) const { return panel * vectors_ / panels_; }

  const Share<E>* s_;
  std::int64_t vectors_ = 0, panels_ = 0, chunk_panels_ = 0, sums_of_panel_ = 0;
  std::int64_t chunk_ = 0, band_ = 0, k_block_ = 0, panel_ = 0;
};

// Packing costs as much as the multiply-adds of some dozens of rows. With few rows B is better read where it lies, if
// that is aligned and its rows do not fall into a few sets of the first-level cache.
template <class E, int V>
bool reads_in_place(const Share<E>& s, const Step<E>& step) {
  const std::int64_t rows = (step.band_end() - step.band()) * FusedSeries::kBandRows;
  const bool is_aligned = s.n % kLineFloats == 0 && reinterpret_cast<std::uintptr_t>(step.b()) % 64 == 0;
  const std::int64_t lines_of_row = std::max<std::int64_t>(V * kLanes / kLineFloats, 1);
  return rows <= kRowsInPlace && is_aligned && step.order() == nullptr && step.last_lanes() == kLanes &&
         std::gcd(s.n / kLineFloats, kSetsOfCache) <= lines_of_row;
}

template <class E, int V, class Panel>
void multiply_groups(const Share<E>& s, const Step<E>& step, const Panel& panel, Ahead<typename E::In> ahead) {
  const std::int64_t first_row = step.band() * FusedSeries::kBandRows;
  const bool is_last_block = step.k_block() + 1 == s.a.k_blocks();
  Sums<E> sums{
      step.k_block() == 0 ? nullptr : step.sums(), step.sums(), nullptr, V * kLanes, s.n, step.last_lanes(), first_row};
  if (is_last_block) sums.c = s.c + first_row * s.n + step.col();
  const Group* const groups = s.a.groups_of(step.k_block());
  const std::int64_t end = s.a.first_group(step.band_end());
  for (std::int64_t index = s.a.first_group(step.band()); index < end; ++index) {
    if (is_last_block && s.beyond_cache && index + 1 < end) fetch_c<E, V>(groups[index + 1], sums);
    constexpr int kRows = rows_of_tile(V);
    if (ahead.rows > 0) {
      multiply_tile<E, V, 0, kRows, true>(s.a, groups[index], panel, sums, ahead);
    } else {
      multiply_tile<E, V, 0, kRows, false>(s.a, groups[index], panel, sums, ahead);
    }
    if constexpr (kRows < kGroup) multiply_tile<E, V, kRows, kRows, false>(s.a, groups[index], panel, sums, ahead);
  }
}

template <class E, int V>
void multiply_panel(const Share<E>& s, const Step<E>& step, const Ahead<typename E::In>& ahead) {
  if constexpr (E::kReadsInPlace) {
    if (reads_in_place<E, V>(s, step)) return multiply_groups<E, V>(s, step, PanelInPlace{step.b(), s.n}, ahead);
  }
  pack_panel<E, V>(step.b(), step.order(), s.n, s.a.b_rows_of(step.k_block()), step.last_lanes(), s.panel);
  multiply_groups<E, V>(s, step, PackedPanel<V>{s.panel}, ahead);
}

template <class E>
void multiply_panel_of(std::int64_t vectors, const Share<E>& s, const Step<E>& step,
                       const Ahead<typename E::In>& ahead) {
  switch (vectors) {
    case 1:
      return multiply_panel<E, 1>(s, step, ahead);
    case 2:
      return multiply_panel<E, 2>(s, step, ahead);
    case 3:
      return multiply_panel<E, 3>(s, step, ahead);
    case 4:
      if constexpr (kMaxVectors >= 4) return multiply_panel<E, 4>(s, step, ahead);
      break;
    case 5:
      if constexpr (kMaxVectors >= 5) return multiply_panel<E, 5>(s, step, ahead);
      break;
    case 6:
      if constexpr (kMaxVectors >= 6) return multiply_panel<E, 6>(s, step, ahead);
      break;
    default:
      break;
  }
}

template <class E>
void multiply_share(const Share<E>& s) {
  for (Step<E> step(s); !step.done();) {
    Step<E> next = step;
    next.advance();
    Ahead<typename E::In> ahead;
    if (s.beyond_cache && !next.done() && next.order() == nullptr)
      ahead = {next.b(), s.n, std::min(s.a.block_k(), s.a.b_rows_of(next.k_block()))};
    multiply_panel_of<E>(step.vectors(), s, step, ahead);
    step = next;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#endif  // HETSCOPE_SERIES_MATMUL_TOGGLE
