// Small arrays that really are moved, element by element, the way numpy and ONNX define it: what index maps are
// compared with. Nothing here knows index expressions.
#pragma once

#include <cassert>
#include <cstdint>
#include <functional>
#include <vector>

namespace hetscope::oracle {

using Index = std::vector<std::int64_t>;

struct Array {
  Index dims;
  std::vector<std::int64_t> values;  // row-major
};

inline std::int64_t count_of(const Index& dims) {
  std::int64_t count = 1;
  for (const std::int64_t extent : dims) count *= extent;
  return count;
}

inline std::int64_t at(const Array& array, const Index& index) {
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < index.size(); ++d) {
    assert(index[d] >= 0 && index[d] < array.dims[d]);
    offset = offset * array.dims[d] + index[d];
  }
  return array.values[static_cast<std::size_t>(offset)];
}

// An array whose element at each index is made by `element`.
inline Array made(const Index& dims, const std::function<std::int64_t(const Index&)>& element) {
  Array array{dims, {}};
  Index index(dims.size(), 0);
  for (std::int64_t n = count_of(dims); n > 0; --n) {
    array.values.push_back(element(index));
    for (std::size_t d = dims.size(); d-- > 0;) {
      if (++index[d] < dims[d]) break;
      index[d] = 0;
    }
  }
  return array;
}

// Every element says where it started: source number and row-major position.
inline std::int64_t label(int source, std::int64_t position) { return (std::int64_t{source} << 40) + position; }
inline Array source(int number, const Index& dims) {
  std::int64_t position = 0;
  return made(dims, [&](const Index&) { return label(number, position++); });
}

inline Array reshape(const Array& from, const Index& dims) { return {dims, from.values}; }

inline Array transpose(const Array& from, const std::vector<int>& order) {
  Index dims;
  for (const int d : order) dims.push_back(from.dims[static_cast<std::size_t>(d)]);
  return made(dims, [&](const Index& to) {
    Index index(to.size());
    for (std::size_t d = 0; d < to.size(); ++d) index[static_cast<std::size_t>(order[d])] = to[d];
    return at(from, index);
  });
}

// The elements of `from` at the listed positions of one axis.
inline Array take(const Array& from, std::size_t axis, const Index& positions) {
  Index dims = from.dims;
  dims[axis] = static_cast<std::int64_t>(positions.size());
  return made(dims, [&](Index index) {
    index[axis] = positions[static_cast<std::size_t>(index[axis])];
    return at(from, index);
  });
}

inline Array slice(const Array& from, std::size_t axis, std::int64_t start, std::int64_t stop, std::int64_t step) {
  Index positions;
  for (std::int64_t i = start; i < stop; i += step) positions.push_back(i);
  return take(from, axis, positions);
}

inline Array roll(const Array& from, std::size_t axis, std::int64_t shift) {
  const std::int64_t extent = from.dims[axis];
  Index positions(static_cast<std::size_t>(extent));
  for (std::int64_t i = 0; i < extent; ++i) {
    std::int64_t to = (i + shift) % extent;
    if (to < 0) to += extent;
    positions[static_cast<std::size_t>(to)] = i;
  }
  return take(from, axis, positions);
}

inline Array concat(const std::vector<Array>& parts, std::size_t axis) {
  Index dims = parts.front().dims;
  dims[axis] = 0;
  for (const Array& part : parts) dims[axis] += part.dims[axis];
  return made(dims, [&](Index index) {
    std::size_t part = 0;
    while (index[axis] >= parts[part].dims[axis]) index[axis] -= parts[part++].dims[axis];
    return at(parts[part], index);
  });
}

inline Array pad(const Array& from, const Index& before, const Index& after, std::int64_t fill) {
  Index dims = from.dims;
  for (std::size_t d = 0; d < dims.size(); ++d) dims[d] += before[d] + after[d];
  return made(dims, [&](Index index) {
    for (std::size_t d = 0; d < dims.size(); ++d) {
      index[d] -= before[d];
      if (index[d] < 0 || index[d] >= from.dims[d]) return fill;
    }
    return at(from, index);
  });
}

// ONNX DepthToSpace, from the definition of its output element.
inline Array depth_to_space(const Array& from, std::int64_t b, bool dcr) {
  const std::int64_t depth = from.dims[1] / (b * b);
  return made({from.dims[0], depth, from.dims[2] * b, from.dims[3] * b}, [&](const Index& to) {
    const std::int64_t row = to[2] % b;
    const std::int64_t column = to[3] % b;
    const std::int64_t channel = dcr ? (row * b + column) * depth + to[1] : (to[1] * b + row) * b + column;
    return at(from, {to[0], channel, to[2] / b, to[3] / b});
  });
}

inline Array space_to_depth(const Array& from, std::int64_t b, bool dcr) {
  const std::int64_t depth = from.dims[1];
  Array to{{from.dims[0], depth * b * b, from.dims[2] / b, from.dims[3] / b}, {}};
  to.values.resize(from.values.size());
  made(from.dims, [&](const Index& index) {
    const std::int64_t row = index[2] % b;
    const std::int64_t column = index[3] % b;
    const std::int64_t channel = dcr ? (row * b + column) * depth + index[1] : (index[1] * b + row) * b + column;
    const std::int64_t offset =
        ((index[0] * to.dims[1] + channel) * to.dims[2] + index[2] / b) * to.dims[3] + index[3] / b;
    return to.values[static_cast<std::size_t>(offset)] = at(from, index);
  });
  return to;
}

}  // namespace hetscope::oracle
