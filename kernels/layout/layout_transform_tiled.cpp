// layout_transform_tiled: NCHW <-> NHWC as transposes of C x HW matrices in register tiles (matrix_transpose.hpp).
//   traffic: every source line read once, every target line written once; a target that cannot stay in this case's
//   share of the last-level cache is written past the caches, which saves reading the lines that are overwritten.
#include <algorithm>
#include <cstring>

#include "harness/kernel/host_kernel.hpp"
#include "kernels/layout/layout_transform.hpp"
#include "kernels/layout/matrix_transpose.hpp"
#include "kernels/registration.hpp"

namespace hetscope {
namespace {

constexpr std::int64_t kLineBytes = 64;

// The part of the last-level cache that `threads` of the processor's CPUs may call theirs; 0: unknown.
std::int64_t cache_share_bytes(const HostCpu& cpu, int threads) {
  const auto cpus = static_cast<std::int64_t>(std::max<std::size_t>(cpu.cpus().size(), 1));
  return cpu.info().cache_bytes * std::min<std::int64_t>(threads, cpus) / cpus;
}

TransposeStores choose_stores(const BatchedTranspose& matrices, const TensorView& target, std::int64_t share_bytes) {
  const auto row_bytes = matrices.rows * static_cast<std::int64_t>(size_of(target.dtype()));
  const bool is_aligned = row_bytes % kLineBytes == 0;
  const bool is_too_big = share_bytes > 0 && target.storage_bytes() > share_bytes;
  return is_aligned && is_too_big ? TransposeStores::streaming : TransposeStores::cached;
}

// Part of every matrix in [first, last): bands of columns, or of rows when there are more of those.
template <class T>
void transpose_part(const BatchedTranspose& matrices, TransposeStores stores, const T* source, T* target,
                    std::int64_t first, std::int64_t last, bool by_columns) {
  const auto [batch, rows, columns] = matrices;
  const std::int64_t share = last - first;
  const TransposeExtent extent{by_columns ? rows : share, by_columns ? share : columns, columns, rows};
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::int64_t matrix = b * rows * columns;
    transpose_matrix(source + matrix + (by_columns ? first : first * columns),
                     target + matrix + (by_columns ? first * rows : first), extent, stores);
  }
}

// Every thread gets whole matrices where they can be shared out evenly, which keeps its memory together; else a part of
// each of them.
template <class T>
void transpose_batch(const BatchedTranspose& matrices, TransposeStores stores, ThreadPool& pool, const T* source,
                     T* target) {
  constexpr std::int64_t kGrain = kLineBytes / static_cast<std::int64_t>(sizeof(T));
  if (matrices.batch % pool.size() == 0) {
    const std::int64_t elements = matrices.rows * matrices.columns;
    pool.parallel_for(matrices.batch, 1, [&](std::int64_t begin, std::int64_t end) {
      transpose_part(BatchedTranspose{end - begin, matrices.rows, matrices.columns}, stores, source + begin * elements,
                     target + begin * elements, 0, matrices.columns, true);
    });
    return;
  }
  const bool by_columns = matrices.columns >= matrices.rows;
  pool.parallel_for(by_columns ? matrices.columns : matrices.rows, kGrain, [&](std::int64_t begin, std::int64_t end) {
    transpose_part(matrices, stores, source, target, begin, end, by_columns);
  });
}

class Runs final : public HostRunnable {
 public:
  Runs(HostCpu& cpu, ThreadPool& pool, const LayoutTransformProblem& problem, const HostTensor& source)
      : HostRunnable(cpu, pool),
        matrices_(as_batched_transpose(problem).value()),
        stores_(choose_stores(matrices_, problem.target, cache_share_bytes(cpu, pool.size()))),
        source_(source),
        target_(problem.target) {}

  std::vector<HostTensor> outputs() override {
    std::vector<HostTensor> result;
    result.push_back(target_.clone());
    return result;
  }

 protected:
  void run_once() override {
    if (matrices_.rows == 1 || matrices_.columns == 1) return copy_unchanged();
    if (size_of(source_.dtype()) == 2) {
      transpose_batch(matrices_, stores_, pool(), source_.as<std::uint16_t>(), target_.as<std::uint16_t>());
    } else {
      transpose_batch(matrices_, stores_, pool(), source_.as<std::uint32_t>(), target_.as<std::uint32_t>());
    }
  }
  std::vector<std::span<const std::byte>> operands() const override {
    return {{source_.data(), source_.size_bytes()}, {target_.data(), target_.size_bytes()}};
  }

 private:
  // One channel or one pixel: both layouts are the same bytes.
  void copy_unchanged() {
    pool().parallel_for(
        static_cast<std::int64_t>(source_.size_bytes()), kLineBytes, [&](std::int64_t begin, std::int64_t end) {
          std::memcpy(target_.data() + begin, source_.data() + begin, static_cast<std::size_t>(end - begin));
        });
  }

  BatchedTranspose matrices_;
  TransposeStores stores_;
  const HostTensor& source_;
  HostTensor target_;
};

class LayoutTransformTiled final : public HostKernel {
 public:
  std::string_view name() const noexcept override { return "layout_transform_tiled"; }
  std::string_view operation() const noexcept override { return "layout_transform"; }

 protected:
  Support supports_case(const Case& item) const override {
    if (as_batched_transpose(LayoutTransformProblem(item))) return Support::yes();
    return Support::no("it transposes between NCHW and NHWC, not from " + item.text("from") + " to " + item.text("to"));
  }
  std::unique_ptr<Runnable> prepare_on(const Case& item, HostCpu& cpu, ThreadPool& pool,
                                       std::span<const Operand> inputs) const override {
    return std::make_unique<Runs>(cpu, pool, LayoutTransformProblem(item), inputs[0].tensor);
  }
};

}  // namespace

HETSCOPE_DEFINE_KERNEL(layout_transform_tiled, LayoutTransformTiled)

}  // namespace hetscope
