// Transposes of matrices of 1-, 2-, 4-, 8- and 16-byte elements with the widest vectors of the running CPU.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/layout/byte_loops.hpp"

namespace hetscope {

// A matrix inside larger ones: the element at source[row * source_stride + column * width] goes to
// target[column * target_stride + row * width]. Strides are in bytes. Source and target do not overlap.
struct TransposeExtent {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t source_stride = 0;
  std::int64_t target_stride = 0;
};

// Four columns of four bytes, one row behind the other, as NC4HW4 has them: loaded whole, in one way but for whether
// the target is asked for.
constexpr bool is_dense_tile(int width, const TransposeExtent& extent) {
  return width == 4 && extent.columns == 4 && extent.source_stride == 16;
}

// How a target is written.
//   cached     whatever the processor does by itself
//   fetched    a tile's lines are asked for, to be written, while the tile before it is worked on: no prefetcher keeps
//              up with sixteen strided streams of stores, but where stores can wait (Zen 4), asking costs more
//   streaming  full tiles bypass the caches on their way to memory. It needs a target, and rows of it, that start at
//              multiples of 64 bytes. Stores are ordered before anything that follows.
enum class TransposeStores { cached, fetched, streaming };
constexpr std::string_view name_of(TransposeStores stores) {
  return stores == TransposeStores::cached ? "cached" : stores == TransposeStores::fetched ? "fetched" : "streaming";
}

// In what order a matrix is walked.
//   blocks  of a few lines of rows by as many of columns, along the source's rows or down them as the target's lines
//           ask for; a matrix whose target rows meet in the cache in strips, one whose source rows do through a buffer
//   along   a line of target rows at a time, along all of the source's rows: few streams to read, many to write
//   down    two lines of columns at a time, down the source's rows, which are read as far as their lines go
//   strips  a tile of columns at a time, down the source's rows: many streams to read, few to write
//   pairs   two tiles of columns at a time, down four lines of rows: of few target rows several lines, one behind the
//           other, and of each line that is read two halves
//   tall, square  panels through a buffer that stays in the first-level cache, and from there target row by target row:
//           rows of the target that meet in the cache, or are in no cache, are written in runs
enum class TransposeOrder { blocks, along, down, strips, pairs, tall, square };
constexpr std::string_view name_of(TransposeOrder order) {
  using enum TransposeOrder;
  return order == blocks   ? "blocks"
         : order == along  ? "along"
         : order == down   ? "down"
         : order == strips ? "strips"
         : order == pairs  ? "pairs"
         : order == tall   ? "tall"
                           : "square";
}

// Half: AVX2's vectors, where the widest are AVX-512's.
enum class TransposeVectors { widest, half };
constexpr std::string_view name_of(TransposeVectors vectors) {
  return vectors == TransposeVectors::widest ? "widest" : "half";
}

struct TransposeWay {
  // Not explicit: how to write is all that most callers say.
  constexpr TransposeWay(TransposeStores writes, TransposeOrder walks = TransposeOrder::blocks,
                         TransposeVectors wide = TransposeVectors::widest)
      : stores(writes), order(walks), vectors(wide) {}

  TransposeStores stores;
  TransposeOrder order;
  TransposeVectors vectors;

  friend bool operator==(const TransposeWay&, const TransposeWay&) = default;
};
// Those that are the fastest of some matrix on some processor that was tried.
inline constexpr std::array<TransposeWay, 16> kTransposeWays = {
    TransposeStores::fetched,
    TransposeStores::cached,
    TransposeStores::streaming,
    TransposeWay(TransposeStores::fetched, TransposeOrder::along),
    TransposeWay(TransposeStores::cached, TransposeOrder::along),
    TransposeWay(TransposeStores::cached, TransposeOrder::down),
    TransposeWay(TransposeStores::cached, TransposeOrder::strips),
    TransposeWay(TransposeStores::cached, TransposeOrder::pairs),
    TransposeWay(TransposeStores::cached, TransposeOrder::tall),
    TransposeWay(TransposeStores::streaming, TransposeOrder::tall),
    TransposeWay(TransposeStores::cached, TransposeOrder::square),
    TransposeWay(TransposeStores::streaming, TransposeOrder::square),
    TransposeWay(TransposeStores::cached, TransposeOrder::blocks, TransposeVectors::half),
    TransposeWay(TransposeStores::cached, TransposeOrder::along, TransposeVectors::half),
    TransposeWay(TransposeStores::cached, TransposeOrder::down, TransposeVectors::half),
    TransposeWay(TransposeStores::cached, TransposeOrder::strips, TransposeVectors::half)};

// What becomes of `way`: matrices too small for tiles go in strips, panels need more columns than one tile has, and
// most processors have no vectors that are half of their widest ones. `width` as below.
TransposeWay way_in_effect(int width, const TransposeExtent& extent, TransposeWay way);

// The matrices that start at each position of `batch`. `width` is 1, 2, 4, 8 or 16 bytes; nothing needs to be aligned
// to it. What lies between a source's rows may be read, and 16 bytes from the start of each but the last where they are
// at least that far apart.
void transpose_matrices(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent,
                        TransposeWay way, const LoopRange& batch = {});

// At most four rows whose columns become records of `target_stride` bytes, two or four times as long as four elements,
// as an image's three channels do in NCHW16c: what is behind the rows is zeroed. `width` is 1, 2 or 4.
constexpr bool suits_records(int width, const TransposeExtent& extent) {
  return width <= 4 && extent.rows <= 4 && (extent.target_stride == 8 * width || extent.target_stride == 16 * width);
}
void transpose_to_records(int width, const std::byte* source, std::byte* target, const TransposeExtent& extent);

}  // namespace hetscope
