// A data movement (reshape, transpose, slice, split, concat, pad, gather, roll, depth to space, ...) as a function from
// the coordinates of its output to where the element is read: a source, the coordinates in it, or a fill value. Chains
// of movements compose into one map, and the map is folded into whoever reads, so that no element is moved for them.
// Source: SmartMem, ASPLOS 2024, section 3.2.1 (index comprehension).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/tensor/index_expression.hpp"
#include "harness/tensor/index_simplify.hpp"
#include "harness/tensor/index_steps.hpp"
#include "harness/tensor/shape.hpp"

namespace hetscope {

// Where all conditions hold, the element is read at `coordinates` (functions of the output's coordinates, as variables
// 0, 1, ...) of `source`; for kFill there are no coordinates and the element is `fill`.
struct IndexPiece {
  static constexpr int kFill = -1;

  std::vector<IndexCondition> conditions;
  int source = kFill;
  double fill = 0;
  std::vector<IndexExpression> coordinates;

  friend bool operator==(const IndexPiece& a, const IndexPiece& b);
};

// How depth_to_space and space_to_depth order the channels, as in ONNX: depth-column-row, or column-row-depth.
enum class DepthOrder { dcr, crd };

class IndexMap {
 public:
  static constexpr int kMaxRank = 6;
  static constexpr std::size_t kMaxPieces = 4096;
  static constexpr std::int64_t kMaxTableElements = std::int64_t{1} << 20;

  // Every maker throws Error, naming the input, for a rank above kMaxRank or parameters that do not fit the shape.

  static IndexMap identity(const Shape& shape);
  // The same elements in row-major order.
  static IndexMap reshape(const Shape& source, const Shape& output);
  // Output dimension d is source dimension order[d].
  static IndexMap transpose(const Shape& source, std::span<const int> order);
  // Elements start, start + step, ... before stop; 0 <= start < stop <= extent, step >= 1.
  static IndexMap slice(const Shape& source, int axis, std::int64_t start, std::int64_t stop, std::int64_t step = 1);
  // One map for each of `sizes`, which add up to the extent of the axis.
  static std::vector<IndexMap> split(const Shape& source, int axis, std::span<const std::int64_t> sizes);
  // Sources 0, 1, ... one behind the other along `axis`.
  static IndexMap concat(std::span<const Shape> sources, int axis);
  static IndexMap pad(const Shape& source, std::span<const std::int64_t> before, std::span<const std::int64_t> after,
                      double fill);
  // Output coordinate i along `axis` reads source coordinate table[i].
  static IndexMap gather(const Shape& source, int axis, std::vector<std::int64_t> table);
  // Output coordinate i along `axis` reads (i - shift) modulo the extent.
  static IndexMap roll(const Shape& source, int axis, std::int64_t shift);
  // NxCxHxW -> N x C/(b*b) x H*b x W*b, and back.
  static IndexMap depth_to_space(const Shape& source, std::int64_t block, DepthOrder order);
  static IndexMap space_to_depth(const Shape& source, std::int64_t block, DepthOrder order);

  const Shape& output() const noexcept { return output_; }
  const std::vector<Shape>& sources() const noexcept { return sources_; }
  // In order: the first piece whose conditions hold is meant, and for every output index there is one; the conditions
  // of the last piece need no test.
  const std::vector<IndexPiece>& pieces() const noexcept { return pieces_; }

  // An equal map with as few divisions and remainders as the rules of index_simplify.hpp find, never more than this one
  // has. Simplifying twice changes nothing.
  IndexMap simplified() const;

  // This map with source i read from tensor numbers[i] instead: concat of two slices of one tensor has one source.
  // Sources that become one must have the same shape; every number below the largest must occur.
  IndexMap with_sources(std::span<const int> numbers) const;

  // From the source's coordinates to the output's, when this map is a bijection between its only source and its output;
  // nullopt otherwise. Reshapes, transposes, rolls and their like are inverted symbolically; any other bijection of at
  // most kMaxTableElements elements is found by trying every index and is inverted through a table.
  std::optional<IndexMap> inverted() const;

  // The map that reads through `outer` what `inners` (one for each source of outer, with the shape it has there) make.
  // Its sources are those of the inners, in order.
  friend IndexMap compose(const IndexMap& outer, std::span<const IndexMap> inners);

  // Equal in form; two maps that differ in form may read the same elements.
  friend bool operator==(const IndexMap&, const IndexMap&) = default;

 private:
  IndexMap(Shape output, std::vector<Shape> sources, std::vector<IndexPiece> pieces);
  // A map of one piece without conditions, and, for a bijection, the output's coordinates by the source's.
  static IndexMap whole(const Shape& source, const Shape& output, std::vector<IndexExpression> coordinates,
                        std::optional<std::vector<IndexExpression>> inverse);
  IndexMap simplified_by(IndexPolicy policy) const;
  IndexMap simplified_once() const;
  std::optional<IndexMap> inverted_by_table() const;

  Shape output_;
  std::vector<Shape> sources_;
  std::vector<IndexPiece> pieces_;
  // Set only where the map is known to be a bijection with its one source.
  std::optional<std::vector<IndexExpression>> inverse_;
};

IndexMap compose(const IndexMap& outer, std::span<const IndexMap> inners);
// For an outer map of one source.
IndexMap compose(const IndexMap& outer, const IndexMap& inner);

// The coordinates of a tensor as variables 0, 1, ...
std::vector<IndexExpression> coordinates_of(const Shape& shape);
// The row-major offset of an element, and the coordinates of the element at an offset.
IndexExpression row_major_offset(std::span<const IndexExpression> coordinates, const Shape& shape);
std::vector<IndexExpression> coordinates_at(const IndexExpression& offset, const Shape& shape);

// Where one element comes from.
struct IndexSource {
  int source = IndexPiece::kFill;
  bool valid = false;  // false: read `fill`
  double fill = 0;
  std::span<const std::int64_t> coordinates;  // valid until the next call
};

// A map made ready for evaluation on the host. It is not for inner loops.
class IndexMapEvaluator {
 public:
  explicit IndexMapEvaluator(const IndexMap& map);
  // Throws Error when `index` is outside the output.
  IndexSource at(std::span<const std::int64_t> index);

 private:
  struct Bound {
    std::int64_t min;
    std::int64_t max;
  };
  struct Piece {
    std::vector<Bound> bounds;  // of the values from first_value on
    std::size_t first_value;
    std::size_t coordinate_count;
    int source;
    double fill;
  };
  Shape output_;
  std::vector<Piece> pieces_;
  IndexEvaluator values_;
};

}  // namespace hetscope
