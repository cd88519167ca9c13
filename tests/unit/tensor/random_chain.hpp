// A random chain of data movements, as an index map and, side by side, as an array that was really moved.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "harness/core/random.hpp"
#include "harness/tensor/index_map.hpp"
#include "tests/unit/tensor/array_oracle.hpp"

namespace hetscope::oracle {

struct Chain {
  IndexMap map;
  Array array;
  std::string story;  // what was done, for a failure's message
};

class ChainMaker {
 public:
  explicit ChainMaker(Random& random) : random_(random) {}

  Chain make(int steps) {
    // 1 to 3 dimensions of odd, prime, composite, power-of-two and single extents.
    static constexpr std::int64_t kExtents[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16};
    Index dims(1 + random_.below(3));
    for (auto& extent : dims) extent = kExtents[random_.below(std::size(kExtents))];
    Chain chain{IndexMap::identity(Shape(dims)), source(0, dims), "source " + Shape(dims).to_string()};
    for (int i = 0; i < steps; ++i) step(chain);
    return chain;
  }

 private:
  static constexpr std::int64_t kMaxElements = 600;

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
  }

  void apply(Chain& chain, const IndexMap& movement, Array moved, const std::string& story) {
    chain.map = compose(movement, chain.map);
    chain.array = std::move(moved);
    chain.story += " | " + story + " -> " + chain.map.output().to_string();
  }

  void step(Chain& chain) {
    const auto axis = static_cast<std::size_t>(random_.below(chain.array.dims.size()));
    switch (random_.below(11)) {
      case 0:
      case 1:
        return reshape_step(chain);
      case 2:
      case 3:
        return transpose_step(chain);
      case 4:
        return slice_step(chain, axis);
      case 5:
        return split_step(chain, axis);
      case 6:
        return concat_step(chain, axis);
      case 7:
        return pad_step(chain);
      case 8:
        return gather_step(chain, axis);
      case 9:
        return depth_step(chain);
      default:
        return roll_step(chain, axis);
    }
  }

  // Factors of `count` in random order, `rank` of them.
  Index factored(std::int64_t count, std::size_t rank) {
    Index dims(rank, 1);
    for (std::int64_t prime = 2; count > 1;) {
      if (count % prime != 0) {
        ++prime;
        continue;
      }
      dims[random_.below(rank)] *= prime;
      count /= prime;
    }
    return dims;
  }

  void reshape_step(Chain& chain) {
    const Index dims = factored(count_of(chain.array.dims), 1 + random_.below(IndexMap::kMaxRank));
    apply(chain, IndexMap::reshape(chain.map.output(), Shape(dims)), reshape(chain.array, dims), "reshape");
  }

  void transpose_step(Chain& chain) {
    std::vector<int> order(chain.array.dims.size());
    std::iota(order.begin(), order.end(), 0);
    random_.shuffle(std::span<int>(order));
    std::string story = "transpose";
    for (const int d : order) story += " " + std::to_string(d);
    apply(chain, IndexMap::transpose(chain.map.output(), order), transpose(chain.array, order), story);
  }

  void slice_step(Chain& chain, std::size_t axis) {
    const std::int64_t extent = chain.array.dims[axis];
    const std::int64_t start = between(0, extent - 1);
    const std::int64_t stop = between(start + 1, extent);
    const std::int64_t step = between(1, 4);
    apply(chain, IndexMap::slice(chain.map.output(), static_cast<int>(axis), start, stop, step),
          slice(chain.array, axis, start, stop, step),
          "slice " + std::to_string(axis) + " " + std::to_string(start) + ":" + std::to_string(stop) + ":" +
              std::to_string(step));
  }

  void split_step(Chain& chain, std::size_t axis) {
    const std::int64_t extent = chain.array.dims[axis];
    Index sizes;
    for (std::int64_t left = extent; left > 0; left -= sizes.back()) sizes.push_back(between(1, left));
    const auto part = static_cast<std::size_t>(random_.below(sizes.size()));
    const std::int64_t start = std::accumulate(sizes.begin(), sizes.begin() + static_cast<int>(part), std::int64_t{0});
    apply(chain, IndexMap::split(chain.map.output(), static_cast<int>(axis), sizes)[part],
          slice(chain.array, axis, start, start + sizes[part], 1),
          "split " + std::to_string(axis) + " part " + std::to_string(start) + "+" + std::to_string(sizes[part]));
  }

  // With a new source behind it, with a part of itself, or the parts of a split put together again.
  void concat_step(Chain& chain, std::size_t axis) {
    const Shape& shape = chain.map.output();
    const int at = static_cast<int>(axis);
    const std::int64_t extent = shape[at];
    if (shape.element_count() * 2 > kMaxElements || chain.map.pieces().size() > 24) return roll_step(chain, axis);
    const std::int64_t cut = between(1, extent);
    const IndexMap front = IndexMap::slice(shape, at, 0, cut);
    const Array front_array = slice(chain.array, axis, 0, cut, 1);
    if (random_.below(2) == 0 && chain.map.sources().size() < 3) {
      const auto number = static_cast<int>(chain.map.sources().size());
      const std::vector<IndexMap> parts = {chain.map, IndexMap::identity(front.output())};
      const std::vector<Shape> shapes = {shape, front.output()};
      chain.map = compose(IndexMap::concat(shapes, at), parts);
      chain.array = concat({chain.array, source(number, front_array.dims)}, axis);
      chain.story += " | concat a new source along " + std::to_string(at);
      return;
    }
    const bool rejoin = random_.below(2) == 0 && cut < extent;
    const IndexMap second = rejoin ? IndexMap::slice(shape, at, cut, extent) : IndexMap::identity(shape);
    const Array second_array = rejoin ? slice(chain.array, axis, cut, extent, 1) : chain.array;
    const std::vector<IndexMap> parts = {compose(front, chain.map), compose(second, chain.map)};
    const std::vector<Shape> shapes = {front.output(), second.output()};
    std::vector<int> numbers(chain.map.sources().size() * 2);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = static_cast<int>(i % chain.map.sources().size());
    }
    chain.map = compose(IndexMap::concat(shapes, at), parts).with_sources(numbers);
    chain.array = concat({front_array, second_array}, axis);
    chain.story += " | concat 0:" + std::to_string(cut) + (rejoin ? " and its rest" : " and all") + " along " +
                   std::to_string(at) + " -> " + chain.map.output().to_string();
  }

  void pad_step(Chain& chain) {
    if (count_of(chain.array.dims) * 2 > kMaxElements) return slice_step(chain, 0);
    Index before(chain.array.dims.size());
    Index after(chain.array.dims.size());
    std::int64_t grown = 1;
    for (std::size_t d = 0; d < before.size(); ++d) {
      if (random_.below(2) == 0) before[d] = between(0, 3);
      if (random_.below(2) == 0) after[d] = between(0, 3);
      if (grown * (chain.array.dims[d] + before[d] + after[d]) > kMaxElements) before[d] = after[d] = 0;
      grown *= chain.array.dims[d] + before[d] + after[d];
      if (grown > kMaxElements) return roll_step(chain, 0);
    }
    const std::int64_t fill = -between(1, 3);
    apply(chain, IndexMap::pad(chain.map.output(), before, after, static_cast<double>(fill)),
          pad(chain.array, before, after, fill), "pad " + Shape(chain.array.dims).to_string());
  }

  void gather_step(Chain& chain, std::size_t axis) {
    const std::int64_t extent = chain.array.dims[axis];
    Index table(static_cast<std::size_t>(extent));
    std::iota(table.begin(), table.end(), 0);
    switch (random_.below(3)) {
      case 0:  // a permutation
        random_.shuffle(std::span<std::int64_t>(table));
        break;
      case 1:  // a line
        table.resize(static_cast<std::size_t>(between(1, extent)));
        break;
      default:  // anything
        table.resize(static_cast<std::size_t>(between(1, extent)));
        for (auto& entry : table) entry = between(0, extent - 1);
    }
    std::string story = "gather " + std::to_string(axis);
    for (const std::int64_t entry : table) story += " " + std::to_string(entry);
    apply(chain, IndexMap::gather(chain.map.output(), static_cast<int>(axis), table), take(chain.array, axis, table),
          story);
  }

  void depth_step(Chain& chain) {
    const std::int64_t count = count_of(chain.array.dims);
    const std::int64_t block = count % 9 == 0 && random_.below(2) == 0 ? 3 : 2;
    if (count % (block * block) != 0) return transpose_step(chain);
    const bool to_space = random_.below(2) == 0;
    const DepthOrder order = random_.below(2) == 0 ? DepthOrder::dcr : DepthOrder::crd;
    Index dims = factored(count / (block * block), 4);
    if (to_space) {
      dims[1] *= block * block;
    } else {
      dims[2] *= block;
      dims[3] *= block;
    }
    apply(chain, IndexMap::reshape(chain.map.output(), Shape(dims)), reshape(chain.array, dims), "reshape");
    const bool dcr = order == DepthOrder::dcr;
    const Shape shape = chain.map.output();
    if (to_space) {
      apply(chain, IndexMap::depth_to_space(shape, block, order), depth_to_space(chain.array, block, dcr), "d2s");
    } else {
      apply(chain, IndexMap::space_to_depth(shape, block, order), space_to_depth(chain.array, block, dcr), "s2d");
    }
  }

  void roll_step(Chain& chain, std::size_t axis) {
    const std::int64_t shift = between(-20, 20);
    apply(chain, IndexMap::roll(chain.map.output(), static_cast<int>(axis), shift), roll(chain.array, axis, shift),
          "roll " + std::to_string(axis) + " by " + std::to_string(shift));
  }

  Random& random_;
};

}  // namespace hetscope::oracle
