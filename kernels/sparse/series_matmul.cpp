// The fused product of f32 operands, and what the products of all types share: the workspace and the threads.
#include "kernels/sparse/series_matmul.hpp"

#include <string>
#include <tuple>

#include "kernels/sparse/series_matmul_share.hpp"

#include "kernels/sized_vectors.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sparse/series_matmul.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/sparse/series_matmul-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hetscope {
namespace HWY_NAMESPACE {
namespace {

void multiply_share_of_type(const SeriesMatmulShare<float, float>& s) { multiply_share<F32Elements>(s); }
std::int64_t panel_columns(const FusedSeries& a) { return max_vectors(a) * kLanes; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace hetscope
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "harness/core/error.hpp"

namespace hetscope {
namespace {
HWY_EXPORT(multiply_share_of_type);
HWY_EXPORT(panel_columns);

template <class In, class Out>
using MultiplyShare = void(const SeriesMatmulShare<In, Out>& share);

// Throws Error unless `elements` are rows x n, without forming a product that may overflow.
void check_operand(const char* name, std::size_t elements, std::int64_t rows, std::int64_t n) {
  const auto columns = static_cast<std::size_t>(n);
  if (elements % columns == 0 && elements / columns == static_cast<std::size_t>(rows)) return;
  throw Error(std::string(name) + " has " + std::to_string(elements) + " elements", "series_matmul",
              "the product needs " + std::to_string(rows) + " x " + std::to_string(n));
}

template <class In, class Out>
void multiply_all(const FusedSeries& a, std::span<const In> b, std::int64_t n, std::span<Out> c,
                  SeriesMatmulWorkspace& workspace, ThreadPool* pool, MultiplyShare<In, Out>* multiply) {
  if (a.rows() < 1) throw Error("the left operand has no rows", "series_matmul", "make it from a matrix first");
  if (n < 1) throw Error("a product of " + std::to_string(n) + " columns", "series_matmul", "B needs at least one");
  check_operand("B", b.size(), a.cols(), n);
  check_operand("C", c.size(), a.rows(), n);
  const std::int64_t width = HWY_DYNAMIC_DISPATCH(panel_columns)(a);
  const std::int64_t panel_floats = (a.block_k() + NmPattern::kMaxM) * width;
  const std::int64_t sum_floats = a.k_blocks() == 1 ? 0 : kChunkBandPanels * FusedSeries::kBandRows * width;
  const int workers = pool == nullptr ? 1 : pool->size();
  float* const buffers = workspace.floats(static_cast<std::size_t>((panel_floats + sum_floats) * workers));
  const auto bytes =
      static_cast<std::int64_t>(sizeof(In)) * a.cols() * n + static_cast<std::int64_t>(sizeof(Out)) * a.rows() * n;
  const auto share_of_worker = [&](int worker) {
    float* buffer = buffers + (panel_floats + sum_floats) * worker;
    return SeriesMatmulShare<In, Out>{a, b.data(),  n, c.data(), buffer, buffer + panel_floats, bytes > kCacheBytes,
                                      0, a.bands(), 0, n};
  };
  if (workers == 1) {
    multiply(share_of_worker(0));
    return;
  }
  // Threads share columns, which needs no packing twice, unless there are too few of them.
  const bool by_columns = n >= 2 * width * workers || a.bands() < workers;
  constexpr std::int64_t kOfLine = 64 / static_cast<std::int64_t>(sizeof(Out));
  pool->run([&](int worker) {
    SeriesMatmulShare<In, Out> share = share_of_worker(worker);
    auto& begin = by_columns ? share.col_begin : share.band_begin;
    auto& end = by_columns ? share.col_end : share.band_end;
    // A cache line of C belongs to one thread.
    std::tie(begin, end) = ThreadPool::share_of(worker, workers, by_columns ? n : a.bands(), by_columns ? kOfLine : 1);
    if (begin < end) multiply(share);
  });
}

}  // namespace

float* SeriesMatmulWorkspace::floats(std::size_t count) {
  if (count > count_) {
    buffer_ = hwy::AllocateAligned<float>(count);
    count_ = buffer_ == nullptr ? 0 : count;
    if (buffer_ == nullptr) throw Error("no memory for the packed operand");
  }
  return buffer_.get();
}

void series_matmul(const FusedSeries& a, std::span<const float> b, std::int64_t n, std::span<float> c,
                   SeriesMatmulWorkspace& workspace, ThreadPool* pool) {
  multiply_all(a, b, n, c, workspace, pool, HWY_DYNAMIC_DISPATCH(multiply_share_of_type));
}

void series_matmul(const FusedSeries& a, std::span<const std::uint16_t> b, std::int64_t n, std::span<std::uint16_t> c,
                   SeriesMatmulWorkspace& workspace, ThreadPool* pool) {
  multiply_all(a, b, n, c, workspace, pool, multiply_share_f16);
}

void series_matmul(const FusedSeries& a, std::span<const std::int8_t> b, std::int64_t n, std::span<std::int32_t> c,
                   SeriesMatmulWorkspace& workspace, ThreadPool* pool) {
  multiply_all(a, b, n, c, workspace, pool, multiply_share_i8);
}

}  // namespace hetscope
#endif
