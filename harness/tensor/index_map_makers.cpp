// The data movements as index maps, in their naive form: linearise, then delinearise. Parameters are checked here.
#include <algorithm>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/tensor/index_map.hpp"

namespace hetscope {
namespace {

constexpr std::size_t kMaxSources = 256;

void check_axis(const char* movement, const Shape& shape, int axis) {
  if (axis >= 0 && axis < shape.rank()) return;
  throw Error(std::string(movement) + " along axis " + std::to_string(axis), "shape " + shape.to_string(),
              "the axes are 0 to rank - 1");
}

Error bad_parameter(const char* movement, const std::string& problem, const Shape& shape, std::string remedy = {}) {
  return Error(std::string(movement) + ": " + problem, "shape " + shape.to_string(), std::move(remedy));
}

Shape with_extent(const Shape& shape, int axis, std::int64_t extent) {
  std::vector<std::int64_t> dims = shape.dims();
  dims[static_cast<std::size_t>(axis)] = extent;
  return Shape(std::move(dims));
}

// The coordinates of `shape` with another expression along one axis.
std::vector<IndexExpression> with_coordinate(const Shape& shape, int axis, IndexExpression coordinate) {
  std::vector<IndexExpression> coordinates = coordinates_of(shape);
  coordinates[static_cast<std::size_t>(axis)] = std::move(coordinate);
  return coordinates;
}

IndexExpression variable_of(const Shape& shape, int axis) { return IndexExpression::variable(axis, shape[axis]); }

std::int64_t checked_block(const char* movement, const Shape& source, std::int64_t block) {
  if (source.rank() != 4) throw bad_parameter(movement, "the rank is not 4", source);
  if (block < 1 || block > (std::int64_t{1} << 23)) {
    throw bad_parameter(movement, "a block of " + std::to_string(block), source);
  }
  return block;
}

}  // namespace

IndexMap IndexMap::identity(const Shape& shape) {
  return whole(shape, shape, coordinates_of(shape), coordinates_of(shape));
}

IndexMap IndexMap::reshape(const Shape& source, const Shape& output) {
  if (source.element_count() != output.element_count()) {
    throw bad_parameter("reshape", "to " + output.to_string() + " changes the number of elements", source);
  }
  return whole(source, output, coordinates_at(row_major_offset(coordinates_of(output), output), source),
               coordinates_at(row_major_offset(coordinates_of(source), source), output));
}

IndexMap IndexMap::transpose(const Shape& source, std::span<const int> order) {
  std::vector<std::int64_t> dims;
  std::vector<int> place(static_cast<std::size_t>(source.rank()), -1);
  bool is_permutation = static_cast<int>(order.size()) == source.rank();
  for (std::size_t i = 0; i < order.size() && is_permutation; ++i) {
    is_permutation = order[i] >= 0 && order[i] < source.rank() && place[static_cast<std::size_t>(order[i])] < 0;
    if (!is_permutation) break;
    place[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
    dims.push_back(source[order[i]]);
  }
  if (!is_permutation) throw bad_parameter("transpose", "the order is no permutation of the dimensions", source);
  const Shape output(std::move(dims));
  std::vector<IndexExpression> coordinates;
  std::vector<IndexExpression> inverse;
  for (const int dim : place) coordinates.push_back(variable_of(output, dim));
  for (const int dim : order) inverse.push_back(variable_of(source, dim));
  return whole(source, output, std::move(coordinates), std::move(inverse));
}

IndexMap IndexMap::slice(const Shape& source, int axis, std::int64_t start, std::int64_t stop, std::int64_t step) {
  check_axis("slice", source, axis);
  if (start < 0 || start >= stop || stop > source[axis]) {
    throw bad_parameter(
        "slice", "from " + std::to_string(start) + " to " + std::to_string(stop) + " of axis " + std::to_string(axis),
        source, "0 <= start < stop <= the extent");
  }
  if (step < 1) throw bad_parameter("slice", "a step of " + std::to_string(step), source, "at least 1");
  const Shape output = with_extent(source, axis, (stop - start - 1) / step + 1);
  if (output == source) return identity(source);
  // A step beyond the extent is never taken, and would only inflate the bounds.
  const std::int64_t factor = std::min(step, source[axis]);
  return whole(source, output, with_coordinate(output, axis, variable_of(output, axis) * factor + start), std::nullopt);
}

std::vector<IndexMap> IndexMap::split(const Shape& source, int axis, std::span<const std::int64_t> sizes) {
  check_axis("split", source, axis);
  if (sizes.size() > kMaxSources) throw bad_parameter("split", "more than 256 parts", source);
  std::vector<IndexMap> maps;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    if (size < 1 || size > source[axis] - start) {
      throw bad_parameter("split", "a part of " + std::to_string(size) + " at " + std::to_string(start), source,
                          "the sizes are at least 1 and add up to the extent");
    }
    maps.push_back(slice(source, axis, start, start + size));
    start += size;
  }
  if (start != source[axis]) {
    throw bad_parameter("split", "the sizes add up to " + std::to_string(start), source, "use the extent");
  }
  return maps;
}

IndexMap IndexMap::concat(std::span<const Shape> sources, int axis) {
  if (sources.empty()) throw Error("concat of no source");
  const Shape& first = sources.front();
  check_axis("concat", first, axis);
  if (sources.size() > kMaxSources) throw bad_parameter("concat", "more than 256 sources", first);
  std::int64_t extent = 0;
  for (const Shape& source : sources) {
    if (source.rank() != first.rank() || with_extent(source, axis, first[axis]) != first) {
      throw bad_parameter("concat", "with " + source.to_string() + " along axis " + std::to_string(axis), first,
                          "all other extents are equal");
    }
    extent += source[axis];  // at most 256 times 2^48
  }
  if (sources.size() == 1) return identity(first);
  const Shape output = with_extent(first, axis, extent);
  std::vector<IndexPiece> pieces;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const IndexExpression along = variable_of(output, axis);
    const std::int64_t end = start + sources[i][axis];
    IndexPiece piece;
    piece.source = static_cast<int>(i);
    piece.conditions.push_back({along, start, end - 1});
    piece.coordinates = with_coordinate(output, axis, along + -start);
    pieces.push_back(std::move(piece));
    start = end;
  }
  return IndexMap(output, {sources.begin(), sources.end()}, std::move(pieces));
}

IndexMap IndexMap::pad(const Shape& source, std::span<const std::int64_t> before, std::span<const std::int64_t> after,
                       double fill) {
  if (static_cast<int>(before.size()) != source.rank() || before.size() != after.size()) {
    throw bad_parameter("pad", "wants one number before and one after for every dimension", source);
  }
  std::vector<std::int64_t> dims = source.dims();
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    constexpr std::int64_t kMost = std::int64_t{1} << 48;
    if (before[axis] < 0 || after[axis] < 0 || before[axis] > kMost || after[axis] > kMost) {
      throw bad_parameter("pad", "by " + std::to_string(before[axis]) + " and " + std::to_string(after[axis]), source,
                          "at least 0");
    }
    dims[axis] += before[axis] + after[axis];
  }
  const Shape output(std::move(dims));
  if (output == source) return identity(source);
  IndexPiece inside;
  inside.source = 0;
  for (int axis = 0; axis < source.rank(); ++axis) {
    const std::int64_t start = before[static_cast<std::size_t>(axis)];
    const IndexExpression along = variable_of(output, axis);
    if (output[axis] == source[axis]) {
      inside.coordinates.push_back(along);
      continue;
    }
    inside.conditions.push_back({along, start, start + source[axis] - 1});
    inside.coordinates.push_back(along + -start);
  }
  IndexPiece outside;
  outside.fill = fill;
  return IndexMap(output, {source}, {std::move(inside), std::move(outside)});
}

IndexMap IndexMap::gather(const Shape& source, int axis, std::vector<std::int64_t> table) {
  check_axis("gather", source, axis);
  if (table.empty()) throw bad_parameter("gather", "an empty table", source);
  const std::int64_t extent = source[axis];
  std::vector<std::int64_t> back(table.size(), -1);
  bool is_permutation = static_cast<std::int64_t>(table.size()) == extent;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i] < 0 || table[i] >= extent) {
      throw bad_parameter("gather", "index " + std::to_string(table[i]) + " along axis " + std::to_string(axis), source,
                          "0 to the extent - 1");
    }
    is_permutation = is_permutation && back[static_cast<std::size_t>(table[i])] < 0;
    if (is_permutation) back[static_cast<std::size_t>(table[i])] = static_cast<std::int64_t>(i);
  }
  const Shape output = with_extent(source, axis, static_cast<std::int64_t>(table.size()));
  const auto read = [&](std::vector<std::int64_t> values, const Shape& shape) {
    return with_coordinate(
        shape, axis,
        IndexExpression::lookup(std::make_shared<const IndexTable>(std::move(values)), variable_of(shape, axis)));
  };
  std::optional<std::vector<IndexExpression>> inverse;
  if (is_permutation) inverse = read(std::move(back), source);
  return whole(source, output, read(std::move(table), output), std::move(inverse));
}

IndexMap IndexMap::roll(const Shape& source, int axis, std::int64_t shift) {
  check_axis("roll", source, axis);
  const std::int64_t extent = source[axis];
  const std::int64_t forward = floor_remainder(shift, extent);
  if (forward == 0) return identity(source);
  const IndexExpression along = variable_of(source, axis);
  return whole(source, source, with_coordinate(source, axis, IndexExpression::mod(along + (extent - forward), extent)),
               with_coordinate(source, axis, IndexExpression::mod(along + forward, extent)));
}

IndexMap IndexMap::depth_to_space(const Shape& source, std::int64_t block, DepthOrder order) {
  const std::int64_t b = checked_block("depth_to_space", source, block);
  if (source[1] % (b * b) != 0) {
    throw bad_parameter("depth_to_space", "a block of " + std::to_string(b), source, "its square divides the channels");
  }
  const std::int64_t depth = source[1] / (b * b);
  const bool is_dcr = order == DepthOrder::dcr;
  const Shape blocks = is_dcr ? Shape({source[0], b, b, depth, source[2], source[3]})
                              : Shape({source[0], depth, b, b, source[2], source[3]});
  const std::vector<int> places = is_dcr ? std::vector<int>{0, 3, 4, 1, 5, 2} : std::vector<int>{0, 1, 4, 2, 5, 3};
  const IndexMap spread = transpose(blocks, places);
  const Shape output({source[0], depth, source[2] * b, source[3] * b});
  return compose(reshape(spread.output(), output), compose(spread, reshape(source, blocks)));
}

IndexMap IndexMap::space_to_depth(const Shape& source, std::int64_t block, DepthOrder order) {
  const std::int64_t b = checked_block("space_to_depth", source, block);
  if (source[2] % b != 0 || source[3] % b != 0) {
    throw bad_parameter("space_to_depth", "a block of " + std::to_string(b), source,
                        "it divides the height and the width");
  }
  const Shape blocks({source[0], source[1], source[2] / b, b, source[3] / b, b});
  const bool is_dcr = order == DepthOrder::dcr;
  const std::vector<int> places = is_dcr ? std::vector<int>{0, 3, 5, 1, 2, 4} : std::vector<int>{0, 1, 3, 5, 2, 4};
  const IndexMap gathered = transpose(blocks, places);
  const Shape output({source[0], source[1] * b * b, source[2] / b, source[3] / b});
  return compose(reshape(gathered.output(), output), compose(gathered, reshape(source, blocks)));
}

}  // namespace hetscope
